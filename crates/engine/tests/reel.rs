//! Questions of the reel over packets: call trees, differences, and events to step to.
#![allow(clippy::print_stdout, reason = "the figures of the comparison are worth reading")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use wirereel_engine::{
    EngineError, Workbench, Workspace,
    import::{Unwatched, import},
};
use wirereel_query::{
    question::{Direction, EventKind, NextEventQuestion, TimeRange},
    reel::{
        DifferenceQuestion, Metric, Presence, Sequence, SequenceOf, SequenceQuestion, SequenceSpan, SeriesQuestion,
        Trend, Window,
    },
    workbench::ImportState,
};
use wirereel_testkit::{Conversation, Packets};

const START_NS: i64 = 1_790_000_000_000_000_000;
const MS_NS: i64 = 1_000_000;

struct Opened {
    _folder: tempfile::TempDir,
    workspace: Workspace,
}

fn opened(paths: &[PathBuf]) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::open(folder.path()).expect("opens");
    import(&workspace, paths, &Unwatched).expect("imports");
    Opened { _folder: folder, workspace }
}

fn sample(name: &str) -> Opened {
    opened(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps").join(name)])
}

impl Opened {
    fn sequence(&self, of: SequenceOf) -> Sequence {
        let question = SequenceQuestion { of, range: None, limit: 500 };
        self.workspace.reader(None).expect("a reader").sequence(&question).expect("answers")
    }

    fn numbers(&self, sql: &str) -> Vec<u64> {
        let rows = self.workspace.reader(None).expect("a reader").sql(sql, 100_000).expect("answers").rows;
        rows.iter().map(|row| row[0].as_u64().expect("a number")).collect()
    }
}

/// An exchange on a connection of its own, from one instant to another, in milliseconds after the start.
fn call(client: &str, server: &str, request: &str, from_ms: i64, to_ms: i64) -> Packets {
    let host = if server.starts_with("10.0.0.1") { "front" } else { "back" };
    Conversation::tcp(client, server)
        .at(START_NS + from_ms * MS_NS - 10_000)
        .handshake()
        .client(format!("{request} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
        .wait((to_ms - from_ms) * MS_NS)
        .server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .close()
        .packets()
}

#[test]
fn a_call_tree_without_a_trace_is_inferred_from_time_and_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tree.pcap");
    let packets = call("198.51.100.1:20001", "10.0.0.1:80", "GET /page", 0, 100)
        .merge(call("198.51.100.2:20002", "10.0.0.1:80", "GET /other", 20, 60))
        .merge(call("10.0.0.1:30001", "10.0.0.2:80", "GET /inner", 30, 40))
        .merge(call("10.0.0.1:30002", "10.0.0.2:80", "GET /late", 70, 80))
        .merge(call("10.0.0.1:30003", "10.0.0.2:80", "GET /unrelated", 200, 210));
    fs::write(&path, packets.pcap()).expect("written");
    let opened = opened(&[path]);
    let id = |path: &str| opened.numbers(&format!("SELECT exchange_id FROM http_exchanges WHERE path = '{path}'"))[0];
    let sequence = opened.sequence(SequenceOf::Exchange { exchange_id: id("/late") });
    let span = |path: &str, parent: Option<u64>| {
        let row = opened.workspace.reader(None).expect("a reader").exchange(id(path)).expect("a row");
        let started_us = row.row.started_us;
        SequenceSpan {
            exchange_id: id(path),
            flow_id: row.row.flow_id,
            client: row.row.client_service,
            server: row.row.server_service,
            started_us,
            response_us: row.response_us.map(|us| started_us + us),
            finished_us: row.finished_us,
            label: format!("GET {path}"),
            status: Some(200),
            failed: false,
            error: None,
            parent,
            inferred: parent.is_some(),
            depth: u32::from(parent.is_some()),
        }
    };
    let expected = vec![span("/page", None), span("/late", Some(id("/page")))];
    assert_eq!(sequence.spans, expected, "/inner belongs to the tighter /other");
    assert_eq!((sequence.participants.join(" "), sequence.total), ("customers front back".into(), 2));
    assert_eq!((sequence.range.from_us, sequence.range.to_us), (expected[0].started_us, expected[0].finished_us + 1));
    let other = opened.sequence(SequenceOf::Exchange { exchange_id: id("/other") });
    assert_eq!(other.spans, [span("/other", None), span("/inner", Some(id("/other")))]);
    let of_flow = opened.sequence(SequenceOf::Flow { flow_id: other.spans[1].flow_id });
    assert_eq!(of_flow.spans, [span("/inner", None)]);
    let reader = opened.workspace.reader(None).expect("a reader");
    let missing = SequenceQuestion { of: SequenceOf::Exchange { exchange_id: 999 }, range: None, limit: 500 };
    assert!(reader.sequence(&missing).is_err());
}

/// Of the flash sale every service passes `traceparent` on; customers without one get it from the gateway.
#[test]
fn every_call_of_a_trace_has_its_parent_and_customers_are_found_by_inference() {
    let opened = sample("shop-flash-sale.pcapng");
    let customers = opened.numbers(
        "SELECT exchange_id FROM http_exchanges WHERE client_service = 'customers' AND path <> '/health' ORDER BY 1",
    );
    let mut owners: BTreeMap<String, u64> = BTreeMap::new();
    let (mut spans, mut slowest) = (0, Duration::ZERO);
    // Every seventh: each takes some ten queries.
    for exchange_id in customers.into_iter().step_by(7) {
        let begun = Instant::now();
        let sequence = opened.sequence(SequenceOf::Exchange { exchange_id });
        slowest = slowest.max(begun.elapsed());
        spans += sequence.spans.len();
        let by_id: BTreeMap<u64, &SequenceSpan> = sequence.spans.iter().map(|span| (span.exchange_id, span)).collect();
        for span in &sequence.spans {
            let Some(parent) = span.parent else {
                assert_eq!(span.exchange_id, exchange_id, "only the customer's own call has no parent: {span:?}");
                continue;
            };
            let parent = by_id[&parent];
            assert_eq!((&parent.server, parent.depth + 1), (&span.client, span.depth), "{span:?}");
            assert!(parent.started_us <= span.started_us);
        }
        assert!(sequence.spans.is_sorted_by_key(|span| span.started_us));
        let ids: Vec<String> = by_id.keys().map(u64::to_string).collect();
        let sql = format!(
            "SELECT trace_id, count(*) FROM http_exchanges WHERE trace_id IN (SELECT trace_id FROM http_exchanges WHERE exchange_id IN ({})) \
             GROUP BY trace_id",
            ids.join(", ")
        );
        let rows = opened.workspace.reader(None).expect("a reader").sql(&sql, 10).expect("answers").rows;
        assert!(rows.len() <= 1, "a visit has one trace: {rows:?}");
        let of_trace = rows.first().map_or(0, |row| row[1].as_u64().expect("a number"));
        let untraced = sequence.spans.len() as u64 - of_trace;
        assert!(untraced <= 1, "all of the trace and the customer's own call at most: {sequence:?}");
        if let Some(row) = rows.first() {
            owners.insert(row[0].as_str().expect("a text").to_owned(), exchange_id);
        }
    }
    println!("{} trees, {spans} spans, slowest {slowest:?}", owners.len());
    assert!(owners.len() > 100, "{}", owners.len());
    let trace_id = owners.keys().next().expect("a trace").clone();
    let whole = opened.sequence(SequenceOf::Trace { trace_id: trace_id.clone() });
    let count = opened.numbers(&format!("SELECT count(*) FROM http_exchanges WHERE trace_id = '{trace_id}'"))[0];
    assert_eq!((whole.total, whole.spans.len() as u64, whole.trace_id), (count, count, Some(trace_id)));
    assert!(whole.spans.iter().all(|span| !span.inferred));
}

#[test]
fn the_playhead_steps_to_incidents_gaps_and_connects() {
    let opened = sample("shop-flash-sale.pcapng");
    let reader = opened.workspace.reader(None).expect("a reader");
    let walk = |kind, direction, mut from_us| {
        let mut labels = Vec::new();
        loop {
            let question = NextEventQuestion { from_us, direction, kind, filter: String::new() };
            let Some(event) = reader.next_event(&question).expect("answers") else { return labels };
            from_us = event.at_us;
            labels.push(event.label);
        }
    };
    let incidents = [
        "payment-service becomes slow",
        "payment-service stops answering: no response",
        "payment-service answers again",
    ];
    assert_eq!(walk(EventKind::Crash, Direction::Forward, 0), incidents);
    let back: Vec<_> = incidents.into_iter().rev().collect();
    assert_eq!(walk(EventKind::Crash, Direction::Backward, i64::MAX / 1_000), back);
    assert_eq!(walk(EventKind::Gap, Direction::Forward, 0), Vec::<String>::new());
    let connects =
        opened.numbers("SELECT count(DISTINCT epoch_ns(e.at) // 1000) FROM flow_events e WHERE kind = 'connect'")[0];
    assert_eq!(walk(EventKind::Connect, Direction::Forward, 0).len() as u64, connects);
}

#[test]
fn a_span_between_two_captures_is_a_gap_to_step_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let captures = [(0, "a.pcap"), (60_000, "b.pcap")].map(|(from_ms, name)| {
        let path = folder.path().join(name);
        fs::write(&path, call("198.51.100.1:20001", "10.0.0.1:80", "GET /page", from_ms, from_ms + 10).pcap())
            .expect("written");
        path
    });
    let opened = opened(&captures);
    let reader = opened.workspace.reader(None).expect("a reader");
    let next = |from_us, direction| {
        let question = NextEventQuestion { from_us, direction, kind: EventKind::Gap, filter: String::new() };
        reader.next_event(&question).expect("answers").map(|event| (event.at_us, event.label))
    };
    let (begin_us, label) = next(0, Direction::Forward).expect("a gap");
    assert_eq!(label, "gap: not recorded");
    let (end_us, label) = next(begin_us, Direction::Forward).expect("its end");
    assert_eq!((label.as_str(), end_us), ("recording goes on", START_NS / 1_000 + 60_000_000 - 10));
    assert_eq!(next(end_us, Direction::Forward), None);
    assert_eq!(next(end_us, Direction::Backward).map(|(at_us, _)| at_us), Some(begin_us));
}

#[test]
fn a_crash_is_a_silence_in_the_series_and_a_difference_of_windows() {
    let opened = sample("shop-flash-sale.pcapng");
    let reader = opened.workspace.reader(None).expect("a reader");
    let range = reader.recording().expect("answers").range.expect("a range");
    let services = vec!["payment-service".to_owned(), "order-service".to_owned()];
    let begun = Instant::now();
    let question = SeriesQuestion { range, points: 250, metric: Metric::RequestsIn, services, filter: String::new() };
    let series = reader.series(&question).expect("answers");
    println!(
        "series of {} buckets in {:?}: {:?}",
        series.series[0].values.len(),
        begun.elapsed(),
        series.series[0].remarks
    );
    let crash_us = 1_795_234_222_532_246;
    assert!(
        series.series[0]
            .remarks
            .iter()
            .any(|remark| remark.range.from_us < crash_us && remark.range.to_us > crash_us + 32_000_000)
    );

    let cut = |from_s: i64, to_s: i64| Window {
        recording_id: None,
        range: Some(TimeRange { from_us: range.from_us + from_s * 1_000_000, to_us: range.from_us + to_s * 1_000_000 }),
    };
    let ask = |before: Window, after: Window| {
        let figures = |window: Window| reader.window_figures(window.range, "").expect("answers");
        wirereel_engine::difference(&figures(before), &figures(after))
    };
    let sale = ask(cut(5, 60), cut(120, 165));
    let edge = |client: &str, server: &str| {
        sale.edges.iter().find(|edge| edge.client == client && edge.server == server).expect("an edge").clone()
    };
    let shop = edge("customers", "api-gateway");
    assert_eq!((shop.presence, shop.rate.trend, shop.errors.trend), (Presence::Changed, Trend::Rose, Trend::Rose));
    assert_eq!(edge("order-service", "payment-service").latency.trend, Trend::Rose);
    let same = ask(cut(5, 60), cut(5, 60));
    assert!(same.edges.iter().all(|edge| edge.presence == Presence::Same), "nothing differs from itself");
    assert!(same.nodes.iter().all(|node| node.presence == Presence::Same));
}

fn finished(workbench: &Workbench) {
    let until = Instant::now() + Duration::from_secs(60);
    while workbench.app_state("test").expect("a state").import.is_none_or(|import| import.state == ImportState::Running)
    {
        assert!(Instant::now() < until, "the import does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn two_recordings_are_compared_by_the_names_of_their_services() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, servers: &[&str]| {
        let mut packets = Packets(Vec::new());
        for (port, server) in (20_001..).zip(servers) {
            packets = packets.merge(call(
                &format!("198.51.100.1:{port}"),
                &format!("{server}:80"),
                "GET /",
                i64::from(port),
                i64::from(port) + 5,
            ));
        }
        let path = folder.path().join(name);
        fs::write(&path, packets.pcap()).expect("written");
        path
    };
    let workbench = Workbench::open(&folder.path().join("home")).expect("opens");
    workbench.open_paths(&[write("before.pcap", &["10.0.0.1"; 3])]).expect("opens");
    finished(&workbench);
    let before = workbench.app_state("test").expect("a state").recents[0].recording_id.clone();
    workbench.close_recording();
    workbench.open_paths(&[write("after.pcap", &["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.9"])]).expect("opens");
    finished(&workbench);
    let window = |recording_id: Option<String>| Window { recording_id, range: None };
    let question =
        DifferenceQuestion { before: window(Some(before.clone())), after: window(None), filter: String::new() };
    let difference = workbench.difference(&question, Some("difference")).expect("answers");
    let told: Vec<_> = difference.edges.iter().map(|edge| (edge.server.as_str(), edge.presence)).collect();
    assert_eq!(told, [("back", Presence::New), ("front", Presence::Same)]);
    let golden = difference.edges[1].before.expect("figures");
    assert_eq!((golden.requests, difference.edges[0].before), (3, None));
    // Its files were given back: it can be opened, and the other one compared with it.
    workbench.open_recent(&before).expect("opens");
    let unknown = DifferenceQuestion { before: window(Some("none".into())), ..question.clone() };
    assert!(matches!(workbench.difference(&unknown, None), Err(EngineError::NotFound(_))));
    workbench.close_recording();
    fs::remove_dir_all(folder.path().join("home/recordings").join(&before)).expect("removed");
    assert!(matches!(workbench.difference(&question, None), Err(EngineError::NotFound(_) | EngineError::NothingOpen)));
    workbench.shut_down();
}
