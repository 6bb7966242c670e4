//! What packets tell of hops that say nothing: exchanges of the probe's trace whose server is the hop, and those whose client it is.

use std::net::{IpAddr, SocketAddr};

use wirereel_probes::{
    Hop, Measured, Reported, Role,
    config::HopConfig,
    path::{self, Observation},
};
use wirereel_query::probes::{HopReported, ProbeHop, ProbeRun};
use wirereel_store::{NewObservation, ObservedHop, SeenExchange};

/// Adds to a stored probe what packets tell of its hops that say nothing, and which exchanges it was. `false` where they tell nothing new.
pub(crate) fn observe(run: &mut ProbeRun, path: &[HopConfig], exchanges: &[SeenExchange]) -> bool {
    run.exchange_ids = exchanges.iter().map(|seen| seen.exchange_id).collect();
    let seen = path.iter().filter_map(|hop| Some((&hop.hop, observation(hop, exchanges)?)));
    let seen: Vec<(&String, Observation)> = seen.collect();
    if seen.is_empty() {
        return false;
    }
    let mut measured = measured_of(run);
    let mut told = false;
    for (hop, seen) in seen {
        told |= path::observe(&mut measured, hop, seen);
    }
    if !told {
        return false;
    }
    for (shown, hop) in run.hops.iter_mut().zip(&measured.hops) {
        (shown.own_us, shown.link_us) = (micros(hop.own_ns), micros(hop.link_ns));
        if hop.reported == Reported::Observed {
            shown.reported = HopReported::Observed;
            shown.received_at_us = hop.received_at_ns.map(|ns| ns.div_euclid(1_000));
        }
    }
    run.unattributed_us = micros(measured.unattributed_ns);
    run.inconsistent = measured.inconsistent;
    true
}

/// The rows of a stored probe to which packets told something.
pub(super) fn observation_of(number: i32, run: &ProbeRun, newest_exchange: u64) -> NewObservation {
    let hops = run.hops.iter().map(|hop| ObservedHop {
        position: position_of(hop),
        observed: hop.reported == HopReported::Observed,
        own_ns: nanos(hop.own_us),
        link_ns: nanos(hop.link_us),
        received_at_ns: hop.received_at_us.map(|us| us.saturating_mul(1_000)),
    });
    NewObservation {
        number,
        intended_us: run.intended_us,
        newest_exchange,
        unattributed_ns: nanos(run.unattributed_us),
        inconsistent: run.inconsistent,
        hops: hops.collect(),
    }
}

/// Whether packets could tell anything of a hop.
pub(super) fn is_placed(hop: &HopConfig) -> bool {
    hop.address.as_deref().and_then(place).is_some()
}

fn position_of(shown: &ProbeHop) -> u16 {
    u16::try_from(shown.position).unwrap_or(u16::MAX)
}

fn micros(ns: Option<i64>) -> Option<f64> {
    ns.map(|ns| ns as f64 / 1e3)
}

/// Whole nanoseconds again: what is stored are whole ones, and a day of them is exact.
fn nanos(us: Option<f64>) -> Option<i64> {
    us.map(|us| (us * 1e3).round() as i64)
}

/// A stored probe as it was measured, as far as splitting its total needs it.
pub(super) fn measured_of(run: &ProbeRun) -> Measured {
    let total_ns = nanos(run.total_us).unwrap_or(0);
    let mut before_ns = total_ns;
    let hops = run.hops.iter().map(|shown| {
        let mut hop = hop_of(shown);
        // Residence is what is left of the time that the hop before waits.
        if let (Some(own_ns), Some(link_ns)) = (hop.own_ns, hop.link_ns) {
            let residence_ns = before_ns - link_ns;
            hop.residence_ns = u64::try_from(residence_ns).ok();
            before_ns = residence_ns - own_ns;
        }
        hop
    });
    Measured {
        total_ns: total_ns.unsigned_abs(),
        hops: hops.collect(),
        unattributed_ns: nanos(run.unattributed_us),
        inconsistent: run.inconsistent,
        ..Measured::default()
    }
}

fn hop_of(shown: &ProbeHop) -> Hop {
    Hop {
        position: position_of(shown),
        hop: shown.hop.clone(),
        region: shown.region.clone(),
        role: match shown.role.as_str() {
            "relay" => Some(Role::Relay),
            "gateway" => Some(Role::Gateway),
            "responder" => Some(Role::Responder),
            _ => None,
        },
        reported: match shown.reported {
            HopReported::Reported => Reported::Reported,
            HopReported::Observed => Reported::Observed,
            HopReported::Opaque => Reported::Opaque,
        },
        own_ns: nanos(shown.own_us),
        link_ns: nanos(shown.link_us),
        residence_ns: None,
        queue_ns: nanos(shown.queue_us).and_then(|ns| ns.try_into().ok()),
        backend_ns: nanos(shown.backend_us).and_then(|ns| ns.try_into().ok()),
        received_at_ns: None,
    }
}

/// What exchanges of a probe's trace tell of a hop; nothing where its address is not given or not among them.
fn observation(hop: &HopConfig, exchanges: &[SeenExchange]) -> Option<Observation> {
    let (ip, port) = place(hop.address.as_deref()?)?;
    let is = |text: &str| text.parse() == Ok(ip);
    let ended = |exchange: &SeenExchange| exchange.finished_ns.filter(|end_ns| *end_ns >= exchange.started_ns);
    let came = exchanges.iter().filter(|seen| is(&seen.server_ip) && port.is_none_or(|port| port == seen.server_port));
    // Captured at both ends, it is the hop's own that is shorter: the wire is not in it.
    let came = came.filter_map(|seen| Some((seen, ended(seen)?)));
    let (came, end_ns) = came.min_by_key(|(seen, end_ns)| (end_ns - seen.started_ns, seen.exchange_id))?;
    // What it sent on, it began and ended meanwhile. Where several hops have one address, the first is its own.
    let sent = exchanges.iter().filter(|seen| is(&seen.client_ip) && seen.exchange_id != came.exchange_id);
    let sent = sent.filter(|seen| (&seen.server_ip, seen.server_port) != (&came.server_ip, came.server_port));
    let sent = sent.filter_map(|seen| Some((seen, ended(seen)?)));
    let sent = sent.filter(|(seen, sent_end_ns)| seen.started_ns >= came.started_ns && *sent_end_ns <= end_ns);
    let waited_ns = sent.min_by_key(|(seen, _)| (seen.started_ns, seen.exchange_id));
    let waited_ns = waited_ns.map_or(0, |(seen, sent_end_ns)| sent_end_ns - seen.started_ns);
    Some(Observation {
        residence_ns: (end_ns - came.started_ns).unsigned_abs(),
        waited_ns: waited_ns.unsigned_abs(),
        received_at_ns: came.started_ns,
    })
}

/// An address, or an address and a port.
fn place(address: &str) -> Option<(IpAddr, Option<u16>)> {
    let whole: Result<SocketAddr, _> = address.parse();
    whole
        .map(|at| (at.ip(), Some(at.port())))
        .ok()
        .or_else(|| Some((address.trim_matches(['[', ']']).parse().ok()?, None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: u64, client: &str, server: &str, started_ns: i64, finished_ns: Option<i64>) -> SeenExchange {
        let (client, server): (SocketAddr, SocketAddr) = (client.parse().unwrap(), server.parse().unwrap());
        SeenExchange {
            exchange_id: id,
            client_ip: client.ip().to_string(),
            client_port: client.port(),
            server_ip: server.ip().to_string(),
            server_port: server.port(),
            started_ns,
            finished_ns,
        }
    }

    fn hop(address: &str) -> HopConfig {
        HopConfig { hop: "nginx".into(), address: Some(address.into()), ..HopConfig::default() }
    }

    #[test]
    fn residence_is_that_of_the_hops_own_capture_and_waiting_is_what_it_sent_on() {
        let exchanges = [
            // The sender's side of the same request, with the wire in it.
            seen(1, "10.0.0.1:40000", "10.0.0.2:443", 0, Some(10_000)),
            seen(2, "10.0.0.1:40000", "10.0.0.2:443", 1_000, Some(9_000)),
            seen(3, "10.0.0.2:51000", "10.0.0.3:7000", 2_000, Some(8_500)),
            seen(4, "10.0.0.3:52000", "10.0.0.4:7000", 3_000, Some(8_000)),
        ];
        for address in ["10.0.0.2:443", "10.0.0.2"] {
            let told = observation(&hop(address), &exchanges).unwrap();
            assert_eq!((told.residence_ns, told.waited_ns, told.received_at_ns), (8_000, 6_500, 1_000));
        }
        assert_eq!(observation(&hop("10.0.0.2:80"), &exchanges), None);
        assert_eq!(observation(&HopConfig::default(), &exchanges), None);
        let last = observation(&hop("10.0.0.4"), &exchanges).unwrap();
        assert_eq!((last.residence_ns, last.waited_ns), (5_000, 0));
    }

    #[test]
    fn hops_of_one_address_are_told_apart_by_their_ports_and_the_first_that_is_sent_on_is_a_hops_own() {
        let exchanges = [
            seen(1, "127.0.0.1:40000", "127.0.0.1:7001", 1_000, Some(9_000)),
            seen(2, "127.0.0.1:40001", "127.0.0.1:7002", 2_000, Some(8_000)),
            seen(3, "127.0.0.1:40002", "127.0.0.1:7003", 3_000, Some(7_000)),
            seen(4, "127.0.0.1:40003", "127.0.0.1:7004", 3_500, None),
        ];
        let told =
            |address: &str| observation(&hop(address), &exchanges).map(|told| (told.residence_ns, told.waited_ns));
        assert_eq!(told("127.0.0.1:7001"), Some((8_000, 6_000)));
        assert_eq!(told("127.0.0.1:7002"), Some((6_000, 4_000)));
        assert_eq!(told("127.0.0.1:7003"), Some((4_000, 0)));
        assert_eq!(told("127.0.0.1:7004"), None, "there was no answer");
    }

    #[test]
    fn a_hop_that_says_nothing_has_the_time_that_its_packets_tell_and_parts_still_sum_up() {
        let told = |position, name: &str, link_us, own_us| ProbeHop {
            position,
            hop: name.into(),
            reported: HopReported::Reported,
            own_us: Some(own_us),
            link_us: Some(link_us),
            ..ProbeHop::default()
        };
        // The proxy's eight microseconds and both its wires are one link.
        let opaque = ProbeHop { position: 1, hop: "nginx".into(), ..ProbeHop::default() };
        let hops = vec![told(0, "Relay A", 1.0, 2.001), opaque, told(2, "catalog", 3.5, 4.0)];
        let mut run = ProbeRun { total_us: Some(10.501), hops, ..ProbeRun::default() };
        let path = [HopConfig { hop: "nginx".into(), address: Some("10.0.0.2".into()), ..HopConfig::default() }];
        let exchanges = [
            seen(2, "10.0.0.1:40000", "10.0.0.2:443", 1_000, Some(8_000)),
            seen(3, "10.0.0.2:51000", "10.0.0.3:7000", 2_000, Some(7_000)),
        ];
        assert!(observe(&mut run, &path, &exchanges));
        let parts: Vec<_> = run.hops.iter().map(|hop| (hop.reported, hop.link_us, hop.own_us)).collect();
        let expected = [
            (HopReported::Reported, Some(1.0), Some(2.001)),
            (HopReported::Observed, Some(0.5), Some(2.0)),
            (HopReported::Reported, Some(1.0), Some(4.0)),
        ];
        assert_eq!((parts, run.inconsistent, run.unattributed_us), (expected.to_vec(), false, None));
        assert_eq!((run.exchange_ids.as_slice(), run.hops[1].received_at_us), (&[2, 3][..], Some(1)));
        let written = observation_of(7, &run, 3);
        let hops: Vec<_> =
            written.hops.iter().map(|hop| (hop.position, hop.observed, hop.link_ns, hop.own_ns)).collect();
        let expected = [
            (0, false, Some(1_000), Some(2_001)),
            (1, true, Some(500), Some(2_000)),
            (2, false, Some(1_000), Some(4_000)),
        ];
        assert_eq!((hops, written.number, written.newest_exchange), (expected.to_vec(), 7, 3));
        assert!(!observe(&mut run, &path, &exchanges), "what was told is not told again");
    }
}
