//! Golden signals of services and of calls between them, as they were captured.

use std::time::Duration;

use wirereel_engine::metering::{Golden, TrafficMeter};

use super::families::Families;

/// Nine series each: a recording with more services than that is looked at in Wirereel.
const MOST_SERVICES: usize = 300;
/// Nine series each; of a mesh of services there are many more calls than services.
const MOST_CALLS: usize = 600;

pub(super) fn add(families: &mut Families, services: &[TrafficMeter], calls: &[TrafficMeter], uncounted: u64) {
    families.subjects("service", MOST_SERVICES, services, |families, service| {
        golden(families, &SERVICE, &[("service", &*service.server)], &service.golden);
    });
    families.subjects("call", MOST_CALLS, calls, |families, call| {
        golden(families, &CALL, &[("client", &*call.client), ("server", &*call.server)], &call.golden);
    });
    families.dropped("call", uncounted);
}

/// Names of the same figures.
struct Names {
    requests: &'static str,
    errors: &'static str,
    bytes: &'static str,
    latency: &'static str,
}

const SERVICE: Names = Names {
    requests: "wirereel_service_requests",
    errors: "wirereel_service_errors",
    bytes: "wirereel_service_bytes",
    latency: "wirereel_service_latency_seconds",
};
const CALL: Names = Names {
    requests: "wirereel_call_requests",
    errors: "wirereel_call_errors",
    bytes: "wirereel_call_bytes",
    latency: "wirereel_call_latency_seconds",
};

fn golden(families: &mut Families, names: &Names, of: &[(&'static str, &str)], golden: &Golden) {
    let with = |name: &'static str, value: &'static str| -> Vec<(&'static str, &str)> {
        of.iter().copied().chain([(name, value)]).collect()
    };
    families.count(names.requests, "Captured requests.", of, golden.requests);
    for (kind, count) in [("4xx", golden.errors_4xx), ("5xx", golden.errors_5xx), ("failed", golden.failed)] {
        const HELP: &str = "Captured requests that were answered with an error, or not at all.";
        families.count(names.errors, HELP, &with("kind", kind), count);
    }
    for (direction, bytes) in [("up", golden.bytes_up), ("down", golden.bytes_down)] {
        families.count(names.bytes, "Captured bytes of requests and answers.", &with("direction", direction), bytes);
    }
    for (percentile, us) in [("50", golden.p50_us), ("95", golden.p95_us), ("99", golden.p99_us)] {
        const HELP: &str = "How long captured requests took, of those since figures were last collected.";
        let seconds = us.map(|us| Duration::from_micros(us).as_secs_f64());
        families.known(names.latency, HELP, &with("percentile", percentile), seconds);
    }
}
