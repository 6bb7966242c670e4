//! Figures from roll-ups are those of the rows, counted one by one.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use recorded::{Recorded, SECOND_NS, START_NS, recorded, service_of};
use wirereel_dissect::record::{FlowEventKind, HttpExchange};
use wirereel_query::{
    answer::Golden,
    question::{DensityQuestion, InspectQuestion, Scope, TimeRange},
};

type Edge = (&'static str, &'static str);

fn failed(exchange: &HttpExchange) -> bool {
    match exchange.status {
        None => true,
        Some(status) => status < 500 && exchange.error.as_deref() == Some("reset"),
    }
}

fn is_5xx(exchange: &HttpExchange) -> bool {
    exchange.status.is_some_and(|status| status >= 500)
}

fn edge_of(exchange: &HttpExchange) -> Edge {
    (service_of(exchange.client), service_of(exchange.server))
}

fn started_in(range: TimeRange) -> impl Fn(&&HttpExchange) -> bool {
    move |exchange| (range.from_us * 1_000..range.to_us * 1_000).contains(&exchange.started_ns)
}

/// Requests, 4xx, 5xx, failed, bytes up and down.
fn counts<'a>(exchanges: impl Iterator<Item = &'a HttpExchange>) -> [u64; 6] {
    exchanges.fold([0; 6], |[requests, e4, e5, f, up, down], x| {
        let is_4xx = x.status.is_some_and(|status| (400..500).contains(&status)) && !failed(x);
        [
            requests + 1,
            e4 + u64::from(is_4xx),
            e5 + u64::from(is_5xx(x)),
            f + u64::from(failed(x)),
            up + x.request_body_bytes,
            down + x.response_body_bytes,
        ]
    })
}

fn shown(golden: &Golden) -> [u64; 6] {
    [golden.requests, golden.errors_4xx, golden.errors_5xx, golden.failed, golden.bytes_up, golden.bytes_down]
}

/// Within the width of a latency class of the exact percentile.
fn assert_percentile(shown: Option<u64>, mut durations_us: Vec<u64>, share: f64) {
    durations_us.sort_unstable();
    let rank = ((share * durations_us.len() as f64).ceil() as usize).max(1);
    match durations_us.get(rank - 1) {
        None => assert_eq!(shown, None),
        Some(&exact) => {
            let shown = shown.unwrap();
            let off = (shown as f64 - exact as f64).abs() / exact as f64;
            assert!(off < 0.032, "{shown} µs shown for {exact} µs");
        }
    }
}

fn durations_us<'a>(exchanges: impl Iterator<Item = &'a HttpExchange>) -> Vec<u64> {
    exchanges.filter(|x| x.status.is_some()).map(|x| ((x.finished_ns - x.started_ns) / 1_000) as u64).collect()
}

/// Connections open once everything up to and with an instant has happened.
fn open_at(recorded: &Recorded, until_ns: i64) -> BTreeMap<Edge, i64> {
    let mut open: BTreeMap<Edge, i64> = BTreeMap::new();
    for event in recorded.truth.events.iter().filter(|event| event.at_ns < until_ns) {
        let change = match event.kind {
            FlowEventKind::Established | FlowEventKind::Resume => 1,
            FlowEventKind::Close | FlowEventKind::Reset | FlowEventKind::Idle => -1,
            _ => 0,
        };
        *open.entry((service_of(event.client), service_of(event.server))).or_default() += change;
    }
    open
}

/// Ranges of all sizes, with ends on no boundary.
fn ranges(recorded: &Recorded, minutes: i64) -> Vec<TimeRange> {
    let mut random = StdRng::seed_from_u64(7);
    let end_us = START_NS / 1_000 + minutes * 60_000_000;
    let mut ranges: Vec<TimeRange> = (0..12)
        .map(|n| {
            let from_us = random.random_range(START_NS / 1_000..end_us);
            let longest = 10_i64.pow(5 + n % 5);
            TimeRange { from_us, to_us: from_us + random.random_range(1_000..longest) }
        })
        .collect();
    let whole = recorded.store.reader(None).unwrap().recording().unwrap().range.unwrap();
    ranges.push(whole);
    ranges.push(TimeRange { from_us: whole.from_us - 5_000_000, to_us: whole.to_us + 5_000_000 });
    ranges
}

#[test]
fn topology_over_any_range_is_what_the_rows_say() {
    let recorded = recorded(1, 1_500, 20);
    for range in ranges(&recorded, 20) {
        let topology = recorded
            .store
            .reader(None)
            .unwrap()
            .topology(&Scope { range: Some(range), filter: String::new() })
            .unwrap();
        let inside = || recorded.truth.exchanges.iter().filter(started_in(range));
        let open = open_at(&recorded, range.to_us * 1_000);
        for edge in &topology.edges {
            let of_edge = || inside().filter(|x| edge_of(x) == (edge.client.as_str(), edge.server.as_str()));
            assert_eq!(shown(&edge.golden), counts(of_edge()), "{range:?} {} → {}", edge.client, edge.server);
            assert_percentile(edge.golden.p95_us, durations_us(of_edge()), 0.95);
            let key = open.keys().find(|key| key.0 == edge.client && key.1 == edge.server);
            assert_eq!(edge.active_connections as i64, key.map_or(0, |key| open[key]), "{range:?}");
        }
        let requests: u64 = topology.edges.iter().map(|edge| edge.golden.requests).sum();
        assert_eq!(requests, inside().count() as u64, "{range:?}");
        for node in &topology.nodes {
            let of_node = || {
                inside().filter(|x| service_of(if node.name == "customers" { x.client } else { x.server }) == node.name)
            };
            assert_eq!(shown(&node.golden), counts(of_node()), "{range:?} {}", node.name);
            assert_percentile(node.golden.p50_us, durations_us(of_node()), 0.5);
            assert_eq!(node.trend.iter().map(|&n| u64::from(n)).sum::<u64>(), node.golden.requests);
            assert_eq!(node.entry_point, node.name == "api-gateway");
        }
    }
}

#[test]
fn connection_counters_are_those_of_the_events() {
    let recorded = recorded(2, 800, 10);
    let topology = recorded.store.reader(None).unwrap().topology(&Scope::default()).unwrap();
    for edge in &topology.edges {
        let count = |kind: FlowEventKind| {
            let of_edge = |e: &&wirereel_dissect::record::FlowEvent| {
                e.kind == kind && service_of(e.client) == edge.client && service_of(e.server) == edge.server
            };
            recorded.truth.events.iter().filter(of_edge).count() as u64
        };
        let counted = [FlowEventKind::Connect, FlowEventKind::Refused, FlowEventKind::Reset].map(count);
        assert_eq!([edge.connects, edge.refused, edge.resets], counted);
        assert_eq!(edge.protocol, "http/1.1");
    }
}

#[test]
fn state_at_any_instant_is_what_the_events_say() {
    let recorded = recorded(3, 1_500, 20);
    let mut random = StdRng::seed_from_u64(3);
    for _ in 0..60 {
        let at_us = START_NS / 1_000 + random.random_range(-5_000_000..21 * 60_000_000_i64);
        let state = recorded.store.reader(None).unwrap().state_at(at_us, "").unwrap();
        let until_ns = (at_us + 1) * 1_000;
        let mut expected: BTreeMap<Edge, (u64, u64, u64)> = BTreeMap::new();
        for (edge, open) in open_at(&recorded, until_ns) {
            expected.entry(edge).or_default().0 = open as u64;
        }
        let just_before = until_ns - 10 * SECOND_NS..until_ns;
        for x in recorded.truth.exchanges.iter().filter(|x| just_before.contains(&x.started_ns)) {
            let edge = expected.entry(edge_of(x)).or_default();
            edge.1 += 1;
            edge.2 += u64::from(failed(x) || is_5xx(x));
        }
        expected.retain(|_, (open, requests, _)| *open + *requests > 0);
        let got: BTreeMap<(&str, &str), (u64, u64, u64)> = state
            .edges
            .iter()
            .map(|e| ((e.client.as_str(), e.server.as_str()), (e.active_connections, e.requests, e.errors)))
            .collect();
        assert_eq!(got, expected, "at {at_us}");
    }
}

#[test]
fn density_counts_every_request_once() {
    let recorded = recorded(4, 1_500, 20);
    let whole = recorded.store.reader(None).unwrap().recording().unwrap().range.unwrap();
    for buckets in [1, 7, 100, 640, 4_000] {
        let question = DensityQuestion { range: whole, buckets, filter: String::new() };
        let density = recorded.store.reader(None).unwrap().density(&question).unwrap();
        let total: u32 = density.requests.iter().sum();
        assert_eq!(total as usize, recorded.truth.exchanges.len(), "{buckets} buckets");
        assert!(density.matches.is_empty());
        assert!(density.gaps.is_empty(), "{:?}", density.gaps);
    }
    let range = TimeRange { from_us: whole.from_us + 60_000_123, to_us: whole.from_us + 180_000_777 };
    let question = DensityQuestion { range, buckets: 300, filter: String::new() };
    let density = recorded.store.reader(None).unwrap().density(&question).unwrap();
    let mut expected = vec![(0, 0); 300];
    for x in recorded.truth.exchanges.iter().filter(started_in(range)) {
        let bucket_ns = (range.to_us - range.from_us) * 1_000 / 300;
        let bucket = ((x.started_ns - range.from_us * 1_000) / bucket_ns).min(299) as usize;
        expected[bucket].0 += 1;
        expected[bucket].1 += u32::from(failed(x) || is_5xx(x));
    }
    let got: Vec<(u32, u32)> = density.requests.into_iter().zip(density.errors).collect();
    assert_eq!(got, expected);
}

#[test]
fn what_no_source_recorded_is_a_gap() {
    let recorded = recorded(5, 50, 5);
    let whole = recorded.store.reader(None).unwrap().recording().unwrap().range.unwrap();
    let range = TimeRange { from_us: whole.from_us - 1_000_000, to_us: whole.to_us + 2_000_000 };
    let density = recorded
        .store
        .reader(None)
        .unwrap()
        .density(&DensityQuestion { range, buckets: 10, filter: String::new() })
        .unwrap();
    let spans: Vec<(i64, i64)> = density.gaps.iter().map(|gap| (gap.range.from_us, gap.range.to_us)).collect();
    assert_eq!(spans, [(range.from_us, whole.from_us), (whole.to_us, range.to_us)]);
    assert!(density.gaps.iter().all(|gap| gap.reason == "not recorded"));
}

#[test]
fn rebuilt_roll_ups_say_the_same_in_fewer_rows() {
    let recorded = recorded(6, 800, 10);
    let reader = || recorded.store.reader(None).unwrap();
    let (before, rows) = (
        reader().topology(&Scope::default()).unwrap(),
        reader().sql("SELECT count(*) FROM raw.rollup_60s", 1).unwrap(),
    );
    recorded.store.writer().unwrap().rebuild_rollups().unwrap();
    assert_eq!(reader().topology(&Scope::default()).unwrap(), before);
    let rebuilt = reader().sql("SELECT count(*) FROM raw.rollup_60s", 1).unwrap();
    assert!(rebuilt.rows[0][0].as_u64() < rows.rows[0][0].as_u64());
}

#[test]
fn a_new_name_renames_history_without_touching_rows() {
    let recorded = recorded(7, 300, 5);
    let mut writer = recorded.store.writer().unwrap();
    let peers = writer.peer_table().unwrap();
    let stranger = peers.iter().find(|(_, peer)| peer.ip == std::net::IpAddr::from(recorded::STRANGER)).unwrap().0;
    let name = wirereel_store::PeerName {
        peer: stranger,
        service: "prober".into(),
        kind: wirereel_query::answer::ServiceKind::External,
    };
    assert!(writer.replace_naming(&[name]).unwrap());
    writer.rebuild_rollups().unwrap();
    let topology = recorded.store.reader(None).unwrap().topology(&Scope::default()).unwrap();
    assert!(topology.nodes.iter().any(|node| node.name == "prober"));
    assert!(topology.edges.iter().any(|edge| edge.client == "prober" && edge.golden.requests > 0));
    assert!(!topology.nodes.iter().any(|node| node.name == "10.9.8.7"));
}

#[test]
fn the_inspector_and_the_views_agree_with_the_graph() {
    let recorded = recorded(8, 1_000, 10);
    let reader = || recorded.store.reader(None).unwrap();
    let topology = reader().topology(&Scope::default()).unwrap();
    let rows = reader()
        .sql(
            "SELECT client_service, server_service, requests, errors, p95_us, active_connections, connects FROM edges",
            100,
        )
        .unwrap();
    assert_eq!(rows.rows.len(), topology.edges.len());
    for (row, edge) in rows.rows.iter().zip(&topology.edges) {
        let errors = edge.golden.errors_5xx + edge.golden.failed;
        let expected = serde_json::json!([
            edge.client,
            edge.server,
            edge.golden.requests,
            errors,
            edge.golden.p95_us,
            edge.active_connections,
            edge.connects
        ]);
        assert_eq!(serde_json::Value::from(row.clone()), expected);
        let question = InspectQuestion {
            scope: Scope::default(),
            client: Some(edge.client.clone()),
            server: edge.server.clone(),
            at_us: topology.range.to_us,
        };
        let inspection = reader().inspect(&question).unwrap();
        assert_eq!(inspection.golden, edge.golden);
        assert_eq!(
            [inspection.connects, inspection.refused, inspection.resets, inspection.active_connections],
            [edge.connects, edge.refused, edge.resets, edge.active_connections]
        );
        let in_heat: u64 = inspection.heat.counts.iter().map(|&n| u64::from(n)).sum();
        let answered = recorded.truth.exchanges.iter().filter(|x| x.status.is_some());
        let answered = answered.filter(|x| edge_of(x) == (edge.client.as_str(), edge.server.as_str()));
        assert_eq!(in_heat, answered.count() as u64);
        assert!(
            inspection.endpoints.iter().all(|endpoint| endpoint.path.ends_with("/:id")),
            "{:?}",
            inspection.endpoints
        );
        assert!(inspection.last_failing.iter().all(|row| row.error.is_some() || row.status >= Some(500)));
    }
    let rows = reader().sql("SELECT name, kind, requests, active_connections FROM services", 100).unwrap();
    let expected: Vec<_> = topology
        .nodes
        .iter()
        .map(|n| serde_json::json!([n.name, n.kind, n.golden.requests, n.active_connections]))
        .collect();
    assert_eq!(rows.rows.into_iter().map(serde_json::Value::from).collect::<Vec<_>>(), expected);
}
