//! A probe sent once, outside of any schedule; nothing is stored.

use wirereel_probes::{Probe, ProbeResult, State, config::Problem};
use wirereel_query::probes::{ProbeHop, ProbeRun};
use wirereel_schedule::{Planned, Verdict};
use wirereel_store::NewProbeRun;

use super::{Probing, ReadyProbe, TheSender, run_of};
use crate::clock::now_ns;

/// Sends a probe.
///
/// # Errors
/// Everything that is wrong with it.
pub async fn send_once(probe: Probe) -> Result<ProbeRun, Vec<Problem>> {
    let call = TheSender::default().ready(&probe)?;
    Ok(once(&ReadyProbe::new(probe, 0, call)).await)
}

/// The same of one that is ready.
pub(crate) async fn once(ready: &ReadyProbe) -> ProbeRun {
    let at_ns = now_ns();
    let measured = ready.send().await;
    let (state, reason) = match ready.verdict(&measured) {
        Verdict::Up | Verdict::UpHere => (State::Up, None),
        Verdict::OwnTrouble(why) => (State::SelfOffline, Some(why)),
        Verdict::Down | Verdict::DownHere | Verdict::Unreached { .. } => (State::Down, None),
    };
    let probe = ready.probe.name.as_str().into();
    let measured = Some(measured);
    let result = ProbeResult { probe, intended_at_ns: at_ns, at_ns, instants: 1, state, reason, measured };
    shown(run_of(&result, Some(&ready.probe)))
}

/// A row as hosts are shown it.
fn shown(new: NewProbeRun) -> ProbeRun {
    let micros = |ns: Option<i64>| ns.map(|ns| ns as f64 / 1e3);
    let unsigned = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e3);
    ProbeRun {
        probe: new.probe,
        intended_us: new.intended_us,
        at_us: new.at_us,
        instants: new.instants,
        state: new.state,
        reason: new.reason,
        failure: new.failure,
        probe_id: new.probe_id,
        white_box: new.white_box,
        total_us: unsigned(new.total_ns),
        connect_us: unsigned(new.connect_ns),
        unattributed_us: micros(new.unattributed_ns),
        inconsistent: new.inconsistent,
        ignored_records: new.ignored_records,
        last_seen: new.last_seen,
        grpc_status: new.grpc_status,
        http_status: new.http_status,
        local: new.local,
        remote: new.remote,
        hops: new
            .hops
            .into_iter()
            .map(|hop| ProbeHop {
                position: hop.position.into(),
                hop: hop.hop,
                region: hop.region,
                role: hop.role.unwrap_or_default().into(),
                reported: hop.reported,
                own_us: micros(hop.own_ns),
                link_us: micros(hop.link_ns),
                queue_us: unsigned(hop.queue_ns),
                backend_us: unsigned(hop.backend_ns),
                received_at_us: hop.received_at_ns.map(|ns| ns.div_euclid(1_000)),
            })
            .collect(),
        exchange_ids: Vec::new(),
    }
}
