use super::*;

const HOUR: i64 = 3_600_000_000_000;

fn at(text: &str) -> i64 {
    i64::try_from(text.parse::<Timestamp>().unwrap().as_nanosecond()).unwrap()
}

fn window(zone: &str, when: serde_json::Value) -> Maintenance {
    Maintenance {
        name: "patch day".into(),
        subject: Selector::default(),
        when: serde_json::from_value(when).unwrap(),
        time_zone: zone.into(),
    }
}

/// Every stretch in which a window is open, asked every minute from outside.
fn open(maintenance: &Maintenance, from: &str, until: &str) -> Vec<(String, String)> {
    let mut calendar = maintenance.calendar().unwrap();
    let (mut stretches, mut began) = (Vec::new(), None);
    for now in (at(from)..=at(until)).step_by(60_000_000_000) {
        match (calendar.ends_ns(now), began) {
            (Some(end), None) => {
                assert!(end > now);
                began = Some((now, end));
            }
            (None, Some((begin, end))) => {
                assert_eq!(end, now, "the end is known from the beginning on");
                stretches.push((crate::text::time(begin), crate::text::time(now)));
                began = None;
            }
            _ => {}
        }
    }
    stretches
}

fn pairs(stretches: &[(String, String)]) -> Vec<(&str, &str)> {
    stretches.iter().map(|(from, until)| (from.as_str(), until.as_str())).collect()
}

#[test]
fn a_weekly_window_keeps_its_local_time_when_the_clock_is_turned() {
    let sunday =
        window("Europe/Berlin", serde_json::json!({ "kind": "weekly", "days": ["sun"], "at": "04:00", "lasts": "1h" }));
    assert_eq!(
        pairs(&open(&sunday, "2026-10-17T00:00:00Z", "2026-10-27T00:00:00Z")),
        [("2026-10-18T02:00:00Z", "2026-10-18T03:00:00Z"), ("2026-10-25T03:00:00Z", "2026-10-25T04:00:00Z")]
    );
}

#[test]
fn a_time_that_the_clock_jumps_over_begins_as_much_later() {
    // 2026-03-29 in Berlin: 01:59:59 is followed by 03:00:00.
    let gap =
        window("Europe/Berlin", serde_json::json!({ "kind": "weekly", "days": ["sun"], "at": "02:30", "lasts": "2h" }));
    assert_eq!(
        pairs(&open(&gap, "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z")),
        [("2026-03-29T01:30:00Z", "2026-03-29T03:30:00Z")]
    );
    let cron = window("Europe/Berlin", serde_json::json!({ "kind": "cron", "cron": "30 2 * * *", "lasts": "30m" }));
    assert_eq!(
        pairs(&open(&cron, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z")),
        [("2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"), ("2026-03-30T00:30:00Z", "2026-03-30T01:00:00Z")]
    );
}

#[test]
fn a_time_that_comes_twice_begins_once_and_lasts_in_real_time() {
    // 2026-10-25 in Berlin: 02:59:59 summer time is followed by 02:00:00 winter time.
    let fold = window("Europe/Berlin", serde_json::json!({ "kind": "cron", "cron": "30 2 25 10 *", "lasts": "2h" }));
    assert_eq!(
        pairs(&open(&fold, "2026-10-24T12:00:00Z", "2026-10-26T00:00:00Z")),
        [("2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z")]
    );
}

#[test]
fn what_comes_every_hour_comes_in_both_hours_that_have_the_same_name() {
    let hourly = window("Europe/Berlin", serde_json::json!({ "kind": "cron", "cron": "0 * * * *", "lasts": "10m" }));
    let stretches = open(&hourly, "2026-10-24T21:59:00Z", "2026-10-25T23:00:00Z");
    assert_eq!(stretches.len(), 25);
    let gap = open(&hourly, "2026-03-28T22:59:00Z", "2026-03-29T22:00:00Z");
    assert_eq!(gap.len(), 23);
}

#[test]
fn once_is_local_time_or_an_instant() {
    let local = window(
        "America/New_York",
        serde_json::json!({ "kind": "once", "from": "2026-11-01T01:30", "until": "2026-11-01T02:30" }),
    );
    // 01:30 comes twice that night; the first is meant, and there are two hours until 02:30.
    assert_eq!(
        pairs(&open(&local, "2026-10-31T00:00:00Z", "2026-11-02T00:00:00Z")),
        [("2026-11-01T05:30:00Z", "2026-11-01T07:30:00Z")]
    );
    let instants =
        serde_json::json!({ "kind": "once", "from": "2026-11-01T01:30:00Z", "until": "2026-11-01T02:30:00+01:00" });
    assert_eq!(
        window("UTC", instants).problems()[0].to_string(),
        "when.until: \"2026-11-01T02:30:00+01:00\" is not after 2026-11-01T01:30:00Z"
    );
}

#[test]
fn windows_that_touch_are_one() {
    let half_hours = window("UTC", serde_json::json!({ "kind": "cron", "cron": "0,30 8-9 * * *", "lasts": "30m" }));
    assert_eq!(
        pairs(&open(&half_hours, "2026-11-26T00:00:00Z", "2026-11-26T23:00:00Z")),
        [("2026-11-26T08:00:00Z", "2026-11-26T10:00:00Z")]
    );
    let always = window("UTC", serde_json::json!({ "kind": "cron", "cron": "* * * * *", "lasts": "2m" }));
    let mut calendar = always.calendar().unwrap();
    let mut now = at("2026-11-26T00:00:00Z");
    for _ in 0..3 {
        now = calendar.ends_ns(now).expect("one without end is looked at again");
    }
}

#[test]
fn a_leap_day_is_found_years_ahead() {
    let leap = window("UTC", serde_json::json!({ "kind": "cron", "cron": "0 0 29 2 *", "lasts": "1h" }));
    let mut calendar = leap.calendar().unwrap();
    assert_eq!(calendar.ends_ns(at("2096-03-01T00:00:00Z")), None);
    assert_eq!(calendar.ends_ns(at("2104-02-29T00:30:00Z")), Some(at("2104-02-29T01:00:00Z")));
    assert_eq!(calendar.ends_ns(at("2104-02-29T00:00:00Z") - HOUR), None);
    for extreme in [i64::MIN, i64::MAX] {
        assert_eq!(calendar.ends_ns(extreme), None);
    }
}

#[test]
fn every_problem_of_a_window_is_told() {
    let wrong =
        window("Mars/Olympus", serde_json::json!({ "kind": "weekly", "days": [], "at": "7:5", "lasts": "32d" }));
    let said: Vec<_> = wrong.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "time_zone: \"Mars/Olympus\" is not a time zone such as UTC or Europe/Berlin",
            "when.days: an empty list is not one or more of mon, tue, wed, thu, fri, sat, sun",
            "when.lasts: 32d is not at most 31d",
            "when.at: \"7:5\" is not a time of day such as 22:30",
        ]
    );
}
