//! Questions about probes.

mod parts;
mod runs;
mod samples;
mod seen;

pub use parts::PathParts;
pub use samples::{ProbeReading, ProbeSample};
pub use seen::{SeenExchange, SeenProbe, ToldProbe};

use super::{
    Reader,
    checks::{quoted, state_of},
};
use crate::error::Result;

/// Nanoseconds as hosts are told them.
fn micros(ns: Option<i64>) -> Option<f64> {
    ns.map(|ns| ns as f64 / 1e3)
}

impl Reader {
    /// Names and numbers of probes that have results, or had some: of these, or of all.
    pub fn probes_named(&self, probes: Option<&[&str]>) -> Result<Vec<(i32, String)>> {
        let condition = match probes {
            None => "TRUE".to_owned(),
            Some([]) => return Ok(Vec::new()),
            Some(probes) => format!("name IN ({})", quoted(probes.iter().copied())),
        };
        let sql = format!("SELECT number, name FROM raw.probe_names WHERE {condition}");
        self.rows(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// A condition on rows that are of these probes; of all without any list.
    fn probe_condition(&self, probes: Option<&[&str]>) -> Result<String> {
        if probes.is_none() {
            return Ok("TRUE".into());
        }
        let numbers: Vec<String> =
            self.probes_named(probes)?.into_iter().map(|(number, _)| number.to_string()).collect();
        Ok(if numbers.is_empty() { "FALSE".into() } else { format!("number IN ({})", numbers.join(", ")) })
    }
}
