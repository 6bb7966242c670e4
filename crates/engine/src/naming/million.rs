//! A million customers, measured: `cargo nextest run --workspace --run-ignored only --no-capture -E 'test(a_million_customers)'`.
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use wirereel_dissect::record::{
    CloseReason, DirectionFigures, Endpoint, Flow, FlowEvent, FlowEventKind, FlowId, Handshake, HttpExchange, Protocol,
    Transport,
};
use wirereel_query::{
    customers::{CustomerGrouping, CustomerSort, CustomersQuestion, UnresolvedQuestion, UnresolvedSort},
    question::{DensityQuestion, Scope},
};
use wirereel_store::{NewSource, PeerTable, Rows, SourceKind, Writer};

use crate::Workspace;

const CUSTOMERS: u32 = 1_000_000;
/// Of a batch.
const AT_ONCE: u32 = 20_000;
const START_NS: i64 = 1_795_176_000_000_000_000;
const STEP_NS: i64 = 500_000;

/// One connection of a customer, who is new, with one request.
fn visit(rows: &mut Rows, peers: &mut PeerTable, number: u32) {
    let flow = FlowId(number.into());
    let client = Endpoint { ip: IpAddr::V4(Ipv4Addr::from_bits(0x1700_0000 + number)), port: 40_000 };
    let server = Endpoint { ip: [10, 0, 0, 1].into(), port: 80 };
    let client_peer = peers.intern(client.ip, 0, None, None, None);
    let server_peer = peers.intern(server.ip, server.port, None, Some("shop"), None);
    let opened_ns = START_NS + i64::from(number) * STEP_NS;
    for (after_ns, kind) in
        [(0, FlowEventKind::Connect), (1_000, FlowEventKind::Accept), (2_000, FlowEventKind::Established)]
    {
        rows.push_event(
            &FlowEvent { at_ns: opened_ns + after_ns, flow, kind, client, server },
            client_peer,
            server_peer,
        );
    }
    let exchange = HttpExchange {
        flow,
        ordinal: 0,
        client,
        server,
        started_ns: opened_ns + 10_000,
        response_ns: Some(opened_ns + 500_000),
        finished_ns: opened_ns + 600_000,
        protocol: Protocol::Http11,
        method: Some("GET".into()),
        scheme: "http",
        host: Some("shop".into()),
        target: Some("/".into()),
        path: Some("/".into()),
        status: Some(200),
        grpc_status: None,
        request_messages: None,
        response_messages: None,
        stream_id: None,
        request_headers: "host: shop".into(),
        response_headers: "content-length: 2".into(),
        request_body_bytes: 0,
        response_body_bytes: 2,
        request_content_encoding: None,
        response_content_encoding: None,
        content_type: None,
        user_agent: None,
        x_forwarded_for: None,
        origin_ip: None,
        identity: None,
        identity_kind: None,
        trace_id: None,
        complete: true,
        error: None,
    };
    rows.push_exchange(&exchange, client_peer, server_peer);
    let closed_ns = opened_ns + 700_000;
    rows.push_event(
        &FlowEvent { at_ns: closed_ns, flow, kind: FlowEventKind::Close, client, server },
        client_peer,
        server_peer,
    );
    let figures = |bytes| DirectionFigures { packets: 5, bytes, ..DirectionFigures::default() };
    let flow = Flow {
        id: flow,
        transport: Transport::Tcp,
        client,
        server,
        vlan: None,
        tunnel: None,
        opened_ns,
        closed_ns,
        close_reason: CloseReason::Fin,
        handshake: Handshake::Full,
        direction_known: true,
        rtt_us: Some(100),
        life_rtt: None,
        upgrade: None,
        from_client: figures(100),
        from_server: figures(200),
        app_protocol: Some("http"),
        history: "ShADadFf".into(),
        server_name: None,
    };
    rows.push_flow(&flow, client_peer, server_peer);
}

fn batch(writer: &mut Writer, rows: &mut Rows, peers: &mut PeerTable, numbers: std::ops::Range<u32>) {
    numbers.for_each(|number| visit(rows, peers, number));
    writer.write_soon(rows.take(peers)).unwrap();
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    println!("{what:<60} {:>9.1} ms", began.elapsed().as_secs_f64() * 1e3);
    done
}

/// The median of some runs.
fn median(what: &str, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    println!("{what:<60} {:>9.1} ms", times[2].as_secs_f64() * 1e3);
    times[2]
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

fn questions(workspace: &Workspace) {
    let scope = Scope::default;
    let reader = || workspace.reader(None).unwrap();
    let range = reader().recording().unwrap().range.unwrap();
    let middle_us = (range.from_us + range.to_us) / 2;
    median("graph of the whole recording", || drop(reader().topology(&scope()).unwrap()));
    median("state at an instant", || drop(reader().state_at(middle_us, "").unwrap()));
    let density = DensityQuestion { range, buckets: 2_000, filter: String::new() };
    median("density, 2,000 buckets", || drop(reader().density(&density).unwrap()));
    for (what, by, points) in [
        ("customers by network, 300 points", CustomerGrouping::Network, 300),
        ("customers by address", CustomerGrouping::Address, 0),
        ("customers by identity", CustomerGrouping::Identity, 0),
    ] {
        let sort = CustomerSort::Requests;
        let asked =
            CustomersQuestion { by, points, sort, descending: true, limit: 100, ..CustomersQuestion::default() };
        median(what, || drop(reader().customers(&asked).unwrap()));
    }
    let minute = wirereel_query::question::TimeRange { from_us: middle_us, to_us: middle_us + 60_000_000 };
    let minute = Scope { range: Some(minute), filter: String::new() };
    let asked = CustomersQuestion { scope: minute, points: 300, limit: 100, ..CustomersQuestion::default() };
    median("customers of a minute by network, 300 points", || drop(reader().customers(&asked).unwrap()));
    for (what, sort) in [("unresolved by flows", UnresolvedSort::Flows), ("unresolved by hint", UnresolvedSort::Hint)] {
        let asked = UnresolvedQuestion { sort, descending: true, limit: 100, ..UnresolvedQuestion::default() };
        median(what, || drop(reader().unresolved(&asked).unwrap()));
    }
}

#[test]
#[ignore = "a measurement of minutes"]
fn a_million_customers() {
    let folder = tempfile::tempdir().unwrap();
    let before_mb = resident_mb();
    let workspace = Workspace::open(folder.path()).unwrap();
    let mut writer = workspace.store().writer().unwrap();
    let source = NewSource { kind: SourceKind::File, name: "million".into(), path: "/million.pcap".into() };
    let id = writer.begin_source(&source).unwrap();
    let (mut rows, mut peers) = (writer.rows(id), writer.peer_table().unwrap());
    let (mut naming, mut longest) = (Duration::ZERO, Duration::ZERO);
    let began = Instant::now();
    for first in (0..CUSTOMERS).step_by(AT_ONCE as usize) {
        batch(&mut writer, &mut rows, &mut peers, first..first + AT_ONCE);
        let began = Instant::now();
        workspace.rename(&mut writer).unwrap();
        (naming, longest) = (naming + began.elapsed(), longest.max(began.elapsed()));
    }
    println!(
        "{CUSTOMERS} customers stored in {:?}, of which names and roll-ups {naming:?}, the longest {longest:?}",
        began.elapsed()
    );
    println!("resident with collector and writer: {} MB more", resident_mb().saturating_sub(before_mb));
    let mut next = CUSTOMERS;
    for round in 1..=3 {
        batch(&mut writer, &mut rows, &mut peers, next..next + 100);
        next += 100;
        timed(&format!("names and roll-ups after 100 new customers, {round}"), || {
            workspace.rename(&mut writer).unwrap()
        });
        timed("   the graph then", || workspace.reader(None).unwrap().topology(&Scope::default()).unwrap());
    }
    timed("state at an instant, first", || workspace.reader(None).unwrap().state_at(START_NS / 1_000, "").unwrap());
    questions(&workspace);
    drop(writer);
    timed("names decided from nothing, by another writer", || {
        workspace.rename(&mut workspace.store().writer().unwrap()).unwrap()
    });
    println!("resident: {} MB more", resident_mb().saturating_sub(before_mb));
    drop(workspace);
    std::fs::write(folder.path().join("wirereel.json"), r#"{ "entry_points": [ { "service": "nowhere" } ] }"#).unwrap();
    let workspace =
        timed("opened, and every customer becomes an unresolved address", || Workspace::open(folder.path()).unwrap());
    questions(&workspace);
    println!("resident: {} MB more", resident_mb().saturating_sub(before_mb));
}
