//! Sockets of the capturing host that are known to listen.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ports::ServerBy;
use crate::record::{Endpoint, Transport};

/// Sockets kept at most: TCP and UDP have so many ports each.
const MOST_SOCKETS: usize = 1 << 17;

/// The table of listening sockets of the host that a capture is taken on. It says who the server of a connection is that began before
/// the capture. Files have none.
#[derive(Debug, Default)]
pub struct Listening {
    sockets: HashSet<(Transport, Endpoint)>,
    /// Addresses of the host besides loopback, for sockets that listen on all of them.
    local: HashSet<IpAddr>,
}

impl Listening {
    /// The host has these addresses.
    pub fn set_local(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.local = addresses.into_iter().collect();
    }

    /// A socket listens from now on. An unspecified address stands for every address of the host.
    pub fn insert(&mut self, transport: Transport, socket: Endpoint) {
        if self.sockets.len() < MOST_SOCKETS {
            self.sockets.insert((transport, socket));
        }
    }

    /// A socket listens no more.
    pub fn remove(&mut self, transport: Transport, socket: Endpoint) {
        self.sockets.remove(&(transport, socket));
    }

    /// Which of two ends listens; unknown when both do or neither.
    pub(super) fn server(&self, transport: Transport, source: Endpoint, destination: Endpoint) -> ServerBy {
        if self.sockets.is_empty() {
            return ServerBy::Unknown;
        }
        match (self.holds(transport, source), self.holds(transport, destination)) {
            (true, false) => ServerBy::Source,
            (false, true) => ServerBy::Destination,
            _ => ServerBy::Unknown,
        }
    }

    fn holds(&self, transport: Transport, Endpoint { ip, port }: Endpoint) -> bool {
        let on = |ip: IpAddr| self.sockets.contains(&(transport, Endpoint { ip, port }));
        // A socket on [::] takes IPv4 as well, unless it was told not to.
        let everywhere = || on(Ipv6Addr::UNSPECIFIED.into()) || (ip.is_ipv4() && on(Ipv4Addr::UNSPECIFIED.into()));
        on(ip) || ((ip.is_loopback() || self.local.contains(&ip)) && everywhere())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(ip: &str, port: u16) -> Endpoint {
        Endpoint { ip: ip.parse().unwrap(), port }
    }

    fn host() -> Listening {
        let mut listening = Listening::default();
        listening.set_local(["10.0.0.5".parse().unwrap()]);
        listening.insert(Transport::Tcp, end("0.0.0.0", 40_080));
        listening.insert(Transport::Tcp, end("::", 40_443));
        listening.insert(Transport::Tcp, end("127.0.0.1", 45_432));
        listening
    }

    #[test]
    fn a_socket_on_every_address_serves_the_hosts_own_addresses_only() {
        let host = host();
        let server = |source, destination| host.server(Transport::Tcp, source, destination);
        let client = end("10.0.0.9", 50_000);
        assert_eq!(server(client, end("10.0.0.5", 40_080)), ServerBy::Destination);
        assert_eq!(server(end("127.0.0.7", 40_080), client), ServerBy::Source);
        assert_eq!(server(client, end("10.0.0.6", 40_080)), ServerBy::Unknown, "another host's port");
        assert_eq!(server(client, end("10.0.0.5", 40_443)), ServerBy::Destination, "[::] takes IPv4 as well");
        assert_eq!(server(end("::1", 50_000), end("::1", 40_080)), ServerBy::Unknown, "0.0.0.0 takes no IPv6");
        assert_eq!(server(client, end("10.0.0.5", 45_432)), ServerBy::Unknown, "bound to loopback");
        assert_eq!(host.server(Transport::Udp, client, end("10.0.0.5", 40_080)), ServerBy::Unknown);
    }

    #[test]
    fn two_listening_ends_say_nothing() {
        let server = host().server(Transport::Tcp, end("127.0.0.1", 40_080), end("127.0.0.1", 45_432));
        assert_eq!(server, ServerBy::Unknown);
    }

    #[test]
    fn a_closed_socket_is_forgotten() {
        let mut host = host();
        host.remove(Transport::Tcp, end("0.0.0.0", 40_080));
        let server = host.server(Transport::Tcp, end("10.0.0.9", 50_000), end("10.0.0.5", 40_080));
        assert_eq!(server, ServerBy::Unknown);
    }
}
