//! What an address says about where it lives.

use std::net::{IpAddr, SocketAddr};

/// Addresses that belong to this machine, this site or nobody's public network: a named server there is one of ours.
pub(super) fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            // 100.64.0.0/10 is shared address space (RFC 6598), used inside clusters.
            let shared = ip.octets()[0] == 100 && (ip.octets()[1] & 0xc0) == 64;
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || shared
        }
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(
            || ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
            |v4| is_local(v4.into()),
        ),
    }
}

/// `10.0.0.1:80` or `[2001:db8::1]:80`.
pub(super) fn socket_text(ip: IpAddr, port: u16) -> String {
    SocketAddr::new(ip, port).to_string()
}
