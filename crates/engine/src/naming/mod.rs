//! What addresses are called, and which of them are services, customers or nobody we know.
//!
//! A pure function from what was observed (peers, who called whom) and what the user decided (`wirereel.json`, hosts file) to one
//! name and kind per peer. It runs again whenever either changes; the rows never do.

mod address;
mod hosts;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

pub(crate) use hosts::Hosts;
use wirereel_query::answer::ServiceKind;

use crate::config::Config;

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

/// The whole decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Naming {
    pub(crate) names: Vec<PeerName>,
    /// Service names at which customers arrive, sorted.
    pub(crate) entry_points: Vec<String>,
    /// True when no entry point is configured and these were inferred.
    pub(crate) entry_points_guessed: bool,
}

const LOCALHOST: &str = "localhost";

/// The one node that stands for all customers.
pub(crate) const CUSTOMERS: &str = "customers";

/// Decides names and kinds. Peers that only ever spoke something else than TCP keep kind *unresolved*.
pub(crate) fn decide(peers: &[Peer], calls: &[Call], config: &Config, hosts: &Hosts) -> Naming {
    let names = Names::find(peers, config, hosts);
    let by_id: HashMap<i32, &Peer> = peers.iter().map(|p| (p.id, p)).collect();
    let called: HashSet<i32> = calls.iter().map(|c| c.server).collect();
    let kind_of_server = |peer: &Peer| match names.of(peer) {
        None => ServiceKind::Unresolved,
        Some(_) if !called.contains(&peer.id) => ServiceKind::Unresolved,
        Some(name) if name.configured || address::is_local(peer.ip) => ServiceKind::Service,
        Some(_) => ServiceKind::External,
    };

    let (entry_points, guessed) = entry_points(peers, calls, config, &names, &by_id, &kind_of_server);
    let customers: HashSet<i32> = calls
        .iter()
        .filter(|call| {
            by_id.get(&call.server).and_then(|p| names.of(p)).is_some_and(|n| entry_points.contains(&n.text))
        })
        .map(|call| call.client)
        .collect();

    let names = peers
        .iter()
        .map(|peer| {
            let known = names.of(peer).map(|n| n.text.clone());
            let (service, kind) = match (peer.is_server(), known) {
                (true, Some(name)) => (name, kind_of_server(peer)),
                (true, None) => (address::socket_text(peer.ip, peer.port), ServiceKind::Unresolved),
                (false, Some(name)) => (name, ServiceKind::Service),
                (false, None) if customers.contains(&peer.id) => (CUSTOMERS.to_owned(), ServiceKind::Customers),
                (false, None) => (peer.ip.to_string(), ServiceKind::Unresolved),
            };
            PeerName { peer: peer.id, service, kind }
        })
        .collect();
    Naming { names, entry_points: entry_points.into_iter().collect(), entry_points_guessed: guessed }
}

/// Configured entry points, or services called only by unknown addresses.
fn entry_points(
    peers: &[Peer],
    calls: &[Call],
    config: &Config,
    names: &Names,
    by_id: &HashMap<i32, &Peer>,
    kind_of_server: &dyn Fn(&Peer) -> ServiceKind,
) -> (BTreeSet<String>, bool) {
    if !config.entry_points.is_empty() {
        let configured = peers.iter().filter(|p| p.is_server()).filter_map(|peer| {
            let name = names.of(peer)?;
            let hit = config.entry_points.iter().any(|e| e.matches(&name.text, peer.ip, peer.port, &peer.hostnames()));
            hit.then(|| name.text.clone())
        });
        return (configured.collect(), false);
    }
    let mut called_by_unknown = BTreeSet::new();
    let mut called_by_known = HashSet::new();
    for call in calls {
        let (Some(client), Some(server)) = (by_id.get(&call.client), by_id.get(&call.server)) else { continue };
        let Some(name) = names.of(server) else { continue };
        if names.of(client).is_some() {
            called_by_known.insert(name.text.as_str());
        } else if kind_of_server(server) == ServiceKind::Service {
            called_by_unknown.insert(name.text.as_str());
        }
    }
    let guessed = called_by_unknown.into_iter().filter(|name| !called_by_known.contains(name)).map(str::to_owned);
    (guessed.collect(), true)
}

/// A name, and whether the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    text: String,
    configured: bool,
}

/// Names of peers: their own, else what the rest of the same socket or address is called.
struct Names {
    by_peer: HashMap<i32, Name>,
}

impl Names {
    fn find(peers: &[Peer], config: &Config, hosts: &Hosts) -> Self {
        let mut by_peer: HashMap<i32, Name> = HashMap::with_capacity(peers.len());
        for peer in peers {
            if let Some(name) = own_name(peer, config, hosts) {
                by_peer.insert(peer.id, name);
            }
        }
        let sockets = Siblings::of(peers.iter().filter(|p| p.is_server()), &by_peer, |p| (p.ip, p.port));
        let addresses = Siblings::of(peers.iter().filter(|p| p.is_server()), &by_peer, |p| (p.ip, 0));
        for peer in peers {
            if by_peer.contains_key(&peer.id) && peer.is_server() {
                continue;
            }
            // A process that serves under one name calls under that name too. Where processes are unknown, so does an address; on one
            // machine everybody has the same one.
            let inherited = match peer.known_port() {
                0 if is_localhost(peer.ip) => None,
                0 => addresses.only(&(peer.ip, 0)),
                port => sockets.only(&(peer.ip, port)),
            };
            let inherited = inherited.cloned().or_else(|| own_socket(peer));
            if let Some(name) = inherited {
                by_peer.entry(peer.id).or_insert(name);
            }
        }
        Self { by_peer }
    }

    fn of(&self, peer: &Peer) -> Option<&Name> {
        self.by_peer.get(&peer.id)
    }
}

/// `wirereel.json`, hosts file, DNS, Host or SNI: in this order. What runs on one machine often has the same address and the same
/// host, so there the port is what tells services apart.
fn own_name(peer: &Peer, config: &Config, hosts: &Hosts) -> Option<Name> {
    if let Some(rule) =
        config.names.iter().find(|r| r.matches(peer.ip, peer.known_port(), &peer.hostnames(), peer.process.as_deref()))
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

/// Names seen at the same socket or address; usable only when there is exactly one.
struct Siblings {
    names: HashMap<(IpAddr, u16), Option<Name>>,
}

impl Siblings {
    fn of<'a>(
        peers: impl Iterator<Item = &'a Peer>,
        known: &HashMap<i32, Name>,
        key: impl Fn(&Peer) -> (IpAddr, u16),
    ) -> Self {
        let mut names: HashMap<(IpAddr, u16), Option<Name>> = HashMap::new();
        for peer in peers {
            let Some(name) = known.get(&peer.id) else { continue };
            names
                .entry(key(peer))
                .and_modify(|only| {
                    if only.as_ref().is_some_and(|o| o.text != name.text) {
                        *only = None;
                    }
                })
                .or_insert_with(|| Some(name.clone()));
        }
        Self { names }
    }

    fn only(&self, key: &(IpAddr, u16)) -> Option<&Name> {
        self.names.get(key)?.as_ref()
    }
}

#[cfg(test)]
mod tests;
