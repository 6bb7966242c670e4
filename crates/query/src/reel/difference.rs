//! Two windows, of one recording or of two, side by side.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    answer::{Golden, ServiceKind},
    question::TimeRange,
};

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Window {
    /// A recent recording's; `None` is the open one.
    #[serde(default)]
    pub recording_id: Option<String>,
    /// `None` is that whole recording.
    #[serde(default)]
    pub range: Option<TimeRange>,
}

/// What changed from one window to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DifferenceQuestion {
    pub before: Window,
    pub after: Window,
    #[serde(default)]
    pub filter: String,
}

/// Whether something is in both windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Presence {
    /// Only after.
    New,
    /// Only before.
    Gone,
    /// In both, and at least one figure differs by more than chance and by enough to matter.
    Changed,
    Same,
}

/// Which way a figure went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Trend {
    Rose,
    Fell,
    /// Within chance, or too small to matter.
    Same,
    /// One of the windows has nothing to take it from.
    Unknown,
}

/// How far a figure moved, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Effect {
    /// Rates: ratio after / before. Error shares: Cohen's h, −π to π. Latency: Cliff's delta, −1 (every answer faster) to 1.
    pub size: Option<f64>,
    /// Its 95 % interval, where it can be told.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub trend: Trend,
}

/// A node in either window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DifferentNode {
    pub name: String,
    pub kind: ServiceKind,
    /// `New`, `Gone` or `Same`.
    pub presence: Presence,
}

/// An edge in either window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DifferentEdge {
    pub client: String,
    pub server: String,
    pub presence: Presence,
    pub before: Option<Golden>,
    pub after: Option<Golden>,
    pub rate: Effect,
    pub errors: Effect,
    pub latency: Effect,
}

/// The difference, edges that changed most first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Difference {
    pub before: TimeRange,
    pub after: TimeRange,
    /// Seconds of the windows that were recorded.
    pub before_seconds: f64,
    pub after_seconds: f64,
    pub nodes: Vec<DifferentNode>,
    pub edges: Vec<DifferentEdge>,
}
