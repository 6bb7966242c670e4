//! Which of the addresses without a name the graph shows: the busiest of a scope. Where there are many, they are found from a few sums per edge
//! before anything else is read, and only edges between nodes that are shown are read after that.

use std::cmp::Reverse;

use foldhash::{HashMap, HashMapExt, HashSet};
use wirereel_query::question::{Scope, TimeRange};

use super::{
    Reader,
    cover::{By, Cover, Figure},
    edges::EdgeKey,
    graph::Graph,
    scope::{Condition, nanos},
};
use crate::error::Result;

/// Unresolved nodes in the graph, busiest first; the table of unresolved addresses has all.
pub(super) const UNRESOLVED_NODES: usize = 50;

/// Nodes whose edges are read: all that have a name, and these.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) unresolved: HashSet<i32>,
}

impl Shown {
    pub(super) fn has(&self, graph: &Graph, node: i32) -> bool {
        self.unresolved.contains(&node) || graph.who.unresolved().number(node).is_none()
    }

    /// The condition that both ends of an edge, in columns that say whose numbers they have, are shown.
    pub(super) fn condition(&self, by: By) -> String {
        let listed: Vec<String> = self.unresolved.iter().map(ToString::to_string).collect();
        let listed = if listed.is_empty() { "-1".to_owned() } else { listed.join(", ") };
        let (id, table) = match by {
            By::Service => ("service_id", "raw.services"),
            By::Peer => ("peer_id", "raw.peer_names"),
        };
        let shown = format!("(SELECT {id} FROM {table} WHERE kind <> 'unresolved' OR service_id IN ({listed}))");
        let ends = by.ends().split(", ").map(|end| format!("{end} IN {shown}"));
        ends.collect::<Vec<_>>().join(" AND ")
    }
}

/// What unresolved nodes did, by their number.
struct Activity<'a> {
    graph: &'a Graph,
    counts: Vec<u64>,
    /// Those with an edge that is not silent.
    there: Vec<bool>,
    /// Changes of open connections of edges that did nothing else.
    open: HashMap<EdgeKey, i64>,
}

impl Activity<'_> {
    fn add(&mut self, edge: EdgeKey, count: u64) {
        for node in [edge.0, edge.1] {
            if let Some(number) = self.graph.who.unresolved().number(node) {
                self.counts[number] += count;
                self.there[number] = true;
            }
        }
    }

    fn concerns(&self, edge: EdgeKey) -> bool {
        let unresolved = self.graph.who.unresolved();
        unresolved.number(edge.0).is_some() || unresolved.number(edge.1).is_some()
    }

    /// The busiest; of those that are equally busy the ones that came first.
    fn busiest(mut self) -> Shown {
        for (edge, open) in std::mem::take(&mut self.open) {
            if open > 0 {
                self.add(edge, 0);
            }
        }
        let nodes = &self.graph.who.unresolved().nodes;
        let mut busiest: Vec<(Reverse<u64>, i32)> =
            (0..nodes.len()).filter(|n| self.there[*n]).map(|n| (Reverse(self.counts[n]), nodes[n])).collect();
        if busiest.len() > UNRESOLVED_NODES {
            busiest.select_nth_unstable(UNRESOLVED_NODES);
            busiest.truncate(UNRESOLVED_NODES);
        }
        Shown { unresolved: busiest.into_iter().map(|(_, node)| node).collect() }
    }
}

impl Reader {
    /// The busiest unresolved nodes of a scope.
    pub(super) fn busiest_unresolved(&self, graph: &Graph, range: TimeRange, scope: &Scope) -> Result<Shown> {
        let count = graph.who.unresolved().addresses.len();
        let mut activity = Activity { graph, counts: vec![0; count], there: vec![false; count], open: HashMap::new() };
        let (from_ns, to_ns) = (nanos(range.from_us), nanos(range.to_us));
        let Some(cover) = Cover::of(from_ns, to_ns, graph) else { return Ok(activity.busiest()) };
        let matching = if scope.filter.trim().is_empty() { None } else { Some(self.matching(range, scope)?) };
        for (by, query) in cover.queries(Figure::Counters) {
            let sql = format!(
                "SELECT {}, sum(requests)::BIGINT, sum(connects)::BIGINT, sum(refused + resets)::BIGINT, sum(open_delta)::BIGINT \
                 FROM ({query}) GROUP BY 1, 2",
                by.ends().split(", ").map(|end| format!("{end}::BIGINT")).collect::<Vec<_>>().join(", ")
            );
            self.numbers_of(&sql, &[], |[client, server, requests, connects, others, open_delta]| {
                let (client, server) = (client as i32, server as i32);
                let edge = match by {
                    By::Service => Some((client, server)),
                    By::Peer => graph.edge_between(client, server),
                };
                let Some(edge) = edge.filter(|edge| activity.concerns(*edge)) else { return };
                match &matching {
                    Some(matching) if !matching.contains_key(&edge) => {}
                    Some(_) => activity.add(edge, connects.unsigned_abs()),
                    None if requests + connects + others > 0 => {
                        activity.add(edge, (requests + connects).unsigned_abs())
                    }
                    None => *activity.open.entry(edge).or_default() += open_delta,
                }
            })?;
        }
        match matching {
            Some(matching) => matching.into_iter().for_each(|(edge, requests)| activity.add(edge, requests)),
            None if graph.extent_ns().is_some_and(|(first_ns, _)| from_ns > first_ns) => {
                for (edge, open) in self.open_connections_before(from_ns)? {
                    if activity.concerns(edge) {
                        *activity.open.entry(edge).or_default() += open;
                    }
                }
            }
            None => {}
        }
        Ok(activity.busiest())
    }

    /// Matching exchanges of edges that have any.
    fn matching(&self, range: TimeRange, scope: &Scope) -> Result<HashMap<EdgeKey, u64>> {
        let mut condition = Condition::matching(&scope.filter)?;
        condition.started_in(range);
        let sql = format!(
            "SELECT client_id::BIGINT, server_id::BIGINT, count(*)::BIGINT FROM raw.exchanges WHERE {} GROUP BY 1, 2",
            condition.sql()
        );
        let mut edges = HashMap::new();
        self.numbers_of(&sql, &condition.params, |[client, server, count]| {
            edges.insert((client as i32, server as i32), count.unsigned_abs());
        })?;
        Ok(edges)
    }
}
