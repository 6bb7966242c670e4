//! Many addresses without a name: pages and the graph say what rows say, however they are counted.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv6Addr},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use recorded::{START_NS, collector, endpoint, exchange_row, flow_row, open};
use serde_json::Value;
use wirereel_dissect::record::{CloseReason, Endpoint, FlowEvent, FlowEventKind, FlowId};
use wirereel_query::{
    answer::ServiceKind,
    customers::{UnresolvedPage, UnresolvedQuestion, UnresolvedSort},
    question::{Scope, TimeRange},
};
use wirereel_store::{PeerName, Reader, Store};

const MINUTE_NS: i64 = 60_000_000_000;
const RANGE: TimeRange = TimeRange { from_us: START_NS / 1_000 + 70_000_000, to_us: START_NS / 1_000 + 145_000_000 };
const SORTS: [UnresolvedSort; 7] = [
    UnresolvedSort::Address,
    UnresolvedSort::Flows,
    UnresolvedSort::Requests,
    UnresolvedSort::Bytes,
    UnresolvedSort::FirstSeen,
    UnresolvedSort::LastSeen,
    UnresolvedSort::Hint,
];

/// Some thousand connections of four minutes: strangers of both families who call services and each other, and services that call strangers.
fn crowd(folder: &std::path::Path, seed: u64, connections: u64) -> Store {
    let store = open(folder).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let mut random = StdRng::seed_from_u64(seed);
    let services: Vec<Endpoint> = recorded::SERVICES.iter().map(|(_, ip)| endpoint(*ip, 8080)).collect();
    for flow in 0..connections {
        let stranger = |random: &mut StdRng, serves: bool| {
            // A few are busy.
            let number = random.random_range(0..5_u32) * random.random_range(0..700_u32);
            let v4 = [[10, 9], [23, 200], [172, 20], [224, 1], [203, 0]][random.random_range(0..5)];
            let ip = if random.random_range(0..4) == 0 {
                IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0, 0, 0, number as u16))
            } else {
                IpAddr::from([v4[0], v4[1], (number >> 8) as u8, number as u8])
            };
            let port = if serves { [5432, 9_999][number as usize % 2] } else { 40_000 };
            Endpoint { ip, port }
        };
        let (client, server) = match random.random_range(0..10) {
            0 => (services[random.random_range(0..4)], stranger(&mut random, true)),
            1 => (stranger(&mut random, false), stranger(&mut random, true)),
            2 => (services[0], services[random.random_range(1..4)]),
            3 => (endpoint([192, 0, 2, flow as u8], 40_000), services[0]),
            _ => (stranger(&mut random, false), services[random.random_range(0..4)]),
        };
        let client_peer = peers.intern(client.ip, 0, None, None, None);
        let server_peer = peers.intern(server.ip, server.port, None, None, None);
        let (flow, at_ns) = (FlowId(flow), START_NS + random.random_range(0..4 * MINUTE_NS));
        let end_ns = at_ns + random.random_range(1_000..MINUTE_NS);
        let mut event = |at_ns: i64, kind| {
            rows.push_event(&FlowEvent { at_ns, flow, kind, client, server }, client_peer, server_peer);
        };
        if random.random_range(0..5) > 0 {
            event(at_ns, FlowEventKind::Connect);
        }
        event(at_ns + 500, FlowEventKind::Established);
        if random.random_range(0..3) > 0 {
            event(end_ns, FlowEventKind::Close);
        }
        for ordinal in 0..random.random_range(0..3) {
            let status = [Some(200), Some(503), None][random.random_range(0..3)];
            let started_ns = at_ns + 1_000 + i64::from(ordinal) * 1_000_000;
            rows.push_exchange(
                &exchange_row(flow, ordinal, client, server, started_ns, 900_000, status),
                client_peer,
                server_peer,
            );
        }
        rows.push_flow(&flow_row(flow, client, server, at_ns, end_ns, CloseReason::Fin), client_peer, server_peer);
    }
    writer.write(rows.take(&mut peers)).unwrap();
    let named = peers.iter().map(|(peer, known)| {
        let name = recorded::SERVICES.iter().find(|(_, ip)| IpAddr::from(*ip) == known.ip).map(|(name, _)| *name);
        let kind = match name {
            Some(_) => ServiceKind::Service,
            None if known.ip.to_string().starts_with("192.0.2.") => ServiceKind::Customers,
            None => ServiceKind::Unresolved,
        };
        PeerName { peer, service: name.unwrap_or_default().into(), kind }
    });
    writer.replace_naming(&named.collect::<Vec<_>>()).unwrap();
    writer.refresh_rollups().unwrap();
    drop(writer);
    store
}

fn rows(reader: &Reader, sql: &str) -> Vec<Vec<Value>> {
    let answer = reader.sql(sql, 100_000).unwrap();
    assert!(!answer.rows.is_empty(), "{sql}");
    answer.rows
}

/// Pages one after the other.
fn all(reader: &Reader, asked: &UnresolvedQuestion) -> UnresolvedPage {
    let mut whole = reader.unresolved(asked).unwrap();
    while (whole.rows.len() as u64) < whole.matching {
        let offset = whole.rows.len() as u64;
        let page = reader.unresolved(&UnresolvedQuestion { offset, ..asked.clone() }).unwrap();
        assert_eq!((page.total, page.matching), (whole.total, whole.matching));
        assert!(!page.rows.is_empty());
        whole.rows.extend(page.rows);
    }
    whole
}

fn listed(page: &UnresolvedPage) -> Vec<&str> {
    page.rows.iter().map(|row| row.ip.as_str()).collect()
}

/// Where nothing was asked, the graph tells what flows were, and `edges` that they were TCP.
fn spoken(protocol: &str) -> String {
    if protocol == "tcp" { "http".into() } else { protocol.to_owned() }
}

/// What the database makes of rows between two ends, by a condition on flows and one on exchanges.
fn counted_sql(flows: &str, exchanges: &str) -> String {
    let end = |end: &str, what: &str, from: &str, which: &str| {
        format!("SELECT {end}_ip AS ip, {what} FROM {from} WHERE {end}_service = {end}_ip AND {which}")
    };
    let of_flows = "1 AS f, 0 AS x, client_bytes + server_bytes AS b, opened_at AS a, closed_at AS z";
    let of_exchanges = "0, 1, 0, started_at, coalesce(response_at, started_at)";
    let ends = [
        end("client", of_flows, "flows", flows),
        end("server", of_flows, "flows", flows),
        end("client", of_exchanges, "http_exchanges", exchanges),
        end("server", of_exchanges, "http_exchanges", exchanges),
    ];
    format!(
        "SELECT ip, sum(f)::BIGINT AS flows, sum(x)::BIGINT AS requests, sum(b)::BIGINT AS bytes, (epoch_ns(min(a)) // 1000)::BIGINT AS first, \
         (epoch_ns(max(z)) // 1000)::BIGINT AS last FROM ({}) GROUP BY ip",
        ends.join(" UNION ALL ")
    )
}

#[test]
fn pages_in_every_order_say_what_rows_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = crowd(folder.path(), 51, 4_000);
    let reader = store.reader(None).unwrap();
    let at = |us: i64| format!("make_timestamp_ns({})", us * 1_000);
    let in_range = (
        format!("closed_at >= {} AND opened_at < {}", at(RANGE.from_us), at(RANGE.to_us)),
        format!("started_at >= {} AND started_at < {}", at(RANGE.from_us), at(RANGE.to_us)),
    );
    let failed = "status = 503";
    let of_failed = format!("flow_id IN (SELECT flow_id FROM http_exchanges WHERE {failed})");
    for (range, filter, flows, exchanges) in [
        (None, "", "true", "true"),
        (Some(RANGE), "", in_range.0.as_str(), in_range.1.as_str()),
        (None, "status:503", of_failed.as_str(), failed),
    ] {
        let counted = counted_sql(flows, exchanges);
        for sort in SORTS {
            let by = match sort {
                UnresolvedSort::Address => "ip",
                UnresolvedSort::Flows => "flows",
                UnresolvedSort::Requests => "requests",
                UnresolvedSort::Bytes => "bytes",
                UnresolvedSort::FirstSeen => "first",
                UnresolvedSort::LastSeen => "last",
                UnresolvedSort::Hint => "raw.hint(ip, port)",
            };
            for descending in [false, true] {
                let direction = if descending { "DESC" } else { "ASC" };
                let port = format!(
                    "SELECT server_ip AS ip, max(server_port)::USMALLINT AS port FROM flows WHERE server_service = server_ip AND {flows} GROUP BY 1"
                );
                let sql = format!(
                    "SELECT ip, flows, requests, bytes, first, last, raw.hint(ip, port), port \
                     FROM ({counted}) LEFT JOIN (SELECT ip AS with_port, port FROM ({port})) ON with_port = ip ORDER BY {by} {direction}, ip"
                );
                let expected = rows(&reader, &sql);
                let scope = Scope { range, filter: filter.into() };
                let asked = UnresolvedQuestion { scope, sort, descending, limit: 300, ..UnresolvedQuestion::default() };
                let page = all(&reader, &asked);
                assert_eq!((page.total, page.matching), (expected.len() as u64, expected.len() as u64));
                for (row, expected) in page.rows.iter().zip(&expected) {
                    let found = (row.ip.as_str(), row.flows, row.requests, row.bytes);
                    let number = |place: usize| expected[place].as_u64().unwrap();
                    assert_eq!(found, (expected[0].as_str().unwrap(), number(1), number(2), number(3)), "{sort:?}");
                    let times = (row.first_seen_us, row.last_seen_us);
                    assert_eq!(times, (expected[4].as_i64().unwrap(), expected[5].as_i64().unwrap()));
                    assert_eq!(row.port.map(u64::from), expected[7].as_u64());
                    assert_eq!(row.hint, expected[6].as_str().unwrap());
                }
            }
        }
    }
}

#[test]
fn a_search_finds_addresses_hints_and_whom_they_talk_to() {
    let folder = tempfile::tempdir().unwrap();
    let store = crowd(folder.path(), 52, 3_000);
    let reader = store.reader(None).unwrap();
    for search in ["9.0.1", "aaaa:bbbb::1", "PRIVATE", "documentation", "Postgres", "cart", "customers", "nowhere"] {
        let text = search.to_lowercase();
        let sql = format!(
            "SELECT ip FROM (VALUES ('')) LEFT JOIN (SELECT * FROM unresolved_addresses WHERE contains(ip, '{text}') \
             OR contains(lower(hint), '{text}') OR len(list_filter(talks_to, lambda other: contains(lower(other), '{text}'))) > 0) \
             ON true ORDER BY ip"
        );
        let expected: Vec<String> =
            rows(&reader, &sql).iter().filter_map(|row| row[0].as_str().map(str::to_owned)).collect();
        let asked = UnresolvedQuestion {
            sort: UnresolvedSort::Address,
            search: Some(format!(" {search} ")),
            limit: 500,
            ..UnresolvedQuestion::default()
        };
        assert_eq!(listed(&all(&reader, &asked)), expected, "{search}");
        assert_eq!(expected.is_empty(), search == "nowhere" || search == "customers", "{search}: {}", expected.len());
    }
}

#[test]
fn rows_tell_all_whom_they_talk_to() {
    let folder = tempfile::tempdir().unwrap();
    let store = crowd(folder.path(), 53, 2_000);
    let reader = store.reader(None).unwrap();
    let others: BTreeMap<String, BTreeSet<String>> =
        rows(&reader, "SELECT ip, array_to_string(talks_to, ' ') FROM unresolved_addresses")
            .iter()
            .map(|row| {
                let others = row[1].as_str().unwrap().split(' ').map(str::to_owned).collect();
                (row[0].as_str().unwrap().to_owned(), others)
            })
            .collect();
    let asked = UnresolvedQuestion { limit: 500, ..UnresolvedQuestion::default() };
    for row in all(&reader, &asked).rows {
        let expected = &others[&row.ip];
        assert_eq!(row.talks_to_total, expected.len() as u64, "{}", row.ip);
        assert_eq!(row.talks_to, expected.iter().take(20).cloned().collect::<Vec<_>>(), "{}", row.ip);
    }
}

#[test]
fn the_graph_shows_the_busiest_of_many_with_all_that_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let store = crowd(folder.path(), 54, 6_000);
    let reader = store.reader(None).unwrap();
    let strangers =
        rows(&reader, "SELECT count(*) FROM raw.services WHERE kind = 'unresolved'")[0][0].as_u64().unwrap();
    assert!(strangers > 1_000, "{strangers} are many");
    let ids: BTreeMap<String, u64> =
        rows(&reader, "SELECT name, service_id FROM raw.services WHERE kind = 'unresolved'")
            .iter()
            .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap()))
            .collect();
    let failing =
        "(SELECT client_service, server_service, count(*) AS n FROM http_exchanges WHERE status = 503 GROUP BY ALL)";
    for (range, filter) in [(None, ""), (Some(RANGE), ""), (None, "status:503")] {
        let TimeRange { from_us, to_us } = range.unwrap_or(TimeRange { from_us: 0, to_us: i64::MAX });
        let within = format!("f.happened_us >= {from_us} AND f.happened_us < {to_us}");
        let (requests, matching) = if filter.is_empty() {
            (format!("coalesce(sum(f.requests) FILTER ({within}), 0)"), String::new())
        } else {
            let join = format!("JOIN {failing} m ON m.client_service = c.name AND m.server_service = s.name");
            ("any_value(m.n)".to_owned(), join)
        };
        let sql = format!(
            "SELECT c.name, s.name, ({requests})::BIGINT, coalesce(sum(f.connects) FILTER ({within}), 0)::BIGINT, \
             greatest(coalesce(sum(f.open_delta) FILTER (f.happened_us < {to_us}), 0), 0)::BIGINT, \
             coalesce(sum(f.refused + f.resets) FILTER ({within}), 0)::BIGINT, any_value(p.protocol) \
             FROM raw.facts f JOIN raw.services c ON c.service_id = f.client_id JOIN raw.services s ON s.service_id = f.server_id {matching} \
             LEFT JOIN edges p ON p.client_service = c.name AND p.server_service = s.name GROUP BY 1, 2"
        );
        let expected: Vec<(String, String, u64, u64, u64, String)> = rows(&reader, &sql)
            .iter()
            .filter(|row| (2..6).any(|place| row[place].as_u64().unwrap() > 0))
            .map(|row| {
                let (text, number) = (
                    |place: usize| row[place].as_str().unwrap().to_owned(),
                    |place: usize| row[place].as_u64().unwrap(),
                );
                (text(0), text(1), number(2), number(3), number(4), spoken(&text(6)))
            })
            .collect();
        let mut activity: BTreeMap<&str, u64> = BTreeMap::new();
        for (client, server, requests, connects, ..) in &expected {
            for end in [client, server].into_iter().filter(|end| ids.contains_key(*end)) {
                *activity.entry(end).or_default() += requests + connects;
            }
        }
        let mut busiest: Vec<(&str, u64)> = activity.into_iter().collect();
        assert!(busiest.len() > 200);
        busiest.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), ids[*name]));
        let kept: BTreeSet<&str> = busiest[..50].iter().map(|(name, _)| *name).collect();
        let is_kept = |end: &str| !ids.contains_key(end) || kept.contains(end);

        let graph = reader.topology(&Scope { range, filter: filter.into() }).unwrap();
        let shown: Vec<_> = graph
            .edges
            .iter()
            .map(|edge| {
                let requests = edge.golden.requests;
                let (client, server) = (edge.client.clone(), edge.server.clone());
                (client, server, requests, edge.connects, edge.active_connections, spoken(&edge.protocol))
            })
            .collect();
        let mut expected: Vec<_> =
            expected.iter().filter(|edge| is_kept(&edge.0) && is_kept(&edge.1)).cloned().collect();
        expected.sort();
        let count = shown.len();
        assert_eq!(shown, expected, "{filter} {range:?}: {count}");
        let nodes: BTreeSet<&str> = graph
            .nodes
            .iter()
            .filter(|node| node.kind == ServiceKind::Unresolved)
            .map(|node| node.name.as_str())
            .collect();
        let with_edges: BTreeSet<&str> = shown
            .iter()
            .flat_map(|edge| [edge.0.as_str(), edge.1.as_str()])
            .filter(|end| ids.contains_key(*end))
            .collect();
        assert_eq!(nodes, with_edges, "of those without a name only who did something with somebody shown");
        for node in &graph.nodes {
            let asked: u64 = shown.iter().filter(|edge| edge.1 == node.name).map(|edge| edge.2).sum();
            if node.kind != ServiceKind::Customers {
                assert_eq!(node.golden.requests, asked, "{}", node.name);
            }
        }
    }
}
