//! Results as figures are made of them: few columns, many rows.

use std::collections::HashMap;

use duckdb::arrow::{
    array::{Array, ArrayRef, Int32Array, Int64Array, StringArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array},
    record_batch::RecordBatch,
};
use wirereel_query::checks::{CheckPhases, CheckState};

use super::super::{
    Reader,
    results::{CHECKS, LONGEST_US, SLICE_US, state_of},
};
use crate::error::Result;

/// A result, as figures need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckSample<'a> {
    /// As [`Reader::check_websites`] tells.
    pub website: i32,
    pub intended_us: i64,
    pub instants: u32,
    pub state: CheckState,
    pub response_us: Option<u64>,
    pub ttfb_us: Option<u64>,
    pub status: Option<u16>,
    pub failure: Option<&'a str>,
}

/// A result, as rules need it.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReading {
    pub website: String,
    pub intended_ns: i64,
    /// When the result was known: when the check began, and what it took.
    pub known_ns: i64,
    pub instants: u32,
    pub state: CheckState,
    pub response_us: Option<u64>,
    pub ttfb_us: Option<u64>,
    /// When the server's certificate ends.
    pub certificate_not_after_us: Option<i64>,
}

impl Reader {
    /// Every result of some websites, or of all, that was intended at or after an instant and before another, in the order of their
    /// instants.
    pub fn check_samples(
        &self,
        websites: Option<&[&str]>,
        from_us: i64,
        to_us: i64,
        mut each: impl FnMut(&CheckSample<'_>),
    ) -> Result<()> {
        let condition = CHECKS.condition(self, websites)?;
        let within = format!("{condition} AND intended_us >= {from_us} AND intended_us < {to_us}");
        // Of few websites there are few rows.
        let slice_us = if websites.is_some_and(|some| some.len() < 20) { i64::MAX } else { SLICE_US };
        for (from_us, to_us) in CHECKS.slices(self, "intended_us", &within, slice_us)? {
            let sql = format!(
                "SELECT website_id, intended_us, instants, state, response_us, ttfb_us, status, failure FROM raw.check_results \
                 WHERE {condition} AND intended_us >= {from_us} AND intended_us < {to_us} ORDER BY intended_us"
            );
            self.batches(&sql, [], |batch| samples(batch, &mut each))?;
        }
        Ok(())
    }

    /// Every result that was known at or after an instant, in the order in which they were, for rules that were not told of them.
    pub fn check_readings_since(&self, since_ns: i64, mut each: impl FnMut(CheckReading)) -> Result<()> {
        let since_us = since_ns.div_euclid(1_000);
        const KNOWN: &str = "(at_us + coalesce(total_us, 0)::BIGINT)";
        let within = format!("at_us >= {} AND {KNOWN} >= {since_us}", since_us.saturating_sub(LONGEST_US));
        for (from_us, to_us) in CHECKS.slices(self, KNOWN, &within, SLICE_US)? {
            let sql = format!(
                "SELECT w.name, r.intended_us, {KNOWN} AS known_us, r.instants, r.state, r.response_us, r.ttfb_us, \
                 json_extract(r.certificate, '$.not_after_us')::BIGINT FROM raw.check_results r \
                 JOIN raw.check_websites w ON w.website_id = r.website_id \
                 WHERE r.at_us >= {} AND r.at_us < {to_us} AND {KNOWN} >= {from_us} AND {KNOWN} < {to_us} \
                 ORDER BY known_us, r.intended_us",
                from_us.saturating_sub(LONGEST_US)
            );
            self.each(&sql, [], |row| {
                each(CheckReading {
                    website: row.get(0)?,
                    intended_ns: row.get::<_, i64>(1)? * 1_000,
                    known_ns: row.get::<_, i64>(2)? * 1_000,
                    instants: row.get(3)?,
                    state: state_of(row.get(4)?),
                    response_us: row.get(5)?,
                    ttfb_us: row.get(6)?,
                    certificate_not_after_us: row.get(7)?,
                });
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Means of phases of some websites in times that begin at an instant and end before another, in one go: by the website's number, in
    /// the order of the times.
    pub fn check_phases(&self, websites: &[&str], times: &[(i64, i64)]) -> Result<HashMap<i32, Vec<CheckPhases>>> {
        let (Some(from_us), Some(to_us)) =
            (times.iter().map(|time| time.0).min(), times.iter().map(|time| time.1).max())
        else {
            return Ok(HashMap::new());
        };
        let mut means = Vec::new();
        for (from_us, to_us) in times {
            for phase in ["dns", "connect", "proxy", "tls", "write", "ttfb", "transfer", "unattributed"] {
                means.push(format!("avg({phase}_us) FILTER (intended_us >= {from_us} AND intended_us < {to_us})"));
            }
        }
        let sql = format!(
            "SELECT website_id, {} FROM raw.check_results WHERE {} AND intended_us >= {from_us} AND intended_us < {to_us} \
             AND state < 2 GROUP BY website_id",
            means.join(", "),
            CHECKS.condition(self, Some(websites))?
        );
        let rows = self.rows(&sql, [], |row| {
            let phases = (0..times.len()).map(|time| {
                let mean = |phase: usize| row.get::<_, Option<f64>>(1 + time * 8 + phase);
                Ok(CheckPhases {
                    dns_us: mean(0)?,
                    connect_us: mean(1)?,
                    proxy_us: mean(2)?,
                    tls_us: mean(3)?,
                    write_us: mean(4)?,
                    ttfb_us: mean(5)?,
                    transfer_us: mean(6)?,
                    unattributed_us: mean(7)?,
                })
            });
            Ok((row.get::<_, i32>(0)?, phases.collect::<duckdb::Result<Vec<_>>>()?))
        })?;
        Ok(rows.into_iter().collect())
    }
}

fn samples(batch: &RecordBatch, each: &mut impl FnMut(&CheckSample<'_>)) {
    fn of<T: Array + 'static>(column: &ArrayRef) -> Option<&T> {
        column.as_any().downcast_ref()
    }
    let columns = batch.columns();
    let [website, intended, instants, state, response, ttfb, status, failure] = columns else { return };
    let (
        Some(website),
        Some(intended),
        Some(instants),
        Some(state),
        Some(response),
        Some(ttfb),
        Some(status),
        Some(failure),
    ) = (
        of::<Int32Array>(website),
        of::<Int64Array>(intended),
        of::<UInt32Array>(instants),
        of::<UInt8Array>(state),
        of::<UInt64Array>(response),
        of::<UInt64Array>(ttfb),
        of::<UInt16Array>(status),
        of::<StringArray>(failure),
    )
    else {
        unreachable!("columns have the types of their table");
    };
    for row in 0..batch.num_rows() {
        each(&CheckSample {
            website: website.value(row),
            intended_us: intended.value(row),
            instants: instants.value(row),
            state: state_of(state.value(row)),
            response_us: response.is_valid(row).then(|| response.value(row)),
            ttfb_us: ttfb.is_valid(row).then(|| ttfb.value(row)),
            status: status.is_valid(row).then(|| status.value(row)),
            failure: failure.is_valid(row).then(|| failure.value(row)),
        });
    }
}
