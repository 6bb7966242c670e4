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
        families.known("probe_duration_seconds", DURATION, &black, probe.last_s);
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
    for (state, count) in probe.results.by_state() {
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

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Duration};

    use wirereel_engine::metering::{Distribution, Results};

    use super::*;
    use crate::serve::metrics::encode::Form;

    fn hop(position: u32, name: &str, reported: &'static str, parts_ms: [Option<f64>; 4]) -> HopMeter {
        let [own_s, link_s, queue_s, backend_s] = parts_ms.map(|ms| ms.map(|ms| ms / 1e3));
        let region = if position < 2 { "eu" } else { "us" }.to_owned();
        HopMeter { position, hop: name.to_owned(), region, reported, own_s, link_s, queue_s, backend_s }
    }

    fn path(name: &str, total_ms: u64, hops: Vec<HopMeter>) -> ProbeMeter {
        let mut durations = Distribution::default();
        (0..20).for_each(|n| durations.record(Duration::from_millis(total_ms + n)));
        ProbeMeter {
            name: name.into(),
            target: "grpc://gateway-eu:50051".into(),
            from_region: "eu".into(),
            to_region: "us".into(),
            to_service: "cart".into(),
            is_up: Some(true),
            results: Results { up: 20, down: 1, overrun: 0, self_offline: 2 },
            durations,
            last_s: Some(total_ms as f64 / 1e3),
            total_s: Some(total_ms as f64 / 1e3),
            grpc_status: Some(0),
            http_status: Some(200),
            unattributed_s: Some(0.0),
            hops,
        }
    }

    /// The text as a whole, beside this file; tests/prometheus has a real Prometheus collect real ones.
    #[test]
    fn a_path_is_exposed_by_names_that_stay() {
        let told = path(
            "eu to us",
            100,
            vec![
                hop(0, "gateway-eu", "reported", [Some(3.0), Some(1.0), Some(0.5), None]),
                hop(1, "nginx", "opaque", [None; 4]),
                hop(2, "gateway-us", "observed", [Some(4.0), Some(80.0), None, None]),
                hop(3, "cart", "reported", [Some(10.0), Some(2.0), Some(0.0), Some(9.0)]),
            ],
        );
        let mut families = Families::default();
        add(&mut families, &[told, path("black box", 40, Vec::new())]);
        let text = String::from_utf8(Form::OpenMetrics.write(families.done()).expect("written")).expect("text");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/serve/metrics/probes.txt");
        if std::env::var_os("WIREREEL_WRITE_EXPECTED").is_some() {
            fs::write(&file, &text).expect("written");
        }
        let kept = fs::read_to_string(&file).expect("src/serve/metrics/probes.txt");
        assert_eq!(text, kept, "set WIREREEL_WRITE_EXPECTED=1 once when that is meant");
    }

    #[test]
    fn a_loop_and_a_crowd_are_bounded_and_counted() {
        let hops = (0..40).map(|n| hop(n, "loop", "reported", [Some(1.0), None, None, None])).collect();
        let mut probes = vec![path("a", 1, hops)];
        probes.extend((0..MOST_PROBES).map(|n| path(&format!("p{n}"), 1, Vec::new())));
        let mut families = Families::default();
        add(&mut families, &probes);
        let done = families.done();
        let series =
            |name: &str| done.iter().find(|family| family.name == name).map_or(0, |family| family.series.len());
        assert_eq!(series("wirereel_probe_hop_own_seconds"), MOST_HOPS);
        assert_eq!(series("wirereel_probe_duration_seconds"), MOST_PROBES);
        assert_eq!(series("wirereel_metrics_dropped_series"), 1);
    }
}
