//! What comes of website checks goes in and comes out, beside packets' rows and without them.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use recorded::{START_NS, collector, endpoint, exchange_row, flow_row, intern, name_all, open};
use serde_json::json;
use wirereel_dissect::record::{CloseReason, FlowId};
use wirereel_query::{
    checks::{CheckCertificate, CheckHop, CheckPhases, CheckRun, CheckRunsQuestion, CheckState},
    question::TimeRange,
};
use wirereel_store::{CheckHour, HourTimes, NewCheckRun, Store, set_database_aside, take_over};

const START_US: i64 = START_NS / 1_000;
const SECOND_US: i64 = 1_000_000;

fn run(website: &str, after_s: i64, state: CheckState, response_us: u64) -> NewCheckRun {
    let measured = matches!(state, CheckState::Up | CheckState::Down);
    let run = CheckRun {
        website: website.into(),
        intended_us: START_US + after_s * SECOND_US,
        at_us: START_US + after_s * SECOND_US + 300,
        instants: 1,
        state,
        reason: (state == CheckState::Down).then(|| "The status is 503, expected is 200".into()),
        failure: (state == CheckState::Down).then(|| "status".into()),
        status: measured.then_some(if state == CheckState::Up { 200 } else { 503 }),
        phases: CheckPhases {
            connect_us: measured.then_some(100.0),
            ttfb_us: measured.then_some(response_us as f64 / 2.0),
            ..CheckPhases::default()
        },
        total_us: measured.then_some(response_us),
        ..CheckRun::default()
    };
    NewCheckRun { run, response_us: measured.then_some(response_us) }
}

/// One of everything that a result can have.
fn whole() -> NewCheckRun {
    let some = |n: u32| Some(f64::from(n));
    let phases = CheckPhases {
        dns_us: some(1),
        connect_us: some(2),
        proxy_us: some(3),
        tls_us: some(4),
        write_us: some(5),
        ttfb_us: some(6),
        transfer_us: some(7),
        unattributed_us: some(8),
    };
    let hop = CheckHop {
        url: "http://a.test/".into(),
        status: Some(302),
        remote: Some("127.0.1.2:8080".into()),
        phases,
        total_us: 30,
    };
    let run = CheckRun {
        website: "it's".into(),
        intended_us: START_US,
        at_us: START_US + 1,
        instants: 1,
        state: CheckState::Down,
        reason: Some("No answer within 9 ms".into()),
        failure: Some("timeout".into()),
        status: Some(200),
        phases,
        stopped_in: Some("transfer".into()),
        stopped_after_us: Some(9),
        total_us: Some(2_000),
        http_version: Some("http/1.1".into()),
        remote: Some("127.0.1.2:8080".into()),
        local: Some("127.0.1.1:40001".into()),
        body_bytes: Some(77),
        reused_connection: true,
        tls_version: Some("TLS 1.3".into()),
        tls_cipher: Some("TLS13_AES_256_GCM_SHA384".into()),
        certificate: Some(CheckCertificate { subject: "CN=a".into(), issuer: "CN=b".into(), not_after_us: Some(5) }),
        hops: vec![hop.clone(), hop],
        flow_id: None,
        exchange_id: None,
    };
    NewCheckRun { run, response_us: None }
}

fn all(store: &Store) -> Vec<CheckRun> {
    store
        .reader(None)
        .unwrap()
        .check_runs(&CheckRunsQuestion { limit: 500, ..CheckRunsQuestion::default() })
        .unwrap()
        .rows
}

#[test]
fn a_result_comes_out_as_it_went_in_with_the_flow_and_exchange_that_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut checks = store.check_writer().unwrap();
    checks.write(&[whole()], &[]).unwrap();
    assert_eq!(all(&store), [whole().run]);

    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (client, server) = (endpoint([127, 0, 1, 1], 40_001), endpoint([127, 0, 1, 2], 8080));
    let (from, to) = intern(&mut peers, client, server);
    rows.push_flow(&flow_row(FlowId(5), client, server, START_NS, START_NS + 3_000, CloseReason::Fin), from, to);
    writer.write(rows.take(&mut peers)).unwrap();
    name_all(&mut writer, &peers);
    let flow_id = all(&store)[0].flow_id;
    assert!(flow_id.is_some() && all(&store)[0].exchange_id.is_none());
    rows.push_exchange(&exchange_row(FlowId(5), 0, client, server, START_NS + 900, 1_000, Some(200)), from, to);
    // The same ends a minute later are another connection's.
    rows.push_exchange(&exchange_row(FlowId(6), 0, client, server, START_NS + 60_000_000_000, 9, Some(200)), from, to);
    writer.write(rows.take(&mut peers)).unwrap();
    let found = all(&store).remove(0);
    assert_eq!((found.flow_id, found.exchange_id), (flow_id, Some(1)));
}

#[test]
fn results_are_found_by_website_range_and_failure_and_read_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut checks = store.check_writer().unwrap();
    for s in 0..100 {
        let state = if s % 10 == 9 { CheckState::Down } else { CheckState::Up };
        checks.write(&[run("shop", s, state, 1_000), run("other", s, CheckState::Up, 5)], &[]).unwrap();
    }
    let reader = store.reader(None).unwrap();
    let question = |failing, range: Option<(i64, i64)>, offset| CheckRunsQuestion {
        website: Some("shop".into()),
        range: range
            .map(|(from, to)| TimeRange { from_us: START_US + from * SECOND_US, to_us: START_US + to * SECOND_US }),
        failing,
        offset,
        limit: 4,
    };
    let instants = |question: &CheckRunsQuestion| {
        let runs = reader.check_runs(question).unwrap();
        let after = runs.rows.iter().map(|run| (run.intended_us - START_US) / SECOND_US).collect::<Vec<_>>();
        (runs.total, after)
    };
    assert_eq!(instants(&question(false, None, 0)), (100, vec![99, 98, 97, 96]));
    assert_eq!(instants(&question(true, None, 2)), (10, vec![79, 69, 59, 49]));
    assert_eq!(instants(&question(false, Some((10, 12)), 0)), (2, vec![11, 10]));
    let nobody = CheckRunsQuestion { website: Some("nobody".into()), limit: 9, ..CheckRunsQuestion::default() };
    assert_eq!(reader.check_runs(&nobody).unwrap().total, 0);
    assert!(reader.check_runs(&CheckRunsQuestion { limit: 501, ..nobody }).is_err());
    let wanted = [("shop", START_US), ("other", START_US + 99 * SECOND_US), ("other", START_US + 1)];
    let mut found = reader.check_runs_at(&wanted).unwrap();
    found.sort_by_key(|run| run.intended_us);
    assert_eq!(found.iter().map(|run| run.website.as_str()).collect::<Vec<_>>(), ["shop", "other"]);
    let phases = reader.check_phases(&["shop"], &[(START_US, START_US + SECOND_US), (0, START_US)]).unwrap();
    let phases = &phases[&checks.number_of("shop").unwrap()];
    assert_eq!((phases[0].connect_us, phases[0].dns_us, phases[1]), (Some(100.0), None, CheckPhases::default()));
}

#[test]
fn samples_and_readings_come_in_order_over_slices_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut checks = store.check_writer().unwrap();
    let mut runs: Vec<NewCheckRun> = (0..60).map(|n| run("shop", n * 40, CheckState::Up, 1_000)).collect();
    let mut asleep = run("shop", 5, CheckState::SelfOffline, 0);
    asleep.run.instants = 7;
    runs.push(asleep);
    checks.write(&runs, &[]).unwrap();
    let reader = store.reader(None).unwrap();
    for some in [None, Some(&["shop", "nobody"][..])] {
        let mut seen = Vec::new();
        reader
            .check_samples(some, START_US, START_US + 2_000 * SECOND_US, |sample| {
                seen.push((sample.intended_us, sample.instants, sample.response_us));
            })
            .unwrap();
        assert_eq!(seen.len(), 51);
        assert!(seen.is_sorted());
        assert_eq!(seen[1], (START_US + 5 * SECOND_US, 7, None));
    }
    let mut known = Vec::new();
    reader.check_readings_since((START_US + 400 * SECOND_US) * 1_000, |reading| known.push(reading)).unwrap();
    assert_eq!(known.len(), 50);
    assert!(known.is_sorted_by_key(|reading| reading.known_ns));
    assert_eq!(known[0].known_ns, (START_US + 400 * SECOND_US + 1_300) * 1_000);
    assert_eq!(known[0].certificate_not_after_us, None);
    checks.write(&[whole()], &[]).unwrap();
    let mut certificates = Vec::new();
    reader.check_readings_since(START_NS - 1, |reading| certificates.extend(reading.certificate_not_after_us)).unwrap();
    assert_eq!(certificates, [5]);
}

#[test]
fn hours_stay_when_their_results_go_and_the_open_hour_is_told_from_results() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut checks = store.check_writer().unwrap();
    let hour_s = START_US / SECOND_US / 3_600 * 3_600;
    let hour = CheckHour {
        website: "shop".into(),
        hour_s: hour_s - 3_600,
        up: 9,
        down: 3,
        overruns: 1,
        self_offline: 2,
        response: HourTimes { count: 10, sum_us: 1_000, max_us: Some(300) },
        ttfb: HourTimes { count: 0, sum_us: 0, max_us: None },
        outcomes: vec![("200".into(), 9, 0), ("timeout".into(), 3, 3)],
        classes: vec![(4, 2), (70, 8)],
    };
    let before = run("shop", -3_600, CheckState::Up, 1);
    let now = [
        run("shop", 1, CheckState::Up, 100),
        run("shop", 2, CheckState::Down, 300),
        run("shop", 3, CheckState::Overrun, 0),
    ];
    checks.write(&[before], std::slice::from_ref(&hour)).unwrap();
    checks.write(&now, &[]).unwrap();
    let reader = store.reader(None).unwrap();
    assert_eq!(reader.check_hours("shop", 0).unwrap(), std::slice::from_ref(&hour));
    assert_eq!(reader.check_hours_until().unwrap(), Some(hour_s * SECOND_US));
    let stats = "SELECT website, epoch_ns(hour) // 1000000000, up, down, overruns, self_offline, availability, response_avg_us, \
                 response_max_us, ttfb_avg_us, ttfb_max_us, outcomes FROM check_stats ORDER BY hour";
    let told = json!([
        ["shop", hour_s - 3_600, 9, 3, 1, 2, 0.75, 100.0, 300, null, null, { "200": 9, "timeout": 3 }],
        ["shop", hour_s, 1, 1, 1, 0, 0.5, 200.0, 300, 100.0, 150, { "200": 1, "503": 1 }],
    ]);
    assert_eq!(json!(reader.sql(stats, 10).unwrap().rows), told);
    let between = "SELECT website, up, down, response_p50_us, response_p99_us FROM check_stats_between(NULL, NULL)";
    assert_eq!(json!(reader.sql(between, 10).unwrap().rows), json!([["shop", 2, 1, 100, 300]]));

    assert_eq!(checks.forget_results(START_US, 1_000).unwrap(), 1);
    assert_eq!(json!(reader.sql(stats, 10).unwrap().rows), told);
    assert_eq!(reader.check_runs(&CheckRunsQuestion { limit: 9, ..CheckRunsQuestion::default() }).unwrap().total, 3);
    assert_eq!(checks.forget_hours(hour_s * SECOND_US, 1_000).unwrap(), 1);
    assert_eq!(reader.check_hours("shop", 0).unwrap(), []);
}

#[test]
fn results_are_written_while_packets_rows_are_and_are_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (client, server) = (endpoint([127, 0, 1, 1], 40_001), endpoint([127, 0, 1, 2], 8080));
    let (from, to) = intern(&mut peers, client, server);
    rows.push_flow(&flow_row(FlowId(5), client, server, START_NS, START_NS + 9, CloseReason::Fin), from, to);
    writer.write_soon(rows.take(&mut peers)).unwrap();
    let mut checks = store.check_writer().unwrap();
    checks.write(&[run("shop", 1, CheckState::Up, 100)], &[]).unwrap();
    checks.checkpoint();
    checks.write(&[run("new", 2, CheckState::Up, 100)], &[]).unwrap();
    assert_eq!(all(&store).len(), 2);
    writer.commit().unwrap();
    writer.checkpoint().unwrap();
    let generation = store.generation();
    checks.write(&[run("shop", 3, CheckState::Up, 100)], &[]).unwrap();
    assert_eq!(store.generation(), generation, "answers about traffic stay as they are");

    // As the disk is when the process is killed now.
    let after = tempfile::tempdir().unwrap();
    for name in ["events.duckdb", "events.duckdb.wal"] {
        std::fs::copy(folder.path().join(name), after.path().join(name)).unwrap();
    }
    let store = open(after.path()).store;
    let websites: Vec<String> = all(&store).into_iter().map(|run| run.website).collect();
    assert_eq!(websites, ["shop", "new", "shop"]);
    assert_eq!(store.check_writer().unwrap().number_of("new"), Some(1));
}

#[test]
fn a_database_that_is_set_aside_leaves_its_results_to_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut checks = store.check_writer().unwrap();
    checks.write(&[run("shop", 1, CheckState::Up, 100), run("other", 2, CheckState::Up, 100)], &[]).unwrap();
    let before = all(&store);
    drop((checks, store));
    let aside = set_database_aside(folder.path()).unwrap().unwrap();
    assert_eq!(take_over(folder.path(), &aside).unwrap(), 4);
    let store = open(folder.path()).store;
    assert_eq!(all(&store), before);
    store.check_writer().unwrap().write(&[run("third", 3, CheckState::Up, 100)], &[]).unwrap();
    assert_eq!(all(&store)[0].website, "third");
    assert!(take_over(folder.path(), &aside).is_err(), "somebody has it open");
}
