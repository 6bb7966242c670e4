//! The graph at an instant: connections open, and requests of the ten seconds before.

use foldhash::HashMap;
use wirereel_query::{
    answer::{EdgeState, StateAt},
    question::TimeRange,
};

use super::{
    Reader,
    cover::By,
    edges::{EdgeKey, Tagged, open_connections},
    scope::{Condition, nanos},
};
use crate::error::Result;

/// The tag of requests; their value is 1 for an error.
const REQUEST: u16 = 1;

/// How far back requests count, in microseconds.
const BEFORE_US: i64 = 10_000_000;

impl Reader {
    /// What every edge is doing at an instant. A filter counts for requests; connections match nothing and stay.
    pub fn state_at(&self, at_us: i64, filter: &str) -> Result<StateAt> {
        let graph = self.graph()?;
        // Everything that has happened by the end of the instant's microsecond.
        let end_us = at_us.saturating_add(1);
        let mut requests = Condition::matching(filter)?;
        requests.started_in(TimeRange { from_us: end_us.saturating_sub(BEFORE_US), to_us: end_us });
        let mut edges: HashMap<EdgeKey, (i64, u64, u64)> = HashMap::default();
        let mut pieces = open_connections(&graph, nanos(end_us));
        if requests.is_filtered() {
            let sql = format!(
                "SELECT client_id, server_id, count(*)::UBIGINT, (count(*) FILTER (raw.is_error(outcome)))::UBIGINT \
                 FROM raw.exchanges WHERE {} GROUP BY ALL",
                requests.sql()
            );
            self.each_edge(&graph, By::Service, &sql, requests.bound(), |edge, row| {
                let edge = edges.entry(edge).or_default();
                edge.1 += row.get::<_, u64>(2)?;
                edge.2 += row.get::<_, u64>(3)?;
                Ok(())
            })?;
        } else {
            let source = format!("raw.http_exchanges WHERE {}", requests.sql());
            pieces.push(Tagged::of_peers(REQUEST, "raw.is_error(outcome)", &source));
        }
        self.each_tagged(&graph, &pieces, [], |edge, tag, value| {
            let edge = edges.entry(edge).or_default();
            if tag == i32::from(REQUEST) {
                edge.1 += 1;
                edge.2 += u64::from(value != 0);
            } else {
                edge.0 += i64::from(value);
            }
        })?;
        let mut edges: Vec<EdgeState> = edges
            .into_iter()
            .filter_map(|((client, server), (open, requests, errors))| {
                Some(EdgeState {
                    client: graph.who.name(client)?,
                    server: graph.who.name(server)?,
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
}
