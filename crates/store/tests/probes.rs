//! What comes of probes goes in and comes out: totals that are the sums of their parts, hops in order, figures of paths.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use recorded::{START_NS, open};
use serde_json::json;
use wirereel_query::{
    checks::CheckState,
    probes::{HopReported, ProbePartKind, ProbeRun, ProbeRunsQuestion},
    question::TimeRange,
};
use wirereel_store::{NewObservation, NewProbeHop, NewProbeRun, ObservedHop, Store, set_database_aside, take_over};

const START_US: i64 = START_NS / 1_000;
const SECOND_US: i64 = 1_000_000;

fn hop(position: u16, name: &str, role: &'static str, link_ns: i64, own_ns: i64) -> NewProbeHop {
    NewProbeHop {
        position,
        hop: name.into(),
        region: "eu".into(),
        role: Some(role),
        reported: HopReported::Reported,
        own_ns: Some(own_ns),
        link_ns: Some(link_ns),
        residence_ns: Some(own_ns.unsigned_abs() + 1),
        queue_ns: (role == "relay").then_some(7),
        backend_ns: (role == "responder").then_some(own_ns.unsigned_abs() / 2),
        received_at_ns: Some(START_NS + 5_000),
    }
}

/// A relay, a proxy that says nothing, and a service: odd nanoseconds that sum up to the total.
fn run(probe: &str, after_s: i64) -> NewProbeRun {
    let opaque = NewProbeHop { position: 1, hop: "nginx".into(), ..NewProbeHop::default() };
    let hops =
        vec![hop(0, "Relay A", "relay", 100_001, 50_003), opaque, hop(2, "catalog", "responder", 400_007, 999_999)];
    let total_ns = 100_001 + 50_003 + 400_007 + 999_999 + after_s.unsigned_abs() * 1_000;
    NewProbeRun {
        probe: probe.into(),
        intended_us: START_US + after_s * SECOND_US,
        at_us: START_US + after_s * SECOND_US + 300,
        instants: 1,
        state: CheckState::Up,
        white_box: true,
        path: Some("eu sender > Relay A > nginx > catalog".into()),
        probe_id: Some(format!("{after_s:032x}")),
        total_ns: Some(total_ns),
        connect_ns: Some(1_234),
        unattributed_ns: (after_s > 0).then_some(after_s * 1_000),
        grpc_status: Some(0),
        from_region: "eu".into(),
        to_region: "us".into(),
        to_service: "catalog".into(),
        local: Some("127.0.0.1:40001".into()),
        remote: Some("127.0.0.1:7000".into()),
        hops,
        ..NewProbeRun::default()
    }
}

fn lost(probe: &str, after_s: i64) -> NewProbeRun {
    NewProbeRun {
        state: CheckState::Down,
        reason: Some("No answer within 5 s".into()),
        failure: Some("timeout".into()),
        last_seen: Some("entered Relay A, never left".into()),
        ignored_records: 2,
        inconsistent: true,
        grpc_status: None,
        http_status: Some(504),
        hops: Vec::new(),
        ..run(probe, after_s)
    }
}

fn slept(probe: &str, after_s: i64, instants: u32) -> NewProbeRun {
    let run = run(probe, after_s);
    NewProbeRun {
        probe: run.probe,
        intended_us: run.intended_us,
        at_us: run.at_us,
        instants,
        state: CheckState::SelfOffline,
        ..NewProbeRun::default()
    }
}

fn all(store: &Store) -> Vec<ProbeRun> {
    let question = ProbeRunsQuestion { limit: 500, ..ProbeRunsQuestion::default() };
    store.reader(None).unwrap().probe_runs(&question).unwrap().rows
}

#[test]
fn a_probe_comes_out_as_it_went_in_and_its_parts_sum_up_to_the_nanosecond() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    store.probe_writer().unwrap().write(&[run("it's", 3), lost("it's", 4), slept("it's", 5, 9)]).unwrap();
    let [asleep, timed_out, whole]: [ProbeRun; 3] = all(&store).try_into().unwrap();
    assert_eq!(
        (asleep.state, asleep.instants, asleep.total_us, asleep.white_box),
        (CheckState::SelfOffline, 9, None, false)
    );
    assert_eq!(
        (timed_out.failure.as_deref(), timed_out.last_seen.as_deref(), timed_out.http_status),
        (Some("timeout"), Some("entered Relay A, never left"), Some(504))
    );
    assert_eq!((timed_out.ignored_records, timed_out.inconsistent, timed_out.hops.len()), (2, true, 0));
    assert_eq!((whole.probe.as_str(), whole.total_us, whole.connect_us), ("it's", Some(1_553.01), Some(1.234)));
    let names: Vec<_> = whole.hops.iter().map(|hop| (hop.hop.as_str(), hop.role.as_str(), hop.reported)).collect();
    let expected = [
        ("Relay A", "relay", HopReported::Reported),
        ("nginx", "", HopReported::Opaque),
        ("catalog", "responder", HopReported::Reported),
    ];
    assert_eq!(names, expected);
    assert_eq!(whole.hops[0].received_at_us, Some(START_US + 5));
    let sum = "SELECT round(r.total_us * 1000)::BIGINT - round(r.unattributed_us * 1000)::BIGINT \
               - (SELECT sum(round(coalesce(own_us, 0) * 1000) + round(coalesce(link_us, 0) * 1000))::BIGINT FROM probe_hops h \
                  WHERE h.probe_id = r.probe_id) AS rest, mode, path, ok, from_region, to_region, to_service \
               FROM probe_results r WHERE ok";
    let reader = store.reader(None).unwrap();
    let told = json!([[0, "white_box", "eu sender > Relay A > nginx > catalog", true, "eu", "us", "catalog"]]);
    assert_eq!(json!(reader.sql(sum, 10).unwrap().rows), told);
    let hops = "SELECT hop, role, reported, observed, backend_us, queue_us FROM probe_hops ORDER BY position";
    let told = json!([
        ["Relay A", "relay", true, false, null, 0.007],
        ["nginx", null, false, false, null, null],
        ["catalog", "responder", true, false, 499.999, null],
    ]);
    assert_eq!(json!(reader.sql(hops, 10).unwrap().rows), told);
}

#[test]
fn probes_are_found_by_name_range_instant_and_failure_and_the_median_is_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.probe_writer().unwrap();
    let mut runs: Vec<NewProbeRun> = (1..=20).map(|n| run("shop", n)).collect();
    runs.extend([lost("shop", 21), run("other", 5)]);
    writer.write(&runs).unwrap();
    let reader = store.reader(None).unwrap();
    let ask = |question: ProbeRunsQuestion| {
        let runs = reader.probe_runs(&ProbeRunsQuestion { probe: Some("shop".into()), limit: 3, ..question }).unwrap();
        (runs.total, runs.rows.iter().map(|run| (run.intended_us - START_US) / SECOND_US).collect::<Vec<_>>())
    };
    assert_eq!(ask(ProbeRunsQuestion::default()), (21, vec![21, 20, 19]));
    assert_eq!(ask(ProbeRunsQuestion { failing: true, ..ProbeRunsQuestion::default() }), (1, vec![21]));
    let exactly = Some(START_US + 7 * SECOND_US);
    assert_eq!(ask(ProbeRunsQuestion { intended_us: exactly, ..ProbeRunsQuestion::default() }), (1, vec![7]));
    let range = Some(TimeRange { from_us: START_US + 2 * SECOND_US, to_us: START_US + 4 * SECOND_US });
    assert_eq!(ask(ProbeRunsQuestion { range, ..ProbeRunsQuestion::default() }), (2, vec![3, 2]));
    assert!(reader.probe_runs(&ProbeRunsQuestion { limit: 501, ..ProbeRunsQuestion::default() }).is_err());
    let median = reader.median_probe("shop", (START_US, START_US + 60 * SECOND_US)).unwrap().unwrap();
    assert_eq!((median.intended_us - START_US, median.hops.len()), (10 * SECOND_US, 3), "what failed is not counted");
    assert_eq!(reader.median_probe("nobody", (0, i64::MAX)).unwrap(), None);
}

#[test]
fn a_paths_parts_sum_up_to_its_mean_total_and_say_what_is_not_split() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.probe_writer().unwrap();
    let mut runs: Vec<NewProbeRun> = (0..10).map(|n| run("shop", n)).collect();
    runs.extend([lost("shop", 10), slept("shop", 11, 5), run("other", 3)]);
    writer.write(&runs).unwrap();
    let reader = store.reader(None).unwrap();
    let parts = reader.probe_parts("shop", (START_US, START_US + 15 * SECOND_US), 3).unwrap();
    let hops: Vec<_> = parts.hops.iter().map(|hop| (hop.hop.as_str(), hop.reported, hop.seen, hop.lost)).collect();
    let expected = [
        ("Relay A", HopReported::Reported, 10, Some(1)),
        ("nginx", HopReported::Opaque, 10, None),
        ("catalog", HopReported::Reported, 10, None),
    ];
    assert_eq!(hops, expected);
    assert_eq!((parts.hops[0].own.avg_us, parts.hops[0].own.p99_us), (Some(50.003), Some(50)));
    assert_eq!((parts.hops[2].backend.count, parts.hops[1].own.count), (10, 0));
    let counts: Vec<_> = parts.columns.iter().map(|column| (column.up, column.down, column.unknown)).collect();
    assert_eq!(counts, [(5, 0, 0), (5, 0, 0), (0, 1, 5)]);
    for column in &parts.columns[..2] {
        let kinds: Vec<_> = column.parts.iter().map(|part| (part.hop.as_str(), part.part)).collect();
        let expected = [
            ("Relay A", ProbePartKind::Wire),
            ("Relay A", ProbePartKind::Hop),
            ("catalog", ProbePartKind::NotSplit),
            ("catalog", ProbePartKind::Service),
            ("", ProbePartKind::NotSplit),
        ];
        assert_eq!(kinds, expected);
        let sum: f64 = column.parts.iter().map(|part| part.mean_us).sum();
        assert!((sum - column.total_us.unwrap()).abs() < 1e-3, "{sum} {:?}", column.total_us);
    }
    assert_eq!((parts.columns[2].total_us, parts.columns[2].parts.len()), (None, 0));
}

/// The proxy of [`run`] held it for 30 of the 400.007 µs that it is in, and its packets were seen.
fn observation(number: i32, after_s: i64, held_ns: i64, newest_exchange: u64) -> NewObservation {
    let hop = |position, observed, link_ns, own_ns| ObservedHop {
        position,
        observed,
        own_ns: Some(own_ns),
        link_ns: Some(link_ns),
        received_at_ns: observed.then_some(START_NS + 1_000),
    };
    NewObservation {
        number,
        intended_us: START_US + after_s * SECOND_US,
        newest_exchange,
        unattributed_ns: Some(7),
        inconsistent: true,
        hops: vec![
            hop(0, false, 100_001, 50_003),
            hop(1, true, 200_000, held_ns),
            hop(2, false, 200_007 - held_ns, 999_999),
        ],
    }
}

#[test]
fn what_packets_told_later_is_in_every_answer_and_stays_when_it_is_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    store.probe_writer().unwrap().write(&[run("other", 0), run("shop", 0), run("shop", 1)]).unwrap();
    let mut writer = store.observation_writer().unwrap();
    writer.write(&[observation(1, 0, 10_000, 3), observation(1, 1, 10_000, 4)]).unwrap();
    // The hop's own capture came later. Told twice, it is there once.
    writer.write(&[observation(1, 0, 30_000, 5)]).unwrap();
    writer.write(&[observation(1, 0, 30_000, 5), observation(1, 1, 30_000, 6)]).unwrap();
    writer.write(&[]).unwrap();
    let reader = store.reader(None).unwrap();
    let hops = "SELECT hop, reported, observed, own_us, link_us FROM probe_hops WHERE probe = 'shop' ORDER BY probe_id, position";
    let one = [
        json!(["Relay A", true, false, 50.003, 100.001]),
        json!(["nginx", false, true, 30.0, 200.0]),
        json!(["catalog", true, false, 999.999, 170.007]),
    ];
    assert_eq!(json!(reader.sql(hops, 10).unwrap().rows), json!([one.clone(), one].concat()));
    let results = "SELECT probe, unattributed_us, inconsistent FROM probe_results ORDER BY probe, probe_id";
    let told = json!([["other", null, false], ["shop", 0.007, true], ["shop", 0.007, true]]);
    assert_eq!(json!(reader.sql(results, 10).unwrap().rows), told);
    let [_, of_other, of_shop]: [ProbeRun; 3] = all(&store).try_into().unwrap();
    assert_eq!((of_other.probe.as_str(), of_other.hops[1].reported), ("other", HopReported::Opaque));
    let nginx = &of_shop.hops[1];
    assert_eq!((nginx.reported, nginx.own_us, nginx.link_us), (HopReported::Observed, Some(30.0), Some(200.0)));
    assert_eq!((of_shop.unattributed_us, of_shop.inconsistent), (Some(0.007), true));
    let parts = reader.probe_parts("shop", (START_US, START_US + 2 * SECOND_US), 1).unwrap();
    assert_eq!((parts.hops[1].reported, parts.hops[1].own.avg_us), (HopReported::Observed, Some(30.0)));
    let kinds: Vec<_> = parts.columns[0].parts.iter().map(|part| (part.hop.as_str(), part.part)).collect();
    use ProbePartKind::{Hop, NotSplit, Service, Wire};
    let of_hops =
        [("Relay A", Wire), ("Relay A", Hop), ("nginx", Wire), ("nginx", Hop), ("catalog", Wire), ("catalog", Service)];
    assert_eq!(kinds, [&of_hops[..], &[("", NotSplit)]].concat());
    drop((reader, writer));

    // It goes with its result, and where the database is begun anew it comes along.
    while store.probe_writer().unwrap().forget(START_US + SECOND_US, 100).unwrap() > 0 {}
    let left = "SELECT count(*) FROM raw.probe_observed";
    assert_eq!(json!(store.reader(None).unwrap().sql(left, 1).unwrap().rows), json!([[3]]));
    let before = all(&store);
    drop(store);
    let aside = set_database_aside(folder.path()).unwrap().unwrap();
    take_over(folder.path(), &aside).unwrap();
    assert_eq!(all(&open(folder.path()).store), before);
}

#[test]
fn samples_and_readings_come_in_order_and_what_is_old_goes_with_its_hops() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.probe_writer().unwrap();
    let mut runs: Vec<NewProbeRun> = (0..60).rev().map(|n| run("shop", n * 40)).collect();
    runs.push(slept("shop", 5, 7));
    writer.write(&runs).unwrap();
    let reader = store.reader(None).unwrap();
    for some in [None, Some(&["shop", "nobody"][..])] {
        let mut seen = Vec::new();
        let within = (START_US, START_US + 2_000 * SECOND_US);
        reader.probe_samples(some, within, |sample| seen.push((sample.intended_us, sample.instants))).unwrap();
        assert_eq!((seen.len(), seen[1]), (51, (START_US + 5 * SECOND_US, 7)));
        assert!(seen.is_sorted());
    }
    let mut known = Vec::new();
    reader.probe_readings_since((START_US + 400 * SECOND_US) * 1_000, |reading| known.push(reading.known_ns)).unwrap();
    assert_eq!((known.len(), known.is_sorted()), (50, true));

    let until_us = START_US + 400 * SECOND_US;
    let mut removed = 0;
    loop {
        match writer.forget(until_us, 4).unwrap() {
            0 => break,
            some => removed += some,
        }
    }
    assert_eq!(removed, 11 + 30);
    let left = "SELECT (SELECT count(*) FROM probe_results), (SELECT count(*) FROM probe_hops), (SELECT count(*) FROM probe_hops h \
                WHERE NOT EXISTS (SELECT 1 FROM probe_results r WHERE r.probe_id = h.probe_id))";
    assert_eq!(json!(reader.sql(left, 10).unwrap().rows), json!([[50, 150, 0]]));
}

#[test]
fn a_database_that_is_set_aside_leaves_its_probes_to_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.probe_writer().unwrap();
    writer.write(&[run("shop", 1), lost("other", 2)]).unwrap();
    let before = all(&store);
    drop((writer, store));
    let aside = set_database_aside(folder.path()).unwrap().unwrap();
    assert_eq!(take_over(folder.path(), &aside).unwrap(), 2 + 2 + 3);
    let store = open(folder.path()).store;
    assert_eq!(all(&store), before);
    store.probe_writer().unwrap().write(&[run("third", 3)]).unwrap();
    assert_eq!(all(&store)[0].probe, "third");
}
