//! Alerts of a running workbench: fed, judged, saved, told, altered, and there again after a restart.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use wirereel_engine::{
    Workbench,
    alerting::{Desktop, OwnedReading, Reading},
};
use wirereel_query::alerts::{AlertNote, AlertSilenceOrder, AlertSubject, Alerts, AlertsQuestion, DeliveryState};

const SECOND: i64 = 1_000_000_000;

fn now_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}

fn check(name: &str, at_ns: i64, good: bool) -> OwnedReading {
    OwnedReading {
        kind: "website",
        name: name.into(),
        metric: "up",
        at_ns,
        every_ns: Some(SECOND),
        reading: Reading::Outcomes { good: u64::from(good), bad: u64::from(!good) },
    }
}

/// Six checks, a second apart, the last one now.
fn checks(name: &str, good: bool) -> Vec<OwnedReading> {
    let now = now_ns();
    (0..6).map(|back| check(name, now - (5 - back) * SECOND, good)).collect()
}

fn configure(home: &Path, alerts: &Value) {
    fs::create_dir_all(home).unwrap();
    fs::write(home.join("wirereel.json"), json!({ "alerts": alerts }).to_string()).unwrap();
}

/// As [`configure`], with the website that is fed: paused, so that nobody else says how it is.
fn configure_with_shop(home: &Path, alerts: &Value) {
    configure(home, alerts);
    let shop = json!({ "name": "shop", "url": "http://127.0.0.1:9/", "paused": true });
    fs::write(home.join("wirereel.json"), json!({ "alerts": alerts, "websites": [shop] }).to_string()).unwrap();
}

fn alerts(workbench: &Workbench) -> Alerts {
    workbench.alerts(&AlertsQuestion { limit: 100, ..AlertsQuestion::default() }, None).unwrap()
}

/// Alerts once they are as they are waited for.
fn once(workbench: &Workbench, is_so: impl Fn(&Alerts) -> bool) -> Alerts {
    let began = Instant::now();
    loop {
        let now = alerts(workbench);
        if is_so(&now) {
            return now;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{now:#?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A desktop that remembers what it showed.
#[derive(Default)]
struct Shown(Mutex<Vec<(String, String)>>);

impl Desktop for Shown {
    fn show(&self, title: &str, message: &str) -> Result<(), String> {
        self.0.lock().unwrap().push((title.into(), message.into()));
        Ok(())
    }
}

/// Takes requests in and answers 200; gives what bodies said.
fn receiver() -> (u16, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&bodies);
    let serve = move || {
        for connection in listener.incoming() {
            let (mut connection, mut request, mut part) = (connection.unwrap(), Vec::new(), [0; 4_096]);
            loop {
                let text = String::from_utf8_lossy(&request).into_owned();
                let body = text.split_once("\r\n\r\n").map(|(_, body)| serde_json::from_str::<Value>(body));
                if let Some(Ok(body)) = body {
                    heard.lock().unwrap().push(body);
                    break;
                }
                let count = connection.read(&mut part).unwrap();
                assert!(count > 0, "{text}");
                request.extend_from_slice(&part[..count]);
            }
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
    };
    // It ends with the test's process.
    thread::Builder::new().name("receiver".into()).spawn(serve).unwrap();
    (port, bodies)
}

#[test]
fn a_website_that_goes_down_is_told_everywhere_and_is_still_down_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let (port, bodies) = receiver();
    configure_with_shop(
        &home,
        &json!({ "targets": [
            { "id": "hook", "to": { "kind": "webhook", "url": format!("http://127.0.0.1:{port}/x") } },
            { "id": "me", "to": { "kind": "desktop" } },
        ] }),
    );
    let workbench = Workbench::open(&home).unwrap();
    let desktop = Arc::new(Shown::default());
    workbench.alerting().show_on(Arc::clone(&desktop) as Arc<dyn Desktop>);
    let rule = workbench.alerting().down_rule().unwrap();
    assert_eq!((rule.percent, rule.recover_percent, rule.over_ms), (80.0, 80.0, 120_000));

    workbench.alerting().feed(checks("shop", false));
    let down = once(&workbench, |alerts| {
        alerts
            .rows
            .first()
            .is_some_and(|row| row.deliveries.iter().filter(|one| one.state == DeliveryState::Sent).count() == 2)
    });
    let row = &down.rows[0];
    let said = &row.message;
    assert!(said.starts_with("Website shop is down. availability=0%, time="), "{said}");
    assert_eq!((down.open, down.unacknowledged, down.total), (1, 1, 1));
    assert_eq!(bodies.lock().unwrap()[0]["message"], *said);
    assert_eq!(*desktop.0.lock().unwrap(), [("Website down – opened".to_owned(), said.clone())]);
    assert_eq!(
        down.targets.iter().map(|target| (target.kind.as_str(), target.sent)).collect::<Vec<_>>(),
        [("webhook", 1), ("desktop", 1)]
    );
    assert_eq!(workbench.alerting().open_alert_of("website", "shop"), Some(row.alert_id.clone()));
    let tick = workbench.ticks().borrow().alerts;
    assert_eq!((tick.open, tick.unacknowledged), (1, 1));
    let of_rule = down.rules.iter().find(|rule| rule.rule == "website-down").unwrap();
    assert!(of_rule.is_default && of_rule.firing == 1, "{of_rule:?}");

    workbench.acknowledge_alert(&row.alert_id).unwrap();
    workbench.note_alert(&AlertNote { alert_id: row.alert_id.clone(), note: "the cable".into() }).unwrap();
    let subject = AlertSubject { kind: "website".into(), name: "shop".into() };
    let until_us = now_ns() / 1_000 + 3_600_000_000;
    let silence = AlertSilenceOrder { subject: subject.clone(), rule: None, until_us: Some(until_us) };
    workbench.silence_alerts(&silence).unwrap();
    assert!(workbench.acknowledge_alert("nobody's").is_err());
    assert!(workbench.silence_alerts(&AlertSilenceOrder { rule: Some("nobody's".into()), ..silence }).is_err());
    let altered = alerts(&workbench);
    assert_eq!((altered.open, altered.unacknowledged), (1, 0));
    assert_eq!((altered.rows[0].note.as_str(), altered.rows[0].silenced_until_us), ("the cable", Some(until_us)));
    assert!(altered.silences.iter().any(|silence| silence.subject == subject && silence.until_us == until_us));
    assert_eq!(workbench.ticks().borrow().alerts.unacknowledged, 0);
    workbench.shut_down();
    drop(workbench);

    let workbench = Workbench::open(&home).unwrap();
    let again = once(&workbench, |alerts| alerts.total == 1);
    assert_eq!((again.rows[0].note.as_str(), again.rows[0].silenced_until_us), ("the cable", Some(until_us)));
    workbench.silence_alerts(&AlertSilenceOrder { subject, rule: None, until_us: None }).unwrap();
    // As if two minutes had passed: the failures have left the frame.
    let later: Vec<_> =
        checks("shop", true).into_iter().map(|one| OwnedReading { at_ns: one.at_ns + 130 * SECOND, ..one }).collect();
    workbench.alerting().feed(later);
    let up = once(&workbench, |alerts| alerts.open == 0 && alerts.targets[0].sent == 2);
    let said = up.rows[0].recovery_message.clone().unwrap();
    assert!(
        said.starts_with("Website shop is up again. availability=100%, time=")
            && said.contains("it was down for 2 min"),
        "{said}"
    );
    assert_eq!(bodies.lock().unwrap()[1]["message"], said);
    assert_eq!(bodies.lock().unwrap().len(), 2, "nothing was told twice");
    workbench.shut_down();
}

#[test]
fn an_edit_of_the_file_is_followed_and_a_wrong_rule_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let rule = |percent: u32| {
        json!({ "rules": [{ "id": "down", "name": "It is down", "subject": { "kind": "website", "names": ["shop*"] }, "metric": "up",
            "when": { "kind": "availability", "percent": percent } }] })
    };
    configure(folder.path(), &rule(40));
    let workbench = Workbench::open(folder.path()).unwrap();
    assert_eq!(alerts(&workbench).rules[0].name, "It is down");
    assert!(!alerts(&workbench).rules[0].is_default);
    assert!(!folder.path().join("live").exists(), "nothing is kept where nothing is measured");
    configure(folder.path(), &rule(555));
    let wrong = once(&workbench, |alerts| !alerts.problems.is_empty());
    assert_eq!(wrong.problems, ["wirereel.json: alerts.rules[0].when.percent: 555 is not a number from 0 to 100"]);
    assert_eq!(workbench.alerting().down_rule().unwrap().percent, 40.0);
    configure(folder.path(), &rule(9));
    once(&workbench, |alerts| alerts.problems.is_empty());
    assert_eq!(workbench.alerting().down_rule().unwrap().percent, 9.0);
    workbench.shut_down();
}

#[test]
fn a_target_is_tried_on_demand_and_says_why_it_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let (port, bodies) = receiver();
    let targets = json!([
        { "id": "hook", "to": { "kind": "webhook", "url": format!("http://127.0.0.1:{port}/x") } },
        { "id": "gone", "to": { "kind": "command", "argv": ["/no/such/program"] } },
        { "id": "me", "to": { "kind": "desktop" } },
    ]);
    configure(folder.path(), &json!({ "targets": targets }));
    let workbench = Workbench::open(folder.path()).unwrap();
    workbench.test_alert_target("hook").unwrap();
    assert_eq!(bodies.lock().unwrap()[0]["message"], "Wirereel tests the target hook. Nothing is wrong.");
    let why = |id: &str| workbench.test_alert_target(id).unwrap_err().to_string();
    assert!(why("gone").contains("/no/such/program cannot be started"), "{}", why("gone"));
    assert!(why("me").contains("this host has no desktop"), "{}", why("me"));
    assert_eq!(why("nobody"), "The target \"nobody\" does not exist.");
    workbench.shut_down();
}
