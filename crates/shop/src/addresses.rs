//! Which IPv4 address everybody has: on plain loopback, or inside a network namespace of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::topology::{PORT, Service};

/// The two address plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// 127.0.1.x on the machine's own loopback: needs no privileges on Linux.
    Loopback,
    /// 10.42.0.x inside a network namespace; customers have the documentation addresses of RFC 5737.
    Namespace,
}

impl Plan {
    /// Where a service listens, and where it calls from (with another port).
    pub fn service_ip(self, service: Service) -> Ipv4Addr {
        self.host(11 + service.index() as u8)
    }

    /// Where a service listens.
    pub fn service_address(self, service: Service) -> SocketAddr {
        (self.service_ip(service), PORT).into()
    }

    /// The service at an address, if one is.
    pub fn service_at(self, ip: IpAddr) -> Option<Service> {
        Service::ALL.into_iter().find(|s| IpAddr::V4(self.service_ip(*s)) == ip)
    }

    /// Where the DNS responder answers; the port is [`crate::site::Site::dns_port`].
    pub fn dns_ip(self) -> Ipv4Addr {
        self.host(53)
    }

    /// The first three octets of the networks customers come from.
    pub fn customer_networks(self) -> [[u8; 3]; 3] {
        match self {
            Self::Loopback => [[127, 198, 51], [127, 203, 113], [127, 192, 2]],
            Self::Namespace => [[198, 51, 100], [203, 0, 113], [192, 0, 2]],
        }
    }

    /// The networks that must be local before the shop can use them, as `ip address add` wants them.
    pub fn networks_to_add(self) -> Vec<String> {
        match self {
            Self::Loopback => Vec::new(),
            Self::Namespace => {
                let customers = self.customer_networks().map(|[a, b, c]| format!("{a}.{b}.{c}.1/24"));
                std::iter::once("10.42.0.1/24".to_owned()).chain(customers).collect()
            }
        }
    }

    fn host(self, last: u8) -> Ipv4Addr {
        match self {
            Self::Loopback => Ipv4Addr::new(127, 0, 1, last),
            Self::Namespace => Ipv4Addr::new(10, 42, 0, last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_services_are_found_from_each_other_and_dns_is_nobody() {
        for plan in [Plan::Loopback, Plan::Namespace] {
            for service in Service::ALL {
                assert_eq!(plan.service_at(plan.service_ip(service).into()), Some(service));
            }
            assert_eq!(plan.service_at(plan.dns_ip().into()), None);
        }
    }

    #[test]
    fn loopback_needs_no_addresses_added() {
        assert!(Plan::Loopback.networks_to_add().is_empty());
        assert!(Plan::Loopback.customer_networks().iter().all(|n| n[0] == 127));
        assert_eq!(Plan::Namespace.networks_to_add()[1], "198.51.100.1/24");
    }
}
