//! What an unnamed address looks like, from its port and its kind of address.

use std::fmt::Write;

/// Kinds of address that say more than a port does, as regular expressions over the address's text.
const ADDRESSES: &[(&str, &str)] = &[
    (r"^(169\.254\.169\.254|fd00:ec2::254)$", "cloud metadata"),
    (r"^255\.255\.255\.255$", "broadcast"),
    (r"^(22[4-9]|23[0-9])\.|^ff", "multicast"),
];

/// Well-known ports (IANA service names, and defaults of common servers).
const PORTS: &[(u16, &str)] = &[
    (22, "SSH"),
    (25, "SMTP"),
    (53, "DNS"),
    (67, "DHCP"),
    (68, "DHCP"),
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
    (1900, "SSDP"),
    (2181, "ZooKeeper"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (4222, "NATS"),
    (4317, "OpenTelemetry"),
    (5353, "mDNS"),
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

/// What remains: where the address lives.
const PLACES: &[(&str, &str)] = &[
    (r"^127\.|^::1$", "loopback"),
    (r"^169\.254\.|^fe[89ab]", "link-local address"),
    (r"^10\.|^192\.168\.|^172\.(1[6-9]|2[0-9]|3[01])\.|^f[cd]", "private address"),
];

/// The hint as a SQL expression over an address's text and a port, which may be NULL.
pub(crate) fn sql(ip: &str, port: &str) -> String {
    let mut sql = String::from("CASE");
    let matching = |sql: &mut String, table: &[(&str, &str)]| {
        for (pattern, hint) in table {
            let _ = write!(sql, " WHEN regexp_matches({ip}, '{pattern}') THEN '{hint}'");
        }
    };
    matching(&mut sql, ADDRESSES);
    for (number, hint) in PORTS {
        let _ = write!(sql, " WHEN {port} = {number} THEN '{hint}'");
    }
    matching(&mut sql, PLACES);
    sql.push_str(" ELSE 'public address' END");
    sql
}
