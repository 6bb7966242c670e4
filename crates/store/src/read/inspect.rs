//! The inspector: one service or one edge over a scope, with the span before it as baseline.

mod endpoints;
mod finding;
mod heat;

use std::collections::HashMap;

use wirereel_query::{
    answer::{ExchangeRow, Golden, Inspection, ServiceKind},
    question::{InspectQuestion, Scope, TimeRange},
};

use super::{
    Reader,
    cover::Cover,
    exchanges::{ROW_COLUMNS, exchange_row},
    golden::Counters,
    graph::Graph,
    scope::{Condition, nanos},
};
use crate::{
    error::{Result, StoreError},
    latency::Histogram,
};

/// Failing exchanges listed.
const LAST_FAILING: u32 = 10;

/// What is inspected: a node, or an edge when the client is given.
struct Subject<'a> {
    client: Option<&'a str>,
    server: &'a str,
    client_id: Option<i32>,
    server_id: i32,
    kind: ServiceKind,
}

impl Subject<'_> {
    /// Exchanges of the subject in a scope. Customers are asked nothing: theirs are those they ask.
    fn condition(&self, scope: &Scope) -> Result<Condition> {
        let mut condition = Condition::of(scope)?;
        match self.client {
            Some(client) => {
                condition.and_equals("client_service", client);
                condition.and_equals("server_service", self.server);
            }
            None if self.kind == ServiceKind::Customers => condition.and_equals("client_service", self.server),
            None => condition.and_equals("server_service", self.server),
        }
        Ok(condition)
    }

    /// Whether an edge is the subject's.
    fn has_edge(&self, edge: (i32, i32)) -> bool {
        match self.client_id {
            Some(client_id) => edge == (client_id, self.server_id),
            None if self.kind == ServiceKind::Customers => edge.0 == self.server_id,
            None => edge.1 == self.server_id,
        }
    }
}

impl Reader {
    /// Everything the inspector shows.
    ///
    /// # Errors
    /// `NotFound` for a name that no node has.
    pub fn inspect(&self, question: &InspectQuestion) -> Result<Inspection> {
        let graph = self.graph()?;
        let id_of = |name: &str| graph.id_of(name).ok_or_else(|| StoreError::NotFound(format!("service {name:?}")));
        let server_id = id_of(&question.server)?;
        let subject = Subject {
            client: question.client.as_deref(),
            server: &question.server,
            client_id: question.client.as_deref().map(id_of).transpose()?,
            server_id,
            kind: graph.who.kind(server_id).unwrap_or(ServiceKind::Unresolved),
        };
        let whole = graph.whole().unwrap_or(TimeRange { from_us: 0, to_us: 0 });
        let range = question.scope.range.unwrap_or(whole);
        let scope = Scope { range: Some(range), filter: question.scope.filter.clone() };
        let golden = self.golden(&graph, &subject, &scope, range)?;
        let baseline_range = baseline_of(range, whole);
        let baseline = baseline_range
            .map(|before| {
                self.golden(&graph, &subject, &Scope { range: Some(before), filter: scope.filter.clone() }, before)
            })
            .transpose()?;
        let connections = self.connections(&graph, &subject, range)?;
        let condition = subject.condition(&scope)?;
        Ok(Inspection {
            client: question.client.clone(),
            server: question.server.clone(),
            kind: subject.kind,
            finding: finding::finding(&golden, baseline.as_ref(), connections.refused),
            golden,
            baseline,
            baseline_range,
            heat: self.heat(&condition, range)?,
            endpoints: self.endpoints(&condition, graph.recorded_seconds(range))?,
            last_failing: self.last_failing(condition, question.at_us)?,
            connects: connections.connects,
            refused: connections.refused,
            resets: connections.resets,
            active_connections: u64::try_from(connections.open_delta).unwrap_or(0),
            addresses: graph.who.node(subject.server_id).map(|node| node.addresses).unwrap_or_default(),
            protocol: self.protocol(&graph, &subject)?,
        })
    }

    fn golden(&self, graph: &Graph, subject: &Subject<'_>, scope: &Scope, range: TimeRange) -> Result<Golden> {
        let condition = subject.condition(scope)?;
        let sql = format!(
            "SELECT latency_class, {} FROM raw.exchanges WHERE {} GROUP BY latency_class",
            Counters::EXCHANGE_SUMS,
            condition.sql()
        );
        let (mut sums, mut latency) = (Counters::default(), Histogram::default());
        self.each(&sql, condition.bound(), |row| {
            let counters = Counters::read(row, 1)?;
            if let Some(class) = row.get(0)? {
                latency.add(class, counters.requests);
            }
            sums += counters;
            Ok(())
        })?;
        Ok(sums.golden(&latency, graph.recorded_seconds(range)))
    }

    /// Connection counters of the range; `open_delta` is what is open at its end.
    fn connections(&self, graph: &Graph, subject: &Subject<'_>, range: TimeRange) -> Result<Counters> {
        let (from_ns, to_ns) = (nanos(range.from_us), nanos(range.to_us));
        let mut counters = Counters::default();
        let Some(cover) = Cover::of(from_ns, to_ns, graph) else { return Ok(counters) };
        for (edge, sums) in self.counters(graph, &cover)? {
            if subject.has_edge(edge) {
                counters += sums;
            }
        }
        if graph.extent_ns().is_some_and(|(first_ns, _)| from_ns > first_ns) {
            let before = self.open_connections_before(from_ns)?;
            counters.open_delta +=
                before.iter().filter(|(edge, _)| subject.has_edge(**edge)).map(|(_, open)| open).sum::<i64>();
        }
        Ok(counters)
    }

    fn protocol(&self, graph: &Graph, subject: &Subject<'_>) -> Result<String> {
        if graph.has_many_unresolved() {
            return Ok(protocol(subject, &self.protocols_at([subject.server_id])?));
        }
        Ok(protocol(subject, &graph.protocols))
    }

    fn last_failing(&self, mut condition: Condition, at_us: i64) -> Result<Vec<ExchangeRow>> {
        condition.and("raw.is_error(outcome)");
        condition.and(format!("started_us <= {at_us}"));
        let sql = format!(
            "SELECT {ROW_COLUMNS} FROM raw.exchanges WHERE {} ORDER BY started_at DESC, exchange_id DESC LIMIT {LAST_FAILING}",
            condition.sql()
        );
        self.rows(&sql, condition.bound(), exchange_row)
    }
}

/// The span before the range, of equal length where the recording reaches back that far.
fn baseline_of(range: TimeRange, whole: TimeRange) -> Option<TimeRange> {
    let length = range.to_us.saturating_sub(range.from_us);
    let from_us = range.from_us.saturating_sub(length).max(whole.from_us);
    (from_us < range.from_us).then_some(TimeRange { from_us, to_us: range.from_us })
}

/// Of the edge; of a node the protocol of most of its edges.
fn protocol(subject: &Subject<'_>, protocols: &HashMap<(i32, i32), String>) -> String {
    if let Some(client_id) = subject.client_id {
        let edge = (client_id, subject.server_id);
        return protocols.get(&edge).cloned().unwrap_or_else(|| "tcp".into());
    }
    let mut counts: Vec<(usize, &String)> = Vec::new();
    for (_, protocol) in protocols.iter().filter(|(edge, _)| subject.has_edge(**edge)) {
        match counts.iter_mut().find(|(_, known)| *known == protocol) {
            Some((count, _)) => *count += 1,
            None => counts.push((1, protocol)),
        }
    }
    counts.into_iter().max().map_or_else(|| "tcp".into(), |(_, protocol)| protocol.clone())
}
