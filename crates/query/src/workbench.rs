//! What the workbench itself tells: what is open, what is being imported, what was open before.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{alerts::AlertsBadge, answer::Recording};

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImportState {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// An import, running or just ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportProgress {
    pub name: String,
    pub state: ImportState,
    pub bytes_done: u64,
    /// Size on disk of everything to read.
    pub bytes_total: u64,
    pub packets: u64,
    pub packets_per_s: f64,
    pub flows: u64,
    pub exchanges: u64,
    pub elapsed_ms: u64,
    /// Estimated, once known.
    pub left_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<ApiError>,
    pub warnings: Vec<String>,
}

/// What live capture is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CaptureState {
    /// The agent is not there, was not started, or is silent; the reason says which.
    NotVisible,
    /// The agent is being started, or what a crash left is being read again.
    Connecting,
    #[default]
    Stopped,
    Capturing,
    /// It cannot capture as asked; the reason says why.
    WrongConfiguration,
}

/// Live capture.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CaptureStatus {
    pub state: CaptureState,
    /// Why it is not capturing, or what it had to mend, in a sentence.
    pub reason: Option<String>,
    /// Interfaces that packets come from.
    pub interfaces: Vec<String>,
    pub since_us: Option<i64>,
    /// Since the start of the capture.
    pub packets: u64,
    pub bytes: u64,
    /// Packets lost in the kernel's buffer and in the agent's queue.
    pub lost: u64,
    /// Over the last second.
    pub packets_per_s: f64,
    pub bytes_per_s: f64,
    /// The agent's share of one core over the last second.
    pub cpu: f64,
    /// The agent's resident memory.
    pub memory_bytes: u64,
}

/// An interface that can be captured on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CaptureInterface {
    pub name: String,
    pub addresses: Vec<String>,
    pub up: bool,
    pub loopback: bool,
}

/// What can be captured on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CaptureInterfaces {
    pub interfaces: Vec<CaptureInterface>,
    /// Why nothing can be captured, with the command that mends it.
    pub hindrance: Option<String>,
}

/// A recording that was open before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Recent {
    pub recording_id: String,
    pub name: String,
    pub path: String,
    pub opened_us: i64,
    pub bytes: u64,
    pub duration_us: i64,
    pub exchanges: u64,
    /// Requests in 96 equal parts of the recording.
    pub trend: Vec<u32>,
    /// Errors, as `trend`.
    pub error_trend: Vec<u32>,
    /// False when the file is gone.
    pub available: bool,
}

/// A recording that comes with the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Sample {
    pub name: String,
    pub title: String,
    pub description: String,
    pub bytes: u64,
}

/// Everything a host needs to draw the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AppState {
    pub version: String,
    /// `window` or `browser`.
    pub host: String,
    pub recording: Option<Recording>,
    pub import: Option<ImportProgress>,
    pub capture: CaptureStatus,
    pub recents: Vec<Recent>,
    pub samples: Vec<Sample>,
    /// What is wrong in the open recording's `wirereel.json`, in sentences; what was right before stays in force.
    #[ts(optional, as = "Option<Vec<String>>")]
    pub notices: Vec<String>,
}

/// A small push: something changed, pull what you show. At most ten a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Tick {
    /// Rises by one per tick; a hole means that ticks were lost.
    pub seq: u64,
    /// Rises when rows were added or another recording was opened.
    pub generation: u64,
    pub import: Option<ImportProgress>,
    pub capture: CaptureStatus,
    /// Rises when the list of whisperers or one's state or configuration changed.
    #[serde(default)]
    pub whisperers: u64,
    /// How many things are wrong with Wirereel itself.
    #[serde(default)]
    pub health: u32,
    #[serde(default)]
    pub alerts: AlertsBadge,
    /// Rises, at most about once a second, when results of website checks or probes came, figures were told anew, or a list
    /// changed.
    #[serde(default)]
    pub checks: u64,
}

/// A marked instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Bookmark {
    pub id: i64,
    pub at_us: i64,
    pub note: String,
}

/// One thing `doctor` looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DoctorFinding {
    pub subject: String,
    pub ok: bool,
    pub found: String,
    /// The exact command or step that mends it.
    pub remedy: Option<String>,
}

/// What kind of error a command met. The frontend matches these, never messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// The request is malformed or out of range.
    BadRequest,
    /// The filter text has an error; `detail` is a `FilterProblem` as JSON.
    BadFilter,
    /// The SQL text has an error.
    BadSql,
    NotFound,
    /// Somebody else changed it meanwhile: look again.
    Conflict,
    /// No recording is open.
    NothingOpen,
    /// The file is not a capture or cannot be read.
    BadCapture,
    /// A newer question took this one's place.
    Superseded,
    Cancelled,
    /// This host cannot do that.
    Unsupported,
    /// Disk, database or other trouble on this machine.
    Internal,
}

/// An error as every host gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ApiError {
    pub code: ErrorCode,
    /// A sentence for the user: what happened, where, what is allowed.
    pub message: String,
    /// More for a program or an expert, or empty.
    pub detail: String,
}
