//! Faults a service can be told to have.

use serde::{Deserialize, Serialize};

/// What goes wrong, until the service is told to recover.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Fault {
    /// The process ends at once; requests in work get no response.
    Crash,
    /// Responses take longer.
    Slow {
        /// Extra time, milliseconds.
        extra_ms: u64,
        /// Share of requests that are slow, 0 to 1.
        share: f64,
    },
    /// Requests are answered with an error.
    Errors {
        /// The HTTP status sent.
        status: u16,
        /// Share of requests that fail, 0 to 1.
        share: f64,
    },
    /// The port is closed: connections are refused.
    Refuse,
    /// Connections are reset when a request has arrived.
    Reset {
        /// Share of requests that are reset, 0 to 1.
        share: f64,
    },
}

impl Fault {
    /// The word used on the command line and in truth files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Slow { .. } => "slow",
            Self::Errors { .. } => "errors",
            Self::Refuse => "refuse",
            Self::Reset { .. } => "reset",
        }
    }
}
