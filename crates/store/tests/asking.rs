//! Questions of the grid, the query box, the playhead and users' SQL.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use std::time::{Duration, Instant};

use recorded::{Recorded, open, recorded};
use wirereel_query::{
    customers::{UnresolvedPage, UnresolvedQuestion},
    filter::Field,
    question::{Direction, EventKind, ExchangeAtQuestion, ExchangesQuestion, NextEventQuestion, Scope, TimeRange},
};
use wirereel_store::{Reader, StoreError};

fn filtered(filter: &str) -> Scope {
    Scope { range: None, filter: filter.into() }
}

fn page(scope: Scope, sort: &str, descending: bool, offset: u64, limit: u32) -> ExchangesQuestion {
    ExchangesQuestion { scope, sort: sort.into(), descending, offset, limit }
}

fn reader(recorded: &Recorded) -> Reader {
    recorded.store.reader(None).unwrap()
}

#[test]
fn pages_follow_each_other_in_either_direction() {
    let recorded = recorded(11, 400, 5);
    let all = reader(&recorded).exchanges(&page(Scope::default(), "duration_us", false, 0, 1_000)).unwrap();
    assert_eq!(all.total as usize, recorded.truth.exchanges.len());
    let durations: Vec<u64> = all.rows.iter().map(|row| row.duration_us.unwrap_or(u64::MAX)).collect();
    assert!(durations.is_sorted(), "a missing duration is last");
    let mut paged = Vec::new();
    while (paged.len() as u64) < all.total {
        let next = page(Scope::default(), "duration_us", true, paged.len() as u64, 37);
        paged.extend(reader(&recorded).exchanges(&next).unwrap().rows);
    }
    paged.reverse();
    assert_eq!(paged[..all.rows.len()], all.rows);
    let beyond = reader(&recorded).exchanges(&page(Scope::default(), "path", false, 1_000_000, 10)).unwrap();
    assert!(beyond.rows.is_empty());
}

#[test]
fn a_page_of_a_column_that_is_none_says_what_is_allowed() {
    let recorded = recorded(11, 20, 1);
    let error = reader(&recorded).exchanges(&page(Scope::default(), "1; DROP TABLE x", false, 0, 10)).unwrap_err();
    assert!(matches!(error, StoreError::BadQuestion(_)));
    assert!(error.to_string().contains("started_at"));
}

#[test]
fn a_filter_narrows_every_answer() {
    let recorded = recorded(12, 600, 5);
    let scope = filtered("status:503 server:payment");
    let expected = recorded
        .truth
        .exchanges
        .iter()
        .filter(|x| x.status == Some(503) && recorded::service_of(x.server) == "payment")
        .count() as u64;
    assert!(expected > 0);
    assert_eq!(reader(&recorded).exchanges(&page(scope.clone(), "started_at", false, 0, 10)).unwrap().total, expected);
    let topology = reader(&recorded).topology(&scope).unwrap();
    assert_eq!(topology.edges.iter().map(|edge| edge.golden.requests).sum::<u64>(), expected);
    assert!(topology.edges.iter().all(|edge| edge.server == "payment" && edge.golden.error_share == 1.0));
    let range = topology.range;
    let question = wirereel_query::question::DensityQuestion { range, buckets: 50, filter: scope.filter.clone() };
    let density = reader(&recorded).density(&question).unwrap();
    assert_eq!(density.matches.iter().map(|&n| u64::from(n)).sum::<u64>(), expected);
    let positions = reader(&recorded).positions_where(&scope).unwrap();
    assert!(!positions[0].1.is_empty() && positions[0].1.len() < 2 * recorded.truth.flows.len());
    let unresolved = UnresolvedQuestion { scope, limit: 10, ..UnresolvedQuestion::default() };
    assert_eq!(reader(&recorded).unresolved(&unresolved).unwrap(), UnresolvedPage::default());
}

#[test]
fn a_filter_that_is_wrong_says_where() {
    let recorded = recorded(12, 10, 1);
    let Err(StoreError::BadFilter(problem)) = reader(&recorded).topology(&filtered("status:abc")) else {
        panic!("a status is a number");
    };
    assert!(problem.start < problem.end, "{problem:?}");
}

#[test]
fn the_index_of_an_instant_is_where_its_row_stands() {
    let recorded = recorded(13, 400, 5);
    let sorted = reader(&recorded).exchanges(&page(Scope::default(), "started_at", false, 0, 1_000)).unwrap();
    let at_us = sorted.rows[123].started_us;
    let question = ExchangeAtQuestion { scope: Scope::default(), at_us };
    let (index, total) = reader(&recorded).exchange_index(&question).unwrap();
    assert_eq!(total, sorted.total);
    let index = index as usize;
    assert!(sorted.rows[index].started_us >= at_us && sorted.rows[index - 1].started_us < at_us);
}

#[test]
fn an_exchange_comes_with_its_headers_and_its_flow() {
    let recorded = recorded(14, 200, 5);
    let row = recorded.truth.exchanges.iter().position(|x| x.ordinal == 1).unwrap();
    let detail = reader(&recorded).exchange(row as u64 + 1).unwrap();
    assert_eq!(detail.request_headers[1].value, "<hidden>");
    let flow = detail.flow.unwrap();
    assert_eq!((flow.position, flow.source_name.as_str(), flow.rtt_us), (2, "shop.pcapng", Some(120)));
    assert!(flow.exchanges >= 2);
    assert!(matches!(reader(&recorded).exchange(1_000_000), Err(StoreError::NotFound(_))));
}

#[test]
fn stepping_visits_every_error_once() {
    let recorded = recorded(15, 300, 5);
    let mut expected: Vec<i64> = recorded
        .truth
        .exchanges
        .iter()
        .filter(|x| x.status.is_none_or(|status| status >= 500) || x.error.is_some())
        .map(|x| x.started_ns / 1_000)
        .collect();
    expected.sort_unstable();
    expected.dedup();
    let walk = |direction, mut from_us| {
        let mut visited = Vec::new();
        loop {
            let question = NextEventQuestion { from_us, direction, kind: EventKind::Error, filter: String::new() };
            match reader(&recorded).next_event(&question).unwrap() {
                Some(event) => visited.push(event.at_us),
                None => return visited,
            }
            from_us = visited[visited.len() - 1];
        }
    };
    assert_eq!(walk(Direction::Forward, 0), expected);
    expected.reverse();
    assert_eq!(walk(Direction::Backward, i64::MAX / 1_000), expected);
    let question = NextEventQuestion {
        from_us: 0,
        direction: Direction::Forward,
        kind: EventKind::Connection,
        filter: String::new(),
    };
    let event = reader(&recorded).next_event(&question).unwrap().unwrap();
    assert!(event.label.starts_with("connection re"), "{}", event.label);
}

#[test]
fn values_are_completed_most_frequent_first() {
    let recorded = recorded(16, 300, 5);
    let field = |name: &str| Field::named(name).unwrap();
    let values = reader(&recorded).values_of(field("server"), "P", None, 10).unwrap();
    assert_eq!(values.iter().map(|(value, _)| value.as_str()).collect::<Vec<_>>(), ["payment"]);
    let either = reader(&recorded).values_of(field("service"), "", None, 10).unwrap();
    assert!(either.iter().any(|(value, _)| value == "customers"));
    assert!(either.is_sorted_by(|a, b| a.1 >= b.1));
    let before = TimeRange { from_us: 0, to_us: 1 };
    assert!(reader(&recorded).values_of(field("status"), "", Some(before), 10).unwrap().is_empty());
    let flows = recorded.truth.flows.len() as u64;
    assert_eq!(reader(&recorded).values_of(field("transport"), "t", None, 10).unwrap(), [("tcp".to_owned(), flows)]);
    assert!(reader(&recorded).values_of(field("sni"), "", None, 10).unwrap().is_empty());
}

#[test]
fn sql_gives_typed_values_and_says_when_it_left_rows_out() {
    let recorded = recorded(17, 100, 2);
    let result = reader(&recorded)
        .sql("SELECT server_service, count(*) AS n, sum(status) FROM http_exchanges GROUP BY ALL ORDER BY n", 2)
        .unwrap();
    assert_eq!(result.columns, ["server_service", "n", "sum(status)"]);
    assert!(result.truncated);
    assert_eq!(result.rows.len(), 2);
    assert!(result.rows[0][1].is_u64() && result.rows[0][2].is_u64(), "{:?}", result.rows[0]);
    let error = reader(&recorded).sql("SELECT nothing FROM http_exchanges", 10).unwrap_err();
    assert!(matches!(&error, StoreError::BadSql(message) if message.contains("nothing")), "{error}");
}

#[test]
fn sql_neither_writes_nor_reaches_beyond_the_recording() {
    let recorded = recorded(18, 50, 2);
    let folder = recorded.folder.path().display().to_string();
    std::fs::write(recorded.folder.path().join("secret.txt"), "hush").unwrap();
    std::fs::create_dir_all(recorded.folder.path().join("outbox")).unwrap();
    let refused = [
        "DELETE FROM raw.flows".to_owned(),
        "WITH gone AS (SELECT 1) INSERT INTO raw.entry_points SELECT 'x', true".to_owned(),
        "WITH gone AS (SELECT 1) DELETE FROM raw.flows".to_owned(),
        "EXPLAIN ANALYZE DELETE FROM raw.flows".to_owned(),
        "FROM raw.flows; DELETE FROM raw.flows".to_owned(),
        "ATTACH ':memory:' AS other".to_owned(),
        format!("ATTACH '{folder}/other.duckdb'"),
        "SELECT * FROM read_csv('/etc/passwd')".to_owned(),
        "SELECT * FROM read_text('/etc/passwd')".to_owned(),
        "FROM '/etc/passwd'".to_owned(),
        "SELECT * FROM glob('/etc/*')".to_owned(),
        "SELECT * FROM 'https://127.0.0.1/x.parquet'".to_owned(),
        format!("COPY raw.flows TO '{folder}/out.csv'"),
        format!("COPY raw.flows TO '{folder}/outbox/out.csv'"),
        format!("SELECT * FROM read_blob('{folder}/events.duckdb.lock')"),
        format!("SELECT * FROM read_text('{folder}/outbox/../secret.txt')"),
        "INSTALL httpfs".to_owned(),
        "LOAD httpfs".to_owned(),
        "SET enable_external_access = true".to_owned(),
        "PRAGMA enable_external_access".to_owned(),
        "CALL force_checkpoint()".to_owned(),
        "COMMIT".to_owned(),
        String::new(),
    ];
    let count = || reader(&recorded).sql("SELECT count(*) FROM raw.flows", 1).unwrap().rows[0][0].clone();
    let before = count();
    for query in refused {
        let error = reader(&recorded).sql(&query, 10).expect_err(&query);
        assert!(matches!(error, StoreError::BadSql(_)), "{query}: {error:?}");
    }
    assert_eq!(count(), before);
    for allowed in
        ["SHOW TABLES", "DESCRIBE flows", "EXPLAIN SELECT 1", "SUMMARIZE flows", "FROM flows LIMIT 1", "VALUES (1)"]
    {
        reader(&recorded).sql(allowed, 10).expect(allowed);
    }
}

#[test]
fn a_newer_question_interrupts_the_older_one_of_its_lane() {
    let recorded = recorded(19, 50, 2);
    let older = recorded.store.reader(Some("sql@one")).unwrap();
    let other_lane = recorded.store.reader(Some("sql@two")).unwrap();
    let store = recorded.store.clone();
    let begun = Instant::now();
    let asking = std::thread::Builder::new()
        .name("older question".into())
        .spawn(move || {
            older.sql("SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range % 7 = b.range % 5", 1)
        })
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let newer = store.reader(Some("sql@one")).unwrap();
    assert!(newer.sql("SELECT 1", 1).is_ok());
    assert!(matches!(asking.join().unwrap(), Err(StoreError::Superseded)));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(other_lane.sql("SELECT 1", 1).is_ok());
}

#[test]
fn an_empty_store_answers_everything_with_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let reader = store.reader(None).unwrap();
    assert!(reader.recording().unwrap().range.is_none());
    assert!(reader.topology(&Scope::default()).unwrap().nodes.is_empty());
    assert!(reader.state_at(0, "").unwrap().edges.is_empty());
    assert_eq!(reader.unresolved(&UnresolvedQuestion::default()).unwrap(), UnresolvedPage::default());
    assert_eq!(reader.exchanges(&page(Scope::default(), "started_at", true, 0, 10)).unwrap().total, 0);
    assert_eq!(reader.sql("SELECT count(*) FROM services", 1).unwrap().rows[0][0], 0);
}
