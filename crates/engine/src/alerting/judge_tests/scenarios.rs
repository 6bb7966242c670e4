//! The six scenarios of the website monitor, with what is in the store afterwards.

use super::*;

/// A site that was checked every ten seconds for two minutes and was always up.
fn up() -> Play {
    let mut play = Play::new(AlertConfig::default());
    for second in (0..120).step_by(10) {
        play.check(second, true);
        play.settle(second);
    }
    assert_eq!(play.rows(), []);
    play
}

/// One that went down: three failures of the twelve newest leave 75 %.
fn down() -> Play {
    let mut play = up();
    for second in [120, 130, 140] {
        play.check(second, false);
        play.settle(second);
    }
    assert_eq!(play.spans(), [("shop".to_owned(), 140, None)]);
    play
}

#[test]
fn scenario_0_no_record_no_alert() {
    let mut play = Play::new(AlertConfig::default());
    for second in 0..30 {
        play.tick(second * 20);
    }
    assert_eq!(play.rows(), []);
}

#[test]
fn scenario_1_not_enough_records_and_at_or_below_the_threshold_no_alert() {
    let mut play = Play::new(AlertConfig::default());
    for second in [0, 10, 20, 30, 40] {
        play.check(second, false);
        play.settle(second);
    }
    assert_eq!(play.rows(), []);
}

#[test]
fn scenario_2_enough_and_above_and_was_up_no_alert() {
    let mut play = up();
    for second in (120..400).step_by(10) {
        play.check(second, second >= 140);
        play.tick(second);
    }
    assert_eq!(play.rows(), []);
}

#[test]
fn scenario_3_enough_and_at_or_below_and_was_up_down() {
    let play = down();
    let row = play.rows().remove(0);
    assert_eq!(row.message, "Website shop is down. availability=75%, time=2026-11-26T00:02:20Z");
    assert_eq!((row.rule_name.as_str(), row.value, row.quiet), ("Website down", Some(75.0), None));
    assert_eq!(row.evidence.from_us, row.opened_us - 120_000_000);
}

#[test]
fn scenario_4_enough_and_at_or_below_and_was_down_nothing_again() {
    let mut play = down();
    for second in (150..1_000).step_by(10) {
        play.check(second, false);
        play.tick(second + 5);
    }
    assert_eq!(play.spans(), [("shop".to_owned(), 140, None)]);
}

#[test]
fn scenario_5_enough_and_above_and_was_down_up() {
    let mut play = down();
    for second in (150..=240).step_by(10) {
        play.check(second, true);
        play.settle(second);
    }
    let row = play.rows().remove(0);
    assert_eq!(
        row.recovery_message.as_deref(),
        Some("Website shop is up again. availability=83.33%, time=2026-11-26T00:04:00Z, it was down for 1 min 40 s")
    );
    assert_eq!(play.spans(), [("shop".to_owned(), 140, Some(240))]);
}
