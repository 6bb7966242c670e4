//! What a flow is known by: both endpoints, in an order that does not depend on who sent, and the protocol.

use std::net::IpAddr;

use crate::record::Endpoint;

/// Key of the flow table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    low: (u128, u16),
    high: (u128, u16),
    protocol: u8,
    v6: bool,
}

impl Key {
    /// The key of a packet's flow, and whether its source is the lower end of the key.
    pub(super) fn of(source: Endpoint, destination: Endpoint, protocol: u8) -> (Self, bool) {
        let number = |endpoint: Endpoint| match endpoint.ip {
            IpAddr::V4(ip) => (u128::from(ip.to_bits()), endpoint.port),
            IpAddr::V6(ip) => (ip.to_bits(), endpoint.port),
        };
        let (from, to) = (number(source), number(destination));
        let source_is_low = from <= to;
        let (low, high) = if source_is_low { (from, to) } else { (to, from) };
        (Self { low, high, protocol, v6: source.ip.is_ipv6() }, source_is_low)
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
        let (a, b) = (endpoint("10.0.0.1", 50_000), endpoint("10.0.0.2", 80));
        let ((there, low_first), (back, low_second)) = (Key::of(a, b, 6), Key::of(b, a, 6));
        assert_eq!(there, back);
        assert_ne!(low_first, low_second);
        assert_ne!(there, Key::of(a, b, 17).0);
    }

    #[test]
    fn a_v4_address_is_not_the_v6_address_with_the_same_number() {
        let v4 = Key::of(endpoint("0.0.0.1", 1), endpoint("0.0.0.2", 2), 6).0;
        let v6 = Key::of(endpoint("::1", 1), endpoint("::2", 2), 6).0;
        assert_ne!(v4, v6);
    }
}
