//! Bit by bit and at once, from everything and from a census, the same is decided.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::{
    config::read_text,
    naming::{Census, counted_by_rule},
};

const CONFIGS: [&str; 5] = [
    "{}",
    r#"{ "entry_points": [ { "service": "gateway" } ] }"#,
    r#"{ "entry_points": [ { "port": 80 }, { "hostname": "b.test" } ], "names": [ { "name": "db", "address": "10.0.0.2" } ] }"#,
    r#"{ "names": [ { "name": "gateway", "address": "10.0.0.1", "port": 80 }, { "name": "worker", "process": "cart" } ] }"#,
    r#"{ "names": [ { "name": "partner", "address": "198.51.100.0/31" }, { "name": "a", "hostname": "*.test" } ] }"#,
];
const ADDRESSES: [&str; 8] =
    ["10.0.0.1", "10.0.0.2", "10.0.0.3", "198.51.100.0", "198.51.100.2", "198.51.100.3", "127.0.0.1", "93.184.216.34"];
const NAMES: [Option<&str>; 5] = [None, None, Some("gateway"), Some("b.test"), Some("localhost")];

/// What comes at once: peers, and calls between any that came by then.
type Batch = (Vec<Peer>, Vec<(usize, usize)>);

fn came() -> impl Strategy<Value = Vec<Batch>> {
    let address = proptest::sample::select(ADDRESSES.to_vec());
    let name = || proptest::sample::select(NAMES.to_vec());
    let port = proptest::sample::select(vec![0_u16, 0, 0, 80, 5432]);
    let process = proptest::sample::select(vec![None, None, Some("cart")]);
    let serves = proptest::sample::select(vec![0_u16, 0, 80]);
    let peer =
        (address, port, name(), name(), process, serves).prop_map(|(ip, port, dns, host, process, serves)| Peer {
            id: 0,
            ip: ip.parse().unwrap(),
            port,
            dns: dns.map(Into::into),
            host: host.filter(|_| port != 0).map(Into::into),
            process: process.map(Into::into),
            serves_port: if port == 0 && process.is_some() { serves } else { 0 },
        });
    let calls = proptest::collection::vec((0..40_usize, 0..40_usize), 0..5);
    proptest::collection::vec((proptest::collection::vec(peer, 0..6), calls), 1..8)
}

proptest! {
    #[test]
    fn what_is_decided_bit_by_bit_is_what_is_decided_at_once(came in came(), config in 0..CONFIGS.len()) {
        let (config, problems) = read_text(CONFIGS[config]);
        prop_assert!(problems.is_empty());
        let hosts = Hosts::default();
        let (mut peers, mut calls): (Vec<Peer>, Vec<Call>) = (Vec::new(), Vec::new());
        let (mut decisions, _) = Decisions::all(&[], &[], &config, &hosts);
        let mut names: std::collections::BTreeMap<i32, PeerName> = std::collections::BTreeMap::new();
        for (new_peers, new_calls) in came {
            let first = peers.len();
            peers.extend(new_peers);
            for (id, peer) in peers.iter_mut().enumerate().skip(first) {
                peer.id = id as i32;
            }
            let (clients, servers): (Vec<&Peer>, Vec<&Peer>) = peers.iter().partition(|peer| peer.port == 0);
            let fresh = new_calls.into_iter().filter_map(|(client, server)| {
                let client = clients.get(client % clients.len().max(1))?.id;
                Some(Call { client, server: servers.get(server % servers.len().max(1))?.id })
            });
            let fresh: Vec<Call> = fresh.collect();
            calls.extend(fresh.iter().copied());
            let at = |ip| Ok::<_, Infallible>(peers.iter().filter(|peer| peer.ip == ip).cloned().collect());
            let (all, all_names) = Decisions::all(&peers, &calls, &config, &hosts);
            match decisions.follow(&peers[first..], &fresh, at).unwrap() {
                Followed::Names(new) => names.extend(new.into_iter().map(|name| (name.peer, name))),
                Followed::DecideAll => {
                    let (again, new) = Decisions::all(&peers, &calls, &config, &hosts);
                    decisions = again;
                    names = new.into_iter().map(|name| (name.peer, name)).collect();
                }
            }
            prop_assert_eq!(names.values().cloned().collect::<Vec<_>>(), all_names);
            prop_assert_eq!(decisions.entry_points(), all.entry_points());
        }
    }
}

/// What a census says is tried against rules that it was not made for.
fn tried_of_all(peers: &[Peer], calls: &[Call], config: &Config, hosts: &Hosts) -> (Vec<String>, Vec<u64>) {
    let rules: Vec<Option<NameRule>> = config.names.iter().cloned().map(Some).collect();
    let named = peers.iter().filter_map(|peer| Some((peer.first_rule(&rules)?, peer.ip)));
    (Decisions::all(peers, calls, config, hosts).0.entry_points(), counted_by_rule(named, rules.len()))
}

fn is_plain(peer: &Peer) -> bool {
    let Peer { id: _, ip: _, port, dns, host, process, serves_port } = peer;
    *port == 0 && *serves_port == 0 && dns.is_none() && host.is_none() && process.is_none()
}

proptest! {
    #[test]
    fn a_census_says_what_all_peers_would(came in came(), config in 0..CONFIGS.len(), has_hosts in proptest::bool::ANY) {
        let (config, _) = read_text(CONFIGS[config]);
        let hosts = if has_hosts { Hosts::parse("198.51.100.3 office\n10.0.0.3 cart") } else { Hosts::default() };
        let (mut peers, mut calls): (Vec<Peer>, Vec<Call>) = (Vec::new(), Vec::new());
        let mut census = Census::default();
        let rules: Vec<Option<NameRule>> = config.names.iter().cloned().map(Some).collect();
        for (new_peers, new_calls) in came {
            let first = peers.len();
            peers.extend(new_peers);
            for (id, peer) in peers.iter_mut().enumerate().skip(first) {
                peer.id = id as i32;
            }
            let (clients, servers): (Vec<&Peer>, Vec<&Peer>) = peers.iter().partition(|peer| peer.port == 0);
            let fresh = new_calls.into_iter().filter_map(|(client, server)| {
                let client = clients.get(client % clients.len().max(1))?.id;
                Some(Call { client, server: servers.get(server % servers.len().max(1))?.id })
            });
            let fresh: Vec<Call> = fresh.collect();
            calls.extend(fresh.iter().copied());
            let (plain, whole): (Vec<Peer>, Vec<Peer>) = peers[first..].iter().cloned().partition(is_plain);
            let plain: Vec<(i32, IpAddr)> = plain.iter().map(|peer| (peer.id, peer.ip)).collect();
            prop_assert_eq!(census.peers(), first as i32);
            census.add(whole, &plain, fresh);
            let expected = tried_of_all(&peers, &calls, &config, &hosts);
            prop_assert_eq!(census.tried(&config, &rules, &hosts), expected);
        }
    }
}

#[test]
fn another_customer_is_decided_without_the_others() {
    let (config, _) = read_text("{}");
    let peer = |id: i32, ip: [u8; 4], port: u16, host: Option<&str>| Peer {
        id,
        ip: ip.into(),
        port,
        dns: None,
        host: host.map(Into::into),
        process: None,
        serves_port: 0,
    };
    let call = |client, server| Call { client, server };
    let peers = [peer(0, [203, 0, 113, 1], 0, None), peer(1, [10, 0, 0, 1], 80, Some("shop"))];
    let (mut decisions, _) = Decisions::all(&peers, &[call(0, 1)], &config, &Hosts::default());
    let nobody = |_| Ok::<_, Infallible>(Vec::new());
    let new = [peer(2, [203, 0, 113, 2], 0, None), peer(3, [203, 0, 113, 3], 0, None)];
    let Ok(Followed::Names(names)) = decisions.follow(&new, &[call(2, 1)], nobody) else {
        panic!("nothing else changes")
    };
    let kinds: Vec<_> = names.iter().map(|name| (name.peer, name.kind)).collect();
    assert_eq!(kinds, [(2, ServiceKind::Customers), (3, ServiceKind::Unresolved)]);
    let Ok(Followed::Names(names)) = decisions.follow(&[], &[call(3, 1)], nobody) else {
        panic!("nothing else changes")
    };
    assert_eq!(names, [PeerName { peer: 3, service: CUSTOMERS.into(), kind: ServiceKind::Customers }]);
    // Another service that unknown addresses call is another entry point.
    let inner = [peer(4, [10, 0, 0, 2], 80, Some("cart"))];
    assert_eq!(decisions.follow(&inner, &[call(0, 4)], nobody), Ok(Followed::DecideAll));
}
