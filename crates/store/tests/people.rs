//! Customers and addresses without a name: who came, when, for how much, and how they are found again.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use recorded::{
    Recorded, START_NS, STRANGER, collector, endpoint, exchange_row, flow_row, intern, name_all, open, recorded,
};
use wirereel_dissect::record::{CloseReason, FlowId};
use wirereel_query::{
    answer::ServiceKind,
    customers::{
        CustomerGrouping, CustomerRow, CustomerSort, Customers, CustomersQuestion, UnresolvedPage, UnresolvedQuestion,
        UnresolvedSort,
    },
    question::{ExchangesQuestion, Scope, TimeRange},
};
use wirereel_store::{PeerName, Reader, StoreError};

fn reader(recorded: &Recorded) -> Reader {
    recorded.store.reader(None).unwrap()
}

fn by(by: CustomerGrouping) -> CustomersQuestion {
    CustomersQuestion { by, descending: true, limit: 500, ..CustomersQuestion::default() }
}

fn requests_of(reader: &Reader, range: Option<TimeRange>, filter: &str) -> u64 {
    let scope = Scope { range, filter: filter.into() };
    let grid = ExchangesQuestion { scope, sort: "started_at".into(), descending: false, offset: 0, limit: 1 };
    reader.exchanges(&grid).unwrap().total
}

const HALF: TimeRange = TimeRange { from_us: START_NS / 1_000 + 60_000_000, to_us: START_NS / 1_000 + 150_000_000 };

#[test]
fn customers_are_counted_by_address_network_and_identity() {
    let recorded = recorded(31, 700, 5);
    let reader = reader(&recorded);
    let customers = |flow: &&wirereel_dissect::record::Flow| recorded::service_of(flow.client) == "customers";
    let flows: Vec<_> = recorded.truth.flows.iter().filter(customers).collect();
    let asked: Vec<_> =
        recorded.truth.exchanges.iter().filter(|x| recorded::service_of(x.client) == "customers").collect();
    let mut addresses: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    for flow in &flows {
        let row = addresses.entry(flow.client.ip.to_string()).or_default();
        (row.0, row.2) = (row.0 + 1, row.2 + flow.from_client.bytes + flow.from_server.bytes);
    }
    for exchange in &asked {
        addresses.get_mut(&exchange.client.ip.to_string()).unwrap().1 += 1;
    }
    let answer = reader.customers(&by(CustomerGrouping::Address)).unwrap();
    assert_eq!((answer.addresses, answer.new_addresses), (addresses.len() as u64, addresses.len() as u64));
    assert_eq!((answer.requests, answer.total), (asked.len() as u64, answer.addresses));
    assert_eq!(
        (answer.entry_points.as_slice(), answer.entry_points_guessed),
        (["api-gateway".to_owned()].as_slice(), true)
    );
    let ip = |name: &str| name.parse::<std::net::IpAddr>().unwrap();
    let follow = |a: &CustomerRow, b: &CustomerRow| {
        a.requests > b.requests || (a.requests == b.requests && ip(&a.name) < ip(&b.name))
    };
    assert!(answer.rows.is_sorted_by(follow));
    for row in &answer.rows {
        assert_eq!((row.connections, row.requests, row.bytes), addresses[&row.name], "{}", row.name);
    }
    let errors = asked.iter().filter(|x| x.status.is_none_or(|status| status >= 500) || x.error.is_some()).count();
    assert_eq!(answer.rows.iter().map(|row| row.errors).sum::<u64>(), errors as u64);

    let networks = reader.customers(&by(CustomerGrouping::Network)).unwrap();
    let names: BTreeSet<_> = networks.rows.iter().map(|row| row.name.as_str()).collect();
    let expected: BTreeSet<String> = (0..7).map(|n| format!("192.0.{n}.0/24")).collect();
    assert_eq!(names, expected.iter().map(String::as_str).collect::<BTreeSet<_>>());
    assert_eq!(networks.networks, 7);
    assert_eq!(networks.rows.iter().map(|row| row.addresses).sum::<u64>(), answer.addresses);

    let identities = reader.customers(&by(CustomerGrouping::Identity)).unwrap();
    assert_eq!(identities.identities, 1);
    let rows: Vec<_> = identities.rows.iter().map(|row| (row.name.as_str(), row.identity_kind.as_deref())).collect();
    assert_eq!(rows, [("ada", Some("jwt")), ("", None)], "connections without a request said nothing");
    let with_requests: BTreeSet<_> = asked.iter().map(|x| x.flow).collect();
    let found: Vec<_> = identities.rows.iter().map(|row| (row.connections, row.requests)).collect();
    let silent = flows.len() - with_requests.len();
    assert_eq!(found, [(with_requests.len() as u64, asked.len() as u64), (silent as u64, 0)]);
}

#[test]
fn the_filter_of_a_row_selects_its_exchanges_and_no_others() {
    let recorded = recorded(32, 600, 5);
    let reader = reader(&recorded);
    for grouping in [CustomerGrouping::Network, CustomerGrouping::Address, CustomerGrouping::Identity] {
        for (range, filter, network) in [
            (None, "", None),
            (Some(HALF), "", None),
            (Some(HALF), "status:404 OR status:503", None),
            (None, "path:*7", Some("192.0.3.0/24")),
        ] {
            let mut question = by(grouping);
            question.scope = Scope { range, filter: filter.into() };
            question.network = network.map(str::to_owned);
            let answer = reader.customers(&question).unwrap();
            assert!(!answer.rows.is_empty());
            assert_eq!(answer.rows.iter().map(|row| row.requests).sum::<u64>(), answer.requests, "{question:?}");
            for row in &answer.rows {
                assert_eq!(requests_of(&reader, range, &row.filter), row.requests, "{}", row.filter);
            }
        }
    }
}

#[test]
fn customers_of_a_range_are_new_or_were_there_before() {
    let recorded = recorded(33, 900, 5);
    let reader = reader(&recorded);
    let mut question = by(CustomerGrouping::Address);
    question.scope.range = Some(HALF);
    question.points = 30;
    let answer = reader.customers(&question).unwrap();
    let customers = |flow: &&wirereel_dissect::record::Flow| recorded::service_of(flow.client) == "customers";
    let mut first: BTreeMap<String, i64> = BTreeMap::new();
    let mut there: BTreeSet<String> = BTreeSet::new();
    for flow in recorded.truth.flows.iter().filter(customers) {
        let (ip, opened_us, closed_us) = (flow.client.ip.to_string(), flow.opened_ns / 1_000, flow.closed_ns / 1_000);
        first.entry(ip.clone()).and_modify(|first| *first = opened_us.min(*first)).or_insert(opened_us);
        if closed_us >= HALF.from_us && opened_us < HALF.to_us {
            there.insert(ip);
        }
    }
    let new = there.iter().filter(|ip| (HALF.from_us..HALF.to_us).contains(&first[*ip])).count() as u64;
    assert_eq!((answer.addresses, answer.new_addresses), (there.len() as u64, new));
    assert!(0 < new && new < answer.addresses, "some of either kind");
    for row in &answer.rows {
        assert_eq!(row.first_seen_us, first[&row.name], "of the whole recording");
        assert_eq!(row.new_addresses, u64::from(row.first_seen_us >= HALF.from_us));
    }
    assert_eq!((answer.points.len(), answer.point_us), (30, 3e6));
    assert_eq!(answer.points.iter().map(|point| point.new_addresses).sum::<u64>(), new);
    assert_eq!(answer.points.iter().map(|point| point.requests).sum::<u64>(), answer.requests);
    let step = 3_000_000;
    for (place, point) in answer.points.iter().enumerate() {
        let from_us = HALF.from_us + place as i64 * step;
        let within = |flow: &&wirereel_dissect::record::Flow| {
            flow.closed_ns / 1_000 >= from_us && flow.opened_ns / 1_000 < from_us + step
        };
        let present: BTreeSet<_> =
            recorded.truth.flows.iter().filter(customers).filter(within).map(|flow| flow.client.ip).collect();
        assert_eq!(point.addresses, present.len() as u64, "bucket {place}");
    }
}

#[test]
fn a_page_is_searched_sorted_and_bounded() {
    let recorded = recorded(34, 500, 4);
    let reader = reader(&recorded);
    let ask = |change: fn(&mut CustomersQuestion)| {
        let mut question = by(CustomerGrouping::Address);
        question.limit = 7;
        change(&mut question);
        reader.customers(&question)
    };
    let names = |answer: &Customers| answer.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
    let all = ask(|question| question.limit = 500).unwrap();
    let second = ask(|question| question.offset = 7).unwrap();
    assert_eq!(names(&second), names(&all)[7..14]);
    assert_eq!(second.total, all.total);
    let beyond = ask(|question| question.offset = 10_000).unwrap();
    assert_eq!((beyond.rows.len(), beyond.total), (0, all.total));
    let found = ask(|question| question.search = Some(" 0.4. ".into())).unwrap();
    assert!(found.total < all.total && found.rows.iter().all(|row| row.name.starts_with("192.0.4.")));
    assert_eq!(found.addresses, all.addresses, "whatever the search");
    let by_name = ask(|question| (question.sort, question.descending) = (CustomerSort::Name, false)).unwrap();
    assert!(names(&by_name).iter().map(|name| name.parse::<std::net::IpAddr>().unwrap()).is_sorted());
    for wrong in ["shop", "192.0.2.0/33", "192.0.2.0/24 OR status:200"] {
        let question = CustomersQuestion { network: Some(wrong.into()), ..by(CustomerGrouping::Network) };
        assert!(reader.customers(&question).is_err(), "{wrong}");
    }
    assert!(matches!(ask(|question| question.limit = 501), Err(StoreError::BadQuestion(_))));
    assert!(matches!(ask(|question| question.points = 601), Err(StoreError::BadQuestion(_))));
    let empty = open(tempfile::tempdir().unwrap().path()).store;
    assert_eq!(empty.reader(None).unwrap().customers(&by(CustomerGrouping::Network)).unwrap(), Customers::default());
}

#[test]
fn addresses_of_either_family_fall_into_their_networks_and_are_found_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let gateway = endpoint(recorded::SERVICES[0].1, 8080);
    let addresses = [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.99", "203.0.113.0/24"),
        ("203.0.11.3", "203.0.11.0/24"),
        ("::1", "::/48"),
        ("::ffff:a", "::/48"),
        ("2001:db8::7", "2001:db8::/48"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8::/48"),
        ("2001:db8:1::7", "2001:db8:1::/48"),
        ("2001:0:5::7", "2001:0:5::/48"),
        ("2001::7", "2001::/48"),
        ("fe80::1:2:3:4", "fe80::/48"),
        ("1:2:3:4:5:6:7:8", "1:2:3::/48"),
    ];
    for (number, (address, _)) in addresses.iter().enumerate() {
        let client = wirereel_dissect::record::Endpoint { ip: address.parse().unwrap(), port: 40_000 };
        let (client_peer, server_peer) = intern(&mut peers, client, gateway);
        let flow = FlowId(number as u64);
        rows.push_flow(
            &flow_row(flow, client, gateway, START_NS, START_NS + 1_000, CloseReason::Fin),
            client_peer,
            server_peer,
        );
        let exchange = exchange_row(flow, 0, client, gateway, START_NS, 1_000, Some(200));
        rows.push_exchange(&exchange, client_peer, server_peer);
    }
    writer.write(rows.take(&mut peers)).unwrap();
    let named = peers.iter().map(|(peer, known)| {
        let kind = if known.port == 0 { ServiceKind::Customers } else { ServiceKind::Service };
        PeerName { peer, service: "api-gateway".into(), kind }
    });
    writer.replace_naming(&named.collect::<Vec<_>>()).unwrap();
    writer.refresh_rollups().unwrap();
    drop(writer);
    let reader = store.reader(None).unwrap();
    let sql = "SELECT ip, network, connections, requests, bytes FROM customers ORDER BY ip";
    let told: Vec<_> = reader.sql(sql, 100).unwrap().rows.iter().map(|row| format!("{row:?}")).collect();
    assert_eq!(told.len(), addresses.len());
    let mut networks: BTreeMap<&str, u64> = BTreeMap::new();
    addresses.iter().for_each(|(_, network)| *networks.entry(network).or_default() += 1);
    let answer = reader.customers(&by(CustomerGrouping::Network)).unwrap();
    let found: BTreeMap<&str, u64> = answer.rows.iter().map(|row| (row.name.as_str(), row.addresses)).collect();
    assert_eq!(found, networks);
    for row in &answer.rows {
        assert_eq!(requests_of(&reader, None, &row.filter), row.requests, "{}", row.filter);
        let within = CustomersQuestion { network: Some(row.name.clone()), ..by(CustomerGrouping::Address) };
        assert_eq!(reader.customers(&within).unwrap().addresses, row.addresses, "{}", row.name);
    }
}

#[test]
fn an_unnamed_address_is_listed_with_whom_it_talks_to_and_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (cart, database) = (endpoint([127, 0, 1, 2], 50_000), endpoint(STRANGER, 5432));
    let (client, server) = intern(&mut peers, cart, database);
    let mut flow = flow_row(FlowId(0), cart, database, START_NS, START_NS + 1_000, CloseReason::Fin);
    flow.app_protocol = None;
    rows.push_flow(&flow, client, server);
    rows.push_exchange(&exchange_row(FlowId(0), 0, cart, database, START_NS, 1_000, Some(200)), client, server);
    writer.write(rows.take(&mut peers)).unwrap();
    name_all(&mut writer, &peers);
    let reader = store.reader(None).unwrap();
    let asked = UnresolvedQuestion { limit: 10, ..UnresolvedQuestion::default() };
    let UnresolvedPage { total, matching, rows: found } = reader.unresolved(&asked).unwrap();
    assert_eq!((total, matching, found.len()), (1, 1, 1));
    assert_eq!((found[0].ip.as_str(), found[0].port, found[0].hint.as_str()), ("10.9.8.7", Some(5432), "PostgreSQL"));
    assert_eq!((found[0].flows, found[0].requests, found[0].bytes), (1, 1, 4_500));
    assert_eq!((found[0].talks_to.clone(), found[0].talks_to_total), (vec!["cart".to_owned()], 1));
    assert_eq!((found[0].first_seen_us, found[0].last_seen_us), (START_NS / 1_000, START_NS / 1_000 + 1));
    for (search, matching) in [("10.9", 1), ("POSTGRES", 1), ("car", 1), ("order", 0)] {
        let page = reader.unresolved(&UnresolvedQuestion { search: Some(search.into()), ..asked.clone() }).unwrap();
        assert_eq!((page.total, page.matching), (1, matching), "{search}");
    }
    let scoped = |range, filter: &str| {
        let scope = Scope { range, filter: filter.into() };
        reader.unresolved(&UnresolvedQuestion { scope, ..asked.clone() }).unwrap().total
    };
    assert_eq!(scoped(Some(TimeRange { from_us: 0, to_us: 1_000 }), ""), 0, "long before");
    assert_eq!((scoped(None, "status:200"), scoped(None, "status:500")), (1, 0));
    let view = reader.sql("SELECT ip, flows, requests, talks_to, hint FROM unresolved_addresses", 10).unwrap();
    assert_eq!(view.rows.len(), 1);
    assert!(reader.unresolved(&UnresolvedQuestion { limit: 501, ..asked }).is_err());
}

#[test]
fn unnamed_addresses_come_sorted_and_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let stranger = endpoint(STRANGER, 9_999);
    for number in 0..60_u8 {
        for flow in 0..=u64::from(number) {
            let client = endpoint([172, 16, 0, number], 40_000);
            let client_peer = peers.intern(client.ip, 0, None, None, None);
            let server_peer = peers.intern(stranger.ip, stranger.port, None, None, None);
            let flow = FlowId(u64::from(number) * 100 + flow);
            rows.push_flow(
                &flow_row(flow, client, stranger, START_NS, START_NS + 1_000, CloseReason::Fin),
                client_peer,
                server_peer,
            );
        }
    }
    writer.write(rows.take(&mut peers)).unwrap();
    drop(writer);
    let reader = store.reader(None).unwrap();
    let ask = |sort, offset| {
        let question = UnresolvedQuestion { sort, descending: true, offset, limit: 5, ..UnresolvedQuestion::default() };
        let page = reader.unresolved(&question).unwrap();
        assert_eq!((page.total, page.matching), (61, 61));
        page.rows
    };
    let busiest = ask(UnresolvedSort::Flows, 0);
    assert_eq!((busiest[0].ip.as_str(), busiest[0].flows, busiest[0].talks_to_total), ("10.9.8.7", 1_830, 60));
    assert_eq!(busiest[0].talks_to.len(), 20, "twenty of them are told");
    assert_eq!(
        (busiest[1].ip.as_str(), busiest[1].talks_to.as_slice()),
        ("172.16.0.59", ["10.9.8.7".to_owned()].as_slice())
    );
    assert_eq!(ask(UnresolvedSort::Flows, 4)[0], busiest[4]);
    assert_eq!(ask(UnresolvedSort::Bytes, 0), busiest);
    assert!(ask(UnresolvedSort::Hint, 0)[0].hint.starts_with("private"));
    assert!(ask(UnresolvedSort::LastSeen, 60).len() == 1 && ask(UnresolvedSort::FirstSeen, 61).is_empty());
}

#[test]
fn what_is_read_bit_by_bit_while_names_change_is_what_rows_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let mut random = StdRng::seed_from_u64(41);
    let gateway = endpoint(recorded::SERVICES[0].1, 8080);
    let kinds = [ServiceKind::Service, ServiceKind::Customers, ServiceKind::External, ServiceKind::Unresolved];
    for round in 0..30_u64 {
        for _ in 0..random.random_range(0..40) {
            let client = endpoint([192, 0, random.random_range(0..4), random.random_range(0..60)], 40_000);
            // Some addresses are several peers.
            let dns = (random.random_range(0..4) == 0).then_some("seen.test");
            let client_peer = peers.intern(client.ip, 0, dns, None, None);
            let server_peer = peers.intern(gateway.ip, gateway.port, None, Some("api-gateway"), None);
            let flow = FlowId(round * 1_000 + rows.exchanges());
            let at_ns = START_NS + round as i64 * 1_000_000;
            rows.push_exchange(
                &exchange_row(flow, 0, client, gateway, at_ns, 1_000, Some(200)),
                client_peer,
                server_peer,
            );
            let over = flow_row(flow, client, gateway, at_ns, at_ns + 2_000, CloseReason::Fin);
            rows.push_flow(&over, client_peer, server_peer);
        }
        writer.write_soon(rows.take(&mut peers)).unwrap();
        let named = peers.iter().filter_map(|(peer, known)| {
            let kind = if known.port != 0 { ServiceKind::Service } else { kinds[random.random_range(0..4)] };
            let service = ["api-gateway", "office"][usize::from(known.port == 0)].into();
            (random.random_range(0..3) == 0).then_some(PeerName { peer, service, kind })
        });
        let named: Vec<PeerName> = named.collect();
        writer.name_peers(&named).unwrap();
        writer.follow_rollups().unwrap();
        writer.commit().unwrap();

        let reader = store.reader(None).unwrap();
        let told = |sql: &str| -> BTreeMap<String, u64> {
            let rows = reader.sql(sql, 1_000).unwrap().rows;
            rows.iter().map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap())).collect()
        };
        let topology = reader.topology(&Scope::default()).unwrap();
        let nodes = topology.nodes.iter().filter(|node| node.kind != ServiceKind::Unresolved);
        let found: BTreeMap<String, u64> =
            nodes.map(|node| (format!("{} {:?}", node.name, node.kind).to_lowercase(), node.address_count)).collect();
        let expected = told(
            "SELECT service || ' ' || kind, count(DISTINCT ip)::UBIGINT FROM raw.peer_names WHERE kind <> 'unresolved' GROUP BY ALL",
        );
        assert_eq!(found, expected, "round {round}");
        let asked = topology.edges.iter().map(|edge| (edge.client.clone(), edge.golden.requests));
        let mut requests: BTreeMap<String, u64> = BTreeMap::new();
        asked.for_each(|(client, more)| *requests.entry(client).or_default() += more);
        let by_row = told("SELECT client_service, count(*)::UBIGINT FROM http_exchanges GROUP BY ALL");
        // The graph shows the busiest fifty of those without a name.
        assert!(requests.iter().all(|(client, n)| by_row[client] == *n), "round {round}: {requests:?} {by_row:?}");
        let customers = reader.customers(&by(CustomerGrouping::Address)).unwrap();
        let listed: BTreeMap<String, u64> = customers.rows.iter().map(|row| (row.name.clone(), row.requests)).collect();
        assert_eq!(listed, told("SELECT ip, requests::UBIGINT FROM customers"), "round {round}");
    }
    let before = store.reader(None).unwrap().topology(&Scope::default()).unwrap();
    drop((writer, store));
    let store = open(folder.path()).store;
    let after = store.reader(None).unwrap().topology(&Scope::default()).unwrap();
    assert_eq!((before.nodes, before.edges), (after.nodes, after.edges));
}
