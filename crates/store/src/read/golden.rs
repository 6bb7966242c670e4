//! Counters and latency histograms summed up to the figures panes show.

use std::ops::AddAssign;

use wirereel_query::answer::Golden;

use crate::latency::Histogram;

/// Sums of roll-up counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) connects: u64,
    pub(super) resets: u64,
    pub(super) refused: u64,
    /// Connections opened less those ended.
    pub(super) open_delta: i64,
    pub(super) requests: u64,
    pub(super) errors_4xx: u64,
    pub(super) errors_5xx: u64,
    pub(super) failed: u64,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
}

impl Counters {
    /// The select list [`Counters::read`] reads.
    pub(super) const SUMS: &str = "sum(connects)::BIGINT, sum(resets)::BIGINT, sum(refused)::BIGINT, sum(open_delta)::BIGINT, \
        sum(requests)::BIGINT, sum(errors_4xx)::BIGINT, sum(errors_5xx)::BIGINT, sum(failed)::BIGINT, \
        sum(bytes_up)::BIGINT, sum(bytes_down)::BIGINT";

    /// The same sums over rows of `raw.exchanges`, which know nothing of connections.
    pub(super) const EXCHANGE_SUMS: &str = "0::BIGINT, 0::BIGINT, 0::BIGINT, 0::BIGINT, count(*)::BIGINT, \
        (count(*) FILTER (raw.is_4xx(outcome)))::BIGINT, (count(*) FILTER (raw.is_5xx(outcome)))::BIGINT, \
        (count(*) FILTER (failed))::BIGINT, coalesce(sum(request_body_bytes), 0)::BIGINT, \
        coalesce(sum(response_body_bytes), 0)::BIGINT";

    /// Reads sums from a row, beginning at a column.
    pub(super) fn read(row: &duckdb::Row<'_>, first: usize) -> duckdb::Result<Self> {
        let count = |offset: usize| -> duckdb::Result<u64> {
            let sum: Option<i64> = row.get(first + offset)?;
            Ok(sum.and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0))
        };
        Ok(Self {
            connects: count(0)?,
            resets: count(1)?,
            refused: count(2)?,
            open_delta: row.get::<_, Option<i64>>(first + 3)?.unwrap_or(0),
            requests: count(4)?,
            errors_4xx: count(5)?,
            errors_5xx: count(6)?,
            failed: count(7)?,
            bytes_up: count(8)?,
            bytes_down: count(9)?,
        })
    }

    /// 5xx and failed.
    pub(super) fn errors(&self) -> u64 {
        self.errors_5xx + self.failed
    }

    /// The figures with their percentiles, over so many recorded seconds.
    pub(super) fn golden(&self, latency: &Histogram, seconds: f64) -> Golden {
        Golden {
            requests: self.requests,
            rate: if seconds > 0.0 { self.requests as f64 / seconds } else { 0.0 },
            errors_4xx: self.errors_4xx,
            errors_5xx: self.errors_5xx,
            failed: self.failed,
            error_share: if self.requests > 0 { self.errors() as f64 / self.requests as f64 } else { 0.0 },
            p50_us: latency.percentile_us(0.50),
            p95_us: latency.percentile_us(0.95),
            p99_us: latency.percentile_us(0.99),
            bytes_up: self.bytes_up,
            bytes_down: self.bytes_down,
        }
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.connects += other.connects;
        self.resets += other.resets;
        self.refused += other.refused;
        self.open_delta += other.open_delta;
        self.requests += other.requests;
        self.errors_4xx += other.errors_4xx;
        self.errors_5xx += other.errors_5xx;
        self.failed += other.failed;
        self.bytes_up += other.bytes_up;
        self.bytes_down += other.bytes_down;
    }
}
