//! Name rules: what the user calls an address.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Gives a name to what matches. Every key that is given must match; at least one must be given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameRule {
    /// The service's name.
    pub name: String,
    /// An address or network, such as `10.0.0.5` or `10.0.0.0/8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Network>,
    /// The port it listens on; without it the rule also names the address as a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The name clients use: HTTP Host, TLS SNI or DNS. A leading `*.` matches any one label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The process behind it, as live capture tells: the program such as `nginx`, or its script such as `cart.py`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
}

impl NameRule {
    /// Whether the rule has nothing to match by.
    pub fn is_unbounded(&self) -> bool {
        self.address.is_none() && self.port.is_none() && self.hostname.is_none() && self.process.is_none()
    }

    /// Whether a peer with these facts is meant. A client has the port that its process serves, or 0.
    pub fn matches(&self, ip: IpAddr, port: u16, hostnames: &[&str], process: Option<&str>) -> bool {
        !self.is_unbounded()
            && self.address.is_none_or(|n| n.contains(ip))
            && self.port.is_none_or(|p| p == port)
            && self.hostname.as_deref().is_none_or(|h| hostnames.iter().any(|n| hostname_matches(h, n)))
            && self.process.as_deref().is_none_or(|p| process.is_some_and(|found| process_matches(p, found)))
    }
}

/// `python3 cart.py` is `python3 cart.py`, `python3` and `cart.py`.
fn process_matches(wanted: &str, found: &str) -> bool {
    wanted == found || found.split(' ').any(|word| word == wanted)
}

fn hostname_matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => name.split_once('.').is_some_and(|(_, tail)| tail.eq_ignore_ascii_case(rest)),
        None => name.eq_ignore_ascii_case(pattern),
    }
}

/// An address, or a network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address lies inside.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                net.to_bits() & mask == ip.to_bits() & mask
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                net.to_bits() & mask == ip.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Its first and its last address.
    pub(crate) fn ends(&self) -> (IpAddr, IpAddr) {
        match self.address {
            IpAddr::V4(net) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                let first = net.to_bits() & mask;
                (Ipv4Addr::from_bits(first).into(), Ipv4Addr::from_bits(first | !mask).into())
            }
            IpAddr::V6(net) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                let first = net.to_bits() & mask;
                (Ipv6Addr::from_bits(first).into(), Ipv6Addr::from_bits(first | !mask).into())
            }
        }
    }

    fn widest(address: IpAddr) -> u8 {
        if address.is_ipv4() { 32 } else { 128 }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an address such as \"10.0.0.5\" or a network such as \"10.0.0.0/8\"");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix = prefix.unwrap_or(Self::widest(address));
        if prefix > Self::widest(address) {
            return Err(wrong());
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        if self.prefix == Self::widest(self.address) { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Network {
    fn schema_name() -> Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["10.0.0.5", "10.0.0.0/8", "2001:db8::/32"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses_and_no_others() {
        let net: Network = "10.1.0.0/16".parse().expect("valid");
        assert!(net.contains("10.1.255.9".parse().expect("valid")));
        assert!(!net.contains("10.2.0.1".parse().expect("valid")));
        assert!(!net.contains("::1".parse().expect("valid")));
        let all: Network = "0.0.0.0/0".parse().expect("valid");
        assert!(all.contains("203.0.113.9".parse().expect("valid")));
    }

    #[test]
    fn a_wrong_network_is_refused_with_an_example() {
        for text in ["10.0.0.0/33", "10.0.0", "host", "::/129"] {
            assert!(text.parse::<Network>().expect_err(text).contains("10.0.0.0/8"));
        }
    }

    #[test]
    fn a_rule_with_a_wildcard_matches_one_label() {
        let rule = NameRule {
            name: "shop".into(),
            address: None,
            port: None,
            hostname: Some("*.shop.test".into()),
            process: None,
        };
        let ip = "10.0.0.1".parse().expect("valid");
        assert!(rule.matches(ip, 80, &["www.SHOP.test"], None));
        assert!(!rule.matches(ip, 80, &["a.b.shop.test"], None));
        assert!(!rule.matches(ip, 80, &["shop.test"], None));
    }

    #[test]
    fn a_rule_by_process_takes_the_program_or_its_script() {
        let rule = |process: &str| NameRule {
            name: "cart".into(),
            address: None,
            port: None,
            hostname: None,
            process: Some(process.into()),
        };
        let ip = "127.0.0.1".parse().expect("valid");
        for process in ["python3 cart.py", "python3", "cart.py"] {
            assert!(rule(process).matches(ip, 0, &[], Some("python3 cart.py")), "{process}");
        }
        assert!(!rule("cart").matches(ip, 0, &[], Some("python3 cart.py")));
        assert!(!rule("cart.py").matches(ip, 0, &[], None), "nobody told");
    }
}
