//! A probe made ready, as the schedule has it.

use std::{net::IpAddr, sync::Arc};

use wirereel_probes::{Measured, Probe, ProbeResult};
use wirereel_schedule::{Measure, Planned, Verdict};

use super::{OWN_LIMITS, send::Call};

/// Failures in which nothing answered, where nothing was connected to.
const UNREACHED: [&str; 3] = ["dns", "timeout", "unreachable"];

/// See the module.
pub(crate) struct ReadyProbe {
    pub(crate) probe: Probe,
    /// Of what is written in the file: two that have the same are the same.
    pub(crate) hash: u64,
    /// The target's host, without brackets.
    host: String,
    call: Box<dyn Call>,
}

impl ReadyProbe {
    pub(crate) fn new(probe: Probe, hash: u64, call: Box<dyn Call>) -> Self {
        Self { host: host_of(&probe.target).to_owned(), probe, hash, call }
    }

    /// Sends it once.
    pub(crate) async fn send(&self) -> Measured {
        self.call.send().await
    }

    /// Whether what is connected to is this very machine.
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

/// The host of a target such as `grpc://[::1]:7000/path`.
fn host_of(target: &str) -> &str {
    let behind = target.split_once("://").map_or(target, |(_, behind)| behind);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

impl Planned for ReadyProbe {
    type Measured = Measured;
    type Result = ProbeResult;
    const NOUN: &'static str = "probe";

    fn name(&self) -> &str {
        &self.probe.name
    }

    fn target(&self) -> &str {
        &self.probe.target
    }

    fn interval_ns(&self) -> i64 {
        self.probe.interval.as_nanos()
    }

    fn is_paused(&self) -> bool {
        self.probe.paused
    }

    fn is_same(&self, other: &Self) -> bool {
        self.hash == other.hash
    }

    fn verdict(&self, measured: &Measured) -> Verdict {
        let is_here = self.is_local();
        match measured.failure.as_deref() {
            None if is_here => Verdict::UpHere,
            None => Verdict::Up,
            Some(OWN_LIMITS) => {
                let why = measured.reason.clone();
                Verdict::OwnTrouble(why.unwrap_or_else(|| "This machine lacks what a probe needs".into()))
            }
            Some(_) if is_here => Verdict::DownHere,
            Some(kind) if measured.connect_ns.is_none() && measured.local.is_none() && UNREACHED.contains(&kind) => {
                let remote = measured.remote.as_deref().and_then(|remote| remote.parse().ok());
                let remote = remote.map(|remote: std::net::SocketAddr| remote.ip());
                Verdict::Unreached { host: Some(self.host.clone()), remote }
            }
            Some(_) => Verdict::Down,
        }
    }
}

/// Sends whatever is due.
pub(super) struct Sending;

impl Measure<ReadyProbe> for Sending {
    async fn measure(&self, planned: &Arc<ReadyProbe>) -> Measured {
        planned.send().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_targets_host_is_found_in_every_form() {
        for (target, host) in [
            ("grpc://relay.eu:7000", "relay.eu"),
            ("grpcs://[::1]:7000", "::1"),
            ("https://shop.test/a:b?c", "shop.test"),
            ("http://user:secret@10.0.0.1:80/", "10.0.0.1"),
        ] {
            assert_eq!(host_of(target), host);
        }
    }
}
