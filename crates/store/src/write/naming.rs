//! Names of peers: decided by the engine, written here, joined by every view.
//!
//! Changing them changes what history is called without touching a row of it. Only roll-ups are by service and must be
//! rebuilt when a peer gets another service that they hold. What is kept in memory of a peer is its address and the number of its service,
//! and only rows that say something else than before are written again.

use std::{net::IpAddr, sync::Arc};

use duckdb::{
    Connection,
    arrow::{
        array::{Array, ArrayRef, Int32Array, StringArray, UInt16Array},
        record_batch::RecordBatch,
    },
    params,
};
use foldhash::{HashMap, HashMapExt};
use wirereel_query::answer::ServiceKind;

use super::{Writer, append_columns};
use crate::{
    error::Result,
    read::{PEER_COLUMNS, kind_name, kind_of, peer},
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
/// The service of a peer that nobody has named yet.
const NOT_YET: i32 = 0;

/// The names in force, and the numbers of services, which are never given twice.
pub(super) struct Naming {
    /// Services of unresolved addresses.
    addresses: HashMap<IpAddr, i32>,
    /// Other services, by kind.
    named: [HashMap<Box<str>, i32>; 4],
    /// And their names, by number.
    titles: HashMap<i32, (Arc<str>, ServiceKind)>,
    next_service: i32,
    /// Services that have a number but no row yet.
    fresh: Vec<(i32, String, ServiceKind)>,
    /// Address and service by peer number.
    peers: Vec<Named>,
    /// The last peers, which have no row yet.
    unwritten: Vec<Unwritten>,
    /// Peers whose row says another service.
    changed: Vec<i32>,
    /// Peers before this one have a part in the roll-ups.
    rolled_up: usize,
}

struct Named {
    ip: IpAddr,
    service: i32,
}

struct Unwritten {
    port: u16,
    process: Option<Box<str>>,
}

fn place(kind: ServiceKind) -> usize {
    match kind {
        ServiceKind::Service => 0,
        ServiceKind::Customers => 1,
        ServiceKind::External => 2,
        ServiceKind::Unresolved => 3,
    }
}

impl Naming {
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let mut naming = Self {
            addresses: HashMap::new(),
            named: Default::default(),
            titles: HashMap::new(),
            next_service: NOT_YET + 1,
            fresh: Vec::new(),
            peers: Vec::new(),
            unwritten: Vec::new(),
            changed: Vec::new(),
            rolled_up: 0,
        };
        let integers = |batch: &RecordBatch, index: usize| -> Int32Array { typed(batch, index) };
        let texts = |batch: &RecordBatch, index: usize| -> StringArray { typed(batch, index) };
        let mut statement = connection.prepare("SELECT service_id, name, kind FROM raw.services")?;
        for batch in statement.query_arrow([])? {
            let (ids, names, kinds) = (integers(&batch, 0), texts(&batch, 1), texts(&batch, 2));
            for row in 0..batch.num_rows() {
                naming.next_service = naming.next_service.max(ids.value(row) + 1);
                naming.know(ids.value(row), names.value(row), kind_of(kinds.value(row)));
            }
        }
        let mut statement = connection.prepare("SELECT ip, service_id FROM raw.peer_names ORDER BY peer_id")?;
        for batch in statement.query_arrow([])? {
            let (ips, services) = (texts(&batch, 0), integers(&batch, 1));
            for row in 0..batch.num_rows() {
                let ip = ips.value(row);
                let ip = ip.parse().map_err(|_| duckdb::Error::InvalidColumnName(ip.to_owned()))?;
                naming.peers.push(Named { ip, service: services.value(row) });
            }
        }
        naming.rolled_up = naming.peers.len();
        Ok(naming)
    }

    fn know(&mut self, id: i32, name: &str, kind: ServiceKind) {
        match name.parse() {
            Ok(ip) if kind == ServiceKind::Unresolved => {
                self.addresses.insert(ip, id);
            }
            _ => {
                self.named[place(kind)].insert(name.into(), id);
                self.titles.insert(id, (name.into(), kind));
            }
        }
    }

    fn service(&mut self, name: &str, kind: ServiceKind) -> i32 {
        if let Some(&id) = self.named[place(kind)].get(name) {
            return id;
        }
        self.new_service(name, kind)
    }

    /// The service of an address that nobody could name.
    fn unresolved(&mut self, ip: IpAddr) -> i32 {
        match self.addresses.get(&ip) {
            Some(&id) => id,
            None => {
                let id = self.next_service;
                self.next_service += 1;
                self.addresses.insert(ip, id);
                self.fresh.push((id, ip.to_string(), ServiceKind::Unresolved));
                id
            }
        }
    }

    fn new_service(&mut self, name: &str, kind: ServiceKind) -> i32 {
        let id = self.next_service;
        self.next_service += 1;
        self.know(id, name, kind);
        self.fresh.push((id, name.to_owned(), kind));
        id
    }

    /// New peers. They are called by their address unless they are named before they are written.
    pub(super) fn append_new(&mut self, peers: &[(PeerId, Peer)]) {
        for (_, peer) in peers {
            self.peers.push(Named { ip: peer.ip, service: NOT_YET });
            self.unwritten.push(Unwritten { port: peer.port, process: peer.process.as_deref().map(Into::into) });
        }
    }

    /// The number of a peer's service.
    pub(super) fn service_of(&self, peer: usize) -> Option<i32> {
        self.peers.get(peer).map(|named| named.service)
    }

    /// The roll-ups hold all peers under the names in force.
    pub(super) fn rolled_up(&mut self) {
        self.rolled_up = self.peers.len();
    }

    /// Whether rows are not what names are.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty() || !self.changed.is_empty()
    }

    /// True when a peer changed its service that has a part in the roll-ups.
    fn replace(&mut self, names: &[PeerName]) -> bool {
        let (written, mut rolled_up_changed) = (self.peers.len() - self.unwritten.len(), false);
        for name in names {
            let Some(index) = usize::try_from(name.peer.0).ok().filter(|&index| index < self.peers.len()) else {
                continue;
            };
            let service = match name.kind {
                ServiceKind::Customers => self.service(CUSTOMERS, name.kind),
                ServiceKind::Unresolved => self.unresolved(self.peers[index].ip),
                ServiceKind::Service | ServiceKind::External => self.service(&name.service, name.kind),
            };
            if self.peers[index].service != service {
                rolled_up_changed |= index < self.rolled_up;
                if index < written {
                    self.changed.push(name.peer.0);
                }
                self.peers[index].service = service;
            }
        }
        rolled_up_changed
    }

    /// Writes what is not written. Inside a transaction. True when rows that were there have changed.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<bool> {
        let first = self.peers.len() - self.unwritten.len();
        for index in first..self.peers.len() {
            if self.peers[index].service == NOT_YET {
                self.peers[index].service = self.unresolved(self.peers[index].ip);
            }
        }
        let fresh = std::mem::take(&mut self.fresh);
        let columns: [(&str, ArrayRef); 3] = [
            ("service_id", Arc::new(Int32Array::from_iter_values(fresh.iter().map(|service| service.0)))),
            ("name", Arc::new(StringArray::from_iter_values(fresh.iter().map(|service| &service.1)))),
            ("kind", Arc::new(StringArray::from_iter_values(fresh.iter().map(|service| kind_name(service.2))))),
        ];
        append_columns(connection, "services", columns)?;
        let has_changed = self.write_changed(connection)?;
        self.append(connection, first)?;
        Ok(has_changed)
    }

    /// Rows of peers that were called something else.
    fn write_changed(&mut self, connection: &Connection) -> Result<bool> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        let (Some(first), Some(last)) = (changed.first(), changed.last()) else { return Ok(false) };
        let services = changed.iter().map(|peer| self.peers[*peer as usize].service);
        let columns: [(&str, ArrayRef); 2] = [
            ("peer_id", Arc::new(Int32Array::from_iter_values(changed.iter().copied()))),
            ("service_id", Arc::new(Int32Array::from_iter_values(services))),
        ];
        let rows = RecordBatch::try_from_iter(columns).expect("both are of one list");
        connection.execute_batch("CREATE OR REPLACE TEMP TABLE renamed (peer_id INTEGER, service_id INTEGER);")?;
        let mut appender = connection.appender_to_catalog_and_db("renamed", "temp", "main")?;
        appender.append_record_batch(rows)?;
        appender.flush()?;
        drop(appender);
        // The span lets whole row groups be skipped.
        connection.execute_batch(&format!(
            "DELETE FROM raw.peer_names WHERE peer_id BETWEEN {first} AND {last} AND peer_id IN (SELECT peer_id FROM renamed);
             INSERT INTO raw.peer_names
                SELECT p.peer_id, p.ip, p.port, s.service_id, s.name, s.kind, p.process
                FROM raw.peers p JOIN renamed r ON r.peer_id = p.peer_id JOIN raw.services s ON s.service_id = r.service_id
                WHERE p.peer_id BETWEEN {first} AND {last} ORDER BY p.peer_id;
             DROP TABLE renamed;"
        ))?;
        Ok(true)
    }

    /// Appends the names of all peers from a number on, which have no row.
    fn append(&mut self, connection: &Connection, first: usize) -> Result<()> {
        let unwritten = std::mem::take(&mut self.unwritten);
        let peers = &self.peers[first..];
        let ips: Vec<String> = peers.iter().map(|peer| peer.ip.to_string()).collect();
        // Whoever has no title is called by its address.
        let title = |peer: &Named| self.titles.get(&peer.service).map(|(name, kind)| (name.as_ref(), *kind));
        let name = |(peer, ip): (&Named, &String)| title(peer).map_or_else(|| ip.clone(), |title| title.0.to_owned());
        let kind = |peer: &Named| title(peer).map_or(ServiceKind::Unresolved, |title| title.1);
        let columns: [(&str, ArrayRef); 7] = [
            ("peer_id", Arc::new(Int32Array::from_iter_values(first as i32..self.peers.len() as i32))),
            ("ip", Arc::new(StringArray::from_iter_values(&ips))),
            ("port", Arc::new(UInt16Array::from_iter_values(unwritten.iter().map(|peer| peer.port)))),
            ("service_id", Arc::new(Int32Array::from_iter_values(peers.iter().map(|peer| peer.service)))),
            ("service", Arc::new(StringArray::from_iter_values(peers.iter().zip(&ips).map(name)))),
            ("kind", Arc::new(StringArray::from_iter_values(peers.iter().map(|peer| kind_name(kind(peer)))))),
            ("process", Arc::new(StringArray::from_iter(unwritten.iter().map(|peer| peer.process.as_deref())))),
        ];
        append_columns(connection, "peer_names", columns)
    }
}

/// A column of a batch, of the type that the query gives it.
fn typed<T: Array + Clone + 'static>(batch: &RecordBatch, index: usize) -> T {
    batch.column(index).as_any().downcast_ref::<T>().expect("the type that was asked for").clone()
}

impl Writer {
    /// Names peers; those not listed keep their name. It is committed with the next rows. Returns true when a peer changed its service that the
    /// roll-ups hold under its old one, so that they are wrong until [`Writer::follow_rollups`] or [`Writer::rebuild_rollups`] made them anew.
    pub fn name_peers(&mut self, names: &[PeerName]) -> Result<bool> {
        let changed = self.naming.replace(names);
        self.write_names()?;
        if changed {
            self.are_rollups_old = true;
            // Whoever opens the file next makes them anew, should this process not come to it.
            self.uncommitted_work(1, |writer| writer.set_meta("rolled_up_to", "under other names"))?;
        }
        Ok(changed)
    }

    /// As [`Writer::name_peers`], and commits.
    pub fn replace_naming(&mut self, names: &[PeerName]) -> Result<bool> {
        let changed = self.name_peers(names)?;
        self.commit()?;
        Ok(changed)
    }

    /// Writes names that are not written yet, into the open transaction.
    pub(super) fn write_names(&mut self) -> Result<()> {
        if !self.naming.has_unwritten() {
            return Ok(());
        }
        self.begin_if_needed()?;
        self.uncommitted += 1;
        match self.naming.write(&self.connection) {
            Ok(has_changed) => {
                self.has_renamed |= has_changed;
                Ok(())
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Who opened TCP connections to whom, or sent requests: pairs of client and server, each once.
    pub fn calls(&self) -> Result<Vec<(PeerId, PeerId)>> {
        let mut statement =
            self.connection.prepare("SELECT DISTINCT client_peer, server_peer FROM raw.peer_pairs ORDER BY ALL")?;
        let mut pairs = Vec::new();
        for batch in statement.query_arrow([])? {
            let (clients, servers): (Int32Array, Int32Array) = (typed(&batch, 0), typed(&batch, 1));
            let ends = clients.values().iter().zip(servers.values());
            pairs.extend(ends.map(|(client, server)| (PeerId(*client), PeerId(*server))));
        }
        Ok(pairs)
    }

    /// Peers at an address.
    pub fn peers_at(&self, ip: IpAddr) -> Result<Vec<(PeerId, Peer)>> {
        let sql = format!("SELECT peer_id, {PEER_COLUMNS} FROM raw.peers WHERE ip = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let peers = statement.query_map([ip.to_string()], |row| Ok((PeerId(row.get(0)?), peer(row, 1)?)))?;
        Ok(peers.collect::<std::result::Result<_, _>>()?)
    }

    /// The entry points in force, to be committed with the next rows.
    pub fn replace_entry_points(&mut self, services: &[String], guessed: bool) -> Result<()> {
        self.uncommitted_work(1, |writer| {
            writer.connection.execute_batch("DELETE FROM raw.entry_points")?;
            for service in services {
                writer.connection.execute("INSERT INTO raw.entry_points VALUES (?, ?)", params![service, guessed])?;
            }
            Ok(())
        })
    }
}
