//! A synthetic day of a shop: how fast rows go in, and how fast panes get their answers.
//!
//! `cargo bench -p wirereel-store [-- EXCHANGES]` prints a table and writes `target/bench/rows.json`; the default is 100,000 exchanges.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark ends where it is surprised")]

#[path = "../../api/benches/figures/mod.rs"]
mod figures;
#[path = "../tests/recorded/mod.rs"]
mod recorded;

use std::time::Instant;

use figures::Figures;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use recorded::{START_NS, collector, endpoint, exchange_row, flow_row, open};
use wirereel_dissect::record::{CloseReason, FlowEvent, FlowEventKind, FlowId};
use wirereel_query::{
    answer::ServiceKind,
    question::{DensityQuestion, ExchangesQuestion, InspectQuestion, Scope, TimeRange},
};
use wirereel_store::{PeerName, PeerTable, Store, Writer};

const DAY_NS: i64 = 86_400_000_000_000;
const SERVICES: usize = 15;
const EDGES: usize = 30;
const CUSTOMERS: u64 = 5_000;
const EXCHANGES_PER_FLOW: u64 = 5;
const BATCH_ROWS: usize = 61_440;
const MOVES: usize = 200;

fn main() {
    let exchanges = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let mut measured = Figures::new("rows");
    let figures = &mut measured;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    write_day(figures, &mut writer, exchanges);
    timed(figures, "rebuild roll-ups", || writer.rebuild_rollups().unwrap());
    timed(figures, "checkpoint", || writer.checkpoint().unwrap());
    let size = std::fs::metadata(folder.path().join("events.duckdb")).unwrap().len();
    figures.add("database_mb", size as f64 / 1e6, "MB");
    ask(figures, &store);
    measured.finish();
}

fn write_day(figures: &mut Figures, writer: &mut Writer, exchanges: u64) {
    let mut random = StdRng::seed_from_u64(1);
    let (mut rows, mut peers, _) = collector(writer);
    let begun = Instant::now();
    let mut writing_s = 0.0;
    for flow in 0..exchanges / EXCHANGES_PER_FLOW {
        let edge = random.random_range(0..EDGES as u64);
        let opened_ns = START_NS + flow as i64 * (DAY_NS / (exchanges / EXCHANGES_PER_FLOW) as i64);
        let customer = random.random_range(0..CUSTOMERS);
        let caller =
            if edge == 0 { [100, 64, (customer >> 8) as u8, customer as u8] } else { [127, 0, 1, (edge / 2) as u8] };
        let server = endpoint([127, 0, 1, (edge % SERVICES as u64) as u8 + 1], 8080);
        let client = endpoint(caller, 30_000 + (flow % 30_000) as u16);
        let from = peers.intern(client.ip, 0, None, None, None);
        let to = peers.intern(server.ip, server.port, None, Some("shop"), None);
        let mut at_ns = opened_ns;
        let flow = FlowId(flow);
        for kind in [FlowEventKind::Connect, FlowEventKind::Accept, FlowEventKind::Established] {
            rows.push_event(&FlowEvent { at_ns, flow, kind, client, server }, from, to);
        }
        for ordinal in 0..EXCHANGES_PER_FLOW as u32 {
            let took_ns = 500_000 + (random.random::<f64>().powi(8) * 400e6) as i64;
            let status = if random.random_range(0..50) == 0 { 503 } else { 200 };
            let mut exchange = exchange_row(flow, ordinal, client, server, at_ns, took_ns, Some(status));
            exchange.path = Some(format!("/products/{}", random.random_range(0..2_000)).into());
            rows.push_exchange(&exchange, from, to);
            at_ns += took_ns + random.random_range(0..500_000_000);
        }
        rows.push_event(&FlowEvent { at_ns, flow, kind: FlowEventKind::Close, client, server }, from, to);
        rows.push_flow(&flow_row(flow, client, server, opened_ns, at_ns, CloseReason::Fin), from, to);
        if rows.len() >= BATCH_ROWS {
            let batch = rows.take(&mut peers);
            let part = Instant::now();
            writer.write(batch).unwrap();
            writing_s += part.elapsed().as_secs_f64();
        }
    }
    writer.write(rows.take(&mut peers)).unwrap();
    figures.add("collected_per_second", exchanges as f64 / (begun.elapsed().as_secs_f64() - writing_s), "1/s");
    figures.add("written_per_second", exchanges as f64 / writing_s.max(1e-9), "1/s");
    timed(figures, "name peers", || name(writer, &peers));
}

fn name(writer: &mut Writer, peers: &PeerTable) {
    let names: Vec<PeerName> = peers
        .iter()
        .map(|(peer, known)| {
            let text = known.ip.to_string();
            let kind = if text.starts_with("127.") { ServiceKind::Service } else { ServiceKind::Customers };
            PeerName { peer, service: format!("service-{}", text.replace("127.0.1.", "")), kind }
        })
        .collect();
    writer.replace_naming(&names).unwrap();
}

fn ask(figures: &mut Figures, store: &Store) {
    let mut random = StdRng::seed_from_u64(2);
    let reader = || store.reader(None).unwrap();
    timed(figures, "first topology", || reader().topology(&Scope::default()).unwrap());
    let whole = reader().recording().unwrap().range.unwrap();
    let mut instant = {
        let mut random = StdRng::seed_from_u64(3);
        move || random.random_range(whole.from_us..whole.to_us)
    };
    let mut range = || {
        let from_us = random.random_range(whole.from_us..whole.to_us);
        let length_us = 10_i64.pow(random.random_range(6..11));
        TimeRange { from_us, to_us: from_us + length_us }
    };
    spread(figures, "state_at", || drop(reader().state_at(instant(), "").unwrap()));
    spread(figures, "topology, a range", || {
        drop(reader().topology(&Scope { range: Some(range()), filter: String::new() }).unwrap())
    });
    spread(figures, "topology, whole", || drop(reader().topology(&Scope::default()).unwrap()));
    let errors = Scope { range: None, filter: "status:5xx".into() };
    spread(figures, "topology, filtered", || drop(reader().topology(&errors).unwrap()));
    spread(figures, "density, a range", || {
        drop(reader().density(&DensityQuestion { range: range(), buckets: 1_400, filter: String::new() }).unwrap());
    });
    spread(figures, "density, whole", || {
        drop(reader().density(&DensityQuestion { range: whole, buckets: 1_400, filter: String::new() }).unwrap());
    });
    for sort in ["started_at", "duration_us", "path"] {
        let page = |offset| ExchangesQuestion {
            scope: Scope::default(),
            sort: sort.into(),
            descending: true,
            offset,
            limit: 200,
        };
        timed(figures, &format!("first page by {sort}"), || reader().exchanges(&page(0)).unwrap());
        let mut offset = 0;
        spread(figures, &format!("next pages by {sort}"), || {
            offset += 200;
            drop(reader().exchanges(&page(offset)).unwrap());
        });
    }
    let inspected =
        InspectQuestion { scope: Scope::default(), client: None, server: "service-1".into(), at_us: whole.to_us };
    spread(figures, "inspect, whole", || drop(reader().inspect(&inspected).unwrap()));
    spread(figures, "exchange", || drop(reader().exchange(77).unwrap()));
}

fn timed<T>(figures: &mut Figures, name: &str, work: impl FnOnce() -> T) {
    let begun = Instant::now();
    work();
    figures.add(format!("{}_ms", slug(name)), begun.elapsed().as_secs_f64() * 1e3, "ms");
}

/// Median, 99th percentile and maximum of many runs.
fn spread(figures: &mut Figures, name: &str, mut work: impl FnMut()) {
    let times = (0..MOVES)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    figures.add_times(&slug(name), times);
}

/// A name as figures have them.
fn slug(name: &str) -> String {
    name.replace(", ", "_").replace([' ', '-'], "_")
}
