//! Probes as the window shows and controls them: the list, one path over time, single probes with their hops, and editing.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{
    checks::{CheckMark, CheckOutcome, CheckProblem, CheckState, CheckTimes, WebsiteState},
    question::TimeRange,
};

/// Which probes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ProbesQuestion {
    /// Figures end at this instant; without it, now.
    #[ts(optional)]
    pub at_us: Option<i64>,
    /// Figures are of so long before; without it, of ten minutes. At most a day.
    #[ts(optional)]
    pub past_ms: Option<u64>,
    /// A part of the name, target, region or service, in any case.
    #[ts(optional)]
    pub search: Option<String>,
}

/// All of them; there are at most some hundreds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Probes {
    pub present: bool,
    pub at_us: i64,
    pub past_ms: u64,
    pub total: u32,
    pub down: u32,
    /// Worst first, then by name.
    pub rows: Vec<ProbeRow>,
    /// Between every two regions that a probe has.
    pub matrix: Vec<RegionCell>,
    /// What is wrong among the probes of `wirereel.json`, in sentences.
    pub problems: Vec<String>,
}

/// A probe and how it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeRow {
    pub probe: String,
    pub target: String,
    pub white_box: bool,
    pub from_region: String,
    pub to_region: String,
    pub to_service: String,
    pub interval_ms: u64,
    pub state: WebsiteState,
    pub since_us: Option<i64>,
    /// Hops that are expected or were seen, and how many of them report or are observed.
    pub hops: u32,
    pub hops_told: u32,
    pub figures: ProbeFigures,
    pub last: Option<ProbeRun>,
    pub alert_id: Option<String>,
    /// The target that a source found; `None` of a probe that is written down.
    pub found: Option<FoundTarget>,
}

/// A target that is probed because a source of `probe_sources` names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FoundTarget {
    /// The source's name.
    pub source: String,
    pub service: String,
    pub node: String,
    pub tags: Vec<String>,
    pub health: TargetHealth,
    /// Why it may no longer be as it is told: its source cannot be asked.
    pub stale: Option<String>,
}

/// What a source says of a target's health. It is a label: the target is probed all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TargetHealth {
    /// The source does not say.
    #[default]
    Unknown,
    Passing,
    Warning,
    Critical,
    /// Somebody works on it.
    Maintenance,
}

/// Figures of a probe over a time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeFigures {
    pub up: u64,
    pub down: u64,
    pub overruns: u64,
    pub self_offline: u64,
    /// From 0 to 1.
    pub success: Option<f64>,
    pub total: CheckTimes,
    /// What came of probes, by how often: `ok`, or the kind of failure.
    pub outcomes: Vec<CheckOutcome>,
    pub strip: Vec<CheckMark>,
}

/// From one region to another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RegionCell {
    pub from_region: String,
    pub to_region: String,
    pub probes: Vec<String>,
    pub success: Option<f64>,
    pub p50_us: Option<u64>,
    pub p95_us: Option<u64>,
}

/// How a hop's times are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum HopReported {
    /// It said so itself.
    Reported,
    /// From packets that were captured where it runs.
    Observed,
    /// It said nothing: its time is in the link behind it.
    #[default]
    Opaque,
}

/// One hop of one probe. Parts that are there sum up to the total.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeHop {
    pub position: u32,
    pub hop: String,
    pub region: String,
    /// `relay`, `gateway` or `responder`; empty of an opaque hop.
    pub role: String,
    pub reported: HopReported,
    pub own_us: Option<f64>,
    /// Between this hop and the one before that reports; of an opaque hop only at the end of the path, where it is all the rest.
    pub link_us: Option<f64>,
    pub queue_us: Option<f64>,
    pub backend_us: Option<f64>,
    /// By its own wall clock, for drawing.
    pub received_at_us: Option<i64>,
}

/// One probe.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeRun {
    pub probe: String,
    /// When it was to begin; with the probe, what tells it from others.
    pub intended_us: i64,
    pub at_us: i64,
    pub instants: u32,
    pub state: CheckState,
    pub reason: Option<String>,
    pub failure: Option<String>,
    /// Its trace id as well.
    pub probe_id: Option<String>,
    pub white_box: bool,
    pub total_us: Option<f64>,
    pub connect_us: Option<f64>,
    pub unattributed_us: Option<f64>,
    pub inconsistent: bool,
    pub ignored_records: u32,
    pub last_seen: Option<String>,
    pub grpc_status: Option<u32>,
    pub http_status: Option<u16>,
    pub local: Option<String>,
    pub remote: Option<String>,
    pub hops: Vec<ProbeHop>,
    /// Exchanges of its trace in the live recording, when that was captured; only where one probe is asked for.
    pub exchange_ids: Vec<u64>,
}

/// One probe, over a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeQuestion {
    pub probe: String,
    /// Without it, the past hour.
    #[serde(default)]
    #[ts(optional)]
    pub range: Option<TimeRange>,
    /// Columns at most, up to 240.
    pub columns: u32,
}

/// One probe in depth.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeDetail {
    pub row: ProbeRow,
    /// As in `wirereel.json`.
    #[ts(type = "Record<string, unknown>")]
    pub config: Value,
    pub range: Option<TimeRange>,
    pub figures: ProbeFigures,
    /// The probe of the median total: its parts are those of one probe and sum up.
    pub median: Option<ProbeRun>,
    /// In the order of the path.
    pub hops: Vec<HopFigures>,
    /// Ascending, without holes.
    pub columns: Vec<ProbeColumn>,
}

/// A hop over a time. What was never measured is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HopFigures {
    pub hop: String,
    pub region: String,
    pub role: String,
    pub reported: HopReported,
    /// Probes that it held.
    pub seen: u64,
    /// Probes that it was the last to see.
    pub lost: Option<u64>,
    pub own: CheckTimes,
    pub link: CheckTimes,
    pub queue: CheckTimes,
    pub backend: CheckTimes,
}

/// A column of a path over time: means of its parts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeColumn {
    pub begin_us: i64,
    pub end_us: i64,
    pub up: u32,
    pub down: u32,
    /// Instants about which nothing is known.
    pub unknown: u32,
    pub total_us: Option<f64>,
    /// In the order of the path.
    pub parts: Vec<ProbePart>,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbePart {
    pub hop: String,
    pub part: ProbePartKind,
    pub mean_us: f64,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ProbePartKind {
    /// The wire before a hop.
    #[default]
    Wire,
    /// What a hop itself takes.
    Hop,
    /// What the service takes.
    Service,
    /// Wires and hops that do not report, as a sum.
    NotSplit,
}

/// Single probes, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ProbeRunsQuestion {
    /// Of one probe; without it, of all.
    #[ts(optional)]
    pub probe: Option<String>,
    #[ts(optional)]
    pub range: Option<TimeRange>,
    /// Only what is not up.
    pub failing: bool,
    /// Exactly this one.
    #[ts(optional)]
    pub intended_us: Option<i64>,
    pub offset: u64,
    /// Rows at most, up to 500.
    pub limit: u32,
}

/// A part of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeRuns {
    pub total: u64,
    pub rows: Vec<ProbeRun>,
}

/// A probe to be checked, saved or tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeDraft {
    /// The name of the one it takes the place of; without it, it is new.
    #[serde(default)]
    #[ts(optional)]
    pub original: Option<String>,
    /// As in `wirereel.json`.
    #[ts(type = "Record<string, unknown>")]
    pub probe: Value,
}

/// What came of trying a probe.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProbeTested {
    /// Where there are any, nothing was tried.
    pub problems: Vec<CheckProblem>,
    pub run: Option<ProbeRun>,
}
