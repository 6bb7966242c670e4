//! The real Prometheus collects from a running workbench, and promtool judges what it is given.
//!
//! Needs the Debian package `prometheus`; without it the tests say so and pass, as nothing can be asked.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "a test says why it was left out")]

mod dashboards;
mod host;
mod server;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use host::{Host, Prometheus};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use support::repository;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn is_installed() -> bool {
    let started = Command::new("promtool").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is = started.is_ok_and(|status| status.success());
    if !is {
        println!("prometheus is not installed: nothing was asked");
    }
    is
}

fn promtool(args: &[&str], stdin: &str) -> String {
    let mut child = Command::new("promtool")
        .args(args)
        .current_dir(repository().join("grafana/rules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool");
    child.stdin.take().expect("a pipe").write_all(stdin.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("its output");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success(), "promtool {args:?}: {said}");
    said
}

#[test]
fn rules_are_sound_and_do_what_they_say() {
    if !is_installed() {
        return;
    }
    let said = promtool(&["check", "rules", "wirereel-recording.yml", "wirereel-alerts.yml"], "");
    assert!(said.contains("SUCCESS") && !said.contains("FAILED"), "{said}");
    let said = promtool(&["test", "rules", "tests/wirereel.yml"], "");
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn other_machines_are_let_in_only_when_that_is_said_and_nothing_listens_unasked() {
    let shell = support::Shell::new();
    let refused = shell.run(&["serve", "--metrics", "0.0.0.0:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("0.0.0.0:0 can be reached from other machines: say --metrics-beyond-loopback"), "{said}");
    let refused = shell.run(&["serve", "--metrics-beyond-loopback"]);
    assert_eq!(refused.status.code(), Some(2), "without an address there is nothing to let anybody in to");
}

#[test]
fn prometheus_collects_and_every_panel_of_every_dashboard_has_data() {
    if !is_installed() {
        return;
    }
    let host = Host::start();
    let captures = host.capture();
    let targets = [host.metrics.clone()];
    let classic = Prometheus::start(&targets, &[]);
    let native = Prometheus::start(&targets, &["--enable-feature=native-histograms"]);
    if captures {
        // What is captured begins with its connections.
        classic.eventually("wirereel_service_requests_total", PATIENCE);
    }
    host.probe();

    exposition_is_sound(&host);
    classic.eventually("up{job=\"wirereel\"} == 1", PATIENCE);
    let success =
        |name: &str| classic.eventually(&format!("probe_success{{kind=\"website\", name=\"{name}\"}}"), PATIENCE);
    assert_eq!([success("shop")[0].1, success("gone")[0].1], [1.0, 0.0]);
    assert_eq!(classic.eventually("probe_http_status_code{name=\"shop\"}", PATIENCE)[0].1, 200.0);
    let expiry = classic.eventually("probe_ssl_earliest_cert_expiry{name=\"secure\"} - time()", PATIENCE)[0].1;
    assert!(expiry > 86_400.0, "{expiry}");
    let checked = classic.eventually("wirereel_check_results_total{website=\"shop\", state=\"up\"} > 3", PATIENCE)[0].1;
    let counted = classic.eventually("wirereel_check_duration_seconds_count{website=\"shop\"}", PATIENCE)[0].1;
    assert!(counted >= checked - 3.0, "each check that ended is in the histogram: {counted} of {checked}");
    let phases = classic.eventually(
        "sum by (name) (probe_http_duration_seconds{name=\"shop\"}) <= on (name) group_left () probe_duration_seconds",
        PATIENCE,
    );
    assert_eq!(phases.len(), 1, "phases are parts of the whole");

    // The same durations without fixed bounds: only the protobuf form has them.
    let sharp = native
        .eventually("histogram_quantile(0.5, rate(wirereel_check_duration_seconds{website=\"shop\"}[15s]))", PATIENCE)
        [0]
    .1;
    assert!(sharp > 0.0 && sharp < 5.0, "{sharp}");
    assert_eq!(native.ask("wirereel_check_duration_seconds_bucket"), [], "this is the exponential form");

    probes_are_told(&classic, captures);
    dashboards::every_panel_has_data(&classic, captures);
    host.end();
}

/// Probes that were really sent, hop by hop.
fn probes_are_told(prometheus: &Prometheus, captures: bool) {
    let ask = |query: &str| prometheus.eventually(query, PATIENCE)[0].1;
    assert_eq!(ask("probe_success{kind=\"probe\", name=\"eu to us\"}"), 1.0);
    assert!(ask("wirereel_probe_results_total{probe=\"eu to us\", state=\"up\"} > 2") > 2.0);
    let told = |part: &str, hop: &str| ask(&format!("wirereel_probe_hop_{part}_seconds{{hop=\"{hop}\"}}"));
    assert!(told("backend", "cart") >= 0.003, "the service works for three milliseconds, also on its health");
    assert!(told("own", "Relay A") > 0.0 && told("queue", "Gateway B") >= 0.0);
    if captures {
        let observed = ask("wirereel_probe_hop_own_seconds{hop=\"proxy\", reported=\"observed\"}");
        assert!((0.0..1.0).contains(&observed), "{observed}");
    } else {
        ask("wirereel_probe_hop_info{hop=\"proxy\", reported=\"opaque\"}");
    }
    // What is collected at one moment is of one call: its parts are all of it.
    let of = "{probe=\"eu to us\"}";
    let parts = format!("sum(wirereel_probe_hop_own_seconds{of}) + sum(wirereel_probe_hop_link_seconds{of})");
    let rest = ask(&format!("sum(wirereel_probe_total_seconds{of}) - ({parts})"));
    assert!(rest.abs() < 1e-6, "{rest}");
    assert!(ask("wirereel_probe_unattributed_seconds{probe=\"page\"}") > 0.0);
}

/// promtool reads Prometheus' text; the other forms have the same families.
fn exposition_is_sound(host: &Host) {
    let client = host::client();
    let get = |accept: &str| {
        let url = format!("http://{}/metrics", host.metrics);
        client.get(url).header(ACCEPT, accept).send().expect("an answer")
    };
    let began = Instant::now();
    let text = loop {
        let text = get("text/plain").text().expect("text");
        if text.contains("probe_ssl_earliest_cert_expiry{") || began.elapsed() > PATIENCE {
            break text;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let said = promtool(&["check", "metrics"], &text);
    assert_eq!(said.trim(), "", "promtool has nothing to say");
    let open = get("application/openmetrics-text;version=1.0.0");
    assert!(open.headers()[CONTENT_TYPE].to_str().expect("text").starts_with("application/openmetrics-text"));
    assert!(open.text().expect("text").ends_with("# EOF\n"));
    let stranger = client.get(format!("http://{}/metrics", host.metrics)).header("host", "evil.example").send();
    assert_eq!(stranger.expect("an answer").status(), 403, "another site's name is not ours");
}

/// A folder's files of one kind, by name.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(repository().join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|own| own == extension)).collect();
    files.sort();
    files
}
