//! A result as a row, and as readings for rules.

use wirereel_probes::{Hop, Probe, ProbeResult, Reported, Role, State, config::Mode};
use wirereel_query::probes::HopReported;
use wirereel_store::{NewProbeHop, NewProbeRun};

use super::{KIND, OWN_LIMITS};
use crate::{
    alerting::{OwnedReading, Reading},
    results::{blind_time, state_of},
};

/// The row. What the probe itself says is not known of one that was taken out.
pub(crate) fn run_of(result: &ProbeResult, probe: Option<&Probe>) -> NewProbeRun {
    let mut run = NewProbeRun {
        probe: result.probe.to_string(),
        intended_us: result.intended_at_ns.div_euclid(1_000),
        at_us: result.at_ns.div_euclid(1_000),
        instants: result.instants,
        state: state_of(result.state),
        reason: result.reason.clone(),
        ..NewProbeRun::default()
    };
    if let Some(probe) = probe {
        run.white_box = probe.mode == Mode::WhiteBox;
        run.from_region.clone_from(&probe.from);
        run.to_region.clone_from(&probe.to.region);
        run.to_service.clone_from(&probe.to.service);
    }
    let Some(measured) = &result.measured else { return run };
    run.failure.clone_from(&measured.failure);
    if run.reason.is_none() {
        run.reason.clone_from(&measured.reason);
    }
    run.probe_id = Some(measured.probe_id.to_string());
    run.total_ns = Some(measured.total_ns);
    run.connect_ns = measured.connect_ns;
    run.unattributed_ns = measured.unattributed_ns;
    run.inconsistent = measured.inconsistent;
    run.ignored_records = measured.ignored_records;
    run.last_seen.clone_from(&measured.last_seen);
    run.grpc_status = measured.grpc_status;
    run.http_status = measured.http_status;
    run.local.clone_from(&measured.local);
    run.remote.clone_from(&measured.remote);
    run.path = (!measured.hops.is_empty()).then(|| way(&run.from_region, &measured.hops));
    run.hops = measured.hops.iter().map(hop).collect();
    run
}

/// The way in words: `eu sender > Relay A > catalog`.
fn way(from: &str, hops: &[Hop]) -> String {
    let mut way = if from.is_empty() { "sender".to_owned() } else { format!("{from} sender") };
    for hop in hops {
        way.push_str(" > ");
        way.push_str(&hop.hop);
    }
    way
}

fn hop(hop: &Hop) -> NewProbeHop {
    NewProbeHop {
        position: hop.position,
        hop: hop.hop.clone(),
        region: hop.region.clone(),
        role: hop.role.map(|role| match role {
            Role::Relay => "relay",
            Role::Gateway => "gateway",
            Role::Responder => "responder",
        }),
        reported: match hop.reported {
            Reported::Reported => HopReported::Reported,
            Reported::Observed => HopReported::Observed,
            Reported::Opaque => HopReported::Opaque,
        },
        own_ns: hop.own_ns,
        link_ns: hop.link_ns,
        residence_ns: hop.residence_ns,
        queue_ns: hop.queue_ns,
        backend_ns: hop.backend_ns,
        received_at_ns: hop.received_at_ns,
    }
}

/// What rules are told of it: nothing of an instant that says nothing about the path.
pub(super) fn readings(result: &ProbeResult, every_ns: Option<i64>, into: &mut Vec<OwnedReading>) {
    let (Some(measured), State::Up | State::Down) = (&result.measured, result.state) else { return };
    let is_up = result.state == State::Up;
    // As it is stored, so that a replay says the same: when it began, and what it took.
    let took_us = i64::try_from(measured.total_ns / 1_000).unwrap_or(i64::MAX);
    let known_us = result.at_ns.div_euclid(1_000).saturating_add(took_us);
    let told = told(is_up, measured.total_ns).into_iter().flatten().map(|(metric, reading)| OwnedReading {
        kind: KIND,
        name: result.probe.clone(),
        metric,
        at_ns: known_us.saturating_mul(1_000),
        every_ns,
        reading,
    });
    into.extend(told);
}

/// Metrics of a result that was up or down.
pub(crate) fn told(is_up: bool, total_ns: u64) -> [Option<(&'static str, Reading)>; 2] {
    [
        Some(("up", Reading::Outcomes { good: u64::from(is_up), bad: u64::from(!is_up) })),
        // How soon something failed is no latency.
        is_up.then(|| ("latency_ms", Reading::Value(total_ns as f64 / 1e6))),
    ]
}

/// The time for which this machine could send nothing, if that is why there was no probe.
pub(super) fn blind_ns(result: &ProbeResult, every_ns: i64) -> Option<(i64, i64)> {
    let failure = result.measured.as_ref().and_then(|measured| measured.failure.as_deref());
    // That it has no more files says nothing about other probes.
    if result.state != State::SelfOffline || failure == Some(OWN_LIMITS) {
        return None;
    }
    let took_ns = result.measured.as_ref().map_or(0, |measured| i64::try_from(measured.total_ns).unwrap_or(i64::MAX));
    Some(blind_time(result.intended_at_ns, (result.instants, every_ns), (result.at_ns, took_ns)))
}
