//! Whisperers as the window shows and controls them: the list, one's figures over time, its configuration and its events.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::workbench::{CaptureInterface, CaptureState};

/// What a whisperer brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WhispererKind {
    /// Packets of interfaces of its host.
    #[default]
    Interface,
    /// A capture file of its host.
    File,
    /// Files that are dropped into the window.
    Upload,
}

/// Values that were set. What is missing has its default; keys and limits are those of the JSON Schemas in [`WhispererSchema`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct WhispererConfig {
    #[ts(type = "Record<string, unknown>")]
    pub capture: Value,
    #[ts(type = "Record<string, unknown>")]
    pub parsing: Value,
}

/// The JSON Schemas of both parts: `title`, `description` (help), `default`, limits, and `x-takes-effect`, which is `at_once` or `restart`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererSchema {
    #[ts(type = "Record<string, unknown>")]
    pub capture: Value,
    #[ts(type = "Record<string, unknown>")]
    pub parsing: Value,
}

/// A value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererProblem {
    /// Where: `capture.snap_length`, `capture.interfaces[1]`, `parsing.flows.idle_after`.
    pub path: String,
    pub found: String,
    pub allowed: String,
    /// In a capture filter, the character (from 0) from which on it cannot be read.
    pub at: Option<u32>,
}

/// What came of saving a configuration: nothing is saved where there are problems.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererSaved {
    pub problems: Vec<WhispererProblem>,
    /// Paths whose change needs the capture to start again, such as `capture.buffer_mib`.
    pub restart: Vec<String>,
}

/// What a whisperer to be added is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NewWhisperer {
    pub name: String,
    pub kind: WhispererKind,
    /// The command line that starts the agent, such as `ssh capture@stage wirereel-whisperer`; empty for this machine.
    pub command: String,
    /// For a file: its path on the agent's host.
    #[serde(default)]
    #[ts(optional)]
    pub path: Option<String>,
}

/// The circuit breaker between a whisperer's queue and its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum BreakerState {
    /// Packets flow.
    #[default]
    Closed,
    /// The receiver takes nothing: packets are counted and thrown away.
    Open,
    /// One batch is tried.
    HalfOpen,
}

/// A whisperer's newest figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererFigures {
    /// By the agent's clock; `None` before its first status.
    pub updated_us: Option<i64>,
    pub capturing_since_us: Option<i64>,
    /// Share of one core of its host, mean since the last update.
    pub cpu: f64,
    pub memory_bytes: u64,
    /// Since the start of the capture.
    pub packets: u64,
    pub bytes: u64,
    pub sent_bytes: u64,
    /// Mean since the last update.
    pub packets_per_s: f64,
    pub bytes_per_s: f64,
    pub queued_packets: u64,
    pub queued_bytes: u64,
    pub queue_capacity_bytes: u64,
    /// Packets lost in the kernel's buffer, and in the queue, since the start of the capture.
    pub lost_in_kernel: u64,
    pub lost_in_queue: u64,
    pub last_lost_us: Option<i64>,
    pub breaker: BreakerState,
    /// Time a frame took to be taken by the workbench, median and 99th percentile, microseconds.
    pub send_p50_us: Option<u64>,
    pub send_p99_us: Option<u64>,
}

/// Sums over all captures of a whisperer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererTotals {
    /// Begin of the first one.
    pub since_us: Option<i64>,
    pub captures: u64,
    pub packets: u64,
    pub bytes: u64,
    pub sent_bytes: u64,
    pub lost: u64,
    pub capturing_us: u64,
}

/// A whisperer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Whisperer {
    /// Stays the same when it is renamed. That of this machine is `local`.
    pub id: String,
    pub name: String,
    pub kind: WhispererKind,
    /// The command line that starts the agent; empty for this machine.
    pub command: String,
    /// For a file: its path on the agent's host.
    pub path: Option<String>,
    pub state: CaptureState,
    /// Why it is in that state, in a sentence.
    pub reason: Option<String>,
    /// Number of the attempt to connect, from 1; 0 when connected or not wanted.
    pub attempt: u32,
    pub next_attempt_us: Option<i64>,
    /// Its host's name and its version, as it said last.
    pub host: Option<String>,
    pub version: Option<String>,
    /// Interfaces of its host, as it said last.
    pub interfaces: Vec<CaptureInterface>,
    /// Why it may not capture, with the command that mends it.
    pub hindrance: Option<String>,
    pub config: WhispererConfig,
    /// A saved change waits for the next start.
    pub restart_needed: bool,
    /// Whether it captures again when the workbench starts, if it did when the workbench ended.
    pub resume: bool,
    pub figures: WhispererFigures,
    pub totals: WhispererTotals,
}

/// Figures over time, columns of equal length, and what happened.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererHistory {
    /// Begin of each sample; samples are `width_us` long, and means or sums over it.
    pub at_us: Vec<i64>,
    pub width_us: i64,
    pub cpu: Vec<f64>,
    pub memory_bytes: Vec<f64>,
    pub packets_per_s: Vec<f64>,
    pub bytes_per_s: Vec<f64>,
    pub sent_bytes_per_s: Vec<f64>,
    pub queued_bytes: Vec<f64>,
    /// Packets lost, sums.
    pub lost_in_kernel: Vec<f64>,
    pub lost_in_queue: Vec<f64>,
    pub send_p50_us: Vec<f64>,
    pub send_p99_us: Vec<f64>,
    /// Latest first.
    pub events: Vec<WhispererEvent>,
}

/// Something that happened to a whisperer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhispererEvent {
    pub at_us: i64,
    pub state: CaptureState,
    pub text: String,
}
