//! The graph at an instant: connections open, and requests of the ten seconds before.

use std::collections::HashMap;

use wirereel_query::answer::{EdgeState, StateAt};

use super::{
    Reader,
    cover::Cover,
    scope::{Condition, nanos},
};
use crate::error::Result;

/// How far back requests count, in microseconds.
const BEFORE_US: i64 = 10_000_000;

impl Reader {
    /// What every edge is doing at an instant. A filter counts for requests; connections match nothing and stay.
    pub fn state_at(&self, at_us: i64, filter: &str) -> Result<StateAt> {
        let graph = self.graph()?;
        // Everything that has happened by the end of the instant's microsecond.
        let end_us = at_us.saturating_add(1);
        let mut requests = Condition::matching(filter)?;
        requests.started_in(wirereel_query::question::TimeRange {
            from_us: end_us.saturating_sub(BEFORE_US),
            to_us: end_us,
        });
        let sql = format!(
            "SELECT client_id, server_id, count(*)::UBIGINT, (count(*) FILTER (failed OR status >= 500))::UBIGINT \
             FROM raw.exchanges WHERE {} GROUP BY ALL",
            requests.sql()
        );
        let mut edges: HashMap<(i32, i32), (i64, u64, u64)> = HashMap::new();
        self.each(&sql, requests.bound(), |row| {
            let edge = edges.entry((row.get(0)?, row.get(1)?)).or_default();
            (edge.1, edge.2) = (row.get(2)?, row.get(3)?);
            Ok(())
        })?;
        for (edge, open) in self.open_connections_before(nanos(end_us))? {
            edges.entry(edge).or_default().0 = open;
        }
        let mut edges: Vec<EdgeState> = edges
            .into_iter()
            .filter_map(|((client, server), (open, requests, errors))| {
                Some(EdgeState {
                    client: graph.nodes.get(&client)?.name.clone(),
                    server: graph.nodes.get(&server)?.name.clone(),
                    active_connections: u64::try_from(open).unwrap_or(0),
                    requests,
                    errors,
                })
            })
            .filter(|edge| edge.active_connections + edge.requests > 0)
            .collect();
        edges.sort_unstable_by(|a, b| (&a.client, &a.server).cmp(&(&b.client, &b.server)));
        Ok(StateAt { at_us, edges })
    }

    /// Connections open just before an instant, per edge with any.
    pub(super) fn open_connections_before(&self, at_ns: i64) -> Result<HashMap<(i32, i32), i64>> {
        let Some(extent) = self.graph()?.extent_ns() else { return Ok(HashMap::new()) };
        let sql = format!(
            "SELECT client_id, server_id, sum(open_delta)::BIGINT AS open FROM ({}) GROUP BY ALL HAVING open <> 0",
            Cover::of(extent.0, at_ns, extent).connection_changes()
        );
        let edges = self.rows(&sql, [], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        Ok(edges.into_iter().collect())
    }
}
