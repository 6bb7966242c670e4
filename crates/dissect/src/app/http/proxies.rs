//! Whose word about the first client counts: proxies that are trusted, and what they passed on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The networks of proxies that name the client before them truthfully.
///
/// A list of forwarders is read from its right, where the nearest proxy has added what it saw: the first address that is
/// not trusted is the client. Whatever stands further left was written by that client and proves nothing. When every
/// address is trusted, the leftmost is the client.
///
/// ```
/// use wirereel_dissect::TrustedProxies;
///
/// let proxies = TrustedProxies::parse(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"])?;
/// assert!(proxies.contains("10.1.2.3".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
}

/// Why a network could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no network: an address is expected, with `/` and its prefix length in bits where it is not one host"
)]
pub struct NetworkError {
    /// What was given.
    pub text: String,
}

/// An address and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Default for TrustedProxies {
    /// Addresses that no stranger on the internet can have: private (RFC 1918, RFC 4193), loopback and link-local ones.
    fn default() -> Self {
        let v4 = |a, b, bits| Network { address: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), bits };
        let v6 =
            |first, last, bits| Network { address: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)), bits };
        let networks = vec![
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(127, 0, 8),
            v4(169, 254, 16),
            v6(0xfc00, 0, 7),
            v6(0, 1, 128),
            v6(0xfe80, 0, 10),
        ];
        Self { networks }
    }
}

impl TrustedProxies {
    /// Trusts these networks and no others. `203.0.113.0/24` is a network, `203.0.113.7` a single host.
    ///
    /// # Errors
    /// [`NetworkError`] with the first text that is neither.
    pub fn parse<T: AsRef<str>>(networks: impl IntoIterator<Item = T>) -> Result<Self, NetworkError> {
        let networks = networks.into_iter().map(|text| Network::parse(text.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { networks })
    }

    /// Trusts nobody: the rightmost address is always the client.
    pub fn none() -> Self {
        Self { networks: Vec::new() }
    }

    /// Whether this address is a trusted proxy's. An IPv4 address inside IPv6 counts as the IPv4 address it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The client behind `hops`, which are given from the nearest proxy's word (the right) to the left.
    pub(super) fn client_behind(&self, hops: impl Iterator<Item = IpAddr>) -> Option<IpAddr> {
        let mut leftmost = None;
        for hop in hops {
            if !self.contains(hop) {
                return Some(hop);
            }
            leftmost = Some(hop);
        }
        leftmost
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError { text: text.to_owned() };
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > width { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    fn contains(self, address: IpAddr) -> bool {
        let differing_bits = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => u128::from(own.to_bits() ^ other.to_bits()) << 96,
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        differing_bits.leading_zeros() >= u32::from(self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_the_addresses_with_its_prefix() {
        let proxies = TrustedProxies::parse(["203.0.113.0/25", "2001:db8::/32", "192.0.2.7", "0.0.0.0/32"]).unwrap();
        for address in ["203.0.113.127", "2001:db8:ffff::1", "192.0.2.7", "::ffff:192.0.2.7", "0.0.0.0"] {
            assert!(proxies.contains(ip(address)), "{address}");
        }
        for address in ["203.0.113.128", "2001:db9::1", "192.0.2.8", "::1", "::"] {
            assert!(!proxies.contains(ip(address)), "{address}");
        }
        assert!(TrustedProxies::parse(["::/0"]).unwrap().contains(ip("2001:db8::1")));
    }

    #[test]
    fn private_loopback_and_link_local_proxies_are_trusted_unless_told_otherwise() {
        for address in
            ["10.1.2.3", "172.31.0.1", "192.168.3.4", "127.0.0.9", "169.254.1.1", "::1", "fd00::1", "fe80::1"]
        {
            assert!(TrustedProxies::default().contains(ip(address)), "{address}");
            assert!(!TrustedProxies::none().contains(ip(address)), "{address}");
        }
        for address in ["11.0.0.1", "172.32.0.1", "192.169.0.1", "100.64.0.1", "8.8.8.8", "2001:db8::1", "::2"] {
            assert!(!TrustedProxies::default().contains(ip(address)), "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["10.0.0.0/33", "10.0.0/8", "::/129", "example.org", "", "10.0.0.0/-1", "10.0.0.0/"] {
            assert_eq!(TrustedProxies::parse([text]), Err(NetworkError { text: text.to_owned() }));
        }
    }

    #[test]
    fn the_first_untrusted_address_from_the_right_is_the_client_else_the_leftmost() {
        let client = |hops: &[&str]| TrustedProxies::default().client_behind(hops.iter().rev().map(|hop| ip(hop)));
        assert_eq!(client(&["203.0.113.7", "10.0.0.1"]), Some(ip("203.0.113.7")));
        assert_eq!(client(&["198.51.100.1", "203.0.113.7", "10.0.0.1", "10.0.0.2"]), Some(ip("203.0.113.7")));
        assert_eq!(client(&["198.51.100.1", "203.0.113.7"]), Some(ip("203.0.113.7")));
        assert_eq!(client(&["192.168.0.7", "10.0.0.1"]), Some(ip("192.168.0.7")));
        assert_eq!(client(&[]), None);
    }
}
