//! Events per pixel for the reel.

use duckdb::Params;
use wirereel_query::{
    answer::{Density, Gap},
    question::{DensityQuestion, TimeRange},
};

use super::{
    Reader,
    graph::Graph,
    scope::{Condition, nanos},
};
use crate::{
    error::{Result, StoreError},
    schema::PULSE_MS,
};

/// Most buckets a question may ask for.
const MOST_BUCKETS: u32 = 4_000;
/// Narrowest bucket counted from the pulse instead of from rows: twenty pulses, so that no bucket is more than 5 % off.
const PULSE_FROM_NS: i64 = 20 * PULSE_MS * 1_000_000;

impl Reader {
    /// Requests and errors per bucket; with a filter also what matches it.
    ///
    /// # Errors
    /// `BadQuestion` for an empty range or a number of buckets beyond 1 to 4,000.
    pub fn density(&self, question: &DensityQuestion) -> Result<Density> {
        let DensityQuestion { range, buckets, filter } = question;
        if range.to_us <= range.from_us {
            return Err(StoreError::BadQuestion("the range is empty".into()));
        }
        if !(1..=MOST_BUCKETS).contains(buckets) {
            return Err(StoreError::BadQuestion(format!("{buckets} buckets: allowed are 1 to {MOST_BUCKETS}")));
        }
        let graph = self.graph()?;
        let mut density = Density {
            range: *range,
            bucket_us: (range.to_us - range.from_us) as f64 / f64::from(*buckets),
            requests: vec![0; *buckets as usize],
            errors: vec![0; *buckets as usize],
            matches: Vec::new(),
            gaps: gaps(&graph, *range),
        };
        density.gaps.extend(self.drops(*range, *buckets)?);
        let bucket_ns = nanos(range.to_us).saturating_sub(nanos(range.from_us)) / i64::from(*buckets);
        let source = if bucket_ns >= PULSE_FROM_NS { pulses(*range) } else { rows(*range) };
        let sql = format!(
            "SELECT {} AS bucket, sum(requests)::UINTEGER, sum(errors)::UINTEGER FROM ({source}) GROUP BY bucket",
            bucket_sql("at_ns", *range, *buckets)
        );
        self.each(&sql, [], |row| {
            let bucket = row.get::<_, u32>(0)? as usize;
            (density.requests[bucket], density.errors[bucket]) = (row.get(1)?, row.get(2)?);
            Ok(())
        })?;
        if !filter.trim().is_empty() {
            let mut condition = Condition::matching(filter)?;
            condition.started_in(*range);
            density.matches = self.matches(*range, *buckets, &condition.sql(), condition.bound())?;
        }
        Ok(density)
    }

    /// Seconds of the range in which live capture lost packets. Those that one bucket would show, or two side by side, are one span.
    pub(super) fn drops(&self, range: TimeRange, buckets: u32) -> Result<Vec<Gap>> {
        let bucket_us = (range.to_us - range.from_us) / i64::from(buckets.max(1));
        let mut drops: Vec<Gap> = Vec::new();
        let sql = format!(
            "SELECT second, sum(in_kernel + in_queue)::UBIGINT FROM raw.lost_packets WHERE second >= {} AND second < {} \
             GROUP BY second ORDER BY second",
            range.from_us.div_euclid(1_000_000),
            -(-range.to_us).div_euclid(1_000_000)
        );
        self.each(&sql, [], |row| {
            let (second, lost): (i64, u64) = (row.get(0)?, row.get(1)?);
            let from_us = second.saturating_mul(1_000_000);
            let span = TimeRange { from_us: from_us.max(range.from_us), to_us: (from_us + 1_000_000).min(range.to_us) };
            match drops.last_mut() {
                Some(last) if span.from_us - last.range.to_us <= bucket_us => {
                    last.range.to_us = span.to_us;
                    last.lost_packets += lost;
                }
                _ => drops.push(Gap { range: span, reason: "dropped".into(), lost_packets: lost }),
            }
            Ok(())
        })?;
        Ok(drops)
    }

    fn matches(&self, range: TimeRange, buckets: u32, condition: &str, params: impl Params) -> Result<Vec<u32>> {
        let mut matches = vec![0; buckets as usize];
        let sql = format!(
            "SELECT {} AS bucket, count(*)::UINTEGER FROM raw.exchanges WHERE {condition} GROUP BY bucket",
            bucket_sql("(started_us * 1000)", range, buckets)
        );
        self.each(&sql, params, |row| {
            matches[row.get::<_, u32>(0)? as usize] = row.get(1)?;
            Ok(())
        })?;
        Ok(matches)
    }
}

/// Pulses that touch the range, at their middle or at the end of the range that cuts them.
fn pulses(range: TimeRange) -> String {
    let pulse_ns = PULSE_MS * 1_000_000;
    let (first_ns, last_ns) = (nanos(range.from_us), nanos(range.to_us) - 1);
    format!(
        "SELECT greatest({first_ns}, least({last_ns}, bucket * {pulse_ns} + {})) AS at_ns, requests, errors FROM raw.pulse \
         WHERE bucket >= {} AND bucket <= {}",
        pulse_ns / 2,
        first_ns / pulse_ns,
        last_ns / pulse_ns
    )
}

/// Exchanges started in the range.
fn rows(range: TimeRange) -> String {
    let mut condition = Condition::default();
    condition.started_in(range);
    format!(
        "SELECT started_us * 1000 AS at_ns, 1 AS requests, raw.is_error(outcome)::INTEGER AS errors \
         FROM raw.http_exchanges WHERE {}",
        condition.sql()
    )
}

/// The bucket of an instant inside the range. The last one is longer by what is left of the division: less than 4 µs.
pub(super) fn bucket_sql(at_ns: &str, range: TimeRange, buckets: u32) -> String {
    let from_ns = nanos(range.from_us);
    let bucket_ns = (nanos(range.to_us).saturating_sub(from_ns) / i64::from(buckets)).max(1);
    format!("least({}, ({at_ns} - {from_ns}) // {bucket_ns})::UINTEGER", buckets - 1)
}

/// Parts of the range between and around what was recorded.
pub(super) fn gaps(graph: &Graph, range: TimeRange) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let (mut from_us, mut reason) = (range.from_us, "not recorded");
    let mut gap = |from_us: i64, to_us: i64, reason: &str| {
        let (from_us, to_us) = (from_us.max(range.from_us), to_us.min(range.to_us));
        if from_us < to_us {
            gaps.push(Gap { range: TimeRange { from_us, to_us }, reason: reason.into(), lost_packets: 0 });
        }
    };
    let mut was_live = false;
    for recorded in &graph.recorded {
        let between_captures = was_live && recorded.live && reason == "not recorded";
        gap(from_us, recorded.from_ns.div_euclid(1_000), if between_captures { "not capturing" } else { reason });
        from_us = recorded.to_ns.div_euclid(1_000) + 1;
        reason = if recorded.cut_off { "cut off" } else { "not recorded" };
        was_live = recorded.live;
    }
    gap(from_us, range.to_us, reason);
    gaps
}
