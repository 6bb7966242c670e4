//! What names are decided by, for whoever tries other ones.

use std::net::IpAddr;

use duckdb::arrow::{
    array::{Array, Int32Array, StringArray, UInt16Array},
    record_batch::RecordBatch,
};
use wirereel_query::answer::ServiceKind;

use super::Reader;
use crate::{
    error::Result,
    rows::{Peer, PeerId},
};

/// Peers with their numbers.
pub(super) type Whole = Vec<(PeerId, Peer)>;
/// Addresses of peers by their numbers.
pub(super) type Plain = Vec<(PeerId, IpAddr)>;

/// The columns of `raw.peers` that [`peer`] reads, from its first on.
pub(crate) const PEER_COLUMNS: &str = "ip, port, dns_name, host_name, process, serves_port";

/// A peer from a row of [`PEER_COLUMNS`].
pub(crate) fn peer(row: &duckdb::Row<'_>, first: usize) -> duckdb::Result<Peer> {
    let ip: String = row.get(first)?;
    let ip = ip.parse().map_err(|_| duckdb::Error::InvalidColumnName(ip))?;
    Ok(Peer {
        ip,
        port: row.get(first + 1)?,
        dns_name: row.get(first + 2)?,
        host_name: row.get(first + 3)?,
        process: row.get(first + 4)?,
        serves_port: row.get(first + 5)?,
    })
}

/// The same from the rows of a batch, for many of them.
pub(crate) fn peers_of(batch: &RecordBatch, first: usize) -> Result<Vec<Peer>> {
    let text = |index: usize| batch.column(first + index).as_any().downcast_ref::<StringArray>().expect("VARCHAR");
    let number = |index: usize| batch.column(first + index).as_any().downcast_ref::<UInt16Array>().expect("USMALLINT");
    let (ips, ports, dns, hosts, processes, serves) = (text(0), number(1), text(2), text(3), text(4), number(5));
    let given = |texts: &StringArray, row: usize| (!texts.is_null(row)).then(|| texts.value(row).to_owned());
    let peers = (0..batch.num_rows()).map(|row| -> Result<Peer> {
        let ip = ips.value(row);
        Ok(Peer {
            ip: ip.parse().map_err(|_| duckdb::Error::InvalidColumnName(ip.to_owned()))?,
            port: ports.value(row),
            dns_name: given(dns, row),
            host_name: given(hosts, row),
            process: given(processes, row),
            serves_port: serves.value(row),
        })
    });
    peers.collect()
}

impl Reader {
    /// Peers from a number on: those of which more is known than a client's address, and the addresses of the others.
    pub fn peers_from(&self, first: i32) -> Result<(Whole, Plain)> {
        let plain = "port = 0 AND serves_port = 0 AND dns_name IS NULL AND host_name IS NULL AND process IS NULL";
        let sql = format!("SELECT peer_id, {PEER_COLUMNS} FROM raw.peers WHERE peer_id >= {first} AND NOT ({plain})");
        let whole = self.rows(&sql, [], |row| Ok((PeerId(row.get(0)?), peer(row, 1)?)))?;
        let mut addresses = Vec::new();
        self.batches(
            &format!("SELECT peer_id, ip FROM raw.peers WHERE peer_id >= {first} AND {plain}"),
            [],
            |batch| {
                let ids = batch.column(0).as_any().downcast_ref::<Int32Array>().expect("INTEGER");
                let ips = batch.column(1).as_any().downcast_ref::<StringArray>().expect("VARCHAR");
                let rows = (0..batch.num_rows())
                    .filter_map(|row| Some((PeerId(ids.value(row)), ips.value(row).parse().ok()?)));
                addresses.extend(rows);
            },
        )?;
        Ok((whole, addresses))
    }

    /// Who opened TCP connections to whom, or sent requests: pairs of client and server, each at least once, from a row on; and the row that
    /// the next ones begin with.
    pub fn pairs_from(&self, first: i64) -> Result<(Vec<(PeerId, PeerId)>, i64)> {
        let (mut pairs, mut next) = (Vec::new(), first);
        let sql = format!(
            "SELECT rowid::BIGINT, client_peer::BIGINT, server_peer::BIGINT FROM raw.peer_pairs WHERE rowid >= {first}"
        );
        self.numbers_of(&sql, &[], |[row, client, server]| {
            next = next.max(row + 1);
            pairs.push((PeerId(client as i32), PeerId(server as i32)));
        })?;
        Ok((pairs, next))
    }

    /// Entry points in force, and whether they were inferred.
    pub fn entry_points(&self) -> Result<(Vec<String>, bool)> {
        let graph = self.graph()?;
        Ok((graph.entry_points.clone(), graph.entry_points_guessed))
    }

    /// Names of services and of what is outside, sorted.
    pub fn service_names(&self) -> Result<Vec<String>> {
        let graph = self.graph()?;
        let is_one = |kind| matches!(kind, ServiceKind::Service | ServiceKind::External);
        let named = graph.who.named().filter(|(_, node)| is_one(node.kind));
        let mut names: Vec<String> = named.map(|(_, node)| node.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}
