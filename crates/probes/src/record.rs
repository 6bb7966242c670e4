//! What a hop says of itself: one record in the trailers of the answer that it passes on, and the names of everything that travels.
//!
//! Only durations by the hop's own monotonic clock count; its wall clock serves drawing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The probe's id, in the request; it is also the trace id of the request's `traceparent`, by which packets are found.
pub const PROBE_ID: &str = "wirereel-probe-id";
/// The region that the request is for.
pub const TARGET_REGION: &str = "wirereel-target-region";
/// The service that the request is for.
pub const TARGET_SERVICE: &str = "wirereel-target-service";
/// The request's signature, where a key is configured.
pub const SIGNATURE: &str = "wirereel-probe-signature";
/// One hop's record, in trailers (or in headers, when the answer is trailers only); every hop adds its own.
pub const HOP: &str = "wirereel-hop";

/// What tells one probe from all others: 128 random bits, never all zero (W3C trace context).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ProbeId(pub [u8; 16]);

impl fmt::Display for ProbeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Relay,
    Gateway,
    /// The service at the end.
    Responder,
}

/// How long one hop held one probe. Nanoseconds of its monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopRecord {
    pub hop: String,
    pub region: String,
    pub role: Role,
    /// From the request's headers until the answer's trailers.
    pub residence_ns: u64,
    /// Of that, from the request's headers sent on until the next hop's trailers; a responder waits for nobody.
    pub waited_ns: u64,
    /// Of the hop's own time, waiting for a connection to the next.
    pub queue_ns: u64,
    /// Of a responder's time, the service's work.
    pub backend_ns: Option<u64>,
    /// Its wall clock when the request came, nanoseconds since 1970; for drawing only.
    pub received_at_ns: i64,
}
