//! The program ends at any moment: nothing is raised twice and nothing is forgotten.

use super::*;

const LENGTH_S: i64 = 9_000;
const KILLS: usize = 50;

fn rules() -> AlertConfig {
    config(json!({
        "rules": [
            { "id": "down", "subject": { "kind": "website" }, "metric": "up", "when": { "kind": "availability" } },
            { "id": "calm", "subject": { "kind": "website" }, "metric": "up", "for": "40s", "keep_firing": "1m", "remind_every": "10m",
              "when": { "kind": "availability", "percent": 50, "recover_percent": 90 } },
        ],
        "targets": desktop(),
    }))
}

fn checks() -> Vec<OwnedReading> {
    let mut dice = Dice(0xbeef);
    let mut checks = Vec::new();
    for site in 0..4 {
        let outages: Vec<(i64, i64)> = (0..7)
            .map(|_| {
                let from = dice.roll(LENGTH_S);
                (from, from + 20 + dice.roll(700))
            })
            .collect();
        for at in (dice.roll(10)..LENGTH_S).step_by(10) {
            let is_out = outages.iter().any(|(from, to)| (*from..*to).contains(&at));
            checks.push(check(&format!("site-{site}"), at, !is_out));
        }
    }
    checks.sort_by_key(|reading| reading.at_ns);
    checks
}

fn second(reading: &OwnedReading) -> i64 {
    (reading.at_ns - EPOCH) / SECOND
}

/// Whatever the store tells of alerts and of what happened to them, in an order that does not depend on when it was saved.
fn told(play: &Play) -> Vec<Vec<Value>> {
    let reader = play.store().reader(None).unwrap();
    let alerts = "SELECT alert_id, rule, subject, state, opened_at, resolved_at, message, recovery_message, value FROM alerts \
                  ORDER BY alert_id";
    let events = "SELECT what, alert_id, \"at\", quiet FROM alert_events ORDER BY alert_id, \"at\", what";
    let mut rows = reader.sql(alerts, 10_000).unwrap().rows;
    rows.extend(reader.sql(events, 10_000).unwrap().rows);
    rows
}

/// Plays it without an end in between.
fn undisturbed(checks: &[OwnedReading]) -> Play {
    let mut play = Play::new(rules());
    for (place, reading) in checks.iter().enumerate() {
        play.judge().hear(std::slice::from_ref(reading));
        if place % 197 == 0 {
            play.tick(second(reading) - 2);
            play.send_all(second(reading));
        }
    }
    play.tick(LENGTH_S);
    play.send_all(LENGTH_S);
    play
}

#[test]
fn fifty_ends_at_any_moment_leave_what_would_have_been_without_them() {
    let checks = checks();
    let whole = undisturbed(&checks);
    let wanted = told(&whole);
    assert!(wanted.len() > 80, "{} rows", wanted.len());

    let mut dice = Dice(0xfade);
    let mut ends: Vec<usize> = (0..KILLS).map(|_| dice.roll(checks.len() as i64) as usize).collect();
    ends.sort_unstable();
    let mut play = Play::new(rules());
    let mut place = 0;
    for (number, end) in ends.into_iter().enumerate() {
        while place < end {
            let until = (place + 1 + dice.roll(90) as usize).min(end);
            play.judge().hear(&checks[place..until]);
            let at = second(&checks[until - 1]);
            play.judge().tick(EPOCH + (at - 2) * SECOND);
            place = until;
            // It ends before anything is saved, after it was saved and before it is told, after that and before it was sent, or after all of it.
            let is_last = place == end;
            let moment = if is_last { dice.roll(4) } else { 3 };
            if moment == 1 {
                let _ = play.judge().save(EPOCH + at * SECOND, false).unwrap();
            }
            if moment >= 2 {
                play.settle(at);
            }
            if moment == 3 {
                play.send_all(at);
            }
        }
        let at = checks.get(place).map_or(LENGTH_S, second);
        let since_ns = play.begin(at, number % 10 == 0);
        // What was measured is in the store, however much of it was heard.
        let again: Vec<OwnedReading> =
            checks[..place].iter().filter(|reading| reading.at_ns >= since_ns).cloned().collect();
        play.judge().hear(&again);
    }
    play.judge().hear(&checks[place..]);
    play.tick(LENGTH_S);
    play.send_all(LENGTH_S);
    play.settle(LENGTH_S);
    assert_eq!(told(&play), wanted);
    let sent: HashSet<&String> = play.sent.iter().collect();
    let to_send: HashSet<&String> = whole.sent.iter().collect();
    assert_eq!(sent, to_send, "everything was told");
    let (twice, most) = (play.sent.len() - sent.len(), KILLS * 4);
    assert!(twice <= most, "only what was on its way as it ended is told again: {twice}");
}

#[test]
fn an_event_that_was_saved_as_the_program_ended_is_told_by_the_next_one_and_only_once() {
    let mut play = Play::new(config(json!({ "targets": desktop() })));
    for at in 0..6 {
        play.check(at * 10, false);
    }
    let saved = play.judge().save(EPOCH + 50 * SECOND, false).unwrap().unwrap();
    assert_eq!(saved.events.len(), 1);
    play.begin(60, true);
    play.send_all(60);
    assert_eq!(play.sent.len(), 1);
    assert!(play.sent[0].ends_with("/opened"), "{:?}", play.sent);
    play.settle(61);
    play.begin(70, false);
    play.send_all(70);
    assert_eq!(play.sent.len(), 1, "it is known to be sent");
}

#[test]
fn while_the_program_did_not_run_nobodys_time_ran() {
    let mut play = Play::new(rules());
    for at in 0..6 {
        play.check(at * 10, false);
    }
    play.settle(55);
    assert_eq!(play.spans(), [("shop".to_owned(), 50, None)]);
    play.begin(100, false);
    play.judge().was_away(EPOCH + 100 * SECOND);
    play.tick(139);
    assert_eq!(play.rows().len(), 1, "the forty seconds begin anew: {:?}", play.spans());
    play.tick(140);
    assert_eq!(play.spans()[1], ("shop".to_owned(), 140, None));
}
