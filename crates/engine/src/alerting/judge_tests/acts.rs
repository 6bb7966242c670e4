//! What people do, and who is told, outlives the program.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use wirereel_alerts::notify::{Sender, Senders};
use wirereel_query::alerts::DeliveryState;

use super::*;
use crate::alerting::teller::wait_for;

fn down(targets: Value) -> Play {
    let mut play = Play::new(config(json!({
        "rules": [{ "id": "down", "subject": { "kind": "website" }, "metric": "up", "when": { "kind": "availability" },
            "remind_every": "5m" }],
        "targets": targets,
    })));
    for at in 0..6 {
        play.check(at * 10, false);
    }
    play.settle(50);
    play
}

#[test]
fn who_knows_of_an_alert_and_what_was_noted_is_known_after_a_restart_and_nobody_is_reminded() {
    let mut play = down(desktop());
    let alert_id = play.rows()[0].alert_id.clone();
    play.judge().acknowledge(&alert_id, EPOCH + 60 * SECOND).unwrap();
    assert!(play.judge().note(&alert_id, "somebody pulled the plug").unwrap());
    play.settle(60);
    play.begin(100, true);
    assert!(play.judge().acknowledge("nobody's", 0).is_err());
    play.tick(2_000);
    play.send_all(2_000);
    assert_eq!(play.sent.iter().map(|id| id.rsplit('/').next().unwrap()).collect::<Vec<_>>(), ["opened"]);
    for at in 201..300 {
        play.check(at * 10, true);
    }
    play.settle(3_000);
    let row = play.rows().remove(0);
    assert_eq!(row.acknowledged_us, Some((EPOCH + 60 * SECOND) / 1_000));
    assert_eq!((row.note.as_str(), row.resolved_us.is_some()), ("somebody pulled the plug", true));
    assert!(play.judge().note(&alert_id, "and put it back").unwrap(), "what is over can be noted as well");
    assert_eq!(play.rows()[0].note, "and put it back");
    assert!(!play.judge().note("nobody's", "x").unwrap());
}

#[test]
fn a_silence_outlives_the_program_and_what_is_open_at_its_end_is_said_then() {
    let mut play = down(desktop());
    play.send_all(50);
    let shop = Subject::new("website", "shop");
    let until = EPOCH + 1_000 * SECOND;
    assert_eq!(play.judge().silence(None, &shop, until, EPOCH + 60 * SECOND), 1);
    assert_eq!(play.judge().silence(None, &Subject::new("website", "nobody"), until, EPOCH), 0);
    play.settle(60);
    play.begin(100, true);
    assert_eq!(play.judge().machine().views().next().unwrap().silenced_until_ns, Some(until));
    play.tick(999);
    play.send_all(999);
    assert_eq!(play.sent.len(), 1, "{:?}", play.sent);
    play.tick(1_000);
    play.send_all(1_000);
    assert_eq!(play.sent.len(), 2, "{:?}", play.sent);
    assert!(play.sent[1].contains("/reminded"));
}

#[test]
fn whoever_is_no_longer_there_has_no_open_alerts() {
    let mut play = down(desktop());
    play.judge().hear(&[check("basket", 50, true)]);
    play.judge().keep_only("probe", &[], EPOCH);
    play.judge().keep_only("website", &["basket".into()], EPOCH + 70 * SECOND);
    play.settle(70);
    let row = play.rows().remove(0);
    assert_eq!(row.quiet.as_deref(), Some("removed"));
    assert_eq!(
        row.recovery_message.as_deref(),
        Some("Website shop is no longer watched by down. time=2026-11-26T00:01:10Z, open for 20 s")
    );
    play.begin(80, false);
    let left: Vec<String> = play.judge().machine().views().map(|view| view.subject.name.clone()).collect();
    assert!(!left.contains(&"shop".to_owned()), "{left:?}");
}

#[test]
fn a_webhook_that_fails_and_recovers_is_called_again_and_both_are_seen() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = receiver.local_addr().unwrap();
    let serve = move || -> Vec<String> {
        let answers = [
            "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy",
            "HTTP/1.1 204 Done\r\nconnection: close\r\n\r\n",
        ];
        answers.iter().map(|answer| one_request(&receiver, answer)).collect()
    };
    let server = thread::Builder::new().name("receiver".into()).spawn(serve).unwrap();
    let mut play =
        down(json!([{ "id": "team", "to": { "kind": "webhook", "url": format!("http://{address}/secret") } }]));
    let sent = |play: &mut Play, second: i64| {
        let attempt = play.due(second).remove(0);
        let result = wait_for(async { Senders::new(None).send(&attempt).await }).unwrap();
        let changes = play.judge().courier().with(|outbox| {
            outbox.finish(&attempt.delivery_id, EPOCH + second * SECOND, result);
            outbox.changes()
        });
        play.judge().delivered(changes);
        play.settle(second);
        play.rows()[0].deliveries[0].clone()
    };
    let failed = sent(&mut play, 50);
    assert_eq!((failed.state, failed.attempts), (DeliveryState::Waiting, 1));
    let why = failed.error.unwrap();
    assert!(why.contains("503") && !why.contains("secret"), "{why}");
    assert_eq!(failed.next_attempt_us, Some((EPOCH + 55 * SECOND) / 1_000));
    // The program ends while it waits.
    play.begin(52, true);
    assert!(play.due(54).is_empty());
    let arrived = sent(&mut play, 55);
    assert_eq!((arrived.state, arrived.attempts, arrived.error), (DeliveryState::Sent, 2, None));
    let bodies = server.join().unwrap();
    assert_eq!(bodies[0], bodies[1], "the same news under the same id");
    let body: Value = serde_json::from_str(&bodies[1]).unwrap();
    assert_eq!(body["message"], "Website shop is down. availability=0%, time=2026-11-26T00:00:50Z");
    assert_eq!(play.store().reader(None).unwrap().alert_targets().unwrap()["team"].sent, 1);
}

/// Takes one request in and answers it; gives its body.
fn one_request(receiver: &TcpListener, answer: &str) -> String {
    let (mut connection, _) = receiver.accept().unwrap();
    let (mut request, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                break;
            }
        }
        let count = connection.read(&mut part).unwrap();
        request.extend_from_slice(&part[..count]);
    }
    connection.write_all(answer.as_bytes()).unwrap();
    let text = String::from_utf8(request).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}
