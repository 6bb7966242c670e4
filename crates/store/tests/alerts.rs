//! Alerts are saved all together or not at all, replaced by their ids, and found again by what is asked.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use recorded::{START_NS, open};
use wirereel_query::{
    alerts::{AlertDelivery, AlertFilter, AlertRow, AlertSubject, AlertsQuestion, DeliveryState},
    question::{Direction, EventKind, NextEventQuestion, TimeRange},
};
use wirereel_store::{AlertSaving, SavedAlert, SavedAlertEvent, SavedAlertState, SavedDelivery, Store, TargetFigures};

const SECOND: i64 = 1_000_000_000;
const START_US: i64 = START_NS / 1_000;

fn alert(name: &str, from_s: i64, to_s: Option<i64>) -> SavedAlert {
    SavedAlert {
        alert_id: format!("{name}-{from_s}"),
        rule: "website-down".into(),
        rule_name: "Website down".into(),
        kind: "website".into(),
        subject: name.into(),
        opened_ns: START_NS + from_s * SECOND,
        resolved_ns: to_s.map(|at| START_NS + at * SECOND),
        message: format!("Website {name} is down."),
        recovery_message: to_s.map(|_| format!("Website {name} is up again.")),
        value: Some(75.0),
        told: true,
        evidence_from_ns: START_NS + (from_s - 120) * SECOND,
        ..SavedAlert::default()
    }
}

fn happened(what: &str, alert: &SavedAlert, at_ns: i64, quiet: Option<&str>) -> SavedAlertEvent {
    SavedAlertEvent {
        event_id: format!("{}/{what}", alert.alert_id),
        at_ns,
        what: what.into(),
        alert_id: alert.alert_id.clone(),
        rule: alert.rule.clone(),
        kind: alert.kind.clone(),
        subject: alert.subject.clone(),
        quiet: quiet.map(Into::into),
        untold: quiet.is_none().then(|| format!("{what} {}", alert.alert_id)),
    }
}

fn question() -> AlertsQuestion {
    AlertsQuestion { limit: 100, ..AlertsQuestion::default() }
}

fn names(store: &Store, question: &AlertsQuestion) -> Vec<String> {
    let page = store.reader(None).unwrap().alerts(question, START_US).unwrap();
    page.rows.into_iter().map(|row| row.alert_id).collect()
}

#[test]
fn an_alert_is_told_as_it_was_saved_last_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.alert_writer().unwrap();
    let opened = alert("shop", 0, None);
    let saving = AlertSaving {
        alerts: vec![opened.clone()],
        events: vec![happened("opened", &opened, opened.opened_ns, None)],
        ..AlertSaving::default()
    };
    writer.save(&saving).unwrap();
    writer.save(&saving).unwrap();
    let resolved = alert("shop", 0, Some(60));
    let delivery = SavedDelivery {
        delivery_id: "shop-0/opened>team".into(),
        alert_id: "shop-0".into(),
        target: "team".into(),
        event: "opened".into(),
        state: "waiting".into(),
        attempts: 2,
        queued_ns: START_NS,
        next_ns: START_NS + 5 * SECOND,
        finished_ns: None,
        failure: Some("503".into()),
        record: "{}".into(),
    };
    writer
        .save(&AlertSaving {
            alerts: vec![resolved.clone()],
            events: vec![
                happened("opened", &resolved, START_NS, Some("silenced")),
                happened("resolved", &resolved, START_NS + 60 * SECOND, Some("silenced")),
            ],
            deliveries: vec![delivery],
            ..AlertSaving::default()
        })
        .unwrap();
    assert!(writer.note("shop-0", "the \"cable\"").unwrap());
    assert!(!writer.note("shop-1", "nobody's").unwrap());
    let page = store.reader(None).unwrap().alerts(&question(), START_US + 1).unwrap();
    assert_eq!((page.open, page.unacknowledged, page.total), (0, 0, 1));
    assert_eq!(
        page.rows,
        [AlertRow {
            alert_id: "shop-0".into(),
            rule: "website-down".into(),
            rule_name: "Website down".into(),
            subject: AlertSubject { kind: "website".into(), name: "shop".into() },
            opened_us: START_US,
            resolved_us: Some(START_US + 60_000_000),
            message: "Website shop is down.".into(),
            recovery_message: Some("Website shop is up again.".into()),
            value: Some(75.0),
            acknowledged_us: None,
            note: "the \"cable\"".into(),
            silenced_until_us: None,
            quiet: Some("silenced".into()),
            evidence: TimeRange { from_us: START_US - 120_000_000, to_us: START_US + 60_000_000 },
            deliveries: vec![AlertDelivery {
                target: "team".into(),
                event: "opened".into(),
                state: DeliveryState::Waiting,
                attempts: 2,
                error: Some("503".into()),
                at_us: None,
                next_attempt_us: Some(START_US + 5_000_000),
            }],
        }]
    );
    let rows =
        store.reader(None).unwrap().sql("SELECT what, quiet FROM alert_events ORDER BY \"at\"", 10).unwrap().rows;
    assert_eq!(rows.len(), 2, "the first opening stays as it was: {rows:?}");
    assert!(rows[0][1].is_null());
    let targets = store.reader(None).unwrap().alert_targets().unwrap();
    let wanted = TargetFigures { waiting: 1, error: Some("503".into()), ..TargetFigures::default() };
    assert_eq!(targets.get("team"), Some(&wanted));
}

#[test]
fn what_is_remembered_is_there_after_opening_again_and_what_is_gone_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let state = |name: &str, record: Option<&str>| SavedAlertState {
        rule: "r".into(),
        kind: "website".into(),
        subject: name.into(),
        record: record.map(Into::into),
    };
    {
        let store = open(folder.path()).store;
        let mut writer = store.alert_writer().unwrap();
        let open = alert("a", 5, None);
        let events = vec![happened("opened", &open, open.opened_ns, None)];
        let states = vec![state("a", Some("1")), state("b", Some("1")), state("a", Some("2"))];
        writer
            .save(&AlertSaving { alerts: vec![open], events, states, heard_to_ns: Some(7), ..AlertSaving::default() })
            .unwrap();
        writer.save(&AlertSaving { states: vec![state("b", None)], ..AlertSaving::default() }).unwrap();
    }
    let store = open(folder.path()).store;
    let mut writer = store.alert_writer().unwrap();
    let saved = writer.saved(10).unwrap();
    assert_eq!(saved.states, ["2"]);
    assert_eq!(saved.untold, ["opened a-5"]);
    assert_eq!(saved.evidence, [("a-5".to_owned(), START_NS - 115 * SECOND)]);
    assert_eq!(saved.heard_to_ns, Some(7));
    writer.save(&AlertSaving { told: vec!["a-5/opened".into()], ..AlertSaving::default() }).unwrap();
    assert!(writer.saved(10).unwrap().untold.is_empty());
}

#[test]
fn alerts_are_found_by_time_state_subject_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.alert_writer().unwrap();
    let alerts = vec![alert("shop", 0, Some(60)), alert("Basket", 30, None), alert("shop", 100, Some(130))];
    writer.save(&AlertSaving { alerts, ..AlertSaving::default() }).unwrap();
    let asked = |change: &dyn Fn(&mut AlertsQuestion)| {
        let mut asked = question();
        change(&mut asked);
        names(&store, &asked)
    };
    assert_eq!(asked(&|_| {}), ["shop-100", "Basket-30", "shop-0"]);
    assert_eq!(asked(&|asked| (asked.offset, asked.limit) = (1, 1)), ["Basket-30"]);
    assert_eq!(asked(&|asked| asked.which = AlertFilter::Open), ["Basket-30"]);
    assert_eq!(asked(&|asked| asked.which = AlertFilter::Resolved), ["shop-100", "shop-0"]);
    assert_eq!(asked(&|asked| asked.search = Some(" bASK ".into())), ["Basket-30"]);
    assert_eq!(asked(&|asked| asked.search = Some("is down".into())).len(), 3);
    let range =
        |from: i64, to: i64| Some(TimeRange { from_us: START_US + from * 1_000_000, to_us: START_US + to * 1_000_000 });
    assert_eq!(asked(&|asked| asked.range = range(70, 90)), ["Basket-30"]);
    assert_eq!(asked(&|asked| asked.range = range(10, 20)), ["shop-0"]);
    let of = |name: &str| Some(AlertSubject { kind: "website".into(), name: name.into() });
    assert_eq!(asked(&|asked| asked.subject = of("shop")), ["shop-100", "shop-0"]);
    assert!(asked(&|asked| asked.subject = of("Shop")).is_empty());
    let page = store.reader(None).unwrap().alerts(&question(), START_US).unwrap();
    assert_eq!((page.open, page.unacknowledged, page.total), (1, 1, 3));

    let walk = |direction, from_us: i64| {
        let (mut at, mut met) = (from_us, Vec::new());
        let reader = store.reader(None).unwrap();
        let next = |from_us| {
            let question = NextEventQuestion { from_us, direction, kind: EventKind::Alert, filter: String::new() };
            reader.next_event(&question).unwrap()
        };
        while let Some(found) = next(at) {
            at = found.at_us;
            met.push(((at - START_US) / 1_000_000, found.label));
        }
        met
    };
    let forward = walk(Direction::Forward, 0);
    assert_eq!(forward.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 30, 60, 100, 130]);
    assert_eq!(forward[2].1, "Website shop is up again.");
    let mut backward = walk(Direction::Backward, i64::MAX);
    backward.reverse();
    assert_eq!(backward, forward);
}

#[test]
fn alerts_are_saved_beside_a_writer_whose_rows_are_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut traffic = store.writer().unwrap();
    traffic.record_metrics(START_NS, "import", &[("packets_per_s", 1.0)]).unwrap();
    let mut writer = store.alert_writer().unwrap();
    writer.save(&AlertSaving { alerts: vec![alert("shop", 0, None)], ..AlertSaving::default() }).unwrap();
    assert_eq!(names(&store, &question()), ["shop-0"]);
    traffic.commit().unwrap();
    assert_eq!(store.reader(None).unwrap().sql("SELECT * FROM self_metrics", 10).unwrap().rows.len(), 1);
}
