//! What other rules would do to a recording, without looking at every peer of it again.
//!
//! Most peers of a large recording are clients of which nothing is known but an address. All of them between two borders of rules are called
//! the same: names are decided of one of each, and of the others it is enough to know how many they are and whom they called.

use std::{collections::HashSet, net::IpAddr, ops::Range};

use foldhash::{HashMap, HashMapExt};

use super::{Call, Decisions, Hosts, Peer};
use crate::config::{Config, NameRule};

/// The place of a peer that is kept as a whole.
const WHOLE: u32 = u32::MAX;

/// Peers and calls of a recording, as far as they were read.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// Peers of which more is known than a client's address, and their calls.
    whole: Vec<Peer>,
    whole_calls: Vec<Call>,
    /// Addresses of all others, ascending.
    plain: Vec<IpAddr>,
    /// Where the address of each peer is among them.
    places: Vec<u32>,
    /// Servers by the places of those who called them, ascending.
    calls: Vec<(i32, u32)>,
}

impl Census {
    /// Peers that are in it: all before this number.
    pub(crate) fn peers(&self) -> i32 {
        i32::try_from(self.places.len()).unwrap_or(i32::MAX)
    }

    /// Adds peers, each with a number from [`Census::peers`] on, and calls between any that are then in it.
    pub(crate) fn add(&mut self, whole: Vec<Peer>, plain: &[(i32, IpAddr)], calls: impl IntoIterator<Item = Call>) {
        let place_of = |id: i32| usize::try_from(id).unwrap_or_default();
        let last = plain.iter().map(|(id, _)| *id).chain(whole.iter().map(|peer| peer.id)).max();
        self.places.resize(last.map_or(0, |id| place_of(id) + 1).max(self.places.len()), WHOLE);
        self.whole.extend(whole);
        if !plain.is_empty() {
            let mut addresses: Vec<IpAddr> =
                plain.iter().map(|(_, ip)| *ip).chain(self.plain.iter().copied()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            let moved: Vec<u32> = self.plain.iter().map(|ip| place(&addresses, *ip)).collect();
            self.places.iter_mut().filter(|place| **place != WHOLE).for_each(|place| *place = moved[*place as usize]);
            self.calls.iter_mut().for_each(|(_, place)| *place = moved[*place as usize]);
            for (id, ip) in plain {
                self.places[place_of(*id)] = place(&addresses, *ip);
            }
            self.plain = addresses;
        }
        for call in calls {
            match self.places.get(place_of(call.client)) {
                Some(&WHOLE) => self.whole_calls.push(call),
                Some(place) => self.calls.push((call.server, *place)),
                None => {}
            }
        }
        self.calls.sort_unstable();
        self.calls.dedup();
    }

    /// Entry points that a configuration would give, and how many addresses each of its rules would name, being the first that matches; of
    /// rules that are wrong none.
    pub(crate) fn tried(&self, config: &Config, rules: &[Option<NameRule>], hosts: &Hosts) -> (Vec<String>, Vec<u64>) {
        let alike = self.alike(config, hosts);
        let (mut peers, mut calls) = (self.whole.clone(), self.whole_calls.clone());
        // After all others, so that no two have one number.
        let first = self.peers();
        let stands_for = |number: usize| first.saturating_add(i32::try_from(number).unwrap_or(i32::MAX));
        peers.extend(alike.iter().enumerate().map(|(number, places)| Peer {
            id: stands_for(number),
            ip: self.plain[places.start as usize],
            port: 0,
            dns: None,
            host: None,
            process: None,
            serves_port: 0,
        }));
        for callers in self.calls.chunk_by(|a, b| a.0 == b.0) {
            let mut rest = callers;
            while let Some((server, place)) = rest.first() {
                let number = alike.partition_point(|places| places.end <= *place);
                calls.push(Call { client: stands_for(number), server: *server });
                rest = &rest[rest.partition_point(|(_, place)| *place < alike[number].end)..];
            }
        }
        let (decisions, _) = Decisions::all(&peers, &calls, config, hosts);

        let (whole, plain) = peers.split_at(self.whole.len());
        let mut named: HashMap<usize, HashSet<IpAddr>> = HashMap::new();
        for peer in whole {
            if let Some(rule) = peer.first_rule(rules) {
                named.entry(rule).or_default().insert(peer.ip);
            }
        }
        let mut counts: Vec<u64> = vec![0; rules.len()];
        let of_plain: Vec<Option<usize>> = plain.iter().map(|peer| peer.first_rule(rules)).collect();
        for (places, rule) in alike.iter().zip(&of_plain) {
            if let Some(rule) = rule {
                counts[*rule] += u64::from(places.end - places.start);
            }
        }
        for (rule, addresses) in named {
            let is_counted = |ip: &&IpAddr| {
                let Ok(place) = self.plain.binary_search(ip) else { return false };
                of_plain[alike.partition_point(|places| places.end as usize <= place)] == Some(rule)
            };
            counts[rule] += addresses.iter().filter(|ip| !is_counted(ip)).count() as u64;
        }
        (decisions.entry_points(), counts)
    }

    /// Places whose addresses no rule, hosts file or other peer can tell apart.
    fn alike(&self, config: &Config, hosts: &Hosts) -> Vec<Range<u32>> {
        let end = self.plain.len() as u32;
        let mut borders = vec![0, end];
        for network in config.names.iter().filter_map(|rule| rule.address) {
            let (first, last) = network.ends();
            borders.push(self.plain.partition_point(|ip| *ip < first) as u32);
            borders.push(self.plain.partition_point(|ip| *ip <= last) as u32);
        }
        let servers = self.whole.iter().filter(|peer| peer.is_server()).map(|peer| peer.ip);
        for ip in hosts.addresses().chain(servers) {
            if let Ok(place) = self.plain.binary_search(&ip) {
                borders.extend([place as u32, place as u32 + 1]);
            }
        }
        borders.sort_unstable();
        borders.dedup();
        borders.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }
}

fn place(addresses: &[IpAddr], ip: IpAddr) -> u32 {
    addresses.binary_search(&ip).map_or(WHOLE, |place| place as u32)
}
