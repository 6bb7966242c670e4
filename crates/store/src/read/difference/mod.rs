//! Two windows side by side, edge by edge, matched by the names of services: windows may be of different recordings.

mod effect;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wirereel_query::{
    answer::{Golden, ServiceKind},
    question::TimeRange,
    reel::{Difference, DifferentEdge, DifferentNode, Presence},
};

use super::{
    Reader,
    cover::{Cover, Figure},
    edges::EdgeKey,
    golden::Counters,
    scope::{Condition, nanos},
};
use crate::{error::Result, latency::Histogram};

use effect::Measured;

/// What the edges did in one window.
#[derive(Debug, Clone)]
pub struct WindowFigures {
    range: TimeRange,
    seconds: f64,
    /// By the names of client and server.
    edges: BTreeMap<(String, String), EdgeFigures>,
    kinds: HashMap<String, ServiceKind>,
}

#[derive(Debug, Clone, Default)]
struct EdgeFigures {
    counters: Counters,
    latency: Histogram,
    golden: Golden,
}

impl Reader {
    /// The figures of a window; `None` is the whole recording. With a filter only edges with matching exchanges count.
    ///
    /// # Errors
    /// `BadFilter`.
    pub fn window_figures(&self, range: Option<TimeRange>, filter: &str) -> Result<WindowFigures> {
        let graph = self.graph()?;
        let range = range.or_else(|| graph.whole()).unwrap_or(TimeRange { from_us: 0, to_us: 0 });
        let seconds = graph.recorded_seconds(range);
        let condition = Condition::matching(filter)?;
        let mut edges: HashMap<EdgeKey, EdgeFigures> = HashMap::new();
        if condition.is_filtered() {
            self.add_matching(range, condition, &mut edges)?;
        } else if let Some(cover) = Cover::of(nanos(range.from_us), nanos(range.to_us), &graph) {
            for (edge, counters) in self.counters(&graph, &cover)? {
                edges.entry(edge).or_default().counters = counters;
            }
            self.each_sum(&graph, &cover, Figure::Latency, "class, sum(n)::UBIGINT", None, |edge, row| {
                edges.entry(edge).or_default().latency.add(row.get(2)?, row.get(3)?);
                Ok(())
            })?;
            let open = self.open_connections_before(nanos(range.to_us))?;
            for (edge, _) in open.iter().filter(|(_, open)| **open > 0) {
                edges.entry(*edge).or_default();
            }
            // Bytes alone are the end of a connection that is open no more.
            let is_seen =
                |counters: &Counters| counters.requests + counters.connects + counters.refused + counters.resets > 0;
            edges.retain(|edge, figures| is_seen(&figures.counters) || open.get(edge).is_some_and(|open| *open > 0));
        }
        let name = |node: i32| graph.who.name(node);
        let named = edges.into_iter().filter_map(|((client, server), mut figures)| {
            figures.golden = figures.counters.golden(&figures.latency, seconds);
            Some(((name(client)?, name(server)?), figures))
        });
        let kinds = graph.who.named().map(|(_, node)| (node.name.clone(), node.kind)).collect();
        Ok(WindowFigures { range, seconds, edges: named.collect(), kinds })
    }

    fn add_matching(
        &self,
        range: TimeRange,
        mut condition: Condition,
        edges: &mut HashMap<EdgeKey, EdgeFigures>,
    ) -> Result<()> {
        condition.started_in(range);
        let sql = format!(
            "SELECT client_id, server_id, latency_class, {} FROM raw.exchanges WHERE {} GROUP BY ALL",
            Counters::EXCHANGE_SUMS,
            condition.sql()
        );
        self.each(&sql, condition.bound(), |row| {
            let edge = edges.entry((row.get(0)?, row.get(1)?)).or_default();
            let counters = Counters::read(row, 3)?;
            if let Some(class) = row.get(2)? {
                edge.latency.add(class, counters.requests);
            }
            edge.counters += counters;
            Ok(())
        })
    }
}

/// What changed from one window to another: new and gone edges first, then those that changed most.
pub fn difference(before: &WindowFigures, after: &WindowFigures) -> Difference {
    let names: BTreeSet<&(String, String)> = before.edges.keys().chain(after.edges.keys()).collect();
    let mut edges: Vec<(f64, DifferentEdge)> = names
        .into_iter()
        .map(|name| edge(name, (before, before.edges.get(name)), (after, after.edges.get(name))))
        .collect();
    let rank = |presence: Presence| match presence {
        Presence::New => 0,
        Presence::Gone => 1,
        Presence::Changed => 2,
        Presence::Same => 3,
    };
    // Stable: of equal weight they stay in the order of their names.
    edges.sort_by(|a, b| rank(a.1.presence).cmp(&rank(b.1.presence)).then(b.0.total_cmp(&a.0)));
    let mut nodes = nodes(before, after);
    nodes.sort_by_key(|node| (rank(node.presence), node.name.clone()));
    Difference {
        before: before.range,
        after: after.range,
        before_seconds: before.seconds,
        after_seconds: after.seconds,
        nodes,
        edges: edges.into_iter().map(|(_, edge)| edge).collect(),
    }
}

/// An edge with its place among those of its presence: requests of new and gone ones, the largest effect of others.
fn edge(
    (client, server): &(String, String),
    (before_window, before): (&WindowFigures, Option<&EdgeFigures>),
    (after_window, after): (&WindowFigures, Option<&EdgeFigures>),
) -> (f64, DifferentEdge) {
    let [rate, errors, latency] = match (before, after) {
        (Some(before), Some(after)) => {
            let (one, other) = (&before.counters, &after.counters);
            [
                effect::rate((one.requests, before_window.seconds), (other.requests, after_window.seconds)),
                effect::errors((one.errors(), one.requests), (other.errors(), other.requests)),
                effect::latency(&before.latency, &after.latency),
            ]
        }
        _ => [Measured::NOTHING; 3],
    };
    let measured = [rate, errors, latency];
    let is_changed = measured.iter().any(Measured::is_change);
    let presence = match (before, after) {
        (None, _) => Presence::New,
        (_, None) => Presence::Gone,
        _ if is_changed => Presence::Changed,
        _ => Presence::Same,
    };
    let only = before.xor(after).map(|figures| figures.counters.requests as f64);
    let of_effect =
        measured.iter().filter(|one| one.is_change() || !is_changed).map(|one| one.weight).fold(0.0, f64::max);
    let golden = |figures: Option<&EdgeFigures>| figures.map(|figures| figures.golden);
    let edge = DifferentEdge {
        client: client.clone(),
        server: server.clone(),
        presence,
        before: golden(before),
        after: golden(after),
        rate: rate.effect,
        errors: errors.effect,
        latency: latency.effect,
    };
    (only.unwrap_or(of_effect), edge)
}

/// Nodes with an edge in either window.
fn nodes(before: &WindowFigures, after: &WindowFigures) -> Vec<DifferentNode> {
    let ends = |window: &WindowFigures| -> BTreeSet<String> {
        window.edges.keys().flat_map(|(client, server)| [client.clone(), server.clone()]).collect()
    };
    let (earlier, later) = (ends(before), ends(after));
    let kind = |name: &String| after.kinds.get(name).or_else(|| before.kinds.get(name)).copied();
    earlier
        .union(&later)
        .map(|name| DifferentNode {
            name: name.clone(),
            kind: kind(name).unwrap_or(ServiceKind::Unresolved),
            presence: match (earlier.contains(name), later.contains(name)) {
                (false, _) => Presence::New,
                (_, false) => Presence::Gone,
                _ => Presence::Same,
            },
        })
        .collect()
}
