//! Which end of a flow is the server, judged by the ports alone.

/// Ports at or above 1024 that servers listen on often enough to tell a direction. Sorted.
const WELL_KNOWN: [u16; 57] = [
    1080, 1433, 1434, 1521, 1723, 1812, 1813, 1883, 2049, 2375, 2376, 2379, 2380, 2811, 3000, 3128, 3268, 3306, 3389,
    4222, 4369, 4789, 5000, 5060, 5061, 5222, 5223, 5353, 5355, 5432, 5601, 5671, 5672, 5984, 6379, 6443, 6667, 6881,
    7687, 8000, 8080, 8081, 8086, 8088, 8123, 8443, 8500, 8888, 9000, 9042, 9090, 9092, 9200, 9300, 11211, 15672,
    27017,
];
/// DHCP clients have a port below 1024; the server's is 67 (RFC 2131 §4.1).
const BOOTP_CLIENT: u16 = 68;

/// What two ports say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerBy {
    Source,
    Destination,
    Unknown,
}

/// Judges by well-known ports: system ports (RFC 6335 §6) and [`WELL_KNOWN`].
pub(super) fn server_by_ports(source: u16, destination: u16) -> ServerBy {
    match (is_server(source), is_server(destination)) {
        (true, false) => ServerBy::Source,
        (false, true) => ServerBy::Destination,
        _ => ServerBy::Unknown,
    }
}

fn is_server(port: u16) -> bool {
    port < 1024 && port != 0 && port != BOOTP_CLIENT || WELL_KNOWN.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(WELL_KNOWN.is_sorted());
    }

    #[test]
    fn a_known_port_on_one_end_only_tells_the_server() {
        assert_eq!(server_by_ports(443, 50_000), ServerBy::Source);
        assert_eq!(server_by_ports(50_000, 8080), ServerBy::Destination);
        assert_eq!(server_by_ports(67, 68), ServerBy::Source);
        assert_eq!(server_by_ports(123, 123), ServerBy::Unknown);
        assert_eq!(server_by_ports(40_000, 50_000), ServerBy::Unknown);
        assert_eq!(server_by_ports(0, 50_000), ServerBy::Unknown);
    }
}
