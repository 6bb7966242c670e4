use std::collections::HashMap;

use super::*;
use crate::config::{Config, read_text};

/// The whole decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Naming {
    names: Vec<PeerName>,
    /// Service names at which customers arrive, sorted.
    entry_points: Vec<String>,
    /// True when no entry point is configured and these were inferred.
    entry_points_guessed: bool,
}

/// Decides names and kinds of all peers, as [`Decisions::all`] does.
fn decide(peers: &[Peer], calls: &[Call], config: &Config, hosts: &Hosts) -> Naming {
    let (decisions, names) = Decisions::all(peers, calls, config, hosts);
    Naming { names, entry_points: decisions.entry_points(), entry_points_guessed: decisions.are_guessed() }
}

fn peer(id: i32, ip: &str, port: u16, dns: Option<&str>, host: Option<&str>) -> Peer {
    Peer {
        id,
        ip: ip.parse().expect("an address"),
        port,
        dns: dns.map(Into::into),
        host: host.map(Into::into),
        process: None,
        serves_port: 0,
    }
}

fn owned(process: &str, serves_port: u16, peer: Peer) -> Peer {
    Peer { process: Some(process.into()), serves_port, ..peer }
}

fn call(client: i32, server: i32) -> Call {
    Call { client, server }
}

fn decided(peers: &[Peer], calls: &[Call], config: &str) -> (Naming, HashMap<i32, (String, ServiceKind)>) {
    let (config, problems) = read_text(config);
    assert!(problems.is_empty(), "{problems:?}");
    let naming = decide(peers, calls, &config, &Hosts::default());
    let by_peer = naming.names.iter().map(|n| (n.peer, (n.service.clone(), n.kind))).collect();
    (naming, by_peer)
}

/// Customers 1 and 2 reach the gateway (10/11), which calls cart (20), which calls an unnamed address (30).
fn shop() -> (Vec<Peer>, Vec<Call>) {
    let peers = vec![
        peer(1, "198.51.100.7", 0, None, None),
        peer(2, "198.51.100.8", 0, None, None),
        peer(10, "10.0.0.1", 80, None, Some("gateway")),
        peer(11, "10.0.0.1", 0, None, None),
        peer(20, "10.0.0.2", 80, Some("cart"), Some("cart.internal")),
        peer(21, "10.0.0.2", 0, None, None),
        peer(30, "10.0.0.9", 5432, None, None),
    ];
    (peers, vec![call(1, 10), call(2, 10), call(11, 20), call(21, 30)])
}

#[test]
fn unknown_addresses_at_a_guessed_entry_point_are_customers() {
    let (peers, calls) = shop();
    let (naming, names) = decided(&peers, &calls, "{}");
    assert_eq!(naming.entry_points, ["gateway"]);
    assert!(naming.entry_points_guessed);
    assert_eq!(names[&1], (CUSTOMERS.into(), ServiceKind::Customers));
    assert_eq!(names[&10], ("gateway".into(), ServiceKind::Service));
    assert_eq!(
        names[&11],
        ("gateway".into(), ServiceKind::Service),
        "an address that serves under one name calls under it"
    );
    assert_eq!(names[&20], ("cart".into(), ServiceKind::Service), "DNS comes before the Host header");
    assert_eq!(names[&30], ("10.0.0.9:5432".into(), ServiceKind::Unresolved));
}

#[test]
fn configured_entry_points_replace_the_guess() {
    let (peers, calls) = shop();
    let (naming, names) = decided(&peers, &calls, r#"{"entry_points": [{"service": "cart"}]}"#);
    assert_eq!(naming.entry_points, ["cart"]);
    assert!(!naming.entry_points_guessed);
    assert_eq!(names[&1], ("198.51.100.7".into(), ServiceKind::Unresolved));
}

#[test]
fn the_users_names_come_first() {
    let (peers, calls) = shop();
    let (_, names) = decided(
        &peers,
        &calls,
        r#"{"names": [{"name": "orders-db", "address": "10.0.0.9"}, {"name": "basket", "hostname": "cart.internal"}, {"name": "partner", "address": "198.51.100.8"}]}"#,
    );
    assert_eq!(names[&30], ("orders-db".into(), ServiceKind::Service));
    assert_eq!(names[&20].0, "basket");
    assert_eq!(names[&21].0, "basket");
    assert_eq!(names[&2], ("partner".into(), ServiceKind::Service));
    assert_eq!(
        names[&1].1,
        ServiceKind::Unresolved,
        "a known caller means that this entry point must be configured, not guessed"
    );
}

#[test]
fn a_socket_with_two_names_lends_its_name_to_nobody() {
    let peers = [
        peer(1, "10.0.0.1", 443, None, Some("a.test")),
        peer(2, "10.0.0.1", 443, None, Some("b.test")),
        peer(3, "10.0.0.1", 443, None, None),
        peer(4, "10.0.0.1", 0, None, None),
        peer(9, "10.9.9.9", 0, None, None),
    ];
    let (_, names) = decided(&peers, &[call(9, 1), call(9, 2), call(9, 3), call(4, 1)], "{}");
    assert_eq!(names[&1].0, "a.test");
    assert_eq!(names[&2].0, "b.test");
    assert_eq!(names[&3], ("10.0.0.1:443".into(), ServiceKind::Unresolved));
    assert_eq!(
        names[&4].1,
        ServiceKind::Customers,
        "unknown, and it reaches a.test, which only unknown addresses call"
    );
}

#[test]
fn a_named_server_in_public_space_is_external() {
    let peers = [peer(1, "192.168.1.5", 0, None, None), peer(2, "93.184.216.34", 443, Some("example.com"), None)];
    let (naming, names) = decided(&peers, &[call(1, 2)], "{}");
    assert_eq!(names[&2], ("example.com".into(), ServiceKind::External));
    assert!(naming.entry_points.is_empty());
}

#[test]
fn a_named_server_that_never_had_a_tcp_connection_is_not_a_service() {
    let peers = [peer(1, "10.0.0.1", 0, None, None), peer(2, "10.0.0.53", 53, Some("ns"), None)];
    let (_, names) = decided(&peers, &[], "{}");
    assert_eq!(names[&2].1, ServiceKind::Unresolved);
}

#[test]
fn services_on_the_loopback_are_told_apart_by_their_ports() {
    let peers = vec![
        peer(1, "127.0.0.1", 0, None, None),
        peer(2, "127.0.0.1", 8080, None, Some("localhost")),
        peer(3, "127.0.0.1", 5432, None, None),
        peer(4, "::1", 9000, None, Some("api.localhost")),
    ];
    let (naming, names) = decided(&peers, &[call(1, 2), call(1, 3)], "{}");
    assert_eq!(names[&2], ("localhost:8080".into(), ServiceKind::Service));
    assert_eq!(names[&3], ("localhost:5432".into(), ServiceKind::Service));
    assert_eq!(names[&4].0, "api.localhost", "a name of its own is kept");
    assert_eq!(naming.entry_points, ["localhost:5432", "localhost:8080"]);
    assert_eq!(names[&1].1, ServiceKind::Customers, "who calls from the loopback could be anybody on this machine");
}

#[test]
fn a_process_calls_under_the_name_that_it_serves_under() {
    let peers = [
        peer(1, "127.0.0.1", 8080, None, Some("localhost")),
        owned("node cart.js", 8080, peer(2, "127.0.0.1", 0, None, None)),
        peer(3, "127.0.0.1", 9090, None, Some("payment.test")),
        owned("node payment.js", 9090, peer(4, "127.0.0.1", 0, None, None)),
        owned("node order.js", 7070, peer(5, "127.0.0.1", 0, None, None)),
        owned("curl", 0, peer(6, "127.0.0.1", 0, None, None)),
    ];
    let (_, names) = decided(&peers, &[call(6, 1), call(2, 3), call(5, 3)], "{}");
    assert_eq!(names[&2], ("localhost:8080".into(), ServiceKind::Service));
    assert_eq!(names[&4], ("payment.test".into(), ServiceKind::Service));
    assert_eq!(names[&5], ("localhost:7070".into(), ServiceKind::Service), "nobody called it");
    assert_eq!(names[&6], (CUSTOMERS.into(), ServiceKind::Customers), "a program that serves nobody");
}

#[test]
fn the_users_names_reach_processes() {
    let peers = [
        peer(1, "127.0.0.1", 8080, None, None),
        owned("node cart.js", 8080, peer(2, "127.0.0.1", 0, None, None)),
        owned("python3 worker.py", 0, peer(3, "127.0.0.1", 0, None, None)),
    ];
    let config = r#"{"names": [{"name": "cart", "port": 8080}, {"name": "worker", "process": "worker.py"}]}"#;
    let (_, names) = decided(&peers, &[call(3, 1)], config);
    let called = [1, 2, 3].map(|id| names[&id].0.as_str());
    assert_eq!(called, ["cart", "cart", "worker"]);
}
