//! Customers by identity are what rows say, whoever shared a connection with whom.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use recorded::{START_NS, collector, endpoint, exchange_row, flow_row, intern, name_all, open};
use wirereel_dissect::record::{CloseReason, FlowId, IdentityKind};
use wirereel_query::{
    customers::{CustomerGrouping, CustomerSort, CustomersQuestion},
    question::{Scope, TimeRange},
};
use wirereel_store::Store;

const RANGE: TimeRange = TimeRange { from_us: START_NS / 1_000 + 20_000_000, to_us: START_NS / 1_000 + 50_000_000 };

fn visited(folder: &std::path::Path, seed: u64) -> Store {
    let store = open(folder).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let mut random = StdRng::seed_from_u64(seed);
    let gateway = endpoint(recorded::SERVICES[0].1, 8080);
    for flow in 0..600_u64 {
        let client = endpoint([192, 0, random.random_range(0..3), random.random_range(0..40)], 40_000);
        let (client_peer, server_peer) = intern(&mut peers, client, gateway);
        let (flow, at_ns) = (FlowId(flow), START_NS + random.random_range(0..60_000_000_000));
        for ordinal in 0..random.random_range(0..4_u32) {
            let started_ns = at_ns + i64::from(ordinal) * 1_000_000;
            let status = [Some(200), Some(404), Some(503), None][random.random_range(0..4)];
            let mut exchange = exchange_row(flow, ordinal, client, gateway, started_ns, 500_000, status);
            let number = random.random_range(0..12);
            exchange.identity = (number > 2).then(|| format!("user{number}"));
            exchange.identity_kind =
                (number > 2).then(|| [IdentityKind::Jwt, IdentityKind::Basic][random.random_range(0..2)]);
            rows.push_exchange(&exchange, client_peer, server_peer);
        }
        let over = flow_row(flow, client, gateway, at_ns, at_ns + 5_000_000, CloseReason::Fin);
        rows.push_flow(&over, client_peer, server_peer);
    }
    writer.write(rows.take(&mut peers)).unwrap();
    name_all(&mut writer, &peers);
    drop(writer);
    store
}

#[test]
fn everybody_is_counted_once_by_address_and_connection() {
    let folder = tempfile::tempdir().unwrap();
    let store = visited(folder.path(), 61);
    let reader = store.reader(None).unwrap();
    let at = |us: i64| format!("make_timestamp_ns({})", us * 1_000);
    let (from, to) = (at(RANGE.from_us), at(RANGE.to_us));
    let started = format!("started_at >= {from} AND started_at < {to}");
    let alive = format!("closed_at >= {from} AND opened_at < {to}");
    for (range, filter, exchanges, flows) in [
        (None, "", "true", "true"),
        (Some(RANGE), "", started.as_str(), alive.as_str()),
        (None, "status:503", "status = 503", "false"),
    ] {
        let new = range.map_or("true".to_owned(), |_| format!("first >= {from} AND first < {to}"));
        let sql = format!(
            "WITH firsts AS (SELECT client_ip AS ip, min(opened_at) AS first FROM flows GROUP BY 1), \
             did AS (SELECT identity, identity_kind, client_ip, flow_id, {exchanges} AS c, 1 AS n, coalesce(status >= 500 OR status IS NULL, true) AS e, \
                request_body_bytes + response_body_bytes AS b, started_at AS a, coalesce(response_at, started_at) AS z FROM http_exchanges \
                UNION ALL SELECT NULL, NULL, client_ip, flow_id, {flows}, 0, false, client_bytes + server_bytes, opened_at, closed_at FROM flows \
                WHERE '{filter}' = '' AND flow_id NOT IN (SELECT flow_id FROM http_exchanges)) \
             SELECT coalesce(identity, ''), coalesce(identity_kind, 'none'), count(DISTINCT client_ip) FILTER (c), \
                count(DISTINCT client_ip) FILTER (c AND {new}), count(DISTINCT flow_id) FILTER (c), coalesce(sum(n) FILTER (c), 0)::BIGINT, \
                count(*) FILTER (c AND e), coalesce(sum(b) FILTER (c), 0)::BIGINT, (epoch_ns(min(a)) // 1000)::BIGINT, (epoch_ns(max(z)) // 1000)::BIGINT \
             FROM did JOIN firsts ON firsts.ip = did.client_ip GROUP BY identity, identity_kind HAVING count(*) FILTER (c) > 0 ORDER BY 1, 2"
        );
        let told = reader.sql(&sql, 1_000).unwrap().rows;
        let expected: Vec<(String, String, Vec<i64>)> = told
            .iter()
            .map(|row| {
                let text = |place: usize| row[place].as_str().unwrap().to_owned();
                (text(0), text(1), (2..10).map(|place| row[place].as_i64().unwrap()).collect())
            })
            .collect();
        assert!(expected.len() > 12, "{expected:?}");
        let by = CustomerGrouping::Identity;
        let scope = Scope { range, filter: filter.into() };
        let asked =
            CustomersQuestion { by, scope, sort: CustomerSort::Name, limit: 500, ..CustomersQuestion::default() };
        let answer = reader.customers(&asked).unwrap();
        let found: Vec<(String, String, Vec<i64>)> = answer
            .rows
            .iter()
            .map(|row| {
                let numbers = [row.addresses, row.new_addresses, row.connections, row.requests, row.errors, row.bytes];
                let mut numbers: Vec<i64> = numbers.map(|number| number as i64).to_vec();
                numbers.extend([row.first_seen_us, row.last_seen_us]);
                (row.name.clone(), row.identity_kind.clone().unwrap_or_else(|| "none".into()), numbers)
            })
            .collect();
        assert_eq!(found, expected, "{filter} {range:?}");
        assert_eq!(answer.total, expected.len() as u64);

        let page = CustomersQuestion { sort: CustomerSort::Requests, descending: true, limit: 4, ..asked.clone() };
        let whole = reader.customers(&CustomersQuestion { limit: 500, ..page.clone() }).unwrap();
        let second = reader.customers(&CustomersQuestion { offset: 4, ..page.clone() }).unwrap();
        assert_eq!((second.rows.as_slice(), second.total), (&whole.rows[4..8], whole.total));
        let searched = reader.customers(&CustomersQuestion { search: Some("USER7".into()), ..page }).unwrap();
        assert!(searched.rows.iter().all(|row| row.name == "user7") && searched.total == 2);
    }
}
