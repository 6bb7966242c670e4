//! Which addresses of a host are tried, and in which order.

use std::net::{IpAddr, SocketAddr};

use url::Host;

/// Addresses tried at most.
pub const MAX_ADDRESSES: usize = 16;

/// The address of a host that is written as one; a name has to be looked up.
///
/// # Errors
/// The name.
pub fn literal(host: &Host, port: u16) -> Result<SocketAddr, &str> {
    match host {
        Host::Ipv4(ip) => Ok(SocketAddr::new(IpAddr::V4(*ip), port)),
        Host::Ipv6(ip) => Ok(SocketAddr::new(IpAddr::V6(*ip), port)),
        Host::Domain(name) => Err(name),
    }
}

/// What was found, each once, both families by turns, beginning with the first one's (RFC 8305 §4).
pub fn in_turns(found: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns_from_the_first_address_on() {
        let mixed = in_turns(of(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"]));
        assert_eq!(mixed, of(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
    }

    #[test]
    fn an_address_is_tried_once_and_a_host_with_very_many_is_not_tried_for_ever() {
        assert_eq!(in_turns(of(&["1.1.1.1:1", "1.1.1.1:1"])), of(&["1.1.1.1:1"]));
        let many = (0..100).map(|n| SocketAddr::from(([10, 0, 0, n], 1)));
        assert_eq!(in_turns(many).len(), MAX_ADDRESSES);
    }

    #[test]
    fn an_address_that_is_written_takes_no_look_up() {
        assert_eq!(literal(&Host::parse("[::1]").unwrap(), 80), Ok("[::1]:80".parse().unwrap()));
        assert_eq!(literal(&Host::parse("shop.test").unwrap(), 80), Err("shop.test"));
    }
}
