//! Questions about website checks.

mod captured;
mod hours;
mod runs;
mod samples;

pub use samples::{CheckReading, CheckSample};

use super::{Reader, results::CHECKS};
use crate::error::Result;

impl Reader {
    /// Names and numbers of all websites that have results, or had some.
    pub fn check_websites(&self) -> Result<Vec<(i32, String)>> {
        CHECKS.names(self, None)
    }

    /// The same of some, by their names.
    pub fn check_websites_named(&self, websites: &[&str]) -> Result<Vec<(i32, String)>> {
        CHECKS.names(self, Some(websites))
    }
}
