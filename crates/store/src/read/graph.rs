//! What changes only with new rows or names, read once per generation: who is who, where, and what was recorded when.

use std::{collections::HashMap, sync::Arc};

use wirereel_query::question::TimeRange;

use super::{Reader, who::Who};
use crate::{error::Result, store::locked};

/// Unresolved nodes that are few: everything is known of them.
const FEW_UNRESOLVED: usize = 1_000;

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
    pub(super) who: Who,
    /// Most used protocol per edge; of unresolved nodes only where they are few.
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
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// The number of a service by its name.
    pub(super) fn id_of(&self, name: &str) -> Option<i32> {
        self.who.id_of(name)
    }

    /// The edge between two peers; `None` for a peer that came after the graph was read.
    pub(super) fn edge_between(&self, client: i32, server: i32) -> Option<(i32, i32)> {
        Some((self.who.service_of(client)?, self.who.service_of(server)?))
    }

    /// The last second with a keyframe that is not after this one.
    pub(super) fn keyframe_before(&self, second: i64) -> Option<i64> {
        let after = self.keyframes_s.partition_point(|frame_s| *frame_s <= second);
        self.keyframes_s[..after].last().copied()
    }

    /// Whether there are so many unresolved nodes that most are left out before anything is read of them.
    pub(super) fn has_many_unresolved(&self) -> bool {
        self.who.unresolved().addresses.len() > FEW_UNRESOLVED
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
        // What it shares with the next one need not be copied for that.
        *locked(&self.shared.answers.graph) = None;
        let graph = Arc::new(self.load_graph(generation)?);
        *locked(&self.shared.answers.graph) = Some(Arc::clone(&graph));
        Ok(graph)
    }

    fn load_graph(&self, generation: u64) -> Result<Graph> {
        let entry_points: Vec<(String, bool)> =
            self.rows("SELECT service, guessed FROM raw.entry_points ORDER BY service", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let mut graph = Graph { generation, who: self.who()?, ..Graph::default() };
        let protocols = if graph.has_many_unresolved() {
            let named = "(SELECT service_id FROM raw.services WHERE kind <> 'unresolved')";
            self.load_protocols(&format!("client_id IN {named} AND server_id IN {named}"))?
        } else {
            self.load_protocols("true")?
        };
        graph.protocols = protocols;
        Ok(Graph {
            entry_points_guessed: entry_points.iter().any(|(_, guessed)| *guessed),
            entry_points: entry_points.into_iter().map(|(service, _)| service).collect(),
            recorded: self.load_recorded()?,
            widths_s: self.rows("SELECT width_s FROM raw.rollup_widths ORDER BY width_s", [], |row| row.get(0))?,
            keyframes_s: self.rows(
                "SELECT frame_s FROM raw.keyframes WHERE client_id = 0 ORDER BY frame_s",
                [],
                |row| row.get(0),
            )?,
            ..graph
        })
    }

    /// Most used protocols of all edges of some nodes.
    pub(super) fn protocols_at(&self, nodes: impl IntoIterator<Item = i32>) -> Result<HashMap<(i32, i32), String>> {
        let listed: Vec<String> = nodes.into_iter().map(|node| node.to_string()).collect();
        if listed.is_empty() {
            return Ok(HashMap::new());
        }
        let listed = listed.join(", ");
        self.load_protocols(&format!("client_id IN ({listed}) OR server_id IN ({listed})"))
    }

    fn load_protocols(&self, which: &str) -> Result<HashMap<(i32, i32), String>> {
        let sql = format!(
            "SELECT client_id, server_id, arg_max(protocol, (is_exchange, n)) FROM (
            SELECT client_id, server_id, protocol, is_exchange, sum(n) AS n FROM raw.edge_protocols WHERE {which} GROUP BY ALL
            ) GROUP BY client_id, server_id"
        );
        let edges = self.rows(&sql, [], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
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
