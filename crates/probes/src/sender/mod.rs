//! One probe is one call: through all hops to the service, timed by this machine's monotonic clock.

mod connect;
mod connection;
mod failure;
mod grpc;
mod health;
mod http;
mod prepared;
mod recall;
mod reflection;
mod trace;

use std::time::{Duration, Instant};

use crate::{
    path::{Parts, split},
    record::ProbeId,
    result::Measured,
};
use failure::{Failure, Phase};
pub use prepared::PreparedProbe;
use trace::{Trace, nanos};

/// Makes probes. Any number at a time; what is kept between calls is the prepared probe's.
#[derive(Debug, Default, Clone)]
pub struct Sender {}

impl Sender {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a probe now. It takes no longer than its timeout and what is asked of hops afterwards.
    pub async fn probe(&self, probe: &PreparedProbe) -> Measured {
        let within = probe.probe().timeout.as_duration();
        let mut trace = Trace::new(ProbeId::random(), within);
        let ended = tokio::time::timeout(within, call(probe, &mut trace)).await;
        let failure = match ended {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure),
            Err(_) => {
                *probe.connection() = None;
                Some(Failure::Timeout { phase: trace.phase, after_ms: millis(within) })
            }
        };
        let asks_hops = probe.is_white_box() && probe.target().is_grpc();
        let ended_at = Instant::now();
        let last_seen = match &failure {
            Some(failure) if asks_hops && failure.leaves_hops_to_ask() => recall::last_seen(probe, trace.id).await,
            _ => None,
        };
        Measured { last_seen, ..measured(probe, trace, ended_at, failure) }
    }
}

async fn call(probe: &PreparedProbe, trace: &mut Trace) -> Result<(), Failure> {
    trace.phase = Phase::Call;
    if !probe.target().is_grpc() {
        http::request(probe, trace).await
    } else if probe.probe().call.method.is_empty() {
        health::check(probe, trace).await
    } else {
        reflection::call(probe, trace).await
    }
}

fn measured(probe: &PreparedProbe, trace: Trace, ended_at: Instant, failure: Option<Failure>) -> Measured {
    let waited = trace.sent_at.map(|sent_at| nanos(ended_at.saturating_duration_since(sent_at)));
    let total_ns = trace.total_ns.or(waited).unwrap_or(0);
    let parts = if probe.is_white_box() && trace.sent_at.is_some() {
        split(&trace.records.hops, probe.path(), total_ns)
    } else {
        Parts::default()
    };
    Measured {
        probe_id: trace.id,
        failure: failure.as_ref().map(|failure| failure.kind().to_owned()),
        reason: failure.map(|failure| failure.to_string()),
        total_ns,
        connect_ns: trace.connect_ns,
        grpc_status: trace.grpc_status,
        http_status: trace.http_status,
        hops: parts.hops,
        unattributed_ns: parts.unattributed_ns,
        inconsistent: parts.inconsistent,
        ignored_records: trace.records.ignored,
        last_seen: None,
        local: trace.local.map(|at| at.to_string()),
        remote: trace.remote.map(|at| at.to_string()),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
