//! What an unnamed address looks like, from its port and its kind of address.

use std::{collections::HashMap, fmt::Write, net::IpAddr, sync::LazyLock};

/// Addresses that mean one thing everywhere they are seen.
const ADDRESSES: &[(&str, &str)] = &[
    // Where machines in a cloud ask about themselves: AWS, Azure, Google, Oracle, DigitalOcean, Hetzner, OpenStack; AWS and Google over IPv6;
    // containers and pods of AWS; Alibaba; Tencent; Oracle's older one.
    ("169.254.169.254", "cloud metadata"),
    ("fd00:ec2::254", "cloud metadata"),
    ("fd20:ce::254", "cloud metadata"),
    ("fe80::a9fe:a9fe", "cloud metadata"),
    ("169.254.170.2", "cloud metadata"),
    ("169.254.170.23", "cloud metadata"),
    ("fd00:ec2::23", "cloud metadata"),
    ("100.100.100.200", "cloud metadata"),
    ("169.254.0.23", "cloud metadata"),
    ("192.0.0.192", "cloud metadata"),
    // Other services of clouds at fixed addresses: the platform of Azure; resolver and clock of AWS.
    ("168.63.129.16", "cloud platform"),
    ("169.254.169.253", "cloud DNS"),
    ("fd00:ec2::253", "cloud DNS"),
    ("169.254.169.123", "cloud NTP"),
    ("fd00:ec2::123", "cloud NTP"),
    // Groups of the IANA registries of IPv4 and IPv6 multicast addresses.
    ("224.0.0.1", "all hosts"),
    ("224.0.0.2", "all routers"),
    ("224.0.0.5", "OSPF"),
    ("224.0.0.6", "OSPF"),
    ("224.0.0.18", "VRRP"),
    ("224.0.0.22", "IGMP"),
    ("224.0.0.251", "mDNS"),
    ("224.0.0.252", "LLMNR"),
    ("224.0.1.1", "NTP"),
    ("239.255.255.250", "SSDP"),
    ("ff02::1", "all hosts"),
    ("ff02::2", "all routers"),
    ("ff02::5", "OSPF"),
    ("ff02::6", "OSPF"),
    ("ff02::12", "VRRP"),
    ("ff02::16", "MLD"),
    ("ff02::fb", "mDNS"),
    ("ff05::fb", "mDNS"),
    ("ff02::1:2", "DHCP"),
    ("ff05::1:3", "DHCP"),
    ("ff02::1:3", "LLMNR"),
    ("ff02::c", "SSDP"),
    ("ff05::c", "SSDP"),
    ("ff08::c", "SSDP"),
    ("ff02::101", "NTP"),
];

/// Ports that say more than that an address is a broadcast or multicast one.
const FIRST_PORTS: &[(u16, &str)] = &[
    (67, "DHCP"),
    (68, "DHCP"),
    (546, "DHCP"),
    (547, "DHCP"),
    (137, "NetBIOS"),
    (138, "NetBIOS"),
    (1900, "SSDP"),
    (3702, "WS-Discovery"),
    (5353, "mDNS"),
    (5355, "LLMNR"),
];

/// Kinds of address that say more than other ports do.
const KINDS: &[(Range, &str)] = &[
    (Range::Is("255.255.255.255"), "broadcast"),
    (Range::Of("", 1, 224, 239), "multicast"),
    (Range::Starts("ff"), "multicast"),
    (Range::Is("0.0.0.0"), "no address"),
    (Range::Is("::"), "no address"),
];

/// Well-known ports (IANA service names, and defaults of common servers).
const PORTS: &[(u16, &str)] = &[
    (22, "SSH"),
    (25, "SMTP"),
    (53, "DNS"),
    (80, "HTTP"),
    (88, "Kerberos"),
    (123, "NTP"),
    (161, "SNMP"),
    (389, "LDAP"),
    (443, "HTTPS"),
    (445, "SMB"),
    (514, "syslog"),
    (636, "LDAPS"),
    (853, "DNS over TLS"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (1883, "MQTT"),
    (2181, "ZooKeeper"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (4222, "NATS"),
    (4317, "OpenTelemetry"),
    (5432, "PostgreSQL"),
    (5672, "AMQP"),
    (6379, "Redis"),
    (6443, "Kubernetes API"),
    (8125, "StatsD"),
    (8500, "Consul"),
    (9042, "Cassandra"),
    (9090, "Prometheus"),
    (9092, "Kafka"),
    (9200, "Elasticsearch"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];

/// What remains: where the address lives, by the IANA registries of special-purpose addresses (RFC 6890).
const PLACES: &[(Range, &str)] = &[
    (Range::Starts("127."), "loopback"),
    (Range::Is("::1"), "loopback"),
    (Range::Starts("169.254."), "link-local address"),
    (Range::Starts("fe8"), "link-local address"),
    (Range::Starts("fe9"), "link-local address"),
    (Range::Starts("fea"), "link-local address"),
    (Range::Starts("feb"), "link-local address"),
    // RFC 1918 and RFC 4193. Most private networks end where their last part does: its last address reaches all in it.
    (Range::Ends("10.", ".255"), "broadcast"),
    (Range::Ends("192.168.", ".255"), "broadcast"),
    (Range::Starts("10."), "private address"),
    (Range::Starts("192.168."), "private address"),
    (Range::Of("172.", 2, 16, 31), "private address"),
    (Range::Starts("fc"), "private address"),
    (Range::Starts("fd"), "private address"),
    // RFC 6598.
    (Range::Of("100.", 2, 64, 127), "shared address (CGNAT)"),
    // RFC 5737, RFC 3849, RFC 9637.
    (Range::Starts("192.0.2."), "documentation address"),
    (Range::Starts("198.51.100."), "documentation address"),
    (Range::Starts("203.0.113."), "documentation address"),
    (Range::Starts("2001:db8:"), "documentation address"),
    (Range::Starts("3fff:"), "documentation address"),
    // RFC 2544, RFC 5180.
    (Range::Of("198.", 2, 18, 19), "benchmarking address"),
    (Range::Starts("2001:2:0:"), "benchmarking address"),
    (Range::Starts("2001:2::"), "benchmarking address"),
    // RFC 6052, RFC 3056, RFC 6666.
    (Range::Starts("64:ff9b::"), "NAT64"),
    (Range::Starts("2002:"), "6to4"),
    (Range::Starts("100::"), "discard address"),
    (Range::Starts("192.0.0."), "reserved address"),
    (Range::Starts("0."), "reserved address"),
    (Range::Of("", 1, 240, 255), "reserved address"),
];

/// Which addresses are meant, over their text.
#[derive(Debug, Clone, Copy)]
enum Range {
    Is(&'static str),
    Starts(&'static str),
    Ends(&'static str, &'static str),
    /// IPv4 addresses that start so and whose part, from 1, is one of these numbers.
    Of(&'static str, u8, u8, u8),
}

impl Range {
    fn holds(self, text: &str) -> bool {
        match self {
            Self::Is(address) => text == address,
            Self::Starts(start) => text.starts_with(start),
            Self::Ends(start, end) => text.starts_with(start) && text.ends_with(end),
            Self::Of(start, part, least, most) => {
                let number = text.split('.').nth(usize::from(part) - 1).and_then(|number| number.parse::<u8>().ok());
                text.starts_with(start) && !text.contains(':') && number.is_some_and(|n| (least..=most).contains(&n))
            }
        }
    }

    /// Whether it holds any IPv4 address whose first part is this one.
    fn meets(self, first: u8) -> bool {
        let head = format!("{first}.");
        match self {
            Self::Is(address) => address.starts_with(&head),
            Self::Of("", 1, least, most) => (least..=most).contains(&first),
            Self::Starts(start) | Self::Ends(start, _) | Self::Of(start, ..) => {
                start.starts_with(&head) || head.starts_with(start)
            }
        }
    }

    fn sql(self, ip: &str) -> String {
        match self {
            Self::Is(address) => format!("{ip} = '{address}'"),
            Self::Starts(start) => format!("starts_with({ip}, '{start}')"),
            Self::Ends(start, end) => format!("starts_with({ip}, '{start}') AND ends_with({ip}, '{end}')"),
            Self::Of(start, part, least, most) => {
                let number = format!("TRY_CAST(split_part({ip}, '.', {part}) AS INTEGER) BETWEEN {least} AND {most}");
                if start.is_empty() {
                    format!("NOT contains({ip}, ':') AND {number}")
                } else {
                    format!("starts_with({ip}, '{start}') AND {number}")
                }
            }
        }
    }
}

type Ranges = Vec<(Range, &'static str)>;

/// The tables by what an address begins with: of most nothing is left to compare.
struct Sorted {
    addresses: HashMap<IpAddr, &'static str>,
    /// Kinds and places of IPv4 addresses by their first part.
    of_first: Vec<(Ranges, Ranges)>,
}

static SORTED: LazyLock<Sorted> = LazyLock::new(|| {
    let meeting = |table: &[(Range, &'static str)], first: u8| -> Ranges {
        table.iter().filter(|(range, _)| range.meets(first)).copied().collect()
    };
    Sorted {
        addresses: ADDRESSES.iter().filter_map(|(text, hint)| Some((text.parse().ok()?, *hint))).collect(),
        of_first: (0..=255).map(|first| (meeting(KINDS, first), meeting(PLACES, first))).collect(),
    }
});

/// The hint for an address with its text: what [`sql`] says.
pub(crate) fn of(ip: IpAddr, text: &str, port: Option<u16>) -> &'static str {
    let sorted = &*SORTED;
    let (kinds, places): (&[_], &[_]) = match ip {
        IpAddr::V4(ip) => {
            let (kinds, places) = &sorted.of_first[usize::from(ip.octets()[0])];
            (kinds, places)
        }
        IpAddr::V6(_) => (KINDS, PLACES),
    };
    let by_range = |table: &[(Range, &'static str)]| table.iter().find(|(range, _)| range.holds(text)).map(|row| row.1);
    let by_port =
        |table: &[(u16, &'static str)]| table.iter().find(|(number, _)| port == Some(*number)).map(|row| row.1);
    sorted
        .addresses
        .get(&ip)
        .copied()
        .or_else(|| by_port(FIRST_PORTS))
        .or_else(|| by_range(kinds))
        .or_else(|| by_port(PORTS))
        .or_else(|| by_range(places))
        .unwrap_or(PUBLIC)
}

const PUBLIC: &str = "public address";

/// The hint as a SQL expression over an address's text and a port, which may be NULL.
pub(crate) fn sql(ip: &str, port: &str) -> String {
    let mut sql = String::from("CASE");
    let ranges = |sql: &mut String, table: &[(Range, &str)]| {
        for (range, hint) in table {
            let _ = write!(sql, " WHEN {} THEN '{hint}'", range.sql(ip));
        }
    };
    let ports = |sql: &mut String, table: &[(u16, &str)]| {
        for (number, hint) in table {
            let _ = write!(sql, " WHEN {port} = {number} THEN '{hint}'");
        }
    };
    for (address, hint) in ADDRESSES {
        let _ = write!(sql, " WHEN {ip} = '{address}' THEN '{hint}'");
    }
    ports(&mut sql, FIRST_PORTS);
    ranges(&mut sql, KINDS);
    ports(&mut sql, PORTS);
    ranges(&mut sql, PLACES);
    let _ = write!(sql, " ELSE '{PUBLIC}' END");
    sql
}

#[cfg(test)]
mod tests {
    use duckdb::{Connection, params};

    use super::{ADDRESSES, of, sql};

    #[test]
    fn both_ways_to_a_hint_say_the_same() {
        let connection = Connection::open_in_memory().unwrap();
        let query = format!("SELECT {} FROM (SELECT ?::VARCHAR AS ip, ?::USMALLINT AS port)", sql("ip", "port"));
        let mut statement = connection.prepare(&query).unwrap();
        let mut texts: Vec<String> = ADDRESSES.iter().map(|(text, _)| (*text).to_owned()).collect();
        for first in 0..=255 {
            texts.extend([format!("{first}.0.0.0"), format!("{first}.168.{first}.255"), format!("{first}.0.2.7")]);
        }
        for second in [15, 16, 17, 18, 19, 20, 31, 32, 51, 63, 64, 127, 128, 254] {
            texts.extend(["172", "100", "198", "169", "192"].map(|first| format!("{first}.{second}.100.9")));
        }
        let v6 = "::, ::1, ::2, ::ffff:10.1.2.3, 64:ff9b::a, 64:ff9c::a, 100::1, 100:1::1, 2001:2::1, 2001:2:0:5::1, 2001:db8::1, \
                  2002:1::, 3fff:1::, fb00::1, fc00::1, fd00::1, fe80::1, feb0::1, fec0::1, ff02::9, 203.0.113.1, 255.255.255.255";
        texts.extend(v6.split(',').map(|text| text.trim().to_owned()));
        for text in texts {
            let ip: std::net::IpAddr = text.parse().unwrap();
            assert_eq!(ip.to_string(), text, "as rows have it");
            for port in [None, Some(1), Some(53), Some(67), Some(5353), Some(5432)] {
                let found: String = statement.query_row(params![text, port], |row| row.get(0)).unwrap();
                assert_eq!(of(ip, &text, port), found, "{text} {port:?}");
            }
        }
    }

    #[test]
    fn an_address_is_told_by_what_it_means_then_by_its_port_then_by_where_it_lives() {
        let connection = Connection::open_in_memory().unwrap();
        let query = format!("SELECT {} FROM (SELECT ?::VARCHAR AS ip, ?::USMALLINT AS port)", sql("ip", "port"));
        let mut statement = connection.prepare(&query).unwrap();
        for (ip, port, hint) in [
            ("169.254.169.254", Some(80), "cloud metadata"),
            ("fd00:ec2::254", Some(80), "cloud metadata"),
            ("100.100.100.200", Some(80), "cloud metadata"),
            ("168.63.129.16", Some(53), "cloud platform"),
            ("169.254.169.123", Some(123), "cloud NTP"),
            ("224.0.0.251", Some(5353), "mDNS"),
            ("ff02::fb", Some(5353), "mDNS"),
            ("192.168.1.7", Some(5353), "mDNS"),
            ("ff02::1:3", Some(5355), "LLMNR"),
            ("224.0.0.252", None, "LLMNR"),
            ("239.255.255.250", Some(1900), "SSDP"),
            ("192.168.1.1", Some(1900), "SSDP"),
            ("255.255.255.255", Some(67), "DHCP"),
            ("ff02::1:2", Some(547), "DHCP"),
            ("fe80::1", Some(546), "DHCP"),
            ("255.255.255.255", Some(9999), "broadcast"),
            ("10.1.2.255", Some(137), "NetBIOS"),
            ("10.1.2.255", Some(9999), "broadcast"),
            ("10.1.2.25", Some(9999), "private address"),
            ("232.1.1.1", Some(443), "multicast"),
            ("223.255.255.1", None, "public address"),
            ("23.1.2.3", None, "public address"),
            ("ff0e::1234", None, "multicast"),
            ("0.0.0.0", None, "no address"),
            ("10.9.8.7", Some(5432), "PostgreSQL"),
            ("127.0.0.5", None, "loopback"),
            ("::1", None, "loopback"),
            ("169.254.3.4", None, "link-local address"),
            ("febf::1", None, "link-local address"),
            ("172.16.0.1", None, "private address"),
            ("172.32.0.1", None, "public address"),
            ("fd12::1", None, "private address"),
            ("100.64.0.1", None, "shared address (CGNAT)"),
            ("100.63.0.1", None, "public address"),
            ("203.0.113.9", None, "documentation address"),
            ("2001:db8::1", None, "documentation address"),
            ("198.19.255.1", None, "benchmarking address"),
            ("2002:c000:204::1", None, "6to4"),
            ("64:ff9b::c000:204", None, "NAT64"),
            ("240.0.0.1", None, "reserved address"),
            ("0.1.2.3", None, "reserved address"),
            ("93.184.216.34", None, "public address"),
            ("2606:2800::1", None, "public address"),
        ] {
            let found: String = statement.query_row(params![ip, port], |row| row.get(0)).unwrap();
            assert_eq!(found, hint, "{ip} {port:?}");
        }
    }
}
