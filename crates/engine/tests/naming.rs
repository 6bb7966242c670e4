//! What the user calls addresses: tried, saved into the recording's file, undone, and followed by what was captured before.
#![allow(clippy::unwrap_used, reason = "also in what the tests share")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use wirereel_engine::{EngineError, Workbench};
use wirereel_query::{
    answer::ServiceKind,
    customers::{
        CustomersQuestion, EntryPointRule, NamingDraft, NamingRules, NamingSave, NamingState, ServiceName,
        UnresolvedQuestion,
    },
    question::Scope,
    workbench::ImportState,
};
use wirereel_testkit::{Conversation, Packets};

/// Six customers ask `shop`, which asks an address that has no name.
fn capture(folder: &Path) -> PathBuf {
    let mut packets = Packets(Vec::new());
    let ask = |client: &str, server: &str, host: &str, at_ms: i64| {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        Conversation::tcp(client, server)
            .at(1_790_000_000_000_000_000 + at_ms * 1_000_000)
            .handshake()
            .client(format!("GET / HTTP/1.1\r\n{host}\r\n").as_bytes())
            .server(answer)
            .close()
            .packets()
    };
    for i in 0..6 {
        packets = packets.merge(ask(&format!("203.0.113.{i}:20000"), "10.0.0.1:80", "Host: shop\r\n", i64::from(i)));
    }
    packets = packets.merge(ask("10.0.0.1:30000", "10.0.0.9:5432", "", 20));
    let path = folder.join("shop.pcap");
    fs::write(&path, packets.pcap()).unwrap();
    path
}

fn opened(folder: &Path) -> Arc<Workbench> {
    let path = capture(folder);
    let workbench = Workbench::open(&folder.join("home")).unwrap();
    workbench.open_paths(&[path]).unwrap();
    wait_for(|| {
        let import = workbench.app_state("test").unwrap().import;
        import.is_some_and(|import| import.state == ImportState::Done)
    });
    workbench
}

#[track_caller]
fn wait_for(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The `wirereel.json` of the open recording.
fn file(folder: &Path) -> PathBuf {
    let recording = fs::read_dir(folder.join("home/recordings")).unwrap().next().unwrap().unwrap();
    recording.path().join("wirereel.json")
}

fn kinds(workbench: &Workbench) -> Vec<(String, ServiceKind)> {
    let topology = workbench.reader(None).unwrap().topology(&Scope::default()).unwrap();
    topology.nodes.into_iter().map(|node| (node.name, node.kind)).collect()
}

fn kind(workbench: &Workbench, name: &str) -> Option<ServiceKind> {
    kinds(workbench).into_iter().find(|(named, _)| named == name).map(|(_, kind)| kind)
}

fn unresolved(workbench: &Arc<Workbench>) -> Vec<String> {
    let question = UnresolvedQuestion { limit: 10, ..UnresolvedQuestion::default() };
    workbench.unresolved(&question, None).unwrap().rows.into_iter().map(|row| row.ip).collect()
}

fn named(name: &str, address: &str) -> ServiceName {
    ServiceName { name: name.into(), address: Some(address.into()), ..ServiceName::default() }
}

/// Saves, and waits until everything has followed.
fn save(workbench: &Workbench, before: &NamingRules, after: &NamingRules) -> NamingState {
    workbench.save_naming(&NamingSave { before: before.clone(), after: after.clone() }).unwrap();
    wait_for(|| !workbench.naming().unwrap().following);
    workbench.naming().unwrap()
}

fn arrives_at(service: &str) -> EntryPointRule {
    EntryPointRule { service: Some(service.into()), ..EntryPointRule::default() }
}

#[test]
fn an_address_that_is_named_is_a_service_at_once_and_undoing_it_makes_it_nobody_again() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = opened(folder.path());
    let ticks = workbench.ticks();
    assert_eq!(unresolved(&workbench), ["10.0.0.9"]);
    let before = workbench.naming().unwrap();
    assert_eq!((before.rules.clone(), before.entry_points.clone()), (NamingRules::default(), vec!["shop".to_owned()]));
    assert_eq!((before.entry_points_guessed, before.services.clone()), (true, vec!["shop".to_owned()]));

    let rules = NamingRules { names: vec![named("orders-db", "10.0.0.9")], ..NamingRules::default() };
    let tried = workbench.check_naming(&NamingDraft { rules: rules.clone() }, None).unwrap();
    assert_eq!((tried.problems.len(), tried.addresses, tried.entry_points), (0, vec![1], vec!["shop".to_owned()]));
    assert_eq!(unresolved(&workbench), ["10.0.0.9"], "nothing was saved");

    let generation = ticks.borrow().generation;
    let saved = save(&workbench, &NamingRules::default(), &rules);
    assert_eq!((saved.rules, saved.services), (rules.clone(), vec!["orders-db".to_owned(), "shop".to_owned()]));
    assert!(ticks.borrow().generation > generation, "hosts are told to look");
    assert_eq!((unresolved(&workbench).len(), kind(&workbench, "orders-db")), (0, Some(ServiceKind::Service)));
    let edges = workbench.reader(None).unwrap().topology(&Scope::default()).unwrap().edges;
    let to_db: Vec<_> =
        edges.iter().filter(|edge| edge.server == "orders-db").map(|edge| edge.golden.requests).collect();
    assert_eq!(to_db, [1], "what was captured before follows");

    // Somebody else has the old rules before their eyes.
    let late = NamingSave { before: NamingRules::default(), after: NamingRules { reverse_dns: true, ..rules.clone() } };
    let error = workbench.save_naming(&late).unwrap_err();
    assert!(matches!(error, EngineError::Conflict(_)), "{error}");
    let undone = save(&workbench, &rules, &NamingRules::default());
    assert_eq!(undone, before);
    assert_eq!(unresolved(&workbench), ["10.0.0.9"]);
    assert_eq!(fs::read_to_string(file(folder.path())).unwrap().trim(), "{}");
    workbench.shut_down();
}

#[test]
fn entry_points_that_are_changed_make_other_addresses_customers_in_history() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = opened(folder.path());
    let customers = || {
        let question = CustomersQuestion { limit: 10, ..CustomersQuestion::default() };
        workbench.reader(None).unwrap().customers(&question).unwrap()
    };
    assert_eq!((customers().addresses, customers().entry_points_guessed), (6, true));
    let elsewhere = NamingRules { entry_points: vec![arrives_at("orders")], ..NamingRules::default() };
    let tried = workbench.check_naming(&NamingDraft { rules: elsewhere.clone() }, None).unwrap();
    assert_eq!(tried.entry_points, Vec::<String>::new());
    let rows = "SELECT count(*) FROM http_exchanges WHERE client_service = 'customers'";
    let by_row = || workbench.reader(None).unwrap().sql(rows, 1).unwrap().rows[0][0].as_u64().unwrap();
    assert_eq!(by_row(), 6);
    save(&workbench, &NamingRules::default(), &elsewhere);
    assert_eq!((customers().addresses, customers().entry_points_guessed, by_row()), (0, false, 0));
    assert_eq!(unresolved(&workbench).len(), 7);
    let by_port = EntryPointRule { port: Some(80), address: Some("10.0.0.0/8".into()), ..EntryPointRule::default() };
    let there = NamingRules { entry_points: vec![by_port], ..NamingRules::default() };
    let state = save(&workbench, &elsewhere, &there);
    assert_eq!((state.entry_points, state.entry_points_guessed), (vec!["shop".to_owned()], false));
    assert_eq!((customers().addresses, by_row()), (6, 6));
    workbench.shut_down();
}

#[test]
fn an_edit_by_hand_is_followed_and_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = opened(folder.path());
    let path = file(folder.path());
    fs::write(&path, r#"{ "flows": { "idle_after": "20s" }, "names": [ { "process": "x", "name": "x" }, { "address": "10.0.0.9", "name": "db" } ] }"#)
        .unwrap();
    wait_for(|| kind(&workbench, "db") == Some(ServiceKind::Service));
    let before = workbench.naming().unwrap().rules;
    assert_eq!((before.names.len(), before.names[1].clone()), (2, named("db", "10.0.0.9")));
    let mut after = before.clone();
    after.names.insert(1, named("cart", "10.0.0.0/8"));
    save(&workbench, &before, &after);
    let written: String = fs::read_to_string(&path).unwrap().split_whitespace().collect();
    assert_eq!(
        written,
        r#"{"flows":{"idle_after":"20s"},"names":[{"process":"x","name":"x"},{"name":"cart","address":"10.0.0.0/8"},{"address":"10.0.0.9","name":"db"}]}"#
    );
    assert_eq!(kind(&workbench, "cart"), Some(ServiceKind::Service));
    fs::write(&path, r#"{ "names": [ { "address": "10.0.0", "name": "db" } ] }"#).unwrap();
    wait_for(|| !workbench.naming().unwrap().problems.is_empty());
    let naming = workbench.naming().unwrap();
    assert!(naming.problems[0].contains("names[0].address"), "{:?}", naming.problems);
    assert_eq!(naming.rules, after, "what was in force stays so");
    let error = workbench.save_naming(&NamingSave { before: after, after: before }).unwrap_err();
    assert!(matches!(error, EngineError::Naming(_)), "{error}");
    assert!(fs::read_to_string(&path).unwrap().contains("10.0.0\""), "nobody's edit is lost");
    workbench.shut_down();
}
