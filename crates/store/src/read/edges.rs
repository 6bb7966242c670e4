//! Figures per edge over a cover, whichever way its pieces name an edge's ends.

use duckdb::{Params, Row, arrow::array::Int32Array};
use foldhash::HashMap;

use super::{
    Reader,
    busiest::Shown,
    cover::{By, Cover, Figure},
    golden::Counters,
    graph::Graph,
};
use crate::error::Result;

const SECOND_NS: i64 = 1_000_000_000;

/// An edge by the numbers of its services.
pub(super) type EdgeKey = (i32, i32);

impl Reader {
    /// Gives every row of a query to a closure, with the edge that its first two columns name.
    pub(super) fn each_edge<P: Params>(
        &self,
        graph: &Graph,
        by: By,
        sql: &str,
        params: P,
        mut each: impl FnMut(EdgeKey, &Row<'_>) -> duckdb::Result<()>,
    ) -> Result<()> {
        self.each(sql, params, |row| {
            let (client, server) = (row.get(0)?, row.get(1)?);
            let edge = match by {
                By::Service => Some((client, server)),
                By::Peer => graph.edge_between(client, server),
            };
            edge.map_or(Ok(()), |edge| each(edge, row))
        })
    }

    /// Sums of a figure over a cover, grouped by edge and by those of the `columns` that are no sums; of edges between nodes that are
    /// shown, where that is said.
    pub(super) fn each_sum(
        &self,
        graph: &Graph,
        cover: &Cover,
        figure: Figure,
        columns: &str,
        shown: Option<&Shown>,
        mut each: impl FnMut(EdgeKey, &Row<'_>) -> duckdb::Result<()>,
    ) -> Result<()> {
        for (by, query) in cover.queries(figure) {
            let which = shown.map_or_else(|| "true".to_owned(), |shown| shown.condition(by));
            let sql = format!("SELECT {}, {columns} FROM ({query}) WHERE {which} GROUP BY ALL", by.ends());
            self.each_edge(graph, by, &sql, [], &mut each)?;
        }
        Ok(())
    }

    /// Counters of every edge over a span.
    pub(super) fn counters(&self, graph: &Graph, cover: &Cover) -> Result<HashMap<EdgeKey, Counters>> {
        let mut edges: HashMap<EdgeKey, Counters> = HashMap::default();
        self.each_sum(graph, cover, Figure::Counters, Counters::SUMS, None, |edge, row| {
            *edges.entry(edge).or_default() += Counters::read(row, 2)?;
            Ok(())
        })?;
        Ok(edges)
    }

    /// Connections open just before an instant, per edge: the last keyframe before it, and what has happened since.
    pub(super) fn open_connections_before(&self, at_ns: i64) -> Result<HashMap<EdgeKey, i64>> {
        let graph = self.graph()?;
        let mut edges: HashMap<EdgeKey, i64> = HashMap::default();
        let pieces = open_connections(&graph, at_ns);
        self.each_tagged(&graph, &pieces, [], |edge, _, change| *edges.entry(edge).or_default() += i64::from(change))?;
        Ok(edges)
    }

    /// Gives every row of some [`Tagged`] pieces to a closure: its edge, its tag and its value. One statement and no grouping: of the few
    /// thousand rows of a playhead's seconds, planning another statement costs more than reading them, and grouping them twice as much.
    pub(super) fn each_tagged<P: Params>(
        &self,
        graph: &Graph,
        pieces: &[Tagged],
        params: P,
        mut each: impl FnMut(EdgeKey, i32, i32),
    ) -> Result<()> {
        if pieces.is_empty() {
            return Ok(());
        }
        let sql: Vec<&str> = pieces.iter().map(|piece| piece.0.as_str()).collect();
        self.batches(&sql.join(" UNION ALL "), params, |batch| {
            let [client, server, tag, value] = [0, 1, 2, 3].map(|index| {
                batch.column(index).as_any().downcast_ref::<Int32Array>().expect("all columns are INTEGER")
            });
            for row in 0..batch.num_rows() {
                let (client, server, tag) = (client.value(row), server.value(row), tag.value(row));
                // Services have tags below zero.
                let edge = if tag < 0 { Some((client, server)) } else { graph.edge_between(client, server) };
                if let Some(edge) = edge {
                    each(edge, tag, value.value(row));
                }
            }
        })
    }
}

/// A query for the two ends of an edge, a tag and a value, all `INTEGER`.
pub(super) struct Tagged(String);

impl Tagged {
    /// `tag` says what the values are, and is the caller's to choose from 0 on.
    pub(super) fn of_peers(tag: u16, value: &str, source: &str) -> Self {
        Self(format!("SELECT client_peer, server_peer, {tag}, {value}::INTEGER FROM {source}"))
    }

    /// Values of tag -1.
    fn of_services(value: &str, source: &str) -> Self {
        Self(format!("SELECT client_id, server_id, -1, {value}::INTEGER FROM {source}"))
    }
}

/// What adds up to the connections open just before an instant, with tags -1 and 0.
pub(super) fn open_connections(graph: &Graph, at_ns: i64) -> Vec<Tagged> {
    let mut pieces = Vec::new();
    let keyframe_s = graph.keyframe_before(at_ns.div_euclid(SECOND_NS));
    if let Some(frame_s) = keyframe_s {
        let source = format!("raw.keyframes WHERE frame_s = {frame_s} AND client_id > 0");
        pieces.push(Tagged::of_services("open_connections", &source));
    }
    let since_ns = match keyframe_s {
        Some(frame_s) => frame_s.saturating_mul(SECOND_NS),
        None => graph.extent_ns().map_or(0, |(first_ns, _)| first_ns),
    };
    let cover = Cover::of(since_ns, at_ns, graph);
    for (by, query) in cover.iter().flat_map(|cover| cover.queries(Figure::OpenConnections)) {
        let source = format!("({query})");
        pieces.push(match by {
            By::Service => Tagged::of_services("open_delta", &source),
            By::Peer => Tagged::of_peers(0, "open_delta", &source),
        });
    }
    pieces
}
