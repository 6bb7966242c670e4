//! Exchanges that belong together, as a sequence diagram and a waterfall across services.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::question::TimeRange;

/// What ties the exchanges together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "by")]
#[ts(export)]
pub enum SequenceOf {
    /// The call tree an exchange is in: its trace where it has one, else what lies around and inside it in time.
    Exchange { exchange_id: u64 },
    /// W3C trace id, 32 hexadecimal digits.
    Trace { trace_id: String },
    /// Basic login or JWT `sub`.
    Identity { identity: String },
    /// A connection.
    Flow { flow_id: u64 },
}

/// A sequence in a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SequenceQuestion {
    pub of: SequenceOf,
    /// Counts for identities and connections; a trace is always whole. `None` is the whole recording.
    #[serde(default)]
    pub range: Option<TimeRange>,
    /// At most 500 exchanges, the earliest ones.
    pub limit: u32,
}

/// One exchange of the sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SequenceSpan {
    pub exchange_id: u64,
    pub flow_id: u64,
    pub client: String,
    pub server: String,
    pub started_us: i64,
    /// First byte of the response.
    pub response_us: Option<i64>,
    pub finished_us: i64,
    /// `POST /v1/charges`.
    pub label: String,
    pub status: Option<u16>,
    pub failed: bool,
    pub error: Option<String>,
    /// The exchange that this one was made for; `None` at the top.
    pub parent: Option<u64>,
    /// True when the parent was found by time and place alone, not by a common trace.
    pub inferred: bool,
    /// 0 at the top.
    pub depth: u32,
}

/// The sequence, by start, parents before what they caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Sequence {
    pub range: TimeRange,
    /// Services in the order in which they appear.
    pub participants: Vec<String>,
    pub spans: Vec<SequenceSpan>,
    pub trace_id: Option<String>,
    /// Exchanges that belong to it, listed or not.
    pub total: u64,
}
