//! Latency over time.

use wirereel_query::{answer::HeatStrip, question::TimeRange};

use super::super::{Reader, density::bucket_sql, scope::Condition};
use crate::{error::Result, latency};

/// Time buckets.
const COLUMNS: u32 = 48;
/// Upper bounds of the latency classes shown.
const BOUNDS_US: [u64; 12] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000];

impl Reader {
    pub(super) fn heat(&self, condition: &Condition, range: TimeRange) -> Result<HeatStrip> {
        let rows_per_column = BOUNDS_US.len() + 1;
        let mut heat = HeatStrip {
            range,
            columns: COLUMNS,
            bounds_us: BOUNDS_US.to_vec(),
            counts: vec![0; COLUMNS as usize * rows_per_column],
            failed: vec![0; COLUMNS as usize],
        };
        let sql = format!(
            "SELECT {} AS bucket, latency_class, \
             count(*)::UINTEGER, (count(*) FILTER (raw.is_error(outcome)))::UINTEGER FROM raw.exchanges WHERE {} \
             GROUP BY bucket, latency_class",
            bucket_sql("(started_us * 1000)", range, COLUMNS),
            condition.sql()
        );
        self.each(&sql, condition.bound(), |row| {
            let column = row.get::<_, u32>(0)? as usize;
            if let Some(class) = row.get(1)? {
                let middle_us = latency::middle_us(class);
                let line = BOUNDS_US.iter().position(|&bound| middle_us < bound).unwrap_or(BOUNDS_US.len());
                heat.counts[column * rows_per_column + line] += row.get::<_, u32>(2)?;
            }
            heat.failed[column] += row.get::<_, u32>(3)?;
            Ok(())
        })?;
        Ok(heat)
    }
}
