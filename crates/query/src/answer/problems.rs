//! What could not be read, and what became of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What becomes of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ProblemState {
    /// To be tried once more.
    Waiting,
    /// The second try read it.
    Recovered,
    /// The second try failed too, or none can help.
    Definitive,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProblemRow {
    pub at_us: i64,
    pub source_id: u32,
    pub source_name: String,
    /// `file`, `link`, `network`, `transport`, `http`, `dns`, `tls`.
    pub stage: String,
    /// Of the packet's record in the source, or of the byte where the file is damaged.
    pub position: u64,
    pub flow_id: Option<u64>,
    pub message: String,
    pub attempts: u32,
    pub state: ProblemState,
}

/// A page of problems, and how many there are of each stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProblemsPage {
    pub total: u64,
    pub offset: u64,
    pub rows: Vec<ProblemRow>,
    pub stages: Vec<StageCount>,
}

/// Problems of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StageCount {
    pub stage: String,
    pub problems: u64,
}
