//! What is known of a probe while it runs, so that one whose time runs out says how far it came.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::failure::Phase;
use crate::record::{ProbeId, Records};

#[derive(Debug)]
pub(super) struct Trace {
    pub(super) id: ProbeId,
    pub(super) phase: Phase,
    /// When its time is over.
    pub(super) deadline: Instant,
    pub(super) connect_ns: Option<u64>,
    /// When the headers of the call itself were sent.
    pub(super) sent_at: Option<Instant>,
    /// From then until the answer's end.
    pub(super) total_ns: Option<u64>,
    pub(super) grpc_status: Option<u32>,
    pub(super) http_status: Option<u16>,
    pub(super) local: Option<SocketAddr>,
    pub(super) remote: Option<SocketAddr>,
    pub(super) records: Records,
}

impl Trace {
    pub(super) fn new(id: ProbeId, within: Duration) -> Self {
        Self {
            id,
            phase: Phase::Resolve,
            deadline: Instant::now() + within,
            connect_ns: None,
            sent_at: None,
            total_ns: None,
            grpc_status: None,
            http_status: None,
            local: None,
            remote: None,
            records: Records::default(),
        }
    }

    /// What is left of its time.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
