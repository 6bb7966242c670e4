//! What names are decided by, for whoever tries other ones.

use wirereel_query::answer::ServiceKind;

use super::Reader;
use crate::{
    error::Result,
    rows::{Peer, PeerId},
};

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

impl Reader {
    /// All peers with their numbers, ascending.
    pub fn peers(&self) -> Result<Vec<(PeerId, Peer)>> {
        let sql = format!("SELECT peer_id, {PEER_COLUMNS} FROM raw.peers ORDER BY peer_id");
        self.rows(&sql, [], |row| Ok((PeerId(row.get(0)?), peer(row, 1)?)))
    }

    /// Who opened TCP connections to whom, or sent requests: pairs of client and server, each once.
    pub fn pairs(&self) -> Result<Vec<(PeerId, PeerId)>> {
        let sql = "SELECT DISTINCT client_peer, server_peer FROM raw.peer_pairs";
        self.rows(sql, [], |row| Ok((PeerId(row.get(0)?), PeerId(row.get(1)?))))
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
