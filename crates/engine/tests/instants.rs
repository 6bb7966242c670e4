//! The state at any instant, from keyframes and roll-ups, is what all events add up to.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;
use wirereel_day::{Day, Plan, Sink};
use wirereel_engine::{
    Workspace,
    import::{RecordSource, Unwatched, import, import_records},
};
use wirereel_testkit::{Conversation, Packets, Side};

/// Instants that are held against the events of each recording.
const INSTANTS: usize = 500;
/// How far back requests count.
const BEFORE_NS: i64 = 10_000_000_000;

type Edge = (String, String);

/// What happened on an edge.
enum Happened {
    /// A connection became active, or ceased to be.
    Open(i64),
    Request {
        error: bool,
    },
}

/// Every row of a recording, in order of time.
fn events(workspace: &Workspace) -> Vec<(i64, Edge, Happened)> {
    let rows = |query: &str| workspace.reader(None).unwrap().sql(query, 10_000_000).unwrap().rows;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut events = Vec::new();
    for row in rows("SELECT epoch_ns(e.at), client_service, server_service, kind FROM flow_events e") {
        let change = match row[3].as_str().unwrap() {
            "established" | "resume" => 1,
            "close" | "reset" | "idle" => -1,
            _ => continue,
        };
        events.push((row[0].as_i64().unwrap(), (text(&row[1]), text(&row[2])), Happened::Open(change)));
    }
    for row in rows("SELECT epoch_ns(started_at), client_service, server_service, status, error FROM http_exchanges") {
        let cut_off = matches!(row[4].as_str(), Some("reset" | "cut off"));
        let error = row[3].as_u64().is_none_or(|status| status >= 500 || cut_off);
        events.push((row[0].as_i64().unwrap(), (text(&row[1]), text(&row[2])), Happened::Request { error }));
    }
    events.sort_by_key(|(at_ns, ..)| *at_ns);
    events
}

/// Connections, requests and errors of every edge that has any, by going through all events.
fn counted(events: &[(i64, Edge, Happened)], until_ns: i64) -> BTreeMap<Edge, (u64, u64, u64)> {
    let mut sums: BTreeMap<Edge, (i64, u64, u64)> = BTreeMap::new();
    for (at_ns, edge, happened) in events.iter().take_while(|(at_ns, ..)| *at_ns < until_ns) {
        let sum = sums.entry(edge.clone()).or_default();
        match happened {
            Happened::Open(change) => sum.0 += change,
            Happened::Request { error } if *at_ns >= until_ns - BEFORE_NS => {
                sum.1 += 1;
                sum.2 += u64::from(*error);
            }
            Happened::Request { .. } => {}
        }
    }
    let shown = sums.into_iter().map(|(edge, (open, requests, errors))| (edge, (open.max(0) as u64, requests, errors)));
    shown.filter(|(_, (open, requests, _))| open + requests > 0).collect()
}

fn check(workspace: &Workspace) {
    let events = events(workspace);
    let range = workspace.reader(None).unwrap().recording().unwrap().range.unwrap();
    let (from_us, length) = (range.from_us - 1_000_000, (range.to_us - range.from_us + 2_000_000) as u64);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..INSTANTS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at_us = from_us + (state % length) as i64;
        let answer = workspace.reader(None).unwrap().state_at(at_us, "").unwrap();
        let got: BTreeMap<Edge, (u64, u64, u64)> = answer
            .edges
            .into_iter()
            .map(|edge| ((edge.client, edge.server), (edge.active_connections, edge.requests, edge.errors)))
            .collect();
        assert_eq!(got, counted(&events, (at_us + 1) * 1_000), "at {at_us}");
    }
}

fn check_sample(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps").join(name);
    import(&workspace, &[file], &Unwatched).unwrap();
    check(&workspace);
}

#[test]
fn the_flash_sale_at_500_instants_is_what_its_events_add_up_to() {
    check_sample("shop-flash-sale.pcapng");
}

#[test]
fn the_shops_day_at_500_instants_is_what_its_events_add_up_to() {
    check_sample("shop-day.pcapng");
}

/// Active connections at so many seconds after a connection's opening, of which nothing is heard from then on for 45 seconds. `config` is
/// `wirereel.json`.
fn active_of_a_half_open_one(config: &str, seconds: &[f64]) -> Vec<u64> {
    const SECOND_NS: i64 = 1_000_000_000;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("wirereel.json"), config).unwrap();
    let vanishing = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80")
        .handshake()
        .client(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
        .server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .ack(Side::Client);
    let opened_ns = vanishing.clone().packets().0[0].at_ns;
    // It comes back after all; until then only others say something, which lets time pass.
    let back = vanishing.wait(45 * SECOND_NS).client(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n").packets();
    let others = (1..50).fold(Packets::default(), |others, second| {
        let at_ns = opened_ns + second * SECOND_NS;
        others.merge(Conversation::udp("10.9.9.9:1", "10.9.9.8:2").at(at_ns).client(b".").packets())
    });
    let file = folder.path().join("half-open.pcap");
    std::fs::write(&file, back.merge(others).pcap()).unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    import(&workspace, &[file], &Unwatched).unwrap();
    let reader = workspace.reader(None).unwrap();
    let at = |seconds: &f64| reader.state_at(opened_ns / 1_000 + (seconds * 1e6) as i64, "").unwrap().edges;
    seconds.iter().map(|seconds| at(seconds).iter().map(|edge| edge.active_connections).sum()).collect()
}

#[test]
fn a_half_open_connection_leaves_the_active_ones_after_thirty_seconds_and_returns_with_its_next_packet() {
    let active = active_of_a_half_open_one("{}", &[1.0, 29.9, 30.1, 44.9, 45.1]);
    assert_eq!(active, [1, 1, 0, 0, 1]);
}

#[test]
fn how_long_a_silent_connection_counts_is_what_is_configured() {
    let config = r#"{ "flows": { "idle_after": "2s" } }"#;
    assert_eq!(active_of_a_half_open_one(config, &[1.0, 1.9, 2.1, 44.9, 45.1]), [1, 1, 0, 0, 1]);
    assert_eq!(active_of_a_half_open_one(r#"{ "flows": { "idle_after": "1h" } }"#, &[30.1, 44.9, 45.1]), [1, 1, 1]);
}

struct Records(Day);

impl RecordSource for Records {
    fn next_source(&mut self) -> Option<String> {
        self.0.next_source()
    }

    fn step(&mut self, sink: &mut dyn Sink) -> bool {
        self.0.step(sink)
    }
}

#[test]
fn a_made_up_day_with_gaps_and_clock_steps_at_500_instants_is_what_its_events_add_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    import_records(&workspace, &mut Records(Day::new(&Plan::of_15_services(60_000))), &Unwatched).unwrap();
    let count = |query: &str| workspace.reader(None).unwrap().sql(query, 1).unwrap().rows[0][0].clone();
    assert!(count("SELECT count(DISTINCT frame_s) FROM raw.keyframes").as_u64().unwrap() > 250);
    check(&workspace);
}
