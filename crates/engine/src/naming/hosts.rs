//! Names from the hosts file of this machine.

use std::{collections::BTreeMap, net::IpAddr, path::Path};

/// Address to first name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Hosts {
    names: BTreeMap<IpAddr, String>,
}

/// Names that every machine gives itself and that tell services nothing.
const EVERYWHERE: [&str; 8] = [
    "localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-localnet",
    "ip6-mcastprefix",
];

impl Hosts {
    /// The hosts file of this machine; empty where there is none.
    pub(crate) fn of_this_machine() -> Self {
        let path = if cfg!(windows) { r"C:\Windows\System32\drivers\etc\hosts" } else { "/etc/hosts" };
        std::fs::read_to_string(Path::new(path)).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// Reads the format of hosts(5). Lines that do not begin with an address are passed over, as resolvers do.
    pub(crate) fn parse(text: &str) -> Self {
        let mut names = BTreeMap::new();
        for line in text.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            let Some(ip) = words.next().and_then(|w| w.parse::<IpAddr>().ok()) else { continue };
            if let Some(name) = words.find(|name| !EVERYWHERE.contains(name)) {
                names.entry(ip).or_insert_with(|| name.to_ascii_lowercase());
            }
        }
        Self { names }
    }

    /// Addresses that have a name.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.names.keys().copied()
    }

    /// The name of an address, when the file gives one.
    pub(crate) fn name(&self, ip: IpAddr) -> Option<&str> {
        // A machine's own name on a loopback address would name every local service alike.
        (!ip.is_loopback()).then(|| self.names.get(&ip).map(String::as_str)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn the_first_telling_name_of_a_line_counts() {
        let hosts = Hosts::parse(
            "127.0.0.1 localhost\n10.0.0.7\tDB.shop db # main\n::1 ip6-localhost\nbroken line\n10.0.0.7 other\n",
        );
        assert_eq!(hosts.name("10.0.0.7".parse().expect("valid")), Some("db.shop"));
        assert_eq!(hosts.name("127.0.0.1".parse().expect("valid")), None);
    }
}
