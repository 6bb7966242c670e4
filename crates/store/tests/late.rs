//! Records that come late change nothing but when an answer is complete: in whatever order batches bring them, the answers are the same.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use recorded::{Recorded, START_NS, begin, intern, name_all, open, recorded};
use wirereel_dissect::record::{Flow, FlowEvent, HttpExchange};
use wirereel_query::{
    answer::FoundEvent,
    question::{Direction, EventKind, NextEventQuestion, Scope, TimeRange},
};
use wirereel_store::Store;

/// Minutes of the recordings: several keyframes.
const MINUTES: i64 = 40;

enum Record<'a> {
    Event(&'a FlowEvent),
    Exchange(&'a HttpExchange),
    Flow(&'a Flow),
}

/// The same records in another order and in batches of other sizes, rolled up after each.
fn shuffled(of: &Recorded, seed: u64) -> (tempfile::TempDir, Store) {
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let source = begin(&mut writer, "shop.pcapng");
    let (mut peers, mut rows) = (writer.peer_table().unwrap(), writer.rows(source));
    let mut records: Vec<Record<'_>> = of.truth.events.iter().map(Record::Event).collect();
    records.extend(of.truth.exchanges.iter().map(Record::Exchange));
    records.extend(of.truth.flows.iter().map(Record::Flow));
    records.shuffle(&mut random);
    while !records.is_empty() {
        for record in records.drain(..random.random_range(1..=records.len().min(4_000))) {
            match record {
                Record::Event(event) => {
                    let (client, server) = intern(&mut peers, event.client, event.server);
                    rows.push_event(event, client, server);
                }
                Record::Exchange(exchange) => {
                    let (client, server) = intern(&mut peers, exchange.client, exchange.server);
                    rows.push_exchange(exchange, client, server);
                }
                Record::Flow(flow) => {
                    let (client, server) = intern(&mut peers, flow.client, flow.server);
                    rows.push_flow(flow, client, server);
                }
            }
        }
        writer.write(rows.take(&mut peers)).unwrap();
        if name_all(&mut writer, &peers) {
            writer.rebuild_rollups().unwrap();
        } else {
            writer.refresh_rollups().unwrap();
        }
    }
    drop(writer);
    (folder, store)
}

#[test]
fn the_order_in_which_records_come_changes_no_state_and_no_graph() {
    let in_order = recorded(11, 900, MINUTES);
    for seed in 0..4 {
        let (_folder, late) = shuffled(&in_order, seed);
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..40 {
            let at_us = START_NS / 1_000 + random.random_range(-5_000_000..(MINUTES + 1) * 60_000_000);
            let state = |store: &Store| store.reader(None).unwrap().state_at(at_us, "").unwrap();
            assert_eq!(state(&late), state(&in_order.store), "at {at_us}, order {seed}");
            let range = TimeRange { from_us: at_us, to_us: at_us + random.random_range(1..600_000_000) };
            let graph = |store: &Store| {
                let scope = Scope { range: Some(range), filter: String::new() };
                let graph = store.reader(None).unwrap().topology(&scope).unwrap();
                // Who is an entry point is decided elsewhere.
                graph.edges
            };
            assert_eq!(graph(&late), graph(&in_order.store), "{range:?}, order {seed}");
        }
    }
}

#[test]
fn the_next_error_is_the_nearest_one_in_either_direction() {
    let recorded = recorded(12, 700, MINUTES);
    let mut errors: Vec<i64> = recorded
        .truth
        .exchanges
        .iter()
        .filter(|x| x.status.is_none_or(|status| status >= 500 || x.error.as_deref() == Some("reset")))
        .map(|x| x.started_ns.div_euclid(1_000))
        .collect();
    errors.sort_unstable();
    assert!(errors.len() > 10);
    let mut random = StdRng::seed_from_u64(12);
    let mut places: Vec<i64> =
        (0..60).map(|_| START_NS / 1_000 + random.random_range(-9_000_000..MINUTES * 60_000_000)).collect();
    // From an error itself the next one is another.
    places.extend(errors.iter().take(20));
    for from_us in places {
        let found = |direction| -> Option<i64> {
            let question = NextEventQuestion { from_us, direction, kind: EventKind::Error, filter: String::new() };
            let found: Option<FoundEvent> = recorded.store.reader(None).unwrap().next_event(&question).unwrap();
            found.map(|event| event.at_us)
        };
        assert_eq!(found(Direction::Forward), errors.iter().copied().find(|at_us| *at_us > from_us), "{from_us}");
        assert_eq!(found(Direction::Backward), errors.iter().copied().rfind(|at_us| *at_us < from_us), "{from_us}");
    }
}

/// Everything that roll-ups say.
const SUMS: [&str; 3] = [
    "SELECT * FROM edge_rollups ORDER BY ALL",
    "SELECT client_id, server_id, protocol, is_exchange, sum(n) FROM raw.edge_protocols GROUP BY ALL ORDER BY ALL",
    "SELECT * FROM raw.keyframes ORDER BY ALL",
];

#[test]
fn what_is_counted_along_is_what_the_database_makes_of_the_rows() {
    let in_order = recorded(13, 900, MINUTES);
    for seed in 10..13 {
        let (_folder, store) = shuffled(&in_order, seed);
        let sums = || SUMS.map(|query| store.reader(None).unwrap().sql(query, 1_000_000).unwrap().rows);
        let counted = sums();
        assert!(counted.iter().all(|rows| rows.len() > 5));
        store.writer().unwrap().rebuild_rollups().unwrap();
        assert_eq!(counted, sums(), "order {seed}");
    }
}
