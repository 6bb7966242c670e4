//! Results as figures and rules need them: few columns, many rows.

use wirereel_query::checks::CheckState;

use super::super::{
    Reader,
    results::{LONGEST_US, PROBES, SLICE_US, state_of},
};
use crate::error::Result;

/// A result, as figures need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSample {
    /// As [`Reader::probes_named`] tells.
    pub number: i32,
    pub intended_us: i64,
    pub instants: u32,
    pub state: CheckState,
    pub total_ns: Option<u64>,
    pub failure: Option<String>,
}

/// A result, as rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReading {
    pub probe: String,
    pub intended_ns: i64,
    /// When the result was known: when the probe began, and what it took.
    pub known_ns: i64,
    pub instants: u32,
    pub state: CheckState,
    pub total_ns: Option<u64>,
}

impl Reader {
    /// Every result of some probes, or of all, that was intended at or after an instant and before another, in the order of their instants.
    pub fn probe_samples(
        &self,
        probes: Option<&[&str]>,
        (from_us, to_us): (i64, i64),
        mut each: impl FnMut(ProbeSample),
    ) -> Result<()> {
        let condition = PROBES.condition(self, probes)?;
        let within = format!("{condition} AND intended_us >= {from_us} AND intended_us < {to_us}");
        for (from_us, to_us) in PROBES.slices(self, "intended_us", &within, SLICE_US)? {
            let sql = format!(
                "SELECT number, intended_us, instants, state, total_ns, failure FROM raw.probe_results \
                 WHERE {condition} AND intended_us >= {from_us} AND intended_us < {to_us} ORDER BY intended_us"
            );
            self.each(&sql, [], |row| {
                each(ProbeSample {
                    number: row.get(0)?,
                    intended_us: row.get(1)?,
                    instants: row.get(2)?,
                    state: state_of(row.get(3)?),
                    total_ns: row.get(4)?,
                    failure: row.get(5)?,
                });
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Every result that was known at or after an instant, in the order in which they were, for rules that were not told of them.
    pub fn probe_readings_since(&self, since_ns: i64, mut each: impl FnMut(ProbeReading)) -> Result<()> {
        let since_us = since_ns.div_euclid(1_000);
        const KNOWN: &str = "(at_us + coalesce(total_ns // 1000, 0)::BIGINT)";
        let within = format!("at_us >= {} AND {KNOWN} >= {since_us}", since_us.saturating_sub(LONGEST_US));
        for (from_us, to_us) in PROBES.slices(self, KNOWN, &within, SLICE_US)? {
            let sql = format!(
                "SELECT n.name, r.intended_us, {KNOWN} AS known_us, r.instants, r.state, r.total_ns FROM raw.probe_results r \
                 JOIN raw.probe_names n ON n.number = r.number \
                 WHERE r.at_us >= {} AND r.at_us < {to_us} AND {KNOWN} >= {from_us} AND {KNOWN} < {to_us} \
                 ORDER BY known_us, r.intended_us",
                from_us.saturating_sub(LONGEST_US)
            );
            self.each(&sql, [], |row| {
                each(ProbeReading {
                    probe: row.get(0)?,
                    intended_ns: row.get::<_, i64>(1)? * 1_000,
                    known_ns: row.get::<_, i64>(2)? * 1_000,
                    instants: row.get(3)?,
                    state: state_of(row.get(4)?),
                    total_ns: row.get(5)?,
                });
                Ok(())
            })?;
        }
        Ok(())
    }
}
