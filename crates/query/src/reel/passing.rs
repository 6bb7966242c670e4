//! Single events in the order in which they happened: what replay shows on the edges, and what the ticker lists.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::question::TimeRange;

/// Events of a short range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PassingQuestion {
    pub range: TimeRange,
    /// Counts for exchanges; connections match nothing and are left out with a filter.
    #[serde(default)]
    pub filter: String,
    /// At most 2,000, the earliest ones.
    pub limit: u32,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PassingKind {
    /// A client's first SYN.
    Connect,
    /// The server's SYN-ACK.
    Accept,
    /// The handshake is complete.
    Established,
    /// The first byte of a request.
    Request,
    /// The first byte of its response.
    Response,
    Refused,
    /// Closed by FIN in both directions.
    Close,
    Reset,
    /// Nothing was seen for so long that the connection is counted out.
    Idle,
}

/// One event on an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PassingEvent {
    pub at_us: i64,
    pub kind: PassingKind,
    /// Service names, as in the graph.
    pub client: String,
    pub server: String,
    pub flow_id: u64,
    /// Of requests and responses.
    pub exchange_id: Option<u64>,
    /// `POST /v1/charges`, of requests and responses.
    pub label: Option<String>,
    /// Of responses.
    pub status: Option<u16>,
    /// Status 500 and above, no response, reset or cut off; a refused or reset connection.
    pub failed: bool,
}

/// Events in order of time; of one instant in the order in which they follow each other on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Passing {
    pub range: TimeRange,
    pub events: Vec<PassingEvent>,
    /// True when the range holds more than the limit; the list then reaches up to `complete_to_us`.
    pub truncated: bool,
    /// All events before this instant are listed.
    pub complete_to_us: i64,
}
