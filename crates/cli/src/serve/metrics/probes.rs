//! Synthetic probes: the whole path by blackbox_exporter's names, its parts by ours.

use wirereel_engine::metering::{HopMeter, ProbeMeter};

use super::{
    families::Families,
    websites::{DURATION, HTTP_STATUS, SUCCESS},
};

/// Some 25 series each, and five of every hop.
const MOST_PROBES: usize = 300;
/// Hops of one probe; a longer path is a loop.
const MOST_HOPS: usize = 16;

pub(super) fn add(families: &mut Families, probes: &[ProbeMeter]) {
    families.subjects("probe", MOST_PROBES, probes, probe);
}

fn probe(families: &mut Families, probe: &ProbeMeter) {
    let black = [("kind", "probe"), ("name", &*probe.name), ("target", probe.target.as_str())];
    let success = probe.is_up.map(|is_up| f64::from(u8::from(is_up)));
    let path = [
        ("probe", &*probe.name),
        ("from_region", probe.from_region.as_str()),
        ("to_region", probe.to_region.as_str()),
        ("to_service", probe.to_service.as_str()),
    ];
    families.known("probe_success", SUCCESS, &black, success);
    if success.is_some() {
        families.known("probe_duration_seconds", DURATION, &black, probe.total_s);
        families.known("probe_http_status_code", HTTP_STATUS, &black, probe.http_status.map(f64::from));
        families.known(
            "probe_grpc_status_code",
            "Status of the last gRPC answer.",
            &black,
            probe.grpc_status.map(f64::from),
        );
        families.known("wirereel_probe_total_seconds", "How long the last call took.", &path, probe.total_s);
        const HELP: &str = "What no hop and no link explains of the last call.";
        families.known("wirereel_probe_unattributed_seconds", HELP, &path, probe.unattributed_s);
        for hop in probe.hops.iter().take(MOST_HOPS) {
            self::hop(families, &probe.name, hop);
        }
    }
    let results = probe.results;
    let states = [
        ("up", results.up),
        ("down", results.down),
        ("overrun", results.overrun),
        ("self_offline", results.self_offline),
    ];
    for (state, count) in states {
        const HELP: &str = "Intended probes by what came of them since the workbench started.";
        let [name, from, region, service] = path;
        families.count("wirereel_probe_results", HELP, &[name, from, region, service, ("state", state)], count);
    }
    families.histogram("wirereel_probe_duration_seconds", "How long calls took that ended.", &path, &probe.durations);
}

fn hop(families: &mut Families, probe: &str, hop: &HopMeter) {
    let position = hop.position.to_string();
    let labels = [
        ("probe", probe),
        ("position", position.as_str()),
        ("hop", hop.hop.as_str()),
        ("region", hop.region.as_str()),
        ("reported", hop.reported),
    ];
    let parts = [
        ("wirereel_probe_hop_own_seconds", "What the hop itself took of the last call.", hop.own_s),
        ("wirereel_probe_hop_link_seconds", "What lay between the hop and the one before that reports.", hop.link_s),
        ("wirereel_probe_hop_queue_seconds", "Of the hop's own time, waiting for a connection.", hop.queue_s),
        ("wirereel_probe_hop_backend_seconds", "Of the hop's own time, the service's work.", hop.backend_s),
    ];
    for (name, help, seconds) in parts {
        families.known(name, help, &labels, seconds);
    }
    // For whoever joins a hop's figures with what is known of it.
    families.gauge("wirereel_probe_hop_info", "A hop of a probe's path.", &labels, 1.0);
}
