//! Figures about Wirereel itself over time.

use std::collections::HashMap;

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

impl Reader {
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
