//! Names decided so far, and what the next decisions rest on.
//!
//! While customers come by the second, nearly every decision made before stays what it was: only what is new is decided, and whom a new call
//! makes something else. When more than that could have changed, [`Decisions::follow`] says so and all is decided again; both ways end the same.

use std::{
    collections::{BTreeSet, HashSet},
    net::IpAddr,
};

use foldhash::{HashMap, HashMapExt};
use wirereel_query::answer::ServiceKind;

use super::{CUSTOMERS, Call, Hosts, Name, Peer, PeerName, address, is_localhost, own_name, own_socket};
use crate::config::{Config, EntryPoint, NameRule};

/// Sockets and addresses of which others are looked for that share their name; beyond it, deciding everything is as quick.
const MOST_SHARED: usize = 32;

/// Names of peers: their own, else what the rest of the same socket or address is called. What is kept of a client is a byte.
#[derive(Debug)]
pub(crate) struct Decisions {
    rules: Vec<NameRule>,
    arrivals: Vec<EntryPoint>,
    hosts: Hosts,
    /// What servers with a name of their own are called, by socket and (port 0) by address: usable only when it is one.
    shared: HashMap<(IpAddr, u16), Option<Name>>,
    servers: HashMap<i32, Server>,
    /// By number of peer.
    clients: Vec<Client>,
    /// Names of services that are configured entry points.
    configured: BTreeSet<String>,
    /// Names of services that unknown addresses call, and those that are called by somebody known.
    called_by_unknown: HashSet<String>,
    called_by_known: HashSet<String>,
    entry_points: BTreeSet<String>,
}

#[derive(Debug)]
struct Server {
    ip: IpAddr,
    port: u16,
    name: Option<Name>,
    is_called: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    /// Not a client at all.
    No,
    Named,
    Unknown,
    Customer,
}

/// What came of following.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// Names of what is new, and of what is called something else now.
    Names(Vec<PeerName>),
    /// More than that may have changed.
    DecideAll,
}

impl Decisions {
    /// Decides names and kinds of all peers. Peers that only ever spoke something else than TCP keep kind *unresolved*, unless the user named
    /// them.
    pub(crate) fn all(peers: &[Peer], calls: &[Call], config: &Config, hosts: &Hosts) -> (Self, Vec<PeerName>) {
        let mut decisions = Self {
            rules: config.names.clone(),
            arrivals: config.entry_points.clone(),
            hosts: hosts.clone(),
            shared: HashMap::new(),
            servers: HashMap::new(),
            clients: Vec::new(),
            configured: BTreeSet::new(),
            called_by_unknown: HashSet::new(),
            called_by_known: HashSet::new(),
            entry_points: BTreeSet::new(),
        };
        let own: Vec<Option<Name>> = peers.iter().map(|peer| own_name(peer, &config.names, hosts)).collect();
        for (peer, own) in peers.iter().zip(&own) {
            decisions.share(peer, own.as_ref());
        }
        let mut names: HashMap<i32, Name> = HashMap::new();
        for (peer, own) in peers.iter().zip(own) {
            if let Some(name) = decisions.know(peer, own)
                && !peer.is_server()
            {
                names.insert(peer.id, name);
            }
        }
        for call in calls {
            decisions.called(call);
        }
        decisions.entry_points = decisions.entry_points_now();
        for call in calls {
            if decisions.makes_customer(call) {
                decisions.clients[call.client as usize] = Client::Customer;
            }
        }
        let names = peers.iter().map(|peer| decisions.named(peer, names.remove(&peer.id))).collect();
        (decisions, names)
    }

    /// Decides what is new. `at` gives the peers at an address.
    ///
    /// # Errors
    /// Those of `at`. What was decided so far must not be used any more then, nor after [`Followed::DecideAll`].
    pub(crate) fn follow<E>(
        &mut self,
        peers: &[Peer],
        calls: &[Call],
        at: impl Fn(IpAddr) -> Result<Vec<Peer>, E>,
    ) -> Result<Followed, E> {
        let own: Vec<Option<Name>> = peers.iter().map(|peer| own_name(peer, &self.rules, &self.hosts)).collect();
        let mut changed = BTreeSet::new();
        for (peer, own) in peers.iter().zip(&own) {
            changed.extend(self.share(peer, own.as_ref()));
        }
        if changed.len() > MOST_SHARED {
            return Ok(Followed::DecideAll);
        }
        let new: HashSet<i32> = peers.iter().map(|peer| peer.id).collect();
        for (ip, port) in changed {
            // Clients there have nothing from their address.
            if port == 0 && is_localhost(ip) {
                continue;
            }
            let shares = |peer: &Peer| !new.contains(&peer.id) && peer.ip == ip && peer.known_port() == port;
            let has_no_own = |peer: &Peer| own_name(peer, &self.rules, &self.hosts).is_none();
            if at(ip)?.iter().any(|peer| shares(peer) && has_no_own(peer)) {
                return Ok(Followed::DecideAll);
            }
        }
        let mut clients: HashMap<i32, Name> = HashMap::new();
        for (peer, own) in peers.iter().zip(own) {
            if let Some(name) = self.know(peer, own)
                && !peer.is_server()
            {
                clients.insert(peer.id, name);
            }
        }
        // Whose kind a call changes that was known before.
        let mut others = BTreeSet::new();
        for call in calls {
            let was_called = self.servers.get(&call.server).is_some_and(|server| server.is_called);
            self.called(call);
            if !was_called && !new.contains(&call.server) {
                others.insert(call.server);
            }
        }
        if self.entry_points_now() != self.entry_points {
            return Ok(Followed::DecideAll);
        }
        for call in calls {
            if self.makes_customer(call) && self.clients[call.client as usize] == Client::Unknown {
                self.clients[call.client as usize] = Client::Customer;
                if !new.contains(&call.client) {
                    others.insert(call.client);
                }
            }
        }
        let mut names: Vec<PeerName> = peers.iter().map(|peer| self.named(peer, clients.remove(&peer.id))).collect();
        names.extend(others.into_iter().map(|id| match self.servers.get(&id) {
            Some(server) => self.server_named(id, server),
            None => PeerName { peer: id, service: CUSTOMERS.into(), kind: ServiceKind::Customers },
        }));
        Ok(Followed::Names(names))
    }

    /// Services at which customers arrive, sorted.
    pub(crate) fn entry_points(&self) -> Vec<String> {
        self.entry_points.iter().cloned().collect()
    }

    /// Whether no entry point is configured, so that they were inferred.
    pub(crate) fn are_guessed(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// Whether they were decided by this.
    pub(crate) fn are_by(&self, config: &Config, hosts: &Hosts) -> bool {
        self.rules == config.names && self.arrivals == config.entry_points && self.hosts == *hosts
    }

    /// Lends a server's own name to its socket and address. Gives those of which others may be called something else now.
    fn share(&mut self, peer: &Peer, own: Option<&Name>) -> Vec<(IpAddr, u16)> {
        let Some(name) = own.filter(|_| peer.is_server()) else { return Vec::new() };
        let mut changed = Vec::new();
        for key in [(peer.ip, peer.port), (peer.ip, 0)] {
            match self.shared.get_mut(&key) {
                None => {
                    self.shared.insert(key, Some(name.clone()));
                    changed.push(key);
                }
                Some(only) => {
                    if only.as_ref().is_some_and(|only| only.text != name.text) {
                        *only = None;
                        changed.push(key);
                    }
                }
            }
        }
        changed
    }

    /// Takes a peer in, and gives its name. All that share names with it have lent theirs.
    fn know(&mut self, peer: &Peer, own: Option<Name>) -> Option<Name> {
        let name = own.or_else(|| self.inherited(peer));
        let place = usize::try_from(peer.id).unwrap_or_default();
        if self.clients.len() <= place {
            self.clients.resize(place + 1, Client::No);
        }
        if peer.is_server() {
            self.clients[place] = Client::No;
            if let Some(name) = &name {
                let hostnames = peer.hostnames();
                let arrives = |entry: &EntryPoint| entry.matches(&name.text, peer.ip, peer.port, &hostnames);
                if self.arrivals.iter().any(arrives) {
                    self.configured.insert(name.text.clone());
                }
            }
            let server = Server { ip: peer.ip, port: peer.port, name: name.clone(), is_called: false };
            self.servers.insert(peer.id, server);
        } else {
            self.clients[place] = if name.is_some() { Client::Named } else { Client::Unknown };
        }
        name
    }

    /// A process that serves under one name calls under that name too. Where processes are unknown, so does an address; on one machine
    /// everybody has the same one.
    fn inherited(&self, peer: &Peer) -> Option<Name> {
        let shared = match peer.known_port() {
            0 if is_localhost(peer.ip) => None,
            port => self.shared.get(&(peer.ip, port)).and_then(Option::as_ref),
        };
        shared.cloned().or_else(|| own_socket(peer))
    }

    fn client(&self, id: i32) -> Client {
        usize::try_from(id).ok().and_then(|id| self.clients.get(id)).copied().unwrap_or(Client::No)
    }

    /// Takes a call in. One by what is no client, or to what is no server, tells nothing.
    fn called(&mut self, call: &Call) {
        let client = self.client(call.client);
        let server = self.servers.get_mut(&call.server).filter(|_| client != Client::No);
        let Some(server) = server else { return };
        server.is_called = true;
        let Some(name) = server.name.as_ref() else { return };
        let is_service = name.configured || address::is_local(server.ip);
        let text = name.text.clone();
        if client == Client::Named {
            self.called_by_known.insert(text);
        } else if is_service {
            self.called_by_unknown.insert(text);
        }
    }

    /// Configured entry points, or services called only by unknown addresses.
    fn entry_points_now(&self) -> BTreeSet<String> {
        if self.are_guessed() {
            return self.called_by_unknown.difference(&self.called_by_known).cloned().collect();
        }
        self.configured.clone()
    }

    fn makes_customer(&self, call: &Call) -> bool {
        let name = self.servers.get(&call.server).and_then(|server| server.name.as_ref());
        self.client(call.client) == Client::Unknown && name.is_some_and(|name| self.entry_points.contains(&name.text))
    }

    fn server_named(&self, id: i32, server: &Server) -> PeerName {
        let Some(name) = &server.name else {
            let service = address::socket_text(server.ip, server.port);
            return PeerName { peer: id, service, kind: ServiceKind::Unresolved };
        };
        let kind = match name {
            // Also one that only ever spoke something else than TCP: the user says what it is.
            name if name.configured => ServiceKind::Service,
            _ if !server.is_called => ServiceKind::Unresolved,
            _ if address::is_local(server.ip) => ServiceKind::Service,
            _ => ServiceKind::External,
        };
        PeerName { peer: id, service: name.text.clone(), kind }
    }

    fn named(&self, peer: &Peer, client: Option<Name>) -> PeerName {
        if let Some(server) = self.servers.get(&peer.id) {
            return self.server_named(peer.id, server);
        }
        let (service, kind) = match client {
            Some(name) => (name.text, ServiceKind::Service),
            None if self.client(peer.id) == Client::Customer => (CUSTOMERS.into(), ServiceKind::Customers),
            None => (peer.ip.to_string(), ServiceKind::Unresolved),
        };
        PeerName { peer: peer.id, service, kind }
    }
}

#[cfg(test)]
mod tests;
