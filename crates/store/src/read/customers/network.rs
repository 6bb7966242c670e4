//! Networks that customers' addresses belong to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{Result, StoreError};

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `address/bits`, or an address alone.
    ///
    /// # Errors
    /// `BadQuestion`.
    pub(super) fn read(text: &str) -> Result<Self> {
        let wrong = || StoreError::BadQuestion(format!("{text:?} is not a network such as 192.0.2.0/24"));
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(ip, bits)| (ip, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    pub(super) fn contains(self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let differ = net.to_bits() ^ ip.to_bits();
                differ.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let differ = net.to_bits() ^ ip.to_bits();
                differ.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The network that an address is one of: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one. IPv4 comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Group {
    V4(u32),
    V6(u64),
}

impl Group {
    pub(super) fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::V4(ip.to_bits() >> 8),
            IpAddr::V6(ip) => Self::V6((ip.to_bits() >> 80) as u64),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::V4(bits) => format!("{}/24", Ipv4Addr::from_bits(bits << 8)),
            Self::V6(bits) => format!("{}/48", Ipv6Addr::from_bits(u128::from(bits) << 80)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_what_has_its_first_bits() {
        let network = |text: &str| Network::read(text).unwrap();
        assert!(
            network("192.0.2.0/24").contains(ip("192.0.2.255")) && !network("192.0.2.0/24").contains(ip("192.0.3.0"))
        );
        assert!(network("0.0.0.0/0").contains(ip("203.0.113.9")) && !network("0.0.0.0/0").contains(ip("::1")));
        assert!(network("::/0").contains(ip("::1")) && network("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
        assert!(network("192.0.2.7").contains(ip("192.0.2.7")) && !network("192.0.2.7").contains(ip("192.0.2.6")));
        assert!(!network("2001:db8::/33").contains(ip("2001:db8:8000::1")));
        for wrong in ["shop", "192.0.2.0/33", "192.0.2.0/x", "", "::/129"] {
            assert!(matches!(Network::read(wrong), Err(StoreError::BadQuestion(_))), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_one_of_its_network() {
        assert_eq!(Group::of(ip("203.0.113.7")).text(), "203.0.113.0/24");
        assert_eq!(Group::of(ip("2001:db8:1:2::7")).text(), "2001:db8:1::/48");
        assert_eq!(Group::of(ip("::1")).text(), "::/48");
    }
}
