//! Services that stopped answering, failed or became slow: when, and what their callers saw.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::question::TimeRange;

/// Incidents that touch a range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentsQuestion {
    /// `None` is the whole recording.
    #[serde(default)]
    pub range: Option<TimeRange>,
}

/// What is wrong with the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum IncidentKind {
    /// It answers nothing while it is still called: connections are refused or reset, or requests stay without a response.
    Crash,
    /// It answers, but far more of its answers than before are 5xx, resets or cut off, and the fault is its own.
    Failing,
    /// Its answers take much longer than before, and it is not waiting for others.
    Slow,
}

/// What one caller saw of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CallerSaw {
    pub client: String,
    /// Requests sent and connections tried without success.
    pub calls: u64,
    pub refused: u64,
    pub resets: u64,
    /// Requests without a response, reset or cut off.
    pub unanswered: u64,
    pub errors_5xx: u64,
    /// The last good answer before, and the first one after.
    pub last_answer_us: Option<i64>,
    pub first_answer_us: Option<i64>,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Incident {
    pub service: String,
    pub kind: IncidentKind,
    /// From the first sign of it to the first good answer after it, or to the end of what was recorded.
    pub range: TimeRange,
    /// False when the recording ends in it, or it went over into a crash of the service.
    pub recovered: bool,
    /// What the first sign was: `connection refused`, `connection reset`, `no response`, `5xx`, `slow`.
    pub first_sign: String,
    pub callers: Vec<CallerSaw>,
    /// Of slow answers: the median before and during, microseconds.
    pub before_us: Option<u64>,
    pub during_us: Option<u64>,
}
