//! The values of a series, from roll-ups or rows.

use wirereel_query::reel::Metric;

use super::{
    super::{
        Reader,
        scope::{Condition, nanos},
    },
    BySide, End, Side,
    axis::{Axis, Source},
    listed,
    percentiles::Cells,
};
use crate::error::Result;

/// One service's values with what they rest on.
#[derive(Debug, Clone)]
pub(super) struct Points {
    pub(super) values: Vec<Option<f64>>,
    pub(super) mean: Option<f64>,
    /// Requests (of bytes and connections: their number) behind each value: a share of two requests is no peak.
    pub(super) support: Vec<f64>,
}

impl Points {
    pub(super) fn none(axis: &Axis) -> Self {
        Self { values: vec![None; axis.buckets], mean: None, support: vec![0.0; axis.buckets] }
    }
}

/// Two sums per bucket; what they are depends on the metric.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    pub(super) first: Vec<i64>,
    pub(super) second: Vec<i64>,
}

impl Reader {
    /// The values of every side that has an end at all.
    pub(super) fn points(
        &self,
        metric: Metric,
        axis: &Axis,
        sides: &[Side],
        condition: &Condition,
        seconds: &[f64],
    ) -> Result<BySide<Points>> {
        if let Metric::P50 | Metric::P95 | Metric::P99 = metric {
            return self.percentiles(metric, axis, sides, condition, seconds);
        }
        let (first, second) = match metric {
            Metric::FailureRate => ("errors_5xx + failed", "requests"),
            Metric::Bytes => ("bytes_up + bytes_down", "0"),
            Metric::ActiveConnections => ("open_delta", "0"),
            _ => ("requests", "0"),
        };
        // Connections match no filter.
        let unfiltered = Condition::default();
        let condition = if metric == Metric::ActiveConnections { &unfiltered } else { condition };
        let sums = self.sums(axis, sides, condition, &format!("sum({first})::BIGINT, sum({second})::BIGINT"))?;
        if metric == Metric::ActiveConnections {
            return self.open_connections(axis, sides, &sums, seconds);
        }
        Ok(sums.into_iter().map(|(side, sums)| (side, rates(metric, &sums, seconds))).collect())
    }

    pub(super) fn sums(
        &self,
        axis: &Axis,
        sides: &[Side],
        condition: &Condition,
        columns: &str,
    ) -> Result<BySide<Sums>> {
        let empty = Sums { first: vec![0; axis.buckets], second: vec![0; axis.buckets] };
        let measured = sides.iter().filter(|side| side.end != End::Neither);
        let mut sums: BySide<Sums> = measured.map(|side| (*side, empty.clone())).collect();
        for end in [End::Client, End::Server] {
            let Some(nodes) = listed(sides, end) else { continue };
            let sql = of_end(axis, condition, end, &nodes, "rollup", columns) + " GROUP BY ALL";
            let of_node = |node: i32| sides.iter().find(|side| side.node == node && side.end == end);
            self.each(&sql, condition.bound(), |row| {
                let bucket = row.get::<_, u32>(0)? as usize;
                if let Some(sums) = of_node(row.get(1)?).and_then(|side| sums.get_mut(side)) {
                    (sums.first[bucket], sums.second[bucket]) = (row.get(2)?, row.get(3)?);
                }
                Ok(())
            })?;
        }
        Ok(sums)
    }

    /// Connections open at the end of each bucket.
    fn open_connections(
        &self,
        axis: &Axis,
        sides: &[Side],
        deltas: &BySide<Sums>,
        seconds: &[f64],
    ) -> Result<BySide<Points>> {
        let before = self.open_connections_before(nanos(axis.from_us))?;
        let of_side = |side: &Side| {
            let edges = before.iter().filter(|((client, server), _)| match side.end {
                End::Client => *client == side.node,
                _ => *server == side.node,
            });
            let mut open: i64 = edges.map(|(_, open)| *open).sum();
            let counts: Vec<i64> = deltas
                .get(side)?
                .first
                .iter()
                .map(|delta| {
                    open += delta;
                    open.max(0)
                })
                .collect();
            let values = recorded_only(counts.iter().map(|count| *count as f64), seconds);
            let known: Vec<f64> = values.iter().flatten().copied().collect();
            let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
            Some((*side, Points { values, mean, support: counts.iter().map(|count| *count as f64).collect() }))
        };
        Ok(sides.iter().filter_map(of_side).collect())
    }

    fn percentiles(
        &self,
        metric: Metric,
        axis: &Axis,
        sides: &[Side],
        condition: &Condition,
        seconds: &[f64],
    ) -> Result<BySide<Points>> {
        let share = match metric {
            Metric::P50 => 0.50,
            Metric::P95 => 0.95,
            _ => 0.99,
        };
        let mut cells = Cells::new(sides.iter().filter(|side| side.end != End::Neither).collect(), axis.buckets);
        for end in [End::Client, End::Server] {
            let Some(nodes) = listed(sides, end) else { continue };
            let sql = match axis.source {
                // Rows of roll-ups are few already: to group them takes longer than to hand them over.
                Source::Rollup(_) if !condition.is_filtered() => {
                    of_end(axis, condition, end, &nodes, "histogram", "classes, counts")
                }
                _ => format!(
                    "SELECT bucket, node, [class]::USMALLINT[], [n]::UINTEGER[] FROM ({} GROUP BY ALL)",
                    of_end(axis, condition, end, &nodes, "histogram", "class, sum(n) AS n")
                ),
            };
            self.batches(&sql, condition.bound(), |batch| {
                cells.add(batch, |side, node| side.node == node && side.end == end);
            })?;
        }
        Ok(cells.points(share, seconds).into_iter().collect())
    }
}

/// Rates and shares with their mean over recorded time, or over all requests.
fn rates(metric: Metric, sums: &Sums, seconds: &[f64]) -> Points {
    let (first, second): (i64, i64) = (sums.first.iter().sum(), sums.second.iter().sum());
    if metric == Metric::FailureRate {
        let share = |errors: i64, requests: i64| (requests > 0).then(|| errors as f64 / requests as f64);
        let values = sums.first.iter().zip(&sums.second).map(|(errors, requests)| share(*errors, *requests));
        let support = sums.second.iter().map(|requests| *requests as f64).collect();
        return Points { values: values.collect(), mean: share(first, second), support };
    }
    let recorded: f64 = seconds.iter().sum();
    let per_second = sums.first.iter().zip(seconds).map(|(sum, seconds)| *sum as f64 / seconds.max(f64::MIN_POSITIVE));
    Points {
        values: recorded_only(per_second, seconds),
        mean: (recorded > 0.0).then(|| first as f64 / recorded),
        support: sums.first.iter().map(|sum| *sum as f64).collect(),
    }
}

/// Values of buckets of which something was recorded.
fn recorded_only(values: impl Iterator<Item = f64>, seconds: &[f64]) -> Vec<Option<f64>> {
    values.zip(seconds).map(|(value, seconds)| (*seconds > 0.0).then_some(value)).collect()
}

/// The query for bucket, node and columns of the nodes at one end.
fn of_end(axis: &Axis, condition: &Condition, end: End, nodes: &str, table: &str, columns: &str) -> String {
    let node = end.column();
    let is_by_row = condition.is_filtered() || axis.source == Source::Rows;
    let present = if is_by_row && table == "histogram" { " AND class IS NOT NULL" } else { "" };
    let (source, within, bucket) = if condition.is_filtered() {
        let range = axis.range();
        let mut started = Condition::default();
        started.started_in(range);
        let matching = format!(
            "(SELECT started_us, client_id, server_id, 1 AS requests, failed::INTEGER AS failed, \
             raw.is_5xx(outcome)::INTEGER AS errors_5xx, request_body_bytes AS bytes_up, \
             response_body_bytes AS bytes_down, latency_class AS class, 1 AS n FROM raw.exchanges WHERE {} AND {})",
            condition.sql(),
            started.sql()
        );
        (matching, "true".to_owned(), axis.bucket_of("started_us"))
    } else {
        let (within, bucket) = axis.sql();
        let source = match axis.source {
            Source::Rollup(width_s) => format!("raw.{table}_{width_s}s"),
            Source::Rows => "(SELECT *, latency_class AS class, 1 AS n FROM raw.facts)".into(),
        };
        (source, within, bucket)
    };
    format!(
        "SELECT {bucket} AS bucket, {node} AS node, {columns} FROM {source} \
         WHERE {within} AND {node} IN ({nodes}){present}"
    )
}
