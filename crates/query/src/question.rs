//! What panes ask.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A half-open span of time: `from_us <= t < to_us`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TimeRange {
    pub from_us: i64,
    pub to_us: i64,
}

/// Range and filter: the part of the shared selection that decides what is counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Scope {
    /// `None` is the whole recording.
    #[serde(default)]
    pub range: Option<TimeRange>,
    /// Filter text; empty is everything. Checked with `check_filter`.
    #[serde(default)]
    pub filter: String,
}

/// Events per pixel for the reel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DensityQuestion {
    pub range: TimeRange,
    /// Buckets wanted, 1 to 4,000; one per pixel or per few pixels.
    pub buckets: u32,
    #[serde(default)]
    pub filter: String,
}

/// A page of the exchanges grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangesQuestion {
    pub scope: Scope,
    /// A column of `http_exchanges`.
    pub sort: String,
    pub descending: bool,
    pub offset: u64,
    /// At most 1,000.
    pub limit: u32,
}

/// Where a row stands in the sorted grid: used to scroll to the playhead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangeAtQuestion {
    pub scope: Scope,
    pub at_us: i64,
}

/// What the inspector shows: one service, or one edge when `client` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InspectQuestion {
    pub scope: Scope,
    #[serde(default)]
    pub client: Option<String>,
    pub server: String,
    /// Last failing exchanges are listed up to here.
    pub at_us: i64,
}

/// Which way to look for the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Direction {
    Forward,
    Backward,
}

/// What counts as an event to step to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EventKind {
    /// Any exchange that matches the filter.
    Exchange,
    /// A failed exchange: status 500 and above, or no response.
    Error,
    /// A refused or reset connection.
    Connection,
    /// A connection tried.
    Connect,
    /// The beginning or the end of an incident.
    Crash,
    /// The beginning or the end of a span without data.
    Gap,
    /// An alert that opened or was over.
    Alert,
}

/// The nearest event before or after an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NextEventQuestion {
    pub from_us: i64,
    pub direction: Direction,
    pub kind: EventKind,
    #[serde(default)]
    pub filter: String,
}

/// A page of the flows grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowsQuestion {
    /// Flows alive in the range, that match the filter themselves or by one of their exchanges.
    pub scope: Scope,
    /// A column of `flows`.
    pub sort: String,
    pub descending: bool,
    pub offset: u64,
    /// At most 1,000.
    pub limit: u32,
}

/// A page of one flow's packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowPacketsQuestion {
    pub flow_id: u64,
    pub offset: u64,
    /// At most 1,000.
    pub limit: u32,
}

/// Which problems of which sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProblemsQuestion {
    /// `None` is every source.
    #[serde(default)]
    pub source_id: Option<u32>,
    /// Only those of this stage: `link`, `transport`, `http`, …; `None` is every stage.
    #[serde(default)]
    pub stage: Option<String>,
    pub offset: u64,
    /// At most 1,000.
    pub limit: u32,
}

/// What rows are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RowsFormat {
    /// HTTP Archive 1.2, of exchanges only.
    Har,
    Csv,
    Parquet,
}

/// Which rows are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RowsOf {
    Exchanges,
    Flows,
}

/// Which message of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Message {
    Request,
    Response,
}

/// What to complete in the query box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CompleteQuestion {
    pub text: String,
    /// Position in `text`, in UTF-16 units as browsers count.
    pub cursor: u32,
    #[serde(default)]
    pub range: Option<TimeRange>,
}
