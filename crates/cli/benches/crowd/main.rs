//! A crowd that holds connections open while Wirereel watches: memory, lag, losses, and whether it counts exactly as many as are held.
//!
//! `make bench-crowd` prints a table and writes `target/bench/crowd.json`. `WIREREEL_BENCH_CONNECTIONS` has another number than 50,000. Both
//! ends of each connection are processes of their own (`wirereel-shop hold` and `keep`), several where one may not open as many files. It
//! needs the right to capture on `lo`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

#[path = "../capture/cost.rs"]
mod cost;
#[path = "../../../api/benches/figures/mod.rs"]
mod figures;
mod holder;
#[path = "../torture/host.rs"]
mod host;
mod watched;

use std::{
    env, thread,
    time::{Duration, Instant},
};

use cost::{Meter, own_mb, resident_mb};
use figures::Figures;
use holder::Holders;
use host::{Host, children};
use serde_json::json;
use watched::{active_at, active_in_graph, capturing, lost, now_us, until};

const PORT: u16 = 8_090;
const PER_SECOND: u32 = 2_500;
const STEPS: u64 = 5;
/// Before anything is measured, as many come and go in so many turns: rows, and what is needed once, are there then, and what is measured is
/// what holding takes.
const TURNS: u64 = 10;
const HELD_FOR: Duration = Duration::from_secs(20);
/// Longer than the database takes to a checkpoint.
const SETTLING: Duration = Duration::from_secs(60);
/// Between two steps: instants in between have nothing under way.
const PAUSE: Duration = Duration::from_secs(2);
const QUESTIONS: usize = 20;

fn main() {
    let connections: u64 =
        env::var("WIREREEL_BENCH_CONNECTIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(50_000);
    let folder = tempfile::tempdir().unwrap();
    // Who is silent is still held: that is what is counted here.
    let host = capturing(folder.path(), PORT, "1h").expect("the right to capture");
    let mut holder = Holders::start(PORT, connections, PER_SECOND);
    let mut figures = Figures::new("crowd");

    for _ in 0..TURNS {
        holder.order("open", connections / TURNS);
        holder.order("close", connections / TURNS);
    }
    thread::sleep(SETTLING);
    assert_eq!(active_in_graph(&host), 0);
    let (before, agents_before) = (besides_rows_mb(&host), agents_mb(&host));
    figures.add("before_mb", before, "MB");

    let mut seen: Vec<(i64, u64)> = vec![(now_us(), 0)];
    let (began_us, mut settled) = (now_us(), Duration::ZERO);
    let opening = Meter::start(host.id());
    for step in 1..=STEPS {
        let held = holder.order("open", connections / STEPS);
        assert_eq!(held, connections / STEPS * step);
        settled = settled.max(check(&host, held, &mut seen));
        println!("{held} held: {:.0} MB", resident_mb(host.id()));
    }
    figures.add("opening_cpu_percent", opening.percent(), "%");
    let held = connections / STEPS * STEPS;
    figures.add("connections", held as f64, "");

    thread::sleep(HELD_FOR / 2);
    let each = |mb: f64| mb * 1e6 / held as f64;
    figures.add("held_mb", besides_rows_mb(&host), "MB");
    figures.add("held_resident_mb", resident_mb(host.id()), "MB");
    figures.add("held_database_mb", database_mb(&host), "MB");
    figures.add("bytes_each", each(besides_rows_mb(&host) - before), "B");
    figures.add("agent_bytes_each", each(agents_mb(&host) - agents_before), "B");
    let holding = Meter::start(host.id());
    thread::sleep(HELD_FOR);
    figures.add("holding_cpu_percent", holding.percent(), "%");
    ask_questions(&host, &mut figures);
    holder.order("ask", held / 10);
    settled = settled.max(check(&host, held, &mut seen));

    for left in [held / 2, 0] {
        assert_eq!(holder.order("close", held / 2), left);
        settled = settled.max(check(&host, left, &mut seen));
    }
    thread::sleep(HELD_FOR);
    figures.add("after_mb", besides_rows_mb(&host), "MB");
    figures.add("lag_max_ms", longest_lag(&host, began_us), "ms");
    figures.add("settled_max_ms", settled.as_secs_f64() * 1e3, "ms");
    figures.add("lost_packets", lost(&host) as f64, "");

    // Every instant between two steps, asked again when all is over.
    let differing = seen.iter().filter(|(at_us, held)| active_at(&host, *at_us) != *held).count();
    figures.add("instants", seen.len() as f64, "");
    figures.add("instants_that_differ", differing as f64, "");
    let bytes_each = figures.value("bytes_each").unwrap();
    let lost = lost(&host);
    host.call("capture_stop", &json!({})).unwrap();
    host.end();
    figures.finish();
    assert_eq!((differing, lost), (0, 0), "instants that differ, packets lost");
    assert!(bytes_each <= 1_024.0, "{bytes_each:.0} bytes for each connection");
}

/// Waits until as many are active as are held, by both that tell; remembers an instant at which nothing is under way.
fn check(host: &Host, held: u64, seen: &mut Vec<(i64, u64)>) -> Duration {
    let took = until("active connections", held, || active_at(host, now_us()));
    assert_eq!(active_in_graph(host), held);
    thread::sleep(PAUSE);
    seen.push((now_us(), held));
    thread::sleep(PAUSE);
    took
}

/// The longest that a packet has waited since an instant until its rows could be seen, in milliseconds, as Wirereel keeps it itself.
fn longest_lag(host: &Host, since_us: i64) -> f64 {
    let query = format!(
        "SELECT max(value) FROM self_metrics WHERE component = 'ingest' AND metric = 'lag_ms' AND \"at\" >= make_timestamp({since_us})"
    );
    host.sql(&query).unwrap()[0][0].as_f64().expect("a lag every second")
}

/// What the process has of its own, but for the database: rows are there whether their connections are held or not, and go to the disk.
fn besides_rows_mb(host: &Host) -> f64 {
    own_mb(host.id()) - database_mb(host)
}

fn database_mb(host: &Host) -> f64 {
    host.call("health", &json!({ "points": 0 })).unwrap()["memory"]["database_bytes"].as_f64().unwrap_or(0.0) / 1e6
}

fn agents_mb(host: &Host) -> f64 {
    children(host.id()).iter().map(|(agent, _)| own_mb(*agent)).sum()
}

/// What panes ask while the crowd is there.
fn ask_questions(host: &Host, figures: &mut Figures) {
    let state = host.call("app_state", &json!({})).unwrap();
    let range = state["recording"]["range"].clone();
    let questions = [
        ("state_at", json!({ "at_us": now_us(), "filter": "" })),
        ("topology", json!({ "filter": "" })),
        ("density", json!({ "range": range, "buckets": 1_200, "filter": "" })),
        ("flows", json!({ "scope": {}, "sort": "opened_at", "descending": true, "offset": 0, "limit": 200 })),
    ];
    for (command, question) in questions {
        let times = (0..QUESTIONS).map(|_| {
            let began = Instant::now();
            host.call(command, &question).unwrap();
            began.elapsed()
        });
        figures.add_times(command, times.collect());
    }
}
