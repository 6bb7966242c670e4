//! The six scenarios of the website monitor, at the defaults: down at or below 80 % of the last two minutes.

use wirereel_alerts::{AlertConfig, Machine, Standing};

use crate::play::Play;

fn monitor() -> Play {
    Play { machine: Machine::new(AlertConfig::default()).unwrap(), events: Vec::new() }
}

/// A site that was checked every ten seconds for two minutes and was always up.
fn up() -> Play {
    let mut play = monitor();
    for second in (0..120).step_by(10) {
        play.check(second, true);
    }
    assert_eq!(play.said(), [""; 0]);
    play
}

/// One that went down: three failures of the twelve newest leave 75 %.
fn down() -> Play {
    let mut play = up();
    for second in [120, 130, 140] {
        play.check(second, false);
    }
    assert_eq!(play.said(), ["140 opened"]);
    play
}

#[test]
fn scenario_0_no_record_no_alert() {
    let mut play = monitor();
    for second in 0..600 {
        play.tick(second);
    }
    assert_eq!(play.said(), [""; 0]);
    assert_eq!(play.machine.views().count(), 0);
}

#[test]
fn scenario_1_not_enough_records_and_at_or_below_the_threshold_no_alert() {
    let mut play = monitor();
    for second in [0, 10, 20, 30, 40] {
        play.check(second, false);
    }
    assert_eq!(play.said(), [""; 0]);
    let views: Vec<_> = play.machine.views().filter(|view| view.rule.id == "website-down").collect();
    assert_eq!((views[0].standing, views[0].value), (Standing::TooLittle, Some(0.0)));
    drop(views);
    play.check(50, false);
    assert_eq!(play.said(), ["50 opened"], "with the sixth there are enough");
}

#[test]
fn scenario_2_enough_and_above_and_was_up_no_alert() {
    let mut play = up();
    // Two failures of twelve leave 83 %.
    play.check(120, false);
    play.check(130, false);
    for second in (140..400).step_by(10) {
        play.check(second, true);
        play.tick(second);
    }
    assert_eq!(play.said(), [""; 0]);
}

#[test]
fn scenario_3_enough_and_at_or_below_and_was_up_down() {
    let mut play = down();
    let alert = play.machine.open_alerts().next().unwrap().clone();
    assert_eq!(alert.message, "Website shop is down. availability=75%, time=2026-11-26T00:02:20Z");
    // Exactly the threshold is down: eight of ten are 80 %.
    let mut exactly = monitor();
    for second in 0..10 {
        exactly.check(second * 10, second < 8);
    }
    assert_eq!(exactly.said(), ["90 opened"]);
    assert!(exactly.machine.open_alerts().next().unwrap().message.contains("availability=80%,"));
    assert_eq!(play.said(), [""; 0]);
}

#[test]
fn scenario_4_enough_and_at_or_below_and_was_down_nothing_again() {
    let mut play = down();
    for second in (150..1_000).step_by(10) {
        play.check(second, false);
        play.tick(second + 5);
    }
    assert_eq!(play.said(), [""; 0]);
    assert_eq!(play.machine.open_alerts().count(), 1);
}

#[test]
fn scenario_5_enough_and_above_and_was_down_up() {
    let mut play = down();
    // The failures of 120 to 140 leave the two minutes one by one; the first does at 240.
    for second in (150..=240).step_by(10) {
        play.check(second, true);
    }
    let recovered: Vec<_> = play.events.iter().filter_map(|event| event.alert.recovery_message.clone()).collect();
    assert_eq!(
        recovered,
        ["Website shop is up again. availability=83.33%, time=2026-11-26T00:04:00Z, it was down for 1 min 40 s"]
    );
    assert_eq!(play.said(), ["240 resolved"]);
    assert_eq!(play.machine.open_alerts().count(), 0);
}

#[test]
fn where_few_checks_fit_into_the_frame_as_many_as_fit_are_enough() {
    use wirereel_alerts::{Observation, Reading};
    let mut play = monitor();
    let every_ns = Some(300 * crate::play::SECOND);
    let seen = Observation {
        kind: "website",
        name: "rare",
        metric: "up",
        at_ns: crate::play::EPOCH,
        every_ns,
        reading: Reading::Outcomes { good: 0, bad: 1 },
    };
    play.machine.observe(&seen, &mut play.events);
    assert_eq!(play.said(), ["0 opened"], "a site that is asked every five minutes is not silently never down");
}
