//! What is old is removed and what is left says what it said before; a source is taken out as if it had never been there.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use recorded::{Recorded, SECOND_NS, START_NS, begin, intern, name_all, open, recorded};
use wirereel_dissect::record::{FlowEventKind, FlowSpan};
use wirereel_query::question::{Scope, TimeRange};
use wirereel_store::{Forgetting, SourceId, Store, Writer};

const MINUTES: i64 = 60;
/// Connections of a recording.
const MANY: u64 = 3_000;

/// Everything that panes show of instants and ranges from one on, at places that a seed gives.
fn answers(store: &Store, from_us: i64, seed: u64) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(seed);
    let end_us = START_NS / 1_000 + (MINUTES + 1) * 60_000_000;
    let mut answers = Vec::new();
    // Requests of a state are those of the seconds before it, which may be gone; what is open is told exactly from the first moment on.
    for after_us in [1, 700_000, 3_000_000] {
        let state = store.reader(None).unwrap().state_at(from_us + after_us, "").unwrap();
        let open = state.edges.iter().filter(|edge| edge.active_connections > 0);
        answers.push(format!(
            "open: {:?}",
            open.map(|e| (&e.client, &e.server, e.active_connections)).collect::<Vec<_>>()
        ));
    }
    for _ in 0..30 {
        let at_us = random.random_range(from_us + 30_000_000..end_us);
        let reader = store.reader(None).unwrap();
        answers.push(format!("at {at_us}: {:?}", reader.state_at(at_us, "").unwrap()));
        let range = TimeRange { from_us: at_us, to_us: at_us + random.random_range(1..900_000_000) };
        let scope = Scope { range: Some(range), filter: String::new() };
        answers.push(format!("in {range:?}: {:?}", reader.topology(&scope).unwrap().edges));
        let sql = format!(
            "SELECT bucket, sum(requests)::BIGINT, sum(errors)::BIGINT FROM raw.pulse WHERE bucket >= {} GROUP BY 1 \
             HAVING sum(requests) <> 0 OR sum(errors) <> 0 ORDER BY 1",
            from_us / 100_000
        );
        answers.push(format!("{:?}", reader.sql(&sql, 100_000).unwrap().rows));
    }
    answers
}

/// Compares line by line: whole answers are too long to be looked at.
#[track_caller]
fn same(found: &[String], expected: &[String], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let parts = |text: &str| text.split("}, ").map(str::to_owned).collect::<Vec<_>>();
        for (found_part, expected_part) in parts(found).iter().zip(&parts(expected)) {
            assert_eq!(found_part, expected_part, "{what}: {}", &found[..found.len().min(120)]);
        }
        assert_eq!(found, expected, "{what}");
    }
}

/// Rows of traffic that tell no number that depends on what else is there.
fn rows(store: &Store, from_us: i64) -> Vec<String> {
    let queries = [
        format!(
            "SELECT * EXCLUDE (exchange_id, flow_id, source_id) FROM http_exchanges WHERE epoch_us(started_at) >= {from_us} ORDER BY ALL"
        ),
        format!("SELECT * EXCLUDE (flow_id, source_id) FROM flows WHERE epoch_us(closed_at) >= {from_us} ORDER BY ALL"),
        format!(
            "SELECT * EXCLUDE (flow_id) FROM flow_events WHERE epoch_us(flow_events.\"at\") >= {from_us} ORDER BY ALL"
        ),
    ];
    let reader = store.reader(None).unwrap();
    queries.iter().flat_map(|query| reader.sql(query, 100_000).unwrap().rows).map(|row| format!("{row:?}")).collect()
}

fn count(store: &Store, sql: &str) -> i64 {
    store.reader(None).unwrap().sql(sql, 1).unwrap().rows[0][0].as_i64().unwrap()
}

/// Forgets, as between the batches of a capture; gives the number of slices.
fn forget(writer: &mut Writer, before_ns: i64) -> (u32, i64) {
    let mut forgetting = Forgetting::before(before_ns, Vec::new());
    let mut slices = 0;
    while !forgetting.is_done() {
        writer.forget(&mut forgetting).unwrap();
        slices += 1;
    }
    assert!(forgetting.rows() > 0);
    (slices, forgetting.until_ns() / 1_000)
}

#[test]
fn what_is_kept_says_what_it_said_before_also_when_all_roll_ups_are_made_anew() {
    let mut all = recorded(5, MANY, MINUTES);
    // Connections that never end are still open when everything ends.
    let ends: Vec<_> = all.truth.events.iter().map(|event| (event.flow, event.kind)).collect();
    let last: std::collections::HashMap<_, _> = ends.into_iter().collect();
    for flow in &mut all.truth.flows {
        if !matches!(last.get(&flow.id), Some(FlowEventKind::Close | FlowEventKind::Reset | FlowEventKind::Refused)) {
            flow.closed_ns = START_NS + (MINUTES + 2) * 60 * SECOND_NS;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let source = begin(&mut writer, "shop.pcapng");
    write(&mut writer, source, &all);
    writer.refresh_rollups().unwrap();
    all.store = store;
    drop(writer);
    let mut writer = all.store.writer().unwrap();
    for (minutes, seed) in [(17, 1), (33, 2), (48, 3)] {
        let before_ns = START_NS + minutes * 60 * SECOND_NS;
        let from_us = before_ns / 300_000_000_000 * 300_000_000;
        let (told, kept) = (answers(&all.store, from_us, seed), rows(&all.store, from_us));
        let (slices, until_us) = forget(&mut writer, before_ns);
        assert_eq!(until_us, from_us);
        assert!(slices > 5, "{slices} slices");
        assert_eq!(rows(&all.store, from_us), kept);
        same(&answers(&all.store, from_us, seed), &told, &format!("{minutes} minutes"));
        writer.rebuild_rollups().unwrap();
        same(&answers(&all.store, from_us, seed), &told, &format!("{minutes} minutes, made anew"));
        for gone in [
            format!("SELECT count(*) FROM raw.http_exchanges WHERE started_us < {from_us}"),
            format!("SELECT count(*) FROM raw.flows WHERE closed_us < {from_us}"),
            format!("SELECT count(*) FROM raw.flow_spans WHERE epoch_us(last_at) < {from_us}"),
            format!("SELECT count(*) FROM raw.rollup_1s WHERE bucket_s < {from_us} // 1000000 AND requests > 0"),
            format!(
                "SELECT count(*) FROM raw.flow_events WHERE happened_us < {from_us} AND flow_id IN \
                     (SELECT flow_id FROM raw.flow_events WHERE kind IN ('close', 'reset') AND happened_us < {from_us})"
            ),
        ] {
            assert_eq!(count(&all.store, &gone), 0, "{gone}");
        }
        let recording = all.store.reader(None).unwrap().recording().unwrap();
        assert_eq!(recording.range.unwrap().from_us, from_us, "the recording begins where rows do");
    }
}

#[test]
fn whoever_writes_next_goes_on_where_numbers_were_although_the_newest_rows_are_gone() {
    let all = recorded(6, 50, 2);
    let mut writer = all.store.writer().unwrap();
    forget(&mut writer, START_NS + 7_200 * SECOND_NS);
    assert_eq!(count(&all.store, "SELECT count(*) FROM raw.http_exchanges"), 0);
    assert_eq!(count(&all.store, "SELECT count(*) FROM raw.sources"), 0, "nothing is left of it");
    drop(writer);
    let mut writer = all.store.writer().unwrap();
    let source = begin(&mut writer, "next.pcapng");
    write(&mut writer, source, &all);
    writer.refresh_rollups().unwrap();
    let from_us = START_NS / 1_000;
    assert_eq!(rows(&all.store, from_us), rows(&recorded(6, 50, 2).store, from_us));
    assert_eq!(answers(&all.store, from_us, 1), answers(&recorded(6, 50, 2).store, from_us, 1));
}

/// Writes everything another recording holds as one source.
fn write(writer: &mut Writer, source: SourceId, of: &Recorded) {
    let (mut peers, mut rows) = (writer.peer_table().unwrap(), writer.rows(source));
    for event in &of.truth.events {
        let (client, server) = intern(&mut peers, event.client, event.server);
        rows.push_event(event, client, server);
    }
    for exchange in &of.truth.exchanges {
        let (client, server) = intern(&mut peers, exchange.client, exchange.server);
        rows.push_exchange(exchange, client, server);
    }
    for flow in &of.truth.flows {
        let (client, server) = intern(&mut peers, flow.client, flow.server);
        rows.push_flow(flow, client, server);
        let (first_ns, last_ns) = (flow.opened_ns, flow.closed_ns);
        rows.push_span(&FlowSpan { flow: flow.id, first_ns, last_ns, positions: vec![24] });
    }
    writer.write(rows.take(&mut peers)).unwrap();
    name_all(writer, &peers);
}

#[test]
fn a_source_is_taken_out_as_if_it_had_never_been_there() {
    let (kept, other) = (recorded(7, 600, MINUTES), recorded(8, 500, MINUTES));
    let from_us = START_NS / 1_000 - 60_000_000;
    let (told, before) = (answers(&kept.store, from_us, 4), rows(&kept.store, from_us));
    let mut writer = kept.store.writer().unwrap();
    for last in [false, true] {
        let source = begin(&mut writer, "torn.pcapng");
        write(&mut writer, source, &other);
        writer.refresh_rollups().unwrap();
        assert_ne!(answers(&kept.store, from_us, 4), told);
        if last {
            // As the next process finds it.
            drop(writer);
            writer = kept.store.writer().unwrap();
        }
        writer.remove_source(source).unwrap();
        assert_eq!(rows(&kept.store, from_us), before);
        assert_eq!(answers(&kept.store, from_us, 4), told);
        writer.rebuild_rollups().unwrap();
        assert_eq!(answers(&kept.store, from_us, 4), told, "made anew");
    }
    let sources = kept.store.reader(None).unwrap().recording().unwrap().sources;
    assert_eq!(sources.len(), 1);
}

#[test]
fn rows_that_come_late_are_rolled_up_by_the_next_process() {
    let all = recorded(9, 400, MINUTES);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let source = begin(&mut writer, "shop.pcapng");
    write(&mut writer, source, &all);
    drop(writer);
    // It ended before its roll-ups were in.
    drop(store.writer().unwrap());
    let from_us = START_NS / 1_000 - 60_000_000;
    assert_eq!(answers(&store, from_us, 5), answers(&all.store, from_us, 5));
}

#[test]
fn what_came_in_parts_is_put_together_and_says_the_same() {
    let all = recorded(10, 300, MINUTES);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let source = begin(&mut writer, "shop.pcapng");
    let (mut peers, mut rows) = (writer.peer_table().unwrap(), writer.rows(source));
    // As live: a few rows at a time, each rolled up.
    for exchanges in all.truth.exchanges.chunks(25) {
        for exchange in exchanges {
            let (client, server) = intern(&mut peers, exchange.client, exchange.server);
            rows.push_exchange(exchange, client, server);
        }
        writer.write(rows.take(&mut peers)).unwrap();
        name_all(&mut writer, &peers);
        writer.refresh_rollups().unwrap();
    }
    let from_us = START_NS / 1_000 - 60_000_000;
    let told = answers(&store, from_us, 6);
    let tables = ["rollup_60s", "histogram_60s", "rollup_1s", "pulse"];
    let counts = || tables.map(|table| count(&store, &format!("SELECT count(*) FROM raw.{table}")));
    let before = counts();
    let until_s = START_NS / SECOND_NS + (MINUTES + 2) * 60;
    let mut rounds = 1;
    while !writer.tidy(until_s).unwrap() {
        rounds += 1;
    }
    assert_eq!(rounds, 2, "an hour at a time");
    let after = counts();
    assert!(after.iter().zip(before).all(|(after, before)| *after <= before), "{after:?} of {before:?}");
    assert!(after[0] < before[0] && after[1] < before[1], "{after:?} of {before:?}");
    same(&answers(&store, from_us, 6), &told, "put together");
    assert!(writer.tidy(until_s).unwrap(), "once is enough");
}
