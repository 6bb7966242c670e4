//! Names of peers: decided by the engine, written here as a whole, joined by every view.
//!
//! Changing them changes what history is called without touching a row of it. Only roll-ups are by service and must be
//! rebuilt when a peer gets another service that they hold.

use std::{collections::HashMap, sync::Arc};

use duckdb::{
    Connection,
    arrow::array::{ArrayRef, Int32Array, StringArray, UInt16Array},
    params,
};
use wirereel_query::answer::ServiceKind;

use super::{Writer, append_columns};
use crate::{
    error::Result,
    read::{kind_name, kind_of},
    rows::{Peer, PeerId},
};

/// What a peer is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerName {
    pub peer: PeerId,
    /// The service's name. Customers are called `customers` and unresolved peers by their address, whatever this says.
    pub service: String,
    pub kind: ServiceKind,
}

/// Name of the node that stands for all customers.
const CUSTOMERS: &str = "customers";

/// The names in force, and the numbers of services, which are never given twice.
pub(super) struct Naming {
    services: HashMap<(String, ServiceKind), i32>,
    next_service: i32,
    /// Services that have a number but no row yet.
    fresh: Vec<(i32, String, ServiceKind)>,
    /// Address, port and service by peer number.
    peers: Vec<Named>,
    /// Peers before this one have a part in the roll-ups.
    rolled_up: usize,
}

struct Named {
    ip: String,
    port: u16,
    service: i32,
    name: String,
    kind: ServiceKind,
    process: Option<String>,
}

impl Naming {
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let mut services = HashMap::new();
        let mut next_service = 1;
        let mut statement = connection.prepare("SELECT service_id, name, kind FROM raw.services")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i32 = row.get(0)?;
            next_service = next_service.max(id + 1);
            let kind: String = row.get(2)?;
            services.insert((row.get(1)?, kind_of(&kind)), id);
        }
        let mut peers = Vec::new();
        let mut statement = connection
            .prepare("SELECT ip, port, service_id, service, kind, process FROM raw.peer_names ORDER BY peer_id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let kind: String = row.get(4)?;
            peers.push(Named {
                ip: row.get(0)?,
                port: row.get(1)?,
                service: row.get(2)?,
                name: row.get(3)?,
                kind: kind_of(&kind),
                process: row.get(5)?,
            });
        }
        let rolled_up = peers.len();
        Ok(Self { services, next_service, fresh: Vec::new(), peers, rolled_up })
    }

    fn service(&mut self, name: &str, kind: ServiceKind) -> i32 {
        if let Some(&id) = self.services.get(&(name.to_owned(), kind)) {
            return id;
        }
        let id = self.next_service;
        self.next_service += 1;
        self.services.insert((name.to_owned(), kind), id);
        self.fresh.push((id, name.to_owned(), kind));
        id
    }

    /// New peers, called by their address until they are named.
    pub(super) fn append_new(&mut self, connection: &Connection, peers: &[(PeerId, Peer)]) -> Result<()> {
        let first = self.peers.len();
        for (_, peer) in peers {
            let ip = peer.ip.to_string();
            let service = self.service(&ip, ServiceKind::Unresolved);
            let (port, process) = (peer.port, peer.process.clone());
            self.peers.push(Named { name: ip.clone(), ip, port, service, kind: ServiceKind::Unresolved, process });
        }
        self.append(connection, first)
    }

    /// The number of a peer's service.
    pub(super) fn service_of(&self, peer: usize) -> Option<i32> {
        self.peers.get(peer).map(|named| named.service)
    }

    /// The roll-ups hold all peers under the names in force.
    pub(super) fn rolled_up(&mut self) {
        self.rolled_up = self.peers.len();
    }

    /// True when a peer changed its service that has a part in the roll-ups.
    fn replace(&mut self, connection: &Connection, names: &[PeerName]) -> Result<bool> {
        let (mut changed, mut rolled_up_changed) = (false, false);
        for name in names {
            let Some(index) = usize::try_from(name.peer.0).ok().filter(|&index| index < self.peers.len()) else {
                continue;
            };
            let text = match name.kind {
                ServiceKind::Customers => CUSTOMERS.to_owned(),
                ServiceKind::Unresolved => self.peers[index].ip.clone(),
                ServiceKind::Service | ServiceKind::External => name.service.clone(),
            };
            let service = self.service(&text, name.kind);
            let peer = &mut self.peers[index];
            changed |= peer.service != service;
            rolled_up_changed |= peer.service != service && index < self.rolled_up;
            (peer.service, peer.name, peer.kind) = (service, text, name.kind);
        }
        if changed {
            connection.execute_batch("DELETE FROM raw.peer_names")?;
            self.append(connection, 0)?;
        }
        Ok(rolled_up_changed)
    }

    /// Appends the names of all peers from a number on, and the services that are new.
    fn append(&mut self, connection: &Connection, first: usize) -> Result<()> {
        let fresh = std::mem::take(&mut self.fresh);
        let columns: [(&str, ArrayRef); 3] = [
            ("service_id", Arc::new(Int32Array::from_iter_values(fresh.iter().map(|service| service.0)))),
            ("name", Arc::new(StringArray::from_iter_values(fresh.iter().map(|service| &service.1)))),
            ("kind", Arc::new(StringArray::from_iter_values(fresh.iter().map(|service| kind_name(service.2))))),
        ];
        append_columns(connection, "services", columns)?;

        let peers = &self.peers[first..];
        let columns: [(&str, ArrayRef); 7] = [
            ("peer_id", Arc::new(Int32Array::from_iter_values(first as i32..self.peers.len() as i32))),
            ("ip", Arc::new(StringArray::from_iter_values(peers.iter().map(|peer| &peer.ip)))),
            ("port", Arc::new(UInt16Array::from_iter_values(peers.iter().map(|peer| peer.port)))),
            ("service_id", Arc::new(Int32Array::from_iter_values(peers.iter().map(|peer| peer.service)))),
            ("service", Arc::new(StringArray::from_iter_values(peers.iter().map(|peer| &peer.name)))),
            ("kind", Arc::new(StringArray::from_iter_values(peers.iter().map(|peer| kind_name(peer.kind))))),
            ("process", Arc::new(StringArray::from_iter(peers.iter().map(|peer| peer.process.as_deref())))),
        ];
        append_columns(connection, "peer_names", columns)
    }
}

impl Writer {
    /// Names peers; those not listed keep their name. Returns true when a peer changed its service that the roll-ups hold under its old one,
    /// so that [`Writer::rebuild_rollups`] is needed before they are right again.
    pub fn replace_naming(&mut self, names: &[PeerName]) -> Result<bool> {
        let renamed = self.in_transaction(|writer| {
            let changed = writer.naming.replace(&writer.connection, names)?;
            if changed {
                // Whoever opens the file next makes them anew, should this process not come to it.
                writer.set_meta("rolled_up_to", "under other names")?;
            }
            Ok(changed)
        })?;
        self.has_news = false;
        Ok(renamed)
    }

    /// Who opened TCP connections to whom, or sent requests: pairs of client and server, each once.
    pub fn calls(&self) -> Result<Vec<(PeerId, PeerId)>> {
        let mut statement =
            self.connection.prepare("SELECT DISTINCT client_peer, server_peer FROM raw.peer_pairs ORDER BY ALL")?;
        let pairs = statement.query_map([], |row| Ok((PeerId(row.get(0)?), PeerId(row.get(1)?))))?;
        Ok(pairs.collect::<std::result::Result<_, _>>()?)
    }

    /// The entry points in force.
    pub fn replace_entry_points(&mut self, services: &[String], guessed: bool) -> Result<()> {
        self.in_transaction(|writer| {
            writer.connection.execute_batch("DELETE FROM raw.entry_points")?;
            for service in services {
                writer.connection.execute("INSERT INTO raw.entry_points VALUES (?, ?)", params![service, guessed])?;
            }
            Ok(())
        })
    }
}
