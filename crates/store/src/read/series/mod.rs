//! A metric of several services over time.
//!
//! Everything comes from roll-ups; buckets finer than these, and what a filter selects, from rows. Percentiles are those of
//! histograms that were added up, never means of percentiles.

mod axis;
mod percentiles;
mod points;
mod remarks;

use std::collections::HashMap;

use wirereel_query::{
    answer::ServiceKind,
    reel::{Metric, Series, SeriesQuestion, ServiceSeries},
};

use super::{Reader, density::gaps, graph::Graph, scope::Condition};
use crate::error::{Result, StoreError};

use axis::Axis;
use points::Points;

/// Most points a question may ask for.
const MOST_POINTS: u32 = 4_000;
/// Most services a question may ask for.
const MOST_SERVICES: usize = 8;

impl Reader {
    /// A metric over time, with what stands out in it.
    ///
    /// # Errors
    /// `BadFilter`; `BadQuestion` for an empty range, or for more points or services than are allowed; `NotFound` for a name that no
    /// node has.
    pub fn series(&self, question: &SeriesQuestion) -> Result<Series> {
        let SeriesQuestion { range, points, metric, services, filter } = question;
        if range.to_us <= range.from_us {
            return Err(StoreError::BadQuestion("the range is empty".into()));
        }
        if !(1..=MOST_POINTS).contains(points) {
            return Err(StoreError::BadQuestion(format!("{points} points: allowed are 1 to {MOST_POINTS}")));
        }
        if !(1..=MOST_SERVICES).contains(&services.len()) {
            let asked = services.len();
            return Err(StoreError::BadQuestion(format!("{asked} services: allowed are 1 to {MOST_SERVICES}")));
        }
        let graph = self.graph()?;
        let sides: Vec<Side> = services.iter().map(|name| Side::of(&graph, name, *metric)).collect::<Result<_>>()?;
        let axis = Axis::of(*range, *points, &graph.widths_s);
        let condition = Condition::matching(filter)?;
        let seconds = axis.recorded(&graph.recorded);
        let figures = self.points(*metric, &axis, &sides, &condition, &seconds)?;
        let silences = self.silences(&axis, &sides, &seconds)?;
        let series = services.iter().zip(&sides).map(|(name, side)| {
            let Points { values, mean, support } = figures.get(side).cloned().unwrap_or_else(|| Points::none(&axis));
            let peak = remarks::peak(&axis, &values, &support, &seconds);
            let mut remarks: Vec<_> = peak.into_iter().collect();
            remarks.extend(silences.get(&side.node).into_iter().flatten().cloned());
            remarks.sort_by_key(|remark| remark.range.from_us);
            ServiceSeries { service: name.clone(), values, mean, remarks }
        });
        let mut gaps = gaps(&graph, axis.range());
        gaps.extend(self.drops(axis.range(), *points)?);
        Ok(Series { range: axis.range(), bucket_us: axis.bucket_us, metric: *metric, series: series.collect(), gaps })
    }
}

/// A node, and at which end of edges its metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Side {
    node: i32,
    /// Customers answer nothing: theirs is what they asked.
    customers: bool,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Client,
    Server,
    /// Nothing can be measured: nobody asks customers.
    Neither,
}

impl End {
    fn column(self) -> &'static str {
        match self {
            Self::Client => "client_id",
            Self::Server | Self::Neither => "server_id",
        }
    }
}

impl Side {
    fn of(graph: &Graph, name: &str, metric: Metric) -> Result<Self> {
        let node = graph.id_of(name).ok_or_else(|| StoreError::NotFound(format!("service {name}")))?;
        let customers = graph.who.kind(node) == Some(ServiceKind::Customers);
        let end = match metric {
            Metric::RequestsIn if customers => End::Neither,
            Metric::RequestsOut => End::Client,
            _ if customers => End::Client,
            _ => End::Server,
        };
        Ok(Self { node, customers, end })
    }
}

/// Nodes at one end, for `IN`.
fn listed(sides: &[Side], end: End) -> Option<String> {
    let nodes: Vec<String> = sides.iter().filter(|side| side.end == end).map(|side| side.node.to_string()).collect();
    (!nodes.is_empty()).then(|| nodes.join(", "))
}

/// What is known of each side.
type BySide<T> = HashMap<Side, T>;
