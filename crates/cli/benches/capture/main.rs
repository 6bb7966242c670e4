//! Live capture held against the load tool's own count, and what it costs: idle, at a hundred packets a second, at 2,000 requests a second, and
//! at whatever the machine gives.
//!
//! `make bench-capture` prints a table and writes `target/bench/capture.json`. It needs nginx, wrk and k6 (`WIREREEL_K6`), and the right to
//! capture on `lo`. `WIREREEL_BENCH_SECONDS` has another length of the steady load than 60.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

mod cost;
#[path = "../../../api/benches/figures/mod.rs"]
mod figures;
#[path = "../torture/host.rs"]
mod host;
mod load;
mod page;

use std::{
    env, fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use cost::{Meter, resident_mb};
use figures::Figures;
use host::{Host, children};
use load::{PORT, Sent, Server};
use serde_json::json;

/// Requests a second of the steady load.
const RATE: u64 = 2_000;
/// A request and its answer are four packets on loopback: the answer carries the first's acknowledgement or not.
const TRICKLE_RATE: u64 = 25;
/// Longer than rows take to appear.
const SETTLED: Duration = Duration::from_secs(4);

fn main() {
    let seconds = env::var("WIREREEL_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let folder = tempfile::tempdir().unwrap();
    let (home, frontend) = (folder.path().join("home"), folder.path().join("frontend"));
    fs::create_dir_all(&frontend).unwrap();
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").unwrap();
    let mut figures = Figures::new("capture");
    let server = Server::start();
    let host = Host::start(&home, &frontend).unwrap();

    thread::sleep(SETTLED);
    let meter = Meter::start(host.id());
    thread::sleep(Duration::from_secs(30));
    figures.add("idle_cpu_percent", meter.percent(), "%");
    figures.add("idle_resident_mb", resident_mb(host.id()), "MB");

    let config = json!({ "config": { "interfaces": ["lo"], "filter": format!("tcp port {PORT}") } });
    host.call("capture_start", &config).unwrap();
    host.wait("capturing", |state| state["capture"]["state"] == "capturing").unwrap();
    thread::sleep(SETTLED);

    let load_seconds = seconds.min(20);
    phase(&host, &mut figures, "trickle", || told(&server.steady("trickle", TRICKLE_RATE, seconds)));
    let mut left_out = 0;
    let (steady_sent, steady_seen, steady_lost) = phase(&host, &mut figures, "steady", || {
        let sent = server.steady("steady", RATE, seconds);
        left_out = sent.left_out;
        told(&sent)
    });
    figures.add("steady_not_sent", left_out as f64, "");
    let (sent, seen, lost) = phase(&host, &mut figures, "flat_out", || Server::flat_out("flat_out", load_seconds));
    figures.add("flat_out_requests_per_second", sent as f64 / load_seconds as f64, "1/s");
    let agents: f64 = children(host.id()).iter().map(|(agent, _)| resident_mb(*agent)).sum();
    figures.add("agent_resident_mb", agents, "MB");

    host.call("capture_stop", &json!({})).unwrap();
    host.wait("stopped", |state| state["capture"]["state"] != "capturing").unwrap();
    host.end();
    if let Some(docs) = env::var_os("WIREREEL_BENCH_DOCS") {
        page::write(&PathBuf::from(docs).join("benchmarks.md"), &figures);
    }
    figures.finish();
    assert_eq!((steady_sent, 0), (steady_seen, steady_lost), "requests sent and exchanges, packets lost");
    assert!(seen + lost >= sent, "more went missing than was counted as lost");
}

/// Requests that were sent, all of them answered well.
fn told(sent: &Sent) -> u64 {
    assert_eq!(sent.failed, 0, "nginx was to answer everything");
    sent.requests
}

/// Has a page of the load's name asked for, and gives how often that was, the exchanges that were stored of it, and packets that were lost.
fn phase(host: &Host, figures: &mut Figures, name: &str, load: impl FnOnce() -> u64) -> (u64, u64, u64) {
    let (packets_before, lost_before) = (packets(host), lost(host));
    let (meter, began) = (Meter::start(host.id()), Instant::now());
    let sent = load();
    let lasted = began.elapsed().as_secs_f64();
    figures.add(format!("{name}_cpu_percent"), meter.percent(), "%");
    let asked = Instant::now();
    let seen = counted(host, name);
    figures.add(format!("{name}_settled_seconds"), (asked.elapsed() - SETTLED).as_secs_f64(), "s");
    let lost = lost(host) - lost_before;
    figures.add(format!("{name}_packets_per_second"), (packets(host) - packets_before) as f64 / lasted, "1/s");
    figures.add(format!("{name}_sent"), sent as f64, "");
    figures.add(format!("{name}_exchanges"), seen as f64, "");
    figures.add(format!("{name}_lost_packets"), lost as f64, "");
    figures.add(format!("{name}_resident_mb"), resident_mb(host.id()), "MB");
    (sent, seen, lost)
}

/// Exchanges of a page that were answered, once no more of them appear.
fn counted(host: &Host, page: &str) -> u64 {
    let count = || {
        let query = format!("SELECT count(*) FROM http_exchanges WHERE path = '/{page}' AND status = 200");
        host.sql(&query).unwrap()[0][0].as_u64().unwrap()
    };
    let mut last = (count(), Instant::now());
    while last.1.elapsed() < SETTLED {
        thread::sleep(Duration::from_millis(250));
        let now = count();
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
    last.0
}

/// Packets lost so far, wherever.
fn lost(host: &Host) -> u64 {
    host.sql("SELECT coalesce(sum(in_kernel + in_queue), 0)::BIGINT FROM lost_packets").unwrap()[0][0].as_u64().unwrap()
}

/// Packets captured since the start.
fn packets(host: &Host) -> u64 {
    host.call("whisperers", &json!({})).unwrap()[0]["figures"]["packets"].as_u64().unwrap_or(0)
}
