//! The graph over a range: figures per edge, summed up to nodes.
//!
//! Without a filter everything comes from roll-ups; with one, requests and latency come from the matching exchanges, while
//! connections stay those of the edge, since a connection matches nothing.

use std::collections::{HashMap, HashSet};

use wirereel_query::{
    answer::{ServiceEdge, ServiceKind, ServiceNode, Topology},
    question::{Scope, TimeRange},
};

use super::{
    Reader,
    busiest::{Shown, UNRESOLVED_NODES},
    cover::{By, Cover, Figure},
    edges::EdgeKey,
    golden::Counters,
    graph::Graph,
    scope::{Condition, nanos},
};
use crate::{error::Result, latency::Histogram};

/// Buckets of the trends.
const TREND_BUCKETS: usize = 24;
/// What an edge did in a range.
#[derive(Default)]
struct EdgeFigures {
    counters: Counters,
    latency: Histogram,
    trend: Trend,
    /// Open connections when the range begins.
    open_before: i64,
}

/// Requests and errors per part of the range.
#[derive(Clone, Default)]
struct Trend {
    requests: [u32; TREND_BUCKETS],
    errors: [u32; TREND_BUCKETS],
}

impl Trend {
    fn add(&mut self, part: usize, counters: &Counters) {
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        self.requests[part] = self.requests[part].saturating_add(small(counters.requests));
        self.errors[part] = self.errors[part].saturating_add(small(counters.errors()));
    }

    fn merge(&mut self, other: &Self) {
        for part in 0..TREND_BUCKETS {
            self.requests[part] = self.requests[part].saturating_add(other.requests[part]);
            self.errors[part] = self.errors[part].saturating_add(other.errors[part]);
        }
    }
}

impl EdgeFigures {
    fn active_connections(&self) -> u64 {
        u64::try_from(self.open_before + self.counters.open_delta).unwrap_or(0)
    }

    fn merge(&mut self, other: &Self) {
        self.counters += other.counters;
        self.latency.merge(&other.latency);
        self.trend.merge(&other.trend);
        self.open_before += other.open_before;
    }

    fn is_silent(&self) -> bool {
        let c = &self.counters;
        c.requests + c.connects + c.refused + c.resets + self.active_connections() == 0
    }
}

impl Reader {
    /// The graph over a scope. Named nodes of the recording are always in it, so that positions stay.
    pub fn topology(&self, scope: &Scope) -> Result<Topology> {
        let graph = self.graph()?;
        let Some(whole) = graph.whole() else {
            return Ok(Topology {
                range: scope.range.unwrap_or(TimeRange { from_us: 0, to_us: 0 }),
                nodes: Vec::new(),
                edges: Vec::new(),
                entry_points: graph.entry_points.clone(),
                entry_points_guessed: graph.entry_points_guessed,
            });
        };
        let range = scope.range.unwrap_or(whole);
        let shown =
            if graph.has_many_unresolved() { Some(self.busiest_unresolved(&graph, range, scope)?) } else { None };
        let mut edges = self.edge_figures(range, shown.as_ref())?;
        if !scope.filter.trim().is_empty() {
            self.only_matching(range, scope, shown.as_ref(), &mut edges)?;
        }
        edges.retain(|_, figures| !figures.is_silent());
        keep_busiest_unresolved(&graph, &mut edges);
        let seconds = graph.recorded_seconds(range);
        let protocols = match shown {
            Some(shown) => self.protocols_at(shown.unresolved)?,
            None => HashMap::new(),
        };
        let protocol = |edge: &EdgeKey| graph.protocols.get(edge).or_else(|| protocols.get(edge)).cloned();
        Ok(Topology {
            range,
            nodes: nodes(&graph, &edges, seconds),
            edges: edge_list(&graph, &edges, seconds, protocol),
            entry_points: graph.entry_points.clone(),
            entry_points_guessed: graph.entry_points_guessed,
        })
    }

    fn edge_figures(&self, range: TimeRange, shown: Option<&Shown>) -> Result<HashMap<EdgeKey, EdgeFigures>> {
        let mut edges: HashMap<EdgeKey, EdgeFigures> = HashMap::new();
        let graph = self.graph()?;
        let (from_ns, to_ns) = (nanos(range.from_us), nanos(range.to_us));
        let covers = (Cover::for_parts(from_ns, to_ns, &graph, part_ns(range)), Cover::of(from_ns, to_ns, &graph));
        let (Some(parts), Some(cover)) = covers else { return Ok(edges) };
        let columns = format!("{} AS part, {}", part_sql("at_ns", range), Counters::SUMS);
        self.each_sum(&graph, &parts, Figure::Counters, &columns, shown, |edge, row| {
            let edge = edges.entry(edge).or_default();
            let counters = Counters::read(row, 3)?;
            edge.trend.add(row.get::<_, u32>(2)? as usize, &counters);
            edge.counters += counters;
            Ok(())
        })?;
        self.each_sum(&graph, &cover, Figure::Latency, "class, sum(n)::UBIGINT", shown, |edge, row| {
            edges.entry(edge).or_default().latency.add(row.get(2)?, row.get(3)?);
            Ok(())
        })?;
        if graph.extent_ns().is_some_and(|(first_ns, _)| from_ns > first_ns) {
            let is_shown = |edge: &EdgeKey| shown.is_none_or(|s| s.has(&graph, edge.0) && s.has(&graph, edge.1));
            for (edge, open) in self.open_connections_before(from_ns)?.into_iter().filter(|(edge, _)| is_shown(edge)) {
                edges.entry(edge).or_default().open_before = open;
            }
        }
        Ok(edges)
    }

    /// Replaces requests and latency of all edges by those of matching exchanges, and leaves out edges without any.
    fn only_matching(
        &self,
        range: TimeRange,
        scope: &Scope,
        shown: Option<&Shown>,
        edges: &mut HashMap<EdgeKey, EdgeFigures>,
    ) -> Result<()> {
        let mut condition = Condition::matching(&scope.filter)?;
        condition.started_in(range);
        if let Some(shown) = shown {
            condition.and(shown.condition(By::Service));
        }
        let sql = format!(
            "SELECT client_id, server_id, {} AS part, latency_class, {} FROM raw.exchanges WHERE {} GROUP BY ALL",
            part_sql("(started_us * 1000)", range),
            Counters::EXCHANGE_SUMS,
            condition.sql()
        );
        let mut matching: HashMap<EdgeKey, EdgeFigures> = HashMap::new();
        self.each(&sql, condition.bound(), |row| {
            let edge = matching.entry((row.get(0)?, row.get(1)?)).or_default();
            let counters = Counters::read(row, 4)?;
            edge.trend.add(row.get::<_, u32>(2)? as usize, &counters);
            if let Some(class) = row.get(3)? {
                edge.latency.add(class, counters.requests);
            }
            edge.counters += counters;
            Ok(())
        })?;
        for (key, figures) in &mut matching {
            if let Some(all) = edges.get(key) {
                let c = &mut figures.counters;
                (c.connects, c.refused, c.resets) = (all.counters.connects, all.counters.refused, all.counters.resets);
                c.open_delta = all.counters.open_delta;
                figures.open_before = all.open_before;
            }
        }
        *edges = matching;
        Ok(())
    }
}

/// Width of a part of the trends.
fn part_ns(range: TimeRange) -> i64 {
    (nanos(range.to_us).saturating_sub(nanos(range.from_us)) / TREND_BUCKETS as i64).max(1)
}

/// The part of the range an instant lies in. The middle of a minute's bucket can lie outside a range of minutes.
fn part_sql(at_ns: &str, range: TimeRange) -> String {
    let from_ns = nanos(range.from_us);
    let part_ns = part_ns(range);
    format!("greatest(0, least({}, ({at_ns} - {from_ns}) // {part_ns}))::UINTEGER", TREND_BUCKETS - 1)
}

fn keep_busiest_unresolved(graph: &Graph, edges: &mut HashMap<EdgeKey, EdgeFigures>) {
    let unresolved = |id: i32| graph.who.kind(id).is_none_or(|kind| kind == ServiceKind::Unresolved);
    let mut activity: HashMap<i32, u64> = HashMap::new();
    for (&(client, server), figures) in edges.iter() {
        for id in [client, server].into_iter().filter(|&id| unresolved(id)) {
            *activity.entry(id).or_default() += figures.counters.requests + figures.counters.connects;
        }
    }
    if activity.len() <= UNRESOLVED_NODES {
        return;
    }
    let mut busiest: Vec<(i32, u64)> = activity.into_iter().collect();
    busiest.sort_unstable_by_key(|&(id, count)| (std::cmp::Reverse(count), id));
    let left_out: HashSet<i32> = busiest.split_off(UNRESOLVED_NODES).into_iter().map(|(id, _)| id).collect();
    edges.retain(|(client, server), _| !left_out.contains(client) && !left_out.contains(server));
}

fn nodes(graph: &Graph, edges: &HashMap<EdgeKey, EdgeFigures>, seconds: f64) -> Vec<ServiceNode> {
    let mut sums: HashMap<i32, EdgeFigures> = HashMap::new();
    for (&(client, server), figures) in edges {
        sums.entry(server).or_default().merge(figures);
        let client_sum = sums.entry(client).or_default();
        if graph.who.kind(client) == Some(ServiceKind::Customers) {
            client_sum.merge(figures);
        }
    }
    let silent = EdgeFigures::default();
    let named = graph.who.named().map(|(id, node)| (id, node.clone()));
    // Of those without a name only those that did something.
    let unresolved = sums.keys().filter(|id| graph.who.kind(**id) == Some(ServiceKind::Unresolved));
    let unresolved = unresolved.filter_map(|id| Some((*id, graph.who.node(*id)?)));
    let mut nodes: Vec<(i32, ServiceNode)> = named
        .chain(unresolved)
        .map(|(id, node)| {
            let figures = sums.get(&id).unwrap_or(&silent);
            let node = ServiceNode {
                entry_point: graph.entry_points.contains(&node.name),
                name: node.name,
                kind: node.kind,
                golden: figures.counters.golden(&figures.latency, seconds),
                trend: figures.trend.requests.to_vec(),
                error_trend: figures.trend.errors.to_vec(),
                active_connections: figures.active_connections(),
                addresses: node.addresses,
                blocks: node.blocks,
                address_count: node.address_count,
            };
            (id, node)
        })
        .collect();
    // Two kinds of node may have one name.
    nodes.sort_unstable_by(|(a_id, a), (b_id, b)| a.name.cmp(&b.name).then(a_id.cmp(b_id)));
    nodes.into_iter().map(|(_, node)| node).collect()
}

fn edge_list(
    graph: &Graph,
    edges: &HashMap<EdgeKey, EdgeFigures>,
    seconds: f64,
    protocol: impl Fn(&EdgeKey) -> Option<String>,
) -> Vec<ServiceEdge> {
    let mut list: Vec<(EdgeKey, ServiceEdge)> = edges
        .iter()
        .filter_map(|(key, figures)| {
            let edge = ServiceEdge {
                client: graph.who.name(key.0)?,
                server: graph.who.name(key.1)?,
                golden: figures.counters.golden(&figures.latency, seconds),
                connects: figures.counters.connects,
                refused: figures.counters.refused,
                resets: figures.counters.resets,
                active_connections: figures.active_connections(),
                protocol: protocol(key).unwrap_or_else(|| "tcp".into()),
            };
            Some((*key, edge))
        })
        .collect();
    list.sort_unstable_by(|(a_key, a), (b_key, b)| {
        (&a.client, &a.server).cmp(&(&b.client, &b.server)).then(a_key.cmp(b_key))
    });
    list.into_iter().map(|(_, edge)| edge).collect()
}
