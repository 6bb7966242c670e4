//! One place where a service runs, whoever told of it.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use serde::Serialize;

use super::config::{Entry, Told};

/// What a source says of a target's health. It is a label: a target that is ill is probed all the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The source does not say.
    #[default]
    Unknown,
    Passing,
    Warning,
    Critical,
    /// Somebody works on it.
    Maintenance,
}

/// A target before a probe is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Instance {
    pub(super) service: String,
    pub(super) node: String,
    pub(super) datacenter: String,
    pub(super) host: String,
    /// 0 where the source knows of none.
    pub(super) port: u16,
    pub(super) tags: Vec<String>,
    pub(super) meta: BTreeMap<String, String>,
    pub(super) health: Health,
    /// Why it may no longer be as it is told.
    pub(super) stale: Option<Arc<str>>,
}

impl Instance {
    /// Of a target that is written down; `None` when it has no host and port.
    pub(super) fn of_entry(entry: &Entry) -> Option<Self> {
        let bare;
        let told = match entry {
            Entry::Told(told) => told,
            Entry::Address(address) => {
                bare = Told { address: address.clone(), ..Told::default() };
                &bare
            }
        };
        let (host, port) = told.address.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_ipv6 = host.parse::<Ipv6Addr>().is_ok();
        if host.is_empty() || (host.contains(':') && !is_ipv6) || host.contains(|c: char| c.is_whitespace() || c == '/')
        {
            return None;
        }
        Some(Self {
            service: if told.service.is_empty() { host.to_owned() } else { told.service.clone() },
            node: told.node.clone(),
            datacenter: told.datacenter.clone(),
            host: host.to_owned(),
            port,
            tags: told.tags.clone(),
            meta: told.meta.clone(),
            ..Self::default()
        })
    }

    /// The host as URLs have it.
    pub(super) fn url_host(&self) -> String {
        match self.host.parse() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => self.host.clone(),
        }
    }

    /// Host and port.
    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.url_host(), self.port)
    }
}
