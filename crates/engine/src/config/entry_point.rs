//! Entry points: where customers arrive.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Network;

/// Where customers arrive. Every key that is given must match; at least one must be given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EntryPoint {
    /// The service's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// An address or network, such as `10.0.0.5` or `10.0.0.0/8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Network>,
    /// A port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The name clients use: HTTP Host, TLS SNI or DNS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
}

impl EntryPoint {
    /// Whether nothing is given, which would match everything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a server peer with these facts is this entry point.
    pub fn matches(&self, service: &str, ip: IpAddr, port: u16, hostnames: &[&str]) -> bool {
        !self.is_empty()
            && self.service.as_deref().is_none_or(|s| s == service)
            && self.address.is_none_or(|n| n.contains(ip))
            && self.port.is_none_or(|p| p == port)
            && self.hostname.as_deref().is_none_or(|h| hostnames.iter().any(|n| n.eq_ignore_ascii_case(h)))
    }
}
