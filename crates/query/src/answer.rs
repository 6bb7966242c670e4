//! What panes get.

mod exchanges;
mod flows;
mod problems;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::question::TimeRange;

pub use exchanges::{BodyPreview, ExchangeDetail, ExchangeRow, ExchangesPage, FlowFacts, Header};
pub use flows::{
    FlowDetail, FlowPacket, FlowPacketsPage, FlowRow, FlowSequence, FlowStream, FlowsPage, PacketBytes, SequenceMark,
    StreamChunk, TlsFacts,
};
pub use problems::{ProblemRow, ProblemState, ProblemsPage, StageCount};

/// What a node of the graph stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ServiceKind {
    Service,
    /// Unknown addresses that reach an entry point, as one node.
    Customers,
    /// A named peer outside private address space.
    External,
    Unresolved,
}

/// Request figures over a range. Percentiles come from merged histograms (buckets about 4 % wide) and are `None` without
/// a single response.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Golden {
    pub requests: u64,
    /// Requests per second over the range (the part of it that was recorded).
    pub rate: f64,
    pub errors_4xx: u64,
    pub errors_5xx: u64,
    /// No response, reset or cut off.
    pub failed: u64,
    /// (5xx + failed) / requests; 0 without requests.
    pub error_share: f64,
    pub p50_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub p99_us: Option<u64>,
    pub bytes_up: u64,
    pub bytes_down: u64,
}

/// A group of customer addresses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AddressBlock {
    /// `192.0.2.0/24`, `2001:db8::/32`, or `other`.
    pub block: String,
    pub addresses: u64,
}

/// A node of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServiceNode {
    /// The unique name; for customers `customers`.
    pub name: String,
    pub kind: ServiceKind,
    /// What was asked of it; for customers what they asked.
    pub golden: Golden,
    /// Requests per bucket over the range, 24 buckets, oldest first.
    pub trend: Vec<u32>,
    /// Errors (5xx + failed) per bucket, as `trend`.
    pub error_trend: Vec<u32>,
    /// Connections open at the end of the range.
    pub active_connections: u64,
    /// True where it is an entry point, configured or guessed.
    pub entry_point: bool,
    /// Addresses behind the node, at most 20.
    pub addresses: Vec<String>,
    /// For customers: distinct addresses by block, largest first, at most 6 and `other`.
    pub blocks: Vec<AddressBlock>,
    /// Distinct addresses behind the node.
    pub address_count: u64,
}

/// A dependency between two nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServiceEdge {
    pub client: String,
    pub server: String,
    pub golden: Golden,
    pub connects: u64,
    pub refused: u64,
    pub resets: u64,
    pub active_connections: u64,
    /// Most used: `http/1.1`, `tls`, `tcp`.
    pub protocol: String,
}

/// The graph over a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Topology {
    pub range: TimeRange,
    pub nodes: Vec<ServiceNode>,
    pub edges: Vec<ServiceEdge>,
    /// Entry points in force.
    pub entry_points: Vec<String>,
    /// True when no entry point is configured and these are guessed.
    pub entry_points_guessed: bool,
}

/// Counts per bucket for the reel, oldest first; every list has `buckets` entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Density {
    pub range: TimeRange,
    /// Width of a bucket.
    pub bucket_us: f64,
    pub requests: Vec<u32>,
    /// 5xx and failed.
    pub errors: Vec<u32>,
    /// Exchanges matching the filter; empty without a filter.
    pub matches: Vec<u32>,
    /// Packets per bucket are unknown here, so what was not recorded is given as spans.
    pub gaps: Vec<Gap>,
}

/// A span without data, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Gap {
    pub range: TimeRange,
    /// `not recorded`, `not capturing` between two live captures, `dropped`, `cut off`.
    pub reason: String,
    /// Packets known to be lost, where counted.
    pub lost_packets: u64,
}

/// An endpoint (method and path, ids folded) of a service or edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EndpointFigures {
    pub method: String,
    /// Path with ids replaced by `:id`.
    pub path: String,
    pub golden: Golden,
}

/// Latency over time: exchanges per time bucket and latency class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HeatStrip {
    pub range: TimeRange,
    /// Time buckets.
    pub columns: u32,
    /// Upper bounds of the latency classes in microseconds, ascending; the last class is open.
    pub bounds_us: Vec<u64>,
    /// Counts, column by column, `bounds_us.len() + 1` each.
    pub counts: Vec<u32>,
    /// Failed exchanges per column.
    pub failed: Vec<u32>,
}

/// The inspector's contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Inspection {
    pub client: Option<String>,
    pub server: String,
    pub kind: ServiceKind,
    pub golden: Golden,
    /// The same figures over the baseline.
    pub baseline: Option<Golden>,
    /// The span before the range, of equal length where the recording reaches back that far.
    pub baseline_range: Option<TimeRange>,
    /// A sentence about what stands out, or none.
    pub finding: Option<String>,
    pub heat: HeatStrip,
    pub endpoints: Vec<EndpointFigures>,
    pub last_failing: Vec<ExchangeRow>,
    pub connects: u64,
    pub refused: u64,
    pub resets: u64,
    pub active_connections: u64,
    pub addresses: Vec<String>,
    pub protocol: String,
}

/// One edge at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EdgeState {
    pub client: String,
    pub server: String,
    /// Connections open at the instant.
    pub active_connections: u64,
    /// Requests in the ten seconds before it.
    pub requests: u64,
    pub errors: u64,
}

/// The graph at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StateAt {
    pub at_us: i64,
    pub edges: Vec<EdgeState>,
}

/// An event that the playhead can step to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FoundEvent {
    pub at_us: i64,
    /// What it is, in a few words.
    pub label: String,
    pub exchange_id: Option<u64>,
}

/// Verdict on a filter text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FilterCheck {
    pub ok: bool,
    pub problem: Option<FilterProblem>,
    /// The tokens, for drawing.
    pub tokens: Vec<FilterToken>,
}

/// Where a filter is wrong and why. Positions are UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FilterProblem {
    pub start: u32,
    pub end: u32,
    pub message: String,
}

/// A piece of a filter text. Positions are UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FilterToken {
    pub start: u32,
    pub end: u32,
    /// `field`, `value`, `operator`, `text`.
    pub role: String,
}

/// A suggestion of the query box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Suggestion {
    /// Text that replaces `start..end`.
    pub insert: String,
    pub start: u32,
    pub end: u32,
    /// What it means, or an example.
    pub detail: String,
    /// How many exchanges have it, where counted.
    pub count: Option<u64>,
}

/// Rows of a SQL query, values as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SqlResult {
    pub columns: Vec<String>,
    #[ts(type = "unknown[][]")]
    pub rows: Vec<Vec<serde_json::Value>>,
    /// True when more rows exist than were returned.
    pub truncated: bool,
}

/// An opened capture inside the recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SourceSummary {
    pub source_id: u32,
    pub name: String,
    pub kind: String,
    pub link_type: String,
    pub packets: u64,
    pub bytes: u64,
    pub dropped: u64,
    /// True when the file ends in the middle of a packet.
    pub truncated: bool,
    pub warnings: Vec<String>,
}

/// What is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Recording {
    /// Changes when another recording is opened.
    pub recording_id: String,
    pub name: String,
    /// First and last packet; `None` while nothing was read.
    pub range: Option<TimeRange>,
    pub sources: Vec<SourceSummary>,
    pub packets: u64,
    pub bytes: u64,
    pub flows: u64,
    pub exchanges: u64,
    pub dns_queries: u64,
    pub services: u64,
    pub problems: u64,
}
