//! What changes only with new rows or names, read once per generation: who is who, where, and what was recorded when.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use wirereel_query::{
    answer::{AddressBlock, ServiceKind},
    question::TimeRange,
};

use super::{Reader, kind_of};
use crate::{error::Result, store::locked};

/// Addresses listed with a node.
const LISTED_ADDRESSES: usize = 20;
/// Customer blocks listed before `other`.
const LISTED_BLOCKS: usize = 6;

/// A node without its figures.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) kind: ServiceKind,
    pub(super) addresses: Vec<String>,
    pub(super) blocks: Vec<AddressBlock>,
    pub(super) address_count: u64,
}

/// A span that some source has recorded, `from_ns <= t <= to_ns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) from_ns: i64,
    pub(super) to_ns: i64,
    /// The source ended in the middle of a packet.
    pub(super) cut_off: bool,
    /// The source that ends last in it was captured live.
    pub(super) live: bool,
}

/// The graph without figures, and the recording's extent.
#[derive(Debug, Default)]
pub(super) struct Graph {
    generation: u64,
    pub(super) nodes: HashMap<i32, Node>,
    by_name: HashMap<String, i32>,
    /// Service by peer number.
    services: Vec<i32>,
    /// Most used protocol per edge.
    pub(super) protocols: HashMap<(i32, i32), String>,
    pub(super) entry_points: Vec<String>,
    pub(super) entry_points_guessed: bool,
    /// Ascending and disjoint.
    pub(super) recorded: Vec<Recorded>,
    /// Widths of roll-ups that are stored, finest first.
    pub(super) widths_s: Vec<i64>,
    /// Seconds that have a keyframe, ascending.
    keyframes_s: Vec<i64>,
}

impl Graph {
    /// The number of a service by its name.
    pub(super) fn id_of(&self, name: &str) -> Option<i32> {
        self.by_name.get(name).copied()
    }

    /// The edge between two peers; `None` for a peer that came after the graph was read.
    pub(super) fn edge_between(&self, client: i32, server: i32) -> Option<(i32, i32)> {
        let service = |peer: i32| self.services.get(usize::try_from(peer).ok()?).copied();
        Some((service(client)?, service(server)?))
    }

    /// The last second with a keyframe that is not after this one.
    pub(super) fn keyframe_before(&self, second: i64) -> Option<i64> {
        let after = self.keyframes_s.partition_point(|frame_s| *frame_s <= second);
        self.keyframes_s[..after].last().copied()
    }

    /// First and last recorded instant.
    pub(super) fn extent_ns(&self) -> Option<(i64, i64)> {
        Some((self.recorded.first()?.from_ns, self.recorded.last()?.to_ns))
    }

    /// The whole recording as a half-open range in microseconds that holds its last packet.
    pub(super) fn whole(&self) -> Option<TimeRange> {
        let (from_ns, to_ns) = self.extent_ns()?;
        Some(TimeRange { from_us: from_ns.div_euclid(1_000), to_us: to_ns.div_euclid(1_000) + 1 })
    }

    /// Seconds of a range that were recorded.
    pub(super) fn recorded_seconds(&self, range: TimeRange) -> f64 {
        let overlap = |span: &Recorded| {
            let from = span.from_ns.max(range.from_us.saturating_mul(1_000));
            let to = span.to_ns.min(range.to_us.saturating_mul(1_000));
            (to - from).max(0) as f64
        };
        self.recorded.iter().map(overlap).sum::<f64>() / 1e9
    }
}

impl Reader {
    /// The graph of the present generation, shared between readers.
    pub(super) fn graph(&self) -> Result<Arc<Graph>> {
        let generation = self.shared.generation();
        if let Some(graph) = locked(&self.shared.answers.graph).as_ref()
            && graph.generation == generation
        {
            return Ok(Arc::clone(graph));
        }
        let graph = Arc::new(self.load_graph(generation)?);
        *locked(&self.shared.answers.graph) = Some(Arc::clone(&graph));
        Ok(graph)
    }

    fn load_graph(&self, generation: u64) -> Result<Graph> {
        let nodes = self.load_nodes()?;
        let by_name = nodes.iter().map(|(&id, node)| (node.name.clone(), id)).collect();
        let entry_points: Vec<(String, bool)> =
            self.rows("SELECT service, guessed FROM raw.entry_points ORDER BY service", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(Graph {
            generation,
            nodes,
            by_name,
            services: self.rows("SELECT service_id FROM raw.peer_names ORDER BY peer_id", [], |row| row.get(0))?,
            protocols: self.load_protocols()?,
            entry_points_guessed: entry_points.iter().any(|(_, guessed)| *guessed),
            entry_points: entry_points.into_iter().map(|(service, _)| service).collect(),
            recorded: self.load_recorded()?,
            widths_s: self.rows("SELECT width_s FROM raw.rollup_widths ORDER BY width_s", [], |row| row.get(0))?,
            keyframes_s: self.rows(
                "SELECT frame_s FROM raw.keyframes WHERE client_id = 0 ORDER BY frame_s",
                [],
                |row| row.get(0),
            )?,
        })
    }

    fn load_nodes(&self) -> Result<HashMap<i32, Node>> {
        let mut addresses: HashMap<i32, (String, String, Vec<String>)> = HashMap::new();
        self.rows("SELECT DISTINCT service_id, service, kind, ip FROM raw.peer_names", [], |row| {
            let entry = addresses.entry(row.get(0)?).or_insert((row.get(1)?, row.get(2)?, Vec::new()));
            entry.2.push(row.get(3)?);
            Ok(())
        })?;
        let node = |(id, (name, kind, mut ips)): (i32, (String, String, Vec<String>))| {
            let kind = kind_of(&kind);
            ips.sort_unstable_by_key(|ip| ip.parse::<IpAddr>().ok());
            let blocks = if kind == ServiceKind::Customers { blocks_of(&ips) } else { Vec::new() };
            let address_count = ips.len() as u64;
            ips.truncate(LISTED_ADDRESSES);
            (id, Node { name, kind, addresses: ips, blocks, address_count })
        };
        Ok(addresses.into_iter().map(node).collect())
    }

    fn load_protocols(&self) -> Result<HashMap<(i32, i32), String>> {
        let sql = "SELECT client_id, server_id, arg_max(protocol, (is_exchange, n)) FROM (
            SELECT client_id, server_id, protocol, is_exchange, sum(n) AS n FROM raw.edge_protocols GROUP BY ALL
            ) GROUP BY client_id, server_id";
        let edges = self.rows(sql, [], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        Ok(edges.into_iter().collect())
    }

    fn load_recorded(&self) -> Result<Vec<Recorded>> {
        // A condition would not do: beside a writer that gives a source its times, DuckDB lets rows through it that have none yet.
        let sql = "SELECT epoch_ns(started_at), epoch_ns(ended_at), truncated, kind = 'interface' FROM raw.sources \
                   ORDER BY started_at, ended_at";
        let sources = self.rows(sql, [], |row| {
            let span: (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            let (cut_off, live) = (row.get(2)?, row.get(3)?);
            Ok(Option::zip(span.0, span.1).map(|(from_ns, to_ns)| Recorded { from_ns, to_ns, cut_off, live }))
        })?;
        let mut merged: Vec<Recorded> = Vec::new();
        for source in sources.into_iter().flatten() {
            match merged.last_mut() {
                Some(last) if source.from_ns <= last.to_ns => {
                    if source.to_ns > last.to_ns {
                        *last = Recorded { from_ns: last.from_ns, ..source };
                    }
                }
                _ => merged.push(source),
            }
        }
        Ok(merged)
    }
}

/// Addresses counted by /24 and /32 (IPv6), largest first; what is beyond the list is `other`.
fn blocks_of(ips: &[String]) -> Vec<AddressBlock> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let distinct: HashSet<IpAddr> = ips.iter().filter_map(|ip| ip.parse().ok()).collect();
    for ip in distinct {
        *counts.entry(block_of(ip)).or_default() += 1;
    }
    let mut blocks: Vec<AddressBlock> =
        counts.into_iter().map(|(block, addresses)| AddressBlock { block, addresses }).collect();
    blocks.sort_unstable_by(|a, b| b.addresses.cmp(&a.addresses).then_with(|| a.block.cmp(&b.block)));
    let rest: u64 = blocks.iter().skip(LISTED_BLOCKS).map(|block| block.addresses).sum();
    blocks.truncate(LISTED_BLOCKS);
    if rest > 0 {
        blocks.push(AddressBlock { block: "other".into(), addresses: rest });
    }
    blocks
}

fn block_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let [a, b, ..] = ip.segments();
            format!("{}/32", std::net::Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_counted_by_block_and_the_rest_is_other() {
        let mut ips: Vec<String> = (1..=3).map(|n| format!("192.0.2.{n}")).collect();
        ips.extend((0..8).map(|n| format!("198.51.{n}.1")));
        ips.push("2001:db8::1".into());
        let blocks = blocks_of(&ips);
        assert_eq!(blocks[0], AddressBlock { block: "192.0.2.0/24".into(), addresses: 3 });
        assert_eq!(blocks.len(), LISTED_BLOCKS + 1);
        assert_eq!(blocks[LISTED_BLOCKS], AddressBlock { block: "other".into(), addresses: 4 });
        assert_eq!(block_of("2001:db8::1".parse().unwrap()), "2001:db8::/32");
    }
}
