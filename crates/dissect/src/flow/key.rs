//! What a flow is known by: both endpoints, in an order that does not depend on who sent, and the protocol.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use crate::record::Endpoint;

/// Key of the flow table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    V4(Key4),
    V6(Key6),
}

/// Two IPv4 endpoints and a protocol in 13 of 16 bytes: most packets are looked up by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key4 {
    /// From the top: protocol, address, port.
    low: u64,
    /// Address, port.
    high: u64,
}

/// Two IPv6 endpoints and a protocol. Halves of addresses stand alone, because arrays hash more slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key6 {
    low_network: u64,
    low_host: u64,
    high_network: u64,
    high_host: u64,
    /// From the top: protocol, port of the lower end, port of the higher one.
    rest: u64,
}

impl Key {
    /// The key of a packet's flow, and whether its source is the lower end of the key.
    pub(super) fn of(source: Endpoint, destination: Endpoint, protocol: u8) -> (Self, bool) {
        if let (IpAddr::V4(from), IpAddr::V4(to)) = (source.ip, destination.ip) {
            let from = u64::from(from.to_bits()) << 16 | u64::from(source.port);
            let to = u64::from(to.to_bits()) << 16 | u64::from(destination.port);
            let source_is_low = from <= to;
            let (low, high) = if source_is_low { (from, to) } else { (to, from) };
            return (Self::V4(Key4 { low: u64::from(protocol) << 48 | low, high }), source_is_low);
        }
        let number = |endpoint: Endpoint| match endpoint.ip {
            IpAddr::V4(ip) => (ip.to_ipv6_mapped().to_bits(), endpoint.port),
            IpAddr::V6(ip) => (ip.to_bits(), endpoint.port),
        };
        let (from, to) = (number(source), number(destination));
        let source_is_low = from <= to;
        let (low, high) = if source_is_low { (from, to) } else { (to, from) };
        let rest = u64::from(protocol) << 32 | u64::from(low.1) << 16 | u64::from(high.1);
        let key = Key6 {
            low_network: (low.0 >> 64) as u64,
            low_host: low.0 as u64,
            high_network: (high.0 >> 64) as u64,
            high_host: high.0 as u64,
            rest,
        };
        (Self::V6(key), source_is_low)
    }
}

/// Slots by key.
#[derive(Debug, Default)]
pub(super) struct Index {
    v4: HashMap<Key4, u32, RandomState>,
    v6: HashMap<Key6, u32, RandomState>,
}

impl Index {
    pub(super) fn get(&self, key: &Key) -> Option<u32> {
        match key {
            Key::V4(key) => self.v4.get(key).copied(),
            Key::V6(key) => self.v6.get(key).copied(),
        }
    }

    pub(super) fn insert(&mut self, key: Key, slot: u32) {
        match key {
            Key::V4(key) => self.v4.insert(key, slot),
            Key::V6(key) => self.v6.insert(key, slot),
        };
    }

    pub(super) fn remove(&mut self, key: &Key) {
        match key {
            Key::V4(key) => self.v4.remove(key),
            Key::V6(key) => self.v6.remove(key),
        };
    }

    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(ip: &str, port: u16) -> Endpoint {
        Endpoint { ip: ip.parse().unwrap(), port }
    }

    #[test]
    fn both_directions_have_one_key() {
        for (a, b) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2"), ("fd00::1", "fd00::1")] {
            let (a, b) = (endpoint(a, 50_000), endpoint(b, 80));
            let ((there, low_first), (back, low_second)) = (Key::of(a, b, 6), Key::of(b, a, 6));
            assert_eq!(there, back);
            assert_ne!(low_first, low_second);
            assert_ne!(there, Key::of(a, b, 17).0);
        }
    }

    #[test]
    fn every_part_of_an_endpoint_counts() {
        for (ip, other_ip) in [("10.0.0.1", "10.0.1.1"), ("fd00::1", "fd01::1")] {
            let peer = endpoint(ip, 9);
            let key = Key::of(endpoint(ip, 1), peer, 6).0;
            assert_ne!(key, Key::of(endpoint(ip, 2), peer, 6).0);
            assert_ne!(key, Key::of(endpoint(other_ip, 1), peer, 6).0);
        }
    }

    #[test]
    fn a_v4_address_is_not_the_v6_address_with_the_same_number() {
        let v4 = Key::of(endpoint("0.0.0.1", 1), endpoint("0.0.0.2", 2), 6).0;
        let v6 = Key::of(endpoint("::1", 1), endpoint("::2", 2), 6).0;
        assert_ne!(v4, v6);
    }
}
