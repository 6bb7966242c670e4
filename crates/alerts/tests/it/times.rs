//! Pending, keep-firing, hysteresis, reminders, silences, maintenance: what is said at which second.

use serde_json::json;
use wirereel_alerts::{Reading, Standing};

use crate::play::{EPOCH, Play, SECOND, with_rule};

/// What is done at a second.
enum Do {
    /// A number.
    Is(f64),
    Tick,
    Acknowledge,
    SilenceUntil(i64),
    /// Nothing could be measured since this second.
    BlindSince(i64),
}
use Do::{Acknowledge, BlindSince, Is, SilenceUntil, Tick};

struct Case {
    name: &'static str,
    rule: serde_json::Value,
    steps: Vec<(i64, Do)>,
    said: &'static [&'static str],
}

/// At or above 10; over below 5 where there is hysteresis.
fn high() -> serde_json::Value {
    json!({ "kind": "at_least", "threshold": 10, "recover": 5, "stale_after": "1h" })
}

fn low() -> serde_json::Value {
    json!({ "kind": "at_most", "threshold": 10, "stale_after": "1h" })
}

#[test]
fn everything_is_said_at_its_second_and_nothing_else() {
    let cases = [
        Case {
            name: "a number that touches its threshold has crossed it",
            rule: json!({ "when": low() }),
            steps: vec![(0, Is(10.1)), (1, Is(10.0)), (2, Is(10.0)), (3, Is(10.1))],
            said: &["1 opened", "3 resolved"],
        },
        Case {
            name: "between both thresholds whatever was stays",
            rule: json!({ "when": high() }),
            steps: vec![
                (0, Is(7.0)),
                (1, Is(10.0)),
                (2, Is(9.0)),
                (3, Is(5.0)),
                (4, Is(11.0)),
                (5, Is(4.9)),
                (6, Is(9.9)),
            ],
            said: &["1 opened", "5 resolved"],
        },
        Case {
            name: "a number that trembles around the threshold opens one alert",
            rule: json!({ "when": high() }),
            steps: (0..100).map(|second| (second, Is(if second % 2 == 0 { 10.5 } else { 9.5 }))).collect(),
            said: &["0 opened"],
        },
        Case {
            name: "pending opens at its own instant though the tick is late",
            rule: json!({ "when": high(), "for": "30s" }),
            steps: vec![(0, Is(10.0)), (29, Tick), (47, Tick)],
            said: &["30 opened"],
        },
        Case {
            name: "pending that is broken begins anew",
            rule: json!({ "when": high(), "for": "30s" }),
            steps: vec![(0, Is(10.0)), (20, Is(9.0)), (25, Is(10.0)), (40, Is(10.0)), (54, Tick), (55, Tick)],
            said: &["55 opened"],
        },
        Case {
            name: "a reading at the very instant at which pending ends is heard first",
            rule: json!({ "when": high(), "for": "30s" }),
            steps: vec![(0, Is(10.0)), (30, Is(4.0)), (90, Tick)],
            said: &[],
        },
        Case {
            name: "keep-firing holds the alert until the recovery has lasted",
            rule: json!({ "when": high(), "keep_firing": "60s" }),
            steps: vec![(0, Is(10.0)), (10, Is(4.0)), (69, Tick), (75, Tick)],
            said: &["0 opened", "70 resolved"],
        },
        Case {
            name: "a recovery that does not last is none, also when it only ends between the thresholds",
            rule: json!({ "when": high(), "keep_firing": "60s" }),
            steps: vec![
                (0, Is(10.0)),
                (10, Is(4.0)),
                (50, Is(7.0)),
                (60, Is(4.0)),
                (100, Is(12.0)),
                (110, Is(1.0)),
                (171, Tick),
            ],
            said: &["0 opened", "170 resolved"],
        },
        Case {
            name: "reminders come at their times while it fires, and after a long sleep only once",
            rule: json!({ "when": high(), "remind_every": "10m" }),
            steps: vec![
                (0, Is(10.0)),
                (599, Tick),
                (601, Tick),
                (1_200, Tick),
                (3_500, Tick),
                (3_550, Is(1.0)),
                (9_000, Tick),
            ],
            said: &["0 opened", "600 reminded", "1200 reminded", "3000 reminded", "3550 resolved"],
        },
        Case {
            name: "acknowledged is not reminded of, and its end is told",
            rule: json!({ "when": high(), "remind_every": "10m" }),
            steps: vec![(0, Is(10.0)), (650, Tick), (700, Acknowledge), (1_800, Tick), (1_900, Is(1.0))],
            said: &["0 opened", "600 reminded", "1900 resolved"],
        },
        Case {
            name: "a silence mutes, and what is still open when it ends is said then",
            rule: json!({ "when": high() }),
            steps: vec![(0, Is(1.0)), (1, SilenceUntil(100)), (10, Is(10.0)), (120, Tick), (130, Is(1.0))],
            said: &["10 opened (silenced)", "100 reminded", "130 resolved"],
        },
        Case {
            name: "what opened and ended in a silence is kept and never told",
            rule: json!({ "when": high() }),
            steps: vec![(0, Is(1.0)), (1, SilenceUntil(100)), (10, Is(10.0)), (20, Is(1.0)), (120, Tick)],
            said: &["10 opened (silenced)", "20 resolved (silenced)"],
        },
        Case {
            name: "a silence that is taken back is over",
            rule: json!({ "when": high() }),
            steps: vec![(0, Is(1.0)), (1, SilenceUntil(100)), (5, SilenceUntil(0)), (10, Is(10.0))],
            said: &["10 opened"],
        },
        Case {
            name: "an old number opens nothing and closes nothing",
            rule: json!({ "when": { "kind": "at_least", "threshold": 10, "stale_after": "60s" }, "for": "90s", "keep_firing": "90s" }),
            steps: vec![
                (0, Is(10.0)),
                (300, Tick),
                (310, Is(10.0)),
                (350, Is(10.0)),
                (420, Is(1.0)),
                (600, Tick),
                (610, Is(1.0)),
                (650, Is(1.0)),
                (701, Tick),
            ],
            said: &["400 opened", "700 resolved"],
        },
        Case {
            name: "a machine that slept had no time in which something lasted",
            rule: json!({ "when": high(), "for": "60s" }),
            steps: vec![(0, Is(10.0)), (600, BlindSince(30)), (630, Tick), (659, Is(10.0)), (661, Tick)],
            said: &["660 opened"],
        },
        Case {
            name: "what is not a number says nothing",
            rule: json!({ "when": high() }),
            steps: vec![(0, Is(f64::NAN)), (1, Is(f64::INFINITY)), (2, Is(1.0)), (3, Tick)],
            said: &[],
        },
    ];
    for Case { name, rule, steps, said } in cases {
        let mut play = Play::rule(rule);
        for (second, step) in steps {
            match step {
                Is(value) => play.value(second, value),
                Tick => play.tick(second),
                Acknowledge => play.acknowledge(second),
                SilenceUntil(until) => play.silence(second, until),
                BlindSince(from) => {
                    play.machine.blind(EPOCH + from * SECOND, EPOCH + second * SECOND, &mut play.events);
                }
            }
        }
        assert_eq!(play.said(), said, "{name}");
    }
}

#[test]
fn silence_is_told_from_the_last_reading_on_and_sleep_is_not_silence() {
    let mut play = Play::rule(json!({ "when": { "kind": "silence", "after": "5m" } }));
    play.value(0, 1.0);
    play.value(100, 1.0);
    play.tick(399);
    play.tick(450);
    play.value(500, 1.0);
    play.machine.blind(EPOCH + 510 * SECOND, EPOCH + 5_000 * SECOND, &mut play.events);
    play.tick(5_299);
    assert_eq!(play.said(), ["400 opened", "500 resolved"]);
    play.tick(5_300);
    assert_eq!(play.said(), ["5300 opened"]);
}

#[test]
fn an_end_is_told_of_in_time_and_is_over_when_it_is_moved() {
    let mut play = Play::rule(json!({ "when": { "kind": "expiry", "within": "1h" } }));
    let ends = |second: i64| Reading::Deadline(EPOCH + second * SECOND);
    play.read(0, "load", ends(10_000));
    play.tick(6_000);
    play.tick(7_000);
    play.read(7_100, "load", ends(100_000));
    assert_eq!(play.said(), ["6400 opened", "7100 resolved"]);
}

#[test]
fn counted_things_leave_with_their_slot_without_a_new_reading() {
    let mut play = Play::rule(json!({ "when": { "kind": "count", "at_least": 10, "recover": 5, "over": "2m" } }));
    play.read(0, "load", Reading::Count(6));
    play.read(30, "load", Reading::Count(3));
    play.read(60, "load", Reading::Count(1));
    // 6 leave at 120: 4 are below 5.
    play.tick(300);
    assert_eq!(play.said(), ["60 opened", "120 resolved"]);
}

#[test]
fn an_error_rate_has_its_own_hysteresis() {
    let mut play = Play::rule(json!({ "metric": "requests",
        "when": { "kind": "error_rate", "percent": 10, "recover_percent": 5, "over": "2m", "min_records": 20 } }));
    let mut add = |second, good, bad| play.read(second, "requests", Reading::Outcomes { good, bad });
    add(0, 10, 5);
    add(1, 80, 5);
    add(2, 60, 0);
    add(3, 50, 0);
    assert_eq!(play.said(), ["1 opened", "3 resolved"]);
}

#[test]
fn a_budget_burns_when_both_windows_do_and_stops_with_the_short_one() {
    let windows = json!([{ "long": "1h", "short": "5m", "rate": 14.4 }]);
    let mut play = Play::rule(json!({ "metric": "requests",
        "when": { "kind": "burn_rate", "objective_percent": 99.9, "windows": windows, "min_records": 10 } }));
    let mut minute = |minute: i64, good, bad| play.read(minute * 60, "requests", Reading::Outcomes { good, bad });
    // An hour without an error, then 5 % of errors: 50 times the budget of 0.1 %.
    for at in 0..60 {
        minute(at, 1_000, 0);
    }
    for at in 60..90 {
        minute(at, 950, 50);
    }
    for at in 90..100 {
        minute(at, 1_000, 0);
    }
    // 14.4 times 0.1 % of 60,000 are 864 errors: the 18th minute of 50 brings 900, at 77 minutes. The short window still holds 14.4 times
    // the budget while one of its five minutes is bad (1 %, not 1.44 %): two are, at 92.
    assert_eq!(play.said(), [format!("{} opened", 77 * 60), format!("{} resolved", 93 * 60)]);
}

#[test]
fn maintenance_keeps_alerts_from_opening_and_looks_with_fresh_eyes_after_it() {
    let window = json!([{ "name": "w", "when": { "kind": "once", "from": "2026-11-26T00:10:00Z", "until": "2026-11-26T00:20:00Z" } }]);
    let rule = || json!({ "metric": "up", "when": { "kind": "availability" } });
    let mut play = Play::new(with_rule(rule(), window.clone()));
    for second in (0..1_200).step_by(10) {
        // Down from minute 11 to the end of the window.
        play.check(second, second < 660);
        if second == 900 {
            assert_eq!(play.machine.views().next().map(|view| view.standing), Some(Standing::Suppressed));
        }
    }
    for second in (1_200..1_500).step_by(10) {
        play.check(second, true);
    }
    assert_eq!(play.said(), ["680 suppressed (maintenance)"]);

    // Still down when the window ends: opens with enough failures after it.
    let mut play = Play::new(with_rule(rule(), window.clone()));
    for second in (0..1_300).step_by(10) {
        play.check(second, second < 660);
    }
    assert_eq!(play.said(), ["680 suppressed (maintenance)", "1250 opened"]);

    // Open when the window begins: stays, and its end in the window is kept, not told.
    let mut play = Play::new(with_rule(rule(), window));
    for second in (0..900).step_by(10) {
        play.check(second, !(300..700).contains(&second));
    }
    assert_eq!(play.said(), ["320 opened", "790 resolved (maintenance)"]);
}

#[test]
fn maintenance_follows_the_clock_of_its_place_through_daylight_saving() {
    // Every night from 01:00 to 02:00 in Berlin: 23:00 UTC in summer, midnight UTC in winter. The clock is turned on 2026-10-25.
    let window = json!([{ "name": "nightly", "time_zone": "Europe/Berlin", "when": { "kind": "cron", "cron": "0 1 * * *", "lasts": "1h" } }]);
    let mut play = Play::new(with_rule(json!({ "when": high() }), window));
    // 2026-10-24T22:30Z is 00:30 in Berlin.
    let begin = -(32 * 24 * 3_600 + 3_600 + 1_800);
    let mut at = |minute: i64, value: f64| play.value(begin + minute * 60, value);
    // Bad for a minute at a time: at 23:15 UTC, at 00:15 UTC, and the same a day later.
    for day in [0, 1_440] {
        for minute in [45, 105] {
            at(day + minute, 20.0);
            at(day + minute + 1, 1.0);
        }
    }
    let said: Vec<_> = play.said().iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(
        said,
        [
            // Saturday to Sunday, summer time: 23:15 UTC is 01:15, 00:15 UTC is 02:15.
            "suppressed (maintenance)",
            "opened",
            "resolved",
            // Sunday to Monday, winter time: 23:15 UTC is 00:15, 00:15 UTC is 01:15.
            "opened",
            "resolved",
            "suppressed (maintenance)",
        ]
    );
}

#[test]
fn a_subject_or_a_rule_that_goes_takes_its_alert_along_without_a_word_to_anybody() {
    let mut play = Play::rule(json!({ "when": high() }));
    play.value(0, 20.0);
    let mut events = Vec::new();
    let config = wirereel_alerts::AlertConfig { rules: Vec::new(), ..play.machine.config().clone() };
    play.machine.configure(config, EPOCH + 5 * SECOND, &mut events).unwrap();
    play.events.append(&mut events);
    assert_eq!(play.said(), ["0 opened", "5 resolved (removed)"]);

    let mut play = Play::rule(json!({ "when": high() }));
    play.value(0, 20.0);
    play.machine.forget(&wirereel_alerts::Subject::new("website", "shop"), EPOCH + 7 * SECOND, &mut play.events);
    let gone = play.events.last().unwrap().alert.recovery_message.clone().unwrap();
    assert_eq!(gone, "Website shop is no longer watched by r. time=2026-11-26T00:00:07Z, open for 7 s");
    assert_eq!(play.said(), ["0 opened", "7 resolved (removed)"]);
    assert_eq!(play.machine.views().count(), 0);
    play.value(8, 20.0);
    assert_eq!(play.said(), ["8 opened"], "one of the same name is a new one");
}

#[test]
fn an_edited_rule_keeps_its_open_alert_and_judges_it_by_the_new_threshold() {
    let mut play = Play::rule(json!({ "when": high() }));
    play.value(0, 12.0);
    let edited = with_rule(json!({ "when": { "kind": "at_least", "threshold": 20 } }), json!([]));
    let edited = serde_json::from_value(edited).unwrap();
    play.machine.configure(edited, EPOCH + SECOND, &mut play.events).unwrap();
    play.value(2, 19.0);
    assert_eq!(play.said(), ["0 opened", "2 resolved"]);
    let wrong = serde_json::from_value(with_rule(
        json!({ "when": { "kind": "count", "at_least": 0, "over": "1m" } }),
        json!([]),
    ))
    .unwrap();
    assert_eq!(play.machine.configure(wrong, EPOCH + 3 * SECOND, &mut play.events).unwrap_err().len(), 1);
    play.value(4, 20.0);
    assert_eq!(play.said(), ["4 opened"], "the one before stays in force");
}

#[test]
fn notes_and_acknowledgements_are_of_open_alerts_only() {
    let mut play = Play::rule(json!({ "when": high() }));
    assert!(play.machine.acknowledge("nothing", 0).is_err());
    play.value(0, 12.0);
    let id = play.machine.open_alerts().next().unwrap().alert_id.clone();
    assert_eq!(play.machine.note(&id, &"é".repeat(5_000)).unwrap().note.chars().count(), 4_000);
    play.value(1, 0.0);
    let error = play.machine.note(&id, "late").unwrap_err();
    assert_eq!(error.to_string(), format!("no alert {id} is open"));
}
