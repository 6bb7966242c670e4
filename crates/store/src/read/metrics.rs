//! Figures about Wirereel itself over time.

use std::collections::HashMap;

use duckdb::Row;

use super::{Reader, scope::nanos};
use crate::error::Result;

/// Figures of one part in a stretch of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricPoint {
    /// Begin of the stretch, a multiple of its width.
    pub at_us: i64,
    pub mean: HashMap<String, f64>,
    pub sum: HashMap<String, f64>,
}

/// A figure as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFigure {
    pub at_us: i64,
    pub component: String,
    pub metric: String,
    pub value: f64,
}

/// A figure in a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct FigurePoint {
    /// Begin of the stretch, a multiple of its width.
    pub at_us: i64,
    pub component: String,
    pub metric: String,
    pub mean: f64,
    pub most: f64,
    pub last: f64,
}

impl Reader {
    /// The newest of every figure at an instant, of those that were recorded within `back_us` before it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn figures_at(&self, at_us: i64, back_us: i64) -> Result<Vec<StoredFigure>> {
        let sql = format!(
            "SELECT epoch_us(max(happened_at)), component, metric, arg_max(value, happened_at) FROM raw.self_metrics \
             WHERE happened_at > make_timestamp_ns({}) AND happened_at < make_timestamp_ns({}) GROUP BY component, metric \
             ORDER BY component, metric",
            nanos(at_us.saturating_sub(back_us)),
            nanos(at_us.saturating_add(1))
        );
        self.rows(&sql, [], stored)
    }

    /// Every figure of a component in a time, in order of time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn figures_of(&self, component: &str, from_us: i64, to_us: i64) -> Result<Vec<StoredFigure>> {
        let sql = format!(
            "SELECT epoch_us(happened_at), component, metric, value FROM raw.self_metrics WHERE component = ? \
             AND happened_at >= make_timestamp_ns({}) AND happened_at < make_timestamp_ns({}) ORDER BY happened_at, metric",
            nanos(from_us),
            nanos(to_us)
        );
        self.rows(&sql, [component], stored)
    }

    /// Figures of some components in stretches of `width_us`, in order of time; stretches without any are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn figure_points(
        &self,
        components: &[&'static str],
        from_us: i64,
        to_us: i64,
        width_us: i64,
    ) -> Result<Vec<FigurePoint>> {
        let width_us = width_us.max(1);
        let named: Vec<String> = components.iter().map(|component| format!("'{component}'")).collect();
        let sql = format!(
            "SELECT (epoch_us(happened_at) // {width_us}) * {width_us} AS at_us, component, metric, avg(value), max(value), \
             arg_max(value, happened_at) FROM raw.self_metrics WHERE component IN ({}) \
             AND happened_at >= make_timestamp_ns({}) AND happened_at < make_timestamp_ns({}) GROUP BY ALL ORDER BY at_us",
            named.join(", "),
            nanos(from_us),
            nanos(to_us)
        );
        self.rows(&sql, [], |row| {
            Ok(FigurePoint {
                at_us: row.get(0)?,
                component: row.get(1)?,
                metric: row.get(2)?,
                mean: row.get(3)?,
                most: row.get(4)?,
                last: row.get(5)?,
            })
        })
    }

    /// Figures of a component in stretches of `width_us`, in order of time; stretches without any are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn metric_points(&self, component: &str, from_us: i64, to_us: i64, width_us: i64) -> Result<Vec<MetricPoint>> {
        let width_us = width_us.max(1);
        let mut points: Vec<MetricPoint> = Vec::new();
        let sql = format!(
            "SELECT (epoch_us(happened_at) // {width_us}) * {width_us} AS at_us, metric, avg(value), sum(value) \
             FROM raw.self_metrics WHERE component = ? AND happened_at >= make_timestamp_ns({}) AND happened_at < make_timestamp_ns({}) \
             GROUP BY ALL ORDER BY at_us, metric",
            nanos(from_us),
            nanos(to_us)
        );
        self.each(&sql, [component], |row| {
            let (at_us, metric): (i64, String) = (row.get(0)?, row.get(1)?);
            if points.last().is_none_or(|last| last.at_us != at_us) {
                points.push(MetricPoint { at_us, ..MetricPoint::default() });
            }
            if let Some(point) = points.last_mut() {
                point.mean.insert(metric.clone(), row.get(2)?);
                point.sum.insert(metric, row.get(3)?);
            }
            Ok(())
        })?;
        Ok(points)
    }
}

fn stored(row: &Row<'_>) -> duckdb::Result<StoredFigure> {
    Ok(StoredFigure { at_us: row.get(0)?, component: row.get(1)?, metric: row.get(2)?, value: row.get(3)? })
}

#[cfg(test)]
mod tests {
    use crate::Store;

    const SECOND_NS: i64 = 1_000_000_000;
    const SECOND_US: i64 = 1_000_000;

    #[test]
    fn an_instants_figures_are_the_newest_of_each_within_the_time_that_counts() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap().store;
        let mut writer = store.writer().unwrap();
        writer
            .record_figures(&[
                (SECOND_NS, "process", "cpu", 0.1),
                (2 * SECOND_NS, "process", "cpu", 0.3),
                (2 * SECOND_NS, "health", "lag", 1.0),
                (3 * SECOND_NS, "process", "cpu", 0.5),
                (3 * SECOND_NS, "disk", "segments", 2.0),
            ])
            .unwrap();
        let reader = store.reader(None).unwrap();
        assert_eq!(reader.figures_at(9 * SECOND_US, 9 * SECOND_US).unwrap(), [], "not committed yet");
        writer.commit().unwrap();
        let at = |second: i64, back: i64| {
            let figures = reader.figures_at(second * SECOND_US, back * SECOND_US).unwrap();
            figures
                .into_iter()
                .map(|figure| (figure.metric, figure.value, figure.at_us / SECOND_US))
                .collect::<Vec<_>>()
        };
        assert_eq!(at(2, 60), [("lag".to_owned(), 1.0, 2), ("cpu".to_owned(), 0.3, 2)]);
        assert_eq!(at(3, 1), [("segments".to_owned(), 2.0, 3), ("cpu".to_owned(), 0.5, 3)]);
        let points = reader.figure_points(&["process"], 0, 4 * SECOND_US, 2 * SECOND_US).unwrap();
        let told: Vec<_> = points.iter().map(|point| (point.at_us, point.mean, point.most, point.last)).collect();
        assert_eq!(told, [(0, 0.1, 0.1, 0.1), (2 * SECOND_US, 0.4, 0.5, 0.5)]);
        assert_eq!(reader.figures_of("health", 0, 3 * SECOND_US).unwrap().len(), 1);
        assert!(store.memory().unwrap().bytes > 0);
    }
}
