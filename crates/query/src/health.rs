//! How Wirereel itself is: now or at an instant of the recording, with the way there.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::workbench::CaptureState;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthQuestion {
    /// The instant; without it, now.
    #[serde(default)]
    #[ts(optional)]
    pub at_us: Option<i64>,
    /// Begin of the history; without it, ten minutes before its end.
    #[serde(default)]
    #[ts(optional)]
    pub from_us: Option<i64>,
    /// End of the history; without it, the instant.
    #[serde(default)]
    #[ts(optional)]
    pub to_us: Option<i64>,
    /// Samples of the history at most, up to 600; 0 for none of it.
    pub points: u32,
}

/// Wirereel's own state at an instant. What was not measured is missing, never zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Health {
    /// It is this moment's, not that of a past one.
    pub present: bool,
    /// When it was measured; `None` when nothing was, near the instant.
    pub measured_us: Option<i64>,
    /// Figures are being written into the live recording.
    pub recorded: bool,
    /// What is wrong at the instant, worst first.
    pub findings: Vec<HealthFinding>,
    /// What was wrong at any time of the history, latest first.
    pub earlier: Vec<HealthFinding>,
    pub ingest: HealthIngest,
    pub queues: Vec<HealthQueue>,
    pub store: HealthStore,
    /// Kinds of questions that were asked, by name.
    pub questions: Vec<HealthQuestions>,
    /// Of all kinds together, answered in the last five to ten minutes; microseconds.
    pub questions_p99_us: Option<u64>,
    pub memory: HealthMemory,
    /// Share of one core, mean since the measurement before.
    pub cpu: Option<f64>,
    pub disk: HealthDisk,
    /// Every stage, in the order of reading.
    pub parsing: Vec<HealthStage>,
    pub whisperers: Vec<HealthWhisperer>,
    pub history: HealthHistory,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum HealthGrade {
    /// Data is being lost, or capture pauses.
    Error,
    /// It may come to that.
    Warning,
}

/// Something that is or was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthFinding {
    /// `lag`, `space`, `retention`, `store`, `drops:<queue>`, `full:<queue>`, `breaker:<whisperer>`.
    pub id: String,
    pub grade: HealthGrade,
    /// What, in a sentence.
    pub what: String,
    /// What to do about it.
    pub advice: String,
    pub since_us: i64,
    /// `None` while it is.
    pub until_us: Option<i64>,
}

/// What comes in, and how soon it can be seen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthIngest {
    /// Means since the measurement before.
    pub packets_per_s: Option<f64>,
    pub bytes_per_s: Option<f64>,
    pub rows_per_s: Option<f64>,
    /// The longest that a packet handed in had waited until its rows could be seen, or has waited so far; milliseconds.
    pub lag_ms: Option<f64>,
    /// Since the workbench started.
    pub packets: Option<u64>,
}

/// What a queue's figures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum QueueUnit {
    /// Frames, batches, orders.
    #[default]
    Items,
    Bytes,
}

/// How a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum QueueState {
    #[default]
    Flowing,
    /// Nine tenths or more of it are taken: whoever fills it waits.
    Full,
    /// It lost something lately.
    Dropping,
}

/// A bounded queue.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthQueue {
    /// `arrivals`, `rows`, `agent:<whisperer>`.
    pub id: String,
    pub name: String,
    /// Between what it lies.
    pub about: String,
    pub unit: QueueUnit,
    /// `None` where nobody can tell.
    pub depth: Option<u64>,
    pub capacity: Option<u64>,
    /// Lost there since the workbench started; packets where it is a queue of packets.
    pub drops: u64,
    pub state: QueueState,
}

/// The writing side of the database.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthStore {
    /// Since the workbench started.
    pub batches: Option<u64>,
    /// Time that a batch took until it was committed, over the last five to ten minutes; microseconds.
    pub batch_p50_us: Option<u64>,
    pub batch_p99_us: Option<u64>,
    /// Time until names and roll-ups had followed, likewise.
    pub follow_p50_us: Option<u64>,
    pub follow_p99_us: Option<u64>,
    pub checkpoints: Option<u64>,
    /// Of the last one.
    pub checkpoint_ms: Option<f64>,
    /// Passes of retention.
    pub retentions: Option<u64>,
    /// When the last one ended.
    pub retention_us: Option<i64>,
    /// How long it took, and the longest that rows had to wait for it.
    pub retention_ms: Option<f64>,
    pub retention_hold_ms: Option<f64>,
    pub retention_failed: bool,
}

/// Questions of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthQuestions {
    /// The command's name.
    pub kind: String,
    /// Answered, since the workbench started.
    pub answered: u64,
    /// Ended because a newer one of the same lane took its place.
    pub interrupted: u64,
    /// Ended with an error.
    pub failed: u64,
    /// Of those answered in the last five to ten minutes; microseconds.
    pub p50_us: Option<u64>,
    pub p99_us: Option<u64>,
}

/// Memory of this process, by room.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthMemory {
    /// Resident, all of it.
    pub process_bytes: Option<u64>,
    /// What the database says it takes.
    pub database_bytes: Option<u64>,
    /// What the database had to put on the disk for want of memory.
    pub spilled_bytes: Option<u64>,
    /// Frames and rows in queues.
    pub queue_bytes: Option<u64>,
    /// Segments of live flows that wait for those before them.
    pub held_bytes: Option<u64>,
    /// Flows that are followed.
    pub open_flows: Option<u64>,
}

/// Room on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthDisk {
    /// Segments of live captures.
    pub segments: Option<u64>,
    pub segment_bytes: Option<u64>,
    /// The recording's database and its log.
    pub database_bytes: Option<u64>,
    pub log_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
    /// Below this capture pauses.
    pub bound_bytes: Option<u64>,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthStage {
    pub stage: String,
    /// Packets and messages, since the workbench started.
    pub errors: u64,
}

/// A whisperer, as far as health goes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthWhisperer {
    pub id: String,
    pub name: String,
    pub state: CaptureState,
    /// 0 closed, 0.5 half-open, 1 open; `None` while it does not capture.
    pub breaker: Option<f64>,
    pub packets_per_s: Option<f64>,
    pub lost: u64,
    /// Share of one core of its host.
    pub cpu: Option<f64>,
    pub memory_bytes: Option<u64>,
}

/// Figures over time, columns of equal length; `null` where nothing was measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HealthHistory {
    /// Begin of each sample; samples are `width_us` long.
    pub at_us: Vec<i64>,
    pub width_us: i64,
    pub packets_per_s: Vec<Option<f64>>,
    pub rows_per_s: Vec<Option<f64>>,
    /// The most of a sample.
    pub lag_ms: Vec<Option<f64>>,
    /// The fullest queue's share, the most of a sample.
    pub fill: Vec<Option<f64>>,
    /// Lost in all queues, sums.
    pub dropped: Vec<Option<f64>>,
    pub batch_p99_us: Vec<Option<f64>>,
    pub question_p99_us: Vec<Option<f64>>,
    pub cpu: Vec<Option<f64>>,
    pub memory_bytes: Vec<Option<f64>>,
    pub database_memory_bytes: Vec<Option<f64>>,
    pub segment_bytes: Vec<Option<f64>>,
    pub database_bytes: Vec<Option<f64>>,
    pub free_bytes: Vec<Option<f64>>,
    /// What could not be read, sums.
    pub parsing_errors: Vec<Option<f64>>,
}
