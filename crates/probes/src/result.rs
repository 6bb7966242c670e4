//! What a probe's intended instant came to.

use std::sync::Arc;

use serde::Serialize;

use crate::{Hop, ProbeId};

/// What is known of a path at an intended instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Up,
    Down,
    /// There was no probe: the one before still ran, or this machine was too late.
    Overrun,
    /// This machine slept, had no network or lacked what the probe needs.
    SelfOffline,
}

/// One result. Every intended instant of a probe is in exactly one.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeResult {
    /// The probe's name.
    pub probe: Arc<str>,
    /// When it was to begin, nanoseconds since 1970.
    pub intended_at_ns: i64,
    /// When it began, or when it was seen that it does not, nanoseconds since 1970.
    pub at_ns: i64,
    /// How many intended instants this stands for.
    pub instants: u32,
    pub state: State,
    /// Why it is down or was not made; a sentence without its period.
    pub reason: Option<String>,
    pub measured: Option<Measured>,
}

/// What one call came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measured {
    pub probe_id: ProbeId,
    /// The kind of failure: `dns`, `refused`, `unreachable`, `timeout`, `tls`, `reset`, `grpc_status`, `http_status`, `not_serving`,
    /// `request`, `protocol`, or `own_limits`, of which nothing follows about the path; none when it is up.
    pub failure: Option<String>,
    /// The failure in words; a sentence without its period.
    pub reason: Option<String>,
    /// From the request's headers sent until the trailers; 0 when none were sent.
    pub total_ns: u64,
    /// Before that: name resolution, connecting and TLS; none on a connection that was there.
    pub connect_ns: Option<u64>,
    pub grpc_status: Option<u32>,
    pub http_status: Option<u16>,
    /// Empty for a black box and where no hop is known.
    pub hops: Vec<Hop>,
    /// Of the total, what no hop and no link explains: all of it, when metadata was stripped on the way.
    pub unattributed_ns: Option<i64>,
    /// A link came out negative: a hop's record does not fit its neighbour's.
    pub inconsistent: bool,
    /// Records that were not taken: unsigned, or signed by somebody else.
    pub ignored_records: u32,
    /// After a timeout, what hops remember: the last hop that saw it, in words such as "entered Mediary B, never left".
    pub last_seen: Option<String>,
    /// The sender's own address and port.
    pub local: Option<String>,
    pub remote: Option<String>,
}
