//! Records in, parts of the total out.
//!
//! With Rᵢ the time that hop i holds the call and Dᵢ the time that it waits for the next, ownᵢ = Rᵢ − Dᵢ and linkᵢ = Dᵢ₋₁ − Rᵢ, where D₀ is
//! the sender's total. Then total = Σ link + Σ own, exactly, whatever clocks say. A hop that does not report is part of the link behind
//! it; a negative link is kept and flagged.

use serde::{Deserialize, Serialize};

use crate::record::Role;

/// How a hop's times are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// It said so itself.
    Reported,
    /// From packets that were captured where it runs.
    Observed,
    /// It said nothing: its time is in a neighbouring link.
    Opaque,
}

/// One hop of one probe. Parts that are there sum up to the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// From 0, in the order of the request.
    pub position: u16,
    pub hop: String,
    pub region: String,
    /// `None` of an opaque hop.
    pub role: Option<Role>,
    pub reported: Reported,
    /// What the hop itself took; `None` of an opaque one.
    pub own_ns: Option<i64>,
    /// What lies between this hop and the one before that reports. Of an opaque hop it is `None`, but for the last of a path: nobody behind
    /// it reports, so it has what is left and is not split.
    pub link_ns: Option<i64>,
    pub residence_ns: Option<u64>,
    /// Of its own time, waiting for a connection.
    pub queue_ns: Option<u64>,
    /// Of its own time, the service's work.
    pub backend_ns: Option<u64>,
    /// By its wall clock, nanoseconds since 1970: for drawing only.
    pub received_at_ns: Option<i64>,
}
