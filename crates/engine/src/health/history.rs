//! Figures over time as columns: from rows, and from the last snapshots where there are none.

use std::collections::{BTreeMap, HashSet};

use wirereel_query::health::HealthHistory;
use wirereel_store::FigurePoint;

use super::{COUNTS_FOR_US, Ring};

/// Components whose figures are drawn.
pub(crate) const CHARTED: [&str; 8] =
    ["ingest", "queues", "store", "questions", "process", "memory", "disk", "parsing"];

/// How a sample's value comes from what was measured in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Mean,
    Most,
    /// A counter: by how much it grew. One that is smaller than before began anew.
    Grew,
}

/// What was measured of one figure in one sample.
#[derive(Clone, Copy, Default)]
struct Measured {
    sum: f64,
    count: f64,
    most: f64,
    last: f64,
}

impl Measured {
    fn take(&mut self, mean: f64, most: f64, last: f64) {
        self.most = if self.count == 0.0 { most } else { self.most.max(most) };
        (self.sum, self.count, self.last) = (self.sum + mean, self.count + 1.0, last);
    }
}

type Samples = BTreeMap<i64, Measured>;

/// Columns of `width_us` each, of rows and of snapshots in samples that no row lies in.
pub(crate) fn history(points: &[FigurePoint], ring: &Ring, from_us: i64, to_us: i64, width_us: i64) -> HealthHistory {
    let mut all: BTreeMap<(&str, &str), Samples> = BTreeMap::new();
    for point in points.iter().filter(|point| point.mean.is_finite()) {
        let samples = all.entry((&point.component, &point.metric)).or_default();
        samples.entry(point.at_us).or_default().take(point.mean, point.most, point.last);
    }
    let recorded: HashSet<i64> = all.values().flat_map(|samples| samples.keys().copied()).collect();
    for snapshot in ring.between(from_us, to_us) {
        let at_us = snapshot.at_us.div_euclid(width_us) * width_us;
        if recorded.contains(&at_us) {
            continue;
        }
        for figure in snapshot.figures().iter().filter(|figure| CHARTED.contains(&figure.component.as_ref())) {
            let samples = all.entry((&figure.component, &figure.metric)).or_default();
            samples.entry(at_us).or_default().take(figure.value, figure.value, figure.value);
        }
    }
    let mut at_us: Vec<i64> = all.values().flat_map(|samples| samples.keys().copied()).collect();
    at_us.sort_unstable();
    at_us.dedup();
    let of = |component, metric, how| column(all.get(&(component, metric)), &at_us, how);
    HealthHistory {
        packets_per_s: of("ingest", "packets_per_s", How::Mean),
        rows_per_s: of("ingest", "rows_per_s", How::Mean),
        lag_ms: of("ingest", "lag_ms", How::Most),
        fill: of("queues", "fill", How::Most),
        dropped: of("queues", "dropped", How::Grew),
        batch_p99_us: of("store", "batch_p99_us", How::Most),
        question_p99_us: of("questions", "p99_us", How::Most),
        cpu: of("process", "cpu", How::Mean),
        memory_bytes: of("process", "memory_bytes", How::Mean),
        database_memory_bytes: of("memory", "database_bytes", How::Mean),
        segment_bytes: of("disk", "segment_bytes", How::Mean),
        database_bytes: of("disk", "database_bytes", How::Mean),
        free_bytes: of("disk", "free_bytes", How::Mean),
        parsing_errors: errors(&all, &at_us),
        at_us,
        width_us,
    }
}

/// A figure that did not change has no row: it is what it was, for as long as that counts.
fn column(samples: Option<&Samples>, at_us: &[i64], how: How) -> Vec<Option<f64>> {
    let Some(samples) = samples else { return vec![None; at_us.len()] };
    let mut before: Option<(i64, f64)> = None;
    let values = at_us.iter().map(|at_us| {
        let known = before.filter(|(then_us, _)| at_us - then_us <= COUNTS_FOR_US).map(|(_, value)| value);
        let Some(measured) = samples.get(at_us) else {
            return if how == How::Grew { known.map(|_| 0.0) } else { known };
        };
        before = Some((*at_us, measured.last));
        match how {
            How::Mean => Some(measured.sum / measured.count),
            How::Most => Some(measured.most),
            How::Grew => Some(
                known.map_or(0.0, |known| if measured.last >= known { measured.last - known } else { measured.last }),
            ),
        }
    });
    values.collect()
}

fn errors(all: &BTreeMap<(&str, &str), Samples>, at_us: &[i64]) -> Vec<Option<f64>> {
    let stages = all.iter().filter(|((component, _), _)| *component == "parsing");
    let mut sums = vec![None; at_us.len()];
    for (_, samples) in stages {
        for (sum, grew) in sums.iter_mut().zip(column(Some(samples), at_us, How::Grew)) {
            *sum = match (*sum, grew) {
                (Some(sum), Some(grew)) => Some(sum + grew),
                (sum, grew) => sum.or(grew),
            };
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Snapshot, snapshot::figure};

    const SECOND_US: i64 = 1_000_000;

    fn point(second: i64, component: &str, metric: &str, mean: f64, most: f64, last: f64) -> FigurePoint {
        let (component, metric) = (component.to_owned(), metric.to_owned());
        FigurePoint { at_us: second * SECOND_US, component, metric, mean, most, last }
    }

    #[test]
    fn a_figure_without_a_row_is_what_it_was_and_counters_tell_by_how_much_they_grew() {
        let points = [
            point(0, "ingest", "lag_ms", 10.0, 30.0, 10.0),
            point(0, "queues", "dropped", 5.0, 5.0, 5.0),
            point(0, "process", "cpu", 0.1, 0.1, 0.1),
            point(10, "process", "cpu", 0.2, 0.2, 0.2),
            point(20, "process", "cpu", 0.3, 0.3, 0.3),
            point(20, "queues", "dropped", 7.0, 8.0, 8.0),
            point(30, "queues", "dropped", 2.0, 2.0, 2.0),
            point(200, "process", "cpu", 0.4, 0.4, 0.4),
        ];
        let history = history(&points, &Ring::default(), 0, 300 * SECOND_US, 10 * SECOND_US);
        assert_eq!(history.at_us, [0, 10, 20, 30, 200].map(|second| second * SECOND_US));
        assert_eq!(history.lag_ms, [Some(30.0), Some(10.0), Some(10.0), Some(10.0), None]);
        assert_eq!(history.dropped, [Some(0.0), Some(0.0), Some(3.0), Some(2.0), None], "it began anew in the fourth");
        assert_eq!(history.cpu, [Some(0.1), Some(0.2), Some(0.3), Some(0.3), Some(0.4)]);
        assert_eq!(history.rows_per_s, [None; 5]);
    }

    #[test]
    fn snapshots_fill_in_where_nothing_was_recorded() {
        let mut ring = Ring::default();
        for second in [0, 1, 10, 11] {
            let figures = vec![figure("process", "cpu", 1.0 + second as f64), figure("queue:rows", "depth", 1.0)];
            ring.push(Snapshot::new(second * SECOND_US, figures));
        }
        let points = [point(0, "process", "cpu", 0.5, 0.5, 0.5)];
        let history = history(&points, &ring, 0, 20 * SECOND_US, 10 * SECOND_US);
        assert_eq!((history.at_us, history.cpu), (vec![0, 10 * SECOND_US], vec![Some(0.5), Some(11.5)]));
    }
}
