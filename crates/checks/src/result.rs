//! What a website's intended instant came to.

use std::sync::Arc;

use serde::Serialize;
pub use wirereel_schedule::State;

use crate::Measurement;

/// One result. Every intended instant of a website is in exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// The website's name.
    pub website: Arc<str>,
    /// When the check was to begin, in nanoseconds since 1970.
    pub intended_at_ns: i64,
    /// When it began, or when it was seen that it does not, in nanoseconds since 1970.
    pub at_ns: i64,
    /// How many intended instants this result stands for: one, but for a time in which there was no checking.
    pub instants: u32,
    pub state: State,
    /// Why there was no check, or why it does not count; a sentence without its period.
    pub reason: Option<String>,
    /// What was measured, where there was a check.
    pub measured: Option<Measurement>,
}

impl CheckResult {
    /// How late the check began, in nanoseconds; negative when the wall clock was set back meanwhile.
    pub fn start_error_ns(&self) -> i64 {
        self.at_ns.saturating_sub(self.intended_at_ns)
    }
}
