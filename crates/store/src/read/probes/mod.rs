//! Questions about probes.

mod parts;
mod runs;
mod samples;
mod seen;

pub use parts::PathParts;
pub use samples::{ProbeReading, ProbeSample};
pub use seen::{SeenExchange, SeenProbe, ToldProbe};

use super::{Reader, results::PROBES};
use crate::error::Result;

/// Nanoseconds as hosts are told them.
fn micros(ns: Option<i64>) -> Option<f64> {
    ns.map(|ns| ns as f64 / 1e3)
}

impl Reader {
    /// Names and numbers of probes that have results, or had some: of these, or of all.
    pub fn probes_named(&self, probes: Option<&[&str]>) -> Result<Vec<(i32, String)>> {
        PROBES.names(self, probes)
    }
}
