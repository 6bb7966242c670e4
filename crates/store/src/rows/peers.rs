//! Peers: the ends of flows, each distinct combination of address, port and names once.

use std::{collections::hash_map::Entry, net::IpAddr};

use foldhash::{HashMap, HashMapExt};

/// Number of a peer in its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub i32);

/// What is known about an end of a flow without deciding what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    pub ip: IpAddr,
    /// The server's port; 0 for clients, whose ports say nothing.
    pub port: u16,
    /// Name that a DNS answer gave for the address before the flow opened.
    pub dns_name: Option<String>,
    /// Name the client used for it: HTTP Host or TLS SNI.
    pub host_name: Option<String>,
    /// The process behind the socket, where the capturing host told it.
    pub process: Option<String>,
    /// The port that the process of a client listens on itself, lowest first; 0 when it serves nobody.
    pub serves_port: u16,
}

/// Who an end's socket belongs to, as the capturing host told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    pub process: &'a str,
    /// See [`Peer::serves_port`].
    pub serves_port: u16,
}

/// Interns peers on the dissecting thread. New ones travel with the next batch.
#[derive(Debug, Default)]
pub struct PeerTable {
    /// The first combination of each address and port, found without building a key of owned strings. Most have no other.
    first: HashMap<(IpAddr, u16), PeerId>,
    /// The others.
    more: HashMap<(IpAddr, u16), Vec<PeerId>>,
    peers: Vec<Peer>,
    /// Peers before this one have been handed over.
    handed_over: usize,
}

impl PeerTable {
    /// A table that continues the workspace's, in order of peer number.
    pub(crate) fn continuing(peers: Vec<Peer>) -> Self {
        let mut table =
            Self { first: HashMap::with_capacity(peers.len()), handed_over: peers.len(), peers, ..Self::default() };
        for index in 0..table.peers.len() {
            let key = (table.peers[index].ip, table.peers[index].port);
            table.know(key, PeerId(index as i32));
        }
        table
    }

    /// The number of this combination, new or known.
    pub fn intern(
        &mut self,
        ip: IpAddr,
        port: u16,
        dns_name: Option<&str>,
        host_name: Option<&str>,
        owner: Option<Owner<'_>>,
    ) -> PeerId {
        let (process, serves_port) = owner.map_or((None, 0), |owner| (Some(owner.process), owner.serves_port));
        let key = (ip, port);
        let same = |id: &&PeerId| {
            let peer = &self.peers[id.0 as usize];
            peer.dns_name.as_deref() == dns_name
                && peer.host_name.as_deref() == host_name
                && peer.process.as_deref() == process
                && peer.serves_port == serves_port
        };
        if let Some(first) = self.first.get(&key) {
            let more = self.more.get(&key).into_iter().flatten();
            if let Some(id) = std::iter::once(first).chain(more).find(same) {
                return *id;
            }
        }
        let id = PeerId(self.peers.len() as i32);
        self.know(key, id);
        self.peers.push(Peer {
            ip,
            port,
            dns_name: dns_name.map(str::to_owned),
            host_name: host_name.map(str::to_owned),
            process: process.map(str::to_owned),
            serves_port,
        });
        id
    }

    fn know(&mut self, key: (IpAddr, u16), id: PeerId) {
        match self.first.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(id);
            }
            Entry::Occupied(_) => self.more.entry(key).or_default().push(id),
        }
    }

    /// The peer behind a number this table gave.
    pub fn peer(&self, id: PeerId) -> &Peer {
        &self.peers[id.0 as usize]
    }

    /// All peers with their numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.peers.iter().enumerate().map(|(index, peer)| (PeerId(index as i32), peer))
    }

    /// Peers that have not been handed over yet; they count as handed over afterwards.
    pub(crate) fn hand_over(&mut self) -> Vec<(PeerId, Peer)> {
        let fresh = self.peers[self.handed_over..].iter().enumerate();
        let fresh = fresh.map(|(n, peer)| (PeerId((self.handed_over + n) as i32), peer.clone())).collect();
        self.handed_over = self.peers.len();
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_combination_has_one_number_and_is_handed_over_once() {
        let ip = IpAddr::from([127, 0, 1, 2]);
        let mut table = PeerTable::default();
        let plain = table.intern(ip, 80, None, None, None);
        let named = table.intern(ip, 80, Some("cart.shop"), None, None);
        assert_eq!(table.intern(ip, 80, None, None, None), plain);
        assert_ne!(plain, named);
        let owned = table.intern(ip, 80, None, None, Some(Owner { process: "cart", serves_port: 0 }));
        assert_ne!(plain, owned);
        assert_eq!(table.hand_over().len(), 3);
        table.intern(ip, 81, None, None, None);
        let fresh = table.hand_over();
        assert_eq!(fresh.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [3]);

        let mut continued = PeerTable::continuing(table.iter().map(|(_, peer)| peer.clone()).collect());
        assert_eq!(continued.intern(ip, 80, Some("cart.shop"), None, None), named);
        assert!(continued.hand_over().is_empty());
    }
}
