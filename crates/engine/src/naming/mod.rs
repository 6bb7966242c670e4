//! What addresses are called, and which of them are services, customers or nobody we know.
//!
//! A pure function from what was observed (peers, who called whom) and what the user decided (`wirereel.json`, hosts file) to one
//! name and kind per peer. It runs again whenever either changes, for what is new alone where that suffices; the rows never change.

mod address;
mod census;
mod decisions;
mod hosts;
#[cfg(test)]
mod million;
mod reverse;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(crate) use census::Census;
pub(crate) use decisions::{Decisions, Followed};
pub(crate) use hosts::Hosts;
pub(crate) use reverse::ReverseNames;
use wirereel_query::answer::ServiceKind;

use crate::config::NameRule;

/// One end of conversations: an address, its listening port (0 for clients) and the names clients used for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) id: i32,
    pub(crate) ip: IpAddr,
    /// 0 for the connecting end.
    pub(crate) port: u16,
    /// What DNS had answered before the conversation began.
    pub(crate) dns: Option<String>,
    /// HTTP Host or TLS SNI.
    pub(crate) host: Option<String>,
    /// The process behind the socket, where the capturing host told it.
    pub(crate) process: Option<String>,
    /// The port that a client's process listens on itself; 0 when that is unknown or none.
    pub(crate) serves_port: u16,
}

impl Peer {
    fn is_server(&self) -> bool {
        self.port != 0
    }

    /// The port that it is known by: its own, or the one that it serves while it calls others.
    fn known_port(&self) -> u16 {
        if self.is_server() { self.port } else { self.serves_port }
    }

    /// The first rule that names it itself.
    pub(crate) fn first_rule(&self, rules: &[Option<NameRule>]) -> Option<usize> {
        let hostnames = self.hostnames();
        let matches = |rule: &NameRule| rule.matches(self.ip, self.known_port(), &hostnames, self.process.as_deref());
        rules.iter().position(|rule| rule.as_ref().is_some_and(matches))
    }

    fn hostnames(&self) -> Vec<&str> {
        self.dns.as_deref().into_iter().chain(self.host.as_deref()).collect()
    }
}

/// Somebody opened TCP connections to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) client: i32,
    pub(crate) server: i32,
}

/// What a peer is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerName {
    pub(crate) peer: i32,
    pub(crate) service: String,
    pub(crate) kind: ServiceKind,
}

const LOCALHOST: &str = "localhost";

/// The one node that stands for all customers.
pub(crate) const CUSTOMERS: &str = "customers";

#[cfg(test)]
/// Addresses that each rule names, being the first that matches.
pub(crate) fn counted_by_rule(of_peers: impl Iterator<Item = (usize, IpAddr)>, rules: usize) -> Vec<u64> {
    let distinct: std::collections::HashSet<(usize, IpAddr)> = of_peers.collect();
    let mut counts = vec![0; rules];
    for (rule, _) in distinct {
        if let Some(count) = counts.get_mut(rule) {
            *count += 1;
        }
    }
    counts
}

/// A name, and whether the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    text: String,
    configured: bool,
}

/// `wirereel.json`, hosts file, DNS, Host or SNI: in this order. What runs on one machine often has the same address and the same
/// host, so there the port is what tells services apart.
fn own_name(peer: &Peer, rules: &[NameRule], hosts: &Hosts) -> Option<Name> {
    if let Some(rule) =
        rules.iter().find(|r| r.matches(peer.ip, peer.known_port(), &peer.hostnames(), peer.process.as_deref()))
    {
        return Some(Name { text: rule.name.clone(), configured: true });
    }
    let found = hosts.name(peer.ip).or(peer.dns.as_deref()).or(peer.host.as_deref());
    let text = match found {
        None | Some(LOCALHOST) if peer.is_server() && is_localhost(peer.ip) => return own_socket(peer),
        None | Some(LOCALHOST) if peer.serves_port != 0 => return None,
        found => found?.to_owned(),
    };
    Some(Name { text, configured: false })
}

/// What serves on this machine and has no other name is called by its port.
fn own_socket(peer: &Peer) -> Option<Name> {
    let port = peer.known_port();
    (port != 0 && is_localhost(peer.ip)).then(|| Name { text: format!("{LOCALHOST}:{port}"), configured: false })
}

/// The address that everything on a machine shares; others of 127.0.0.0/8 are given to something on purpose.
fn is_localhost(ip: IpAddr) -> bool {
    ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST
}

#[cfg(test)]
mod tests;
