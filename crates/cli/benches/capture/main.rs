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

use std::{
    env, fs, thread,
    time::{Duration, Instant},
};

use cost::{Meter, resident_mb};
use figures::Figures;
use host::{Host, children};
use load::{PORT, Server};
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

    let before = packets(&host);
    let (meter, began) = (Meter::start(host.id()), Instant::now());
    let sent = server.steady("trickle", TRICKLE_RATE, seconds.min(60));
    figures.add("trickle_cpu_percent", meter.percent(), "%");
    let trickled = began.elapsed().as_secs_f64();
    let seen = counted(&host, "trickle");
    figures.add("trickle_packets_per_second", (packets(&host) - before) as f64 / trickled, "1/s");
    figures.add("trickle_sent", sent.requests as f64, "");
    figures.add("trickle_exchanges", seen as f64, "");

    let meter = Meter::start(host.id());
    let lost_before = lost(&host);
    let sent = server.steady("steady", RATE, seconds);
    figures.add("steady_cpu_percent", meter.percent(), "%");
    let seen = counted(&host, "steady");
    figures.add("steady_sent", sent.requests as f64, "");
    figures.add("steady_sent_failed", sent.failed as f64, "");
    figures.add("steady_not_sent", sent.left_out as f64, "");
    figures.add("steady_exchanges", seen as f64, "");
    let steady_lost = lost(&host) - lost_before;
    figures.add("steady_lost_packets", steady_lost as f64, "");
    figures.add("steady_difference", seen as f64 - sent.requests as f64, "");
    figures.add("steady_resident_mb", resident_mb(host.id()), "MB");

    let meter = Meter::start(host.id());
    let lost_before = lost(&host);
    let load_seconds = seconds.min(20);
    let sent_flat_out = Server::flat_out("flat-out", load_seconds);
    figures.add("flat_out_cpu_percent", meter.percent(), "%");
    let asked = Instant::now();
    let seen_flat_out = counted(&host, "flat-out");
    let lost_flat_out = lost(&host) - lost_before;
    figures.add("flat_out_requests_per_second", sent_flat_out as f64 / load_seconds as f64, "1/s");
    figures.add("flat_out_sent", sent_flat_out as f64, "");
    figures.add("flat_out_exchanges", seen_flat_out as f64, "");
    figures.add("flat_out_lost_packets", lost_flat_out as f64, "");
    figures.add("flat_out_settled_seconds", asked.elapsed().as_secs_f64() - SETTLED.as_secs_f64(), "s");
    figures.add("flat_out_resident_mb", resident_mb(host.id()), "MB");
    let agents: f64 = children(host.id()).iter().map(|(agent, _)| resident_mb(*agent)).sum();
    figures.add("agent_resident_mb", agents, "MB");

    host.call("capture_stop", &json!({})).unwrap();
    host.wait("stopped", |state| state["capture"]["state"] != "capturing").unwrap();
    host.end();
    figures.finish();
    assert_eq!((sent.requests, steady_lost), (seen, 0), "requests sent and exchanges, packets lost");
    assert!(seen_flat_out + lost_flat_out >= sent_flat_out, "more went missing than was counted as lost");
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

fn packets(host: &Host) -> u64 {
    host.sql("SELECT coalesce(sum(packets), 0)::BIGINT FROM sources").unwrap()[0][0].as_u64().unwrap_or(0)
}
