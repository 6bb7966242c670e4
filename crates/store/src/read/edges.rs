//! Figures per edge over a cover, whichever way its pieces name an edge's ends.

use std::collections::HashMap;

use duckdb::{Params, Row, arrow::array::Int32Array};

use super::{
    Reader,
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

    /// Sums of a figure over a cover, grouped by edge and by those of the `columns` that are no sums.
    pub(super) fn each_sum(
        &self,
        graph: &Graph,
        cover: &Cover,
        figure: Figure,
        columns: &str,
        mut each: impl FnMut(EdgeKey, &Row<'_>) -> duckdb::Result<()>,
    ) -> Result<()> {
        for (by, query) in cover.queries(figure) {
            let sql = format!("SELECT {}, {columns} FROM ({query}) GROUP BY ALL", by.ends());
            self.each_edge(graph, by, &sql, [], &mut each)?;
        }
        Ok(())
    }

    /// Counters of every edge over a span.
    pub(super) fn counters(&self, graph: &Graph, cover: &Cover) -> Result<HashMap<EdgeKey, Counters>> {
        let mut edges: HashMap<EdgeKey, Counters> = HashMap::new();
        self.each_sum(graph, cover, Figure::Counters, Counters::SUMS, |edge, row| {
            *edges.entry(edge).or_default() += Counters::read(row, 2)?;
            Ok(())
        })?;
        Ok(edges)
    }

    /// Connections open just before an instant, per edge: the last keyframe before it, and what has happened since.
    pub(super) fn open_connections_before(&self, at_ns: i64) -> Result<HashMap<EdgeKey, i64>> {
        let graph = self.graph()?;
        let mut edges: HashMap<EdgeKey, i64> = HashMap::new();
        let keyframe_s = graph.keyframe_before(at_ns.div_euclid(SECOND_NS));
        if let Some(frame_s) = keyframe_s {
            let sql = format!(
                "SELECT client_id, server_id, open_connections FROM raw.keyframes WHERE frame_s = {frame_s} AND client_id > 0"
            );
            self.each_edge(&graph, By::Service, &sql, [], |edge, row| {
                *edges.entry(edge).or_default() += row.get::<_, i64>(2)?;
                Ok(())
            })?;
        }
        let since_ns = match keyframe_s {
            Some(frame_s) => frame_s.saturating_mul(SECOND_NS),
            None => graph.extent_ns().map_or(0, |(first_ns, _)| first_ns),
        };
        let Some(cover) = Cover::of(since_ns, at_ns, &graph) else { return Ok(edges) };
        for (by, query) in cover.queries(Figure::OpenConnections) {
            if by == By::Peer {
                self.each_event(&graph, &query, [], |edge, change| {
                    *edges.entry(edge).or_default() += i64::from(change)
                })?;
                continue;
            }
            let sql = format!("SELECT {}, sum(open_delta)::BIGINT FROM ({query}) GROUP BY ALL", by.ends());
            self.each_edge(&graph, by, &sql, [], |edge, row| {
                *edges.entry(edge).or_default() += row.get::<_, i64>(2)?;
                Ok(())
            })?;
        }
        Ok(edges)
    }

    /// Gives every row of a query over events to a closure: the edge between its two peers, and its third column, an `INTEGER`. Of the few
    /// thousand events of a playhead's seconds this takes half the time of grouping them by two columns.
    pub(super) fn each_event<P: Params>(
        &self,
        graph: &Graph,
        sql: &str,
        params: P,
        mut each: impl FnMut(EdgeKey, i32),
    ) -> Result<()> {
        self.batches(sql, params, |batch| {
            let [client, server, value] = [0, 1, 2].map(|index| {
                batch.column(index).as_any().downcast_ref::<Int32Array>().expect("peers and values are INTEGER")
            });
            for row in 0..batch.num_rows() {
                if let Some(edge) = graph.edge_between(client.value(row), server.value(row)) {
                    each(edge, value.value(row));
                }
            }
        })
    }
}
