//! Websites, by blackbox_exporter's names where it has them, so that its dashboards and rules fit.

use std::time::Duration;

use wirereel_engine::metering::{LastCheck, WebsiteMeter};

use super::families::Families;

/// Each has some 35 series; five hundred are what a Prometheus takes every second without being noticed.
const MOST_WEBSITES: usize = 500;

pub(super) fn add(families: &mut Families, websites: &[WebsiteMeter]) {
    let down = websites.iter().filter(|website| website.is_up == Some(false)).count();
    families.gauge("wirereel_websites", "Websites that are configured.", &[], websites.len() as f64);
    families.gauge("wirereel_websites_down", "Websites whose last check failed.", &[], down as f64);
    families.subjects("website", MOST_WEBSITES, websites, website);
}

fn website(families: &mut Families, website: &WebsiteMeter) {
    let labels = [("kind", "website"), ("name", &*website.name), ("target", website.url.as_str())];
    let success = website.is_up.map(|is_up| f64::from(u8::from(is_up)));
    families.known("probe_success", SUCCESS, &labels, success);
    // What is not known now is not told as it once was.
    if let Some(last) = website.last.filter(|_| success.is_some()) {
        self::last(families, &labels, &last, website.url.starts_with("http"));
    }
    for (state, count) in website.results.by_state() {
        const HELP: &str = "Intended checks by what came of them since the workbench started.";
        families.count("wirereel_check_results", HELP, &[("website", &*website.name), ("state", state)], count);
    }
    const HELP: &str = "How long checks took that ended.";
    families.histogram("wirereel_check_duration_seconds", HELP, &[("website", &*website.name)], &website.durations);
}

pub(super) const SUCCESS: &str = "Whether the last check or probe succeeded.";
pub(super) const DURATION: &str = "How long the last check or probe took.";
pub(super) const HTTP_STATUS: &str = "Status of the last HTTP answer, 0 without one.";

fn last(families: &mut Families, labels: &[(&'static str, &str); 3], last: &LastCheck, is_http: bool) {
    families.gauge("probe_duration_seconds", DURATION, labels, last.total.as_secs_f64());
    let seconds = |us: Option<u64>| us.map(|us| Duration::from_micros(us).as_secs_f64());
    let phases = &last.phases;
    families.known("probe_dns_lookup_time_seconds", "How long the last look-up took.", labels, seconds(phases.dns_us));
    if let Some(remote) = last.remote {
        let version = if remote.is_ipv6() { 6.0 } else { 4.0 };
        families.gauge("probe_ip_protocol", "Version of IP that the last check used.", labels, version);
    }
    if let Some(expires_s) = last.expires_s {
        const HELP: &str = "When the server's certificate expires, seconds since 1970.";
        families.gauge("probe_ssl_earliest_cert_expiry", HELP, labels, expires_s as f64);
    }
    if !is_http {
        return;
    }
    families.gauge("probe_http_status_code", HTTP_STATUS, labels, f64::from(last.status.unwrap_or(0)));
    families.gauge("probe_http_ssl", "Whether the last check used TLS.", labels, f64::from(u8::from(last.is_tls)));
    let version = last.http_version.and_then(|version| version.parse().ok());
    families.known("probe_http_version", "Version of HTTP that the last answer had.", labels, version);
    // blackbox_exporter counts writing the request to processing.
    let processing = phases.ttfb_us.map(|us| us + phases.write_us.unwrap_or(0));
    let named = [
        ("resolve", phases.dns_us),
        ("connect", phases.connect_us),
        ("proxy", phases.proxy_us),
        ("tls", phases.tls_us),
        ("processing", processing),
        ("transfer", phases.transfer_us),
    ];
    for (phase, us) in named {
        let [kind, name, target] = *labels;
        let labels = [kind, name, target, ("phase", phase)];
        const HELP: &str = "How long each phase of the last HTTP check took.";
        families.known("probe_http_duration_seconds", HELP, &labels, seconds(us));
    }
}
