//! Days of traffic in minutes, through the real recorder and the real retention: nothing may grow.
//!
//! `scripts/bench fortnight` makes fourteen days and writes `target/bench/fortnight.json`; the test a few small ones.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::{
    env, fs,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use serde_json::json;
use wirereel_query::question::{DensityQuestion, Scope, TimeRange};
use wirereel_testkit::Packets;

use super::station::{SECOND_NS, Station, Told, connection, folder};

const START_NS: i64 = 1_795_000_000 * SECOND_NS;
const HOUR_NS: i64 = 3_600 * SECOND_NS;
/// How often a query is asked for its figure; the middle one counts.
const ASKED: usize = 9;

/// What there is at the end of a day.
#[derive(Debug, Clone, Copy)]
struct Day {
    segment_bytes: u64,
    database_bytes: u64,
    used_bytes: u64,
    memory_bytes: u64,
    rows: i64,
    rollup_rows: i64,
    state_ms: f64,
    topology_ms: f64,
    density_ms: f64,
    /// The longest slice of retention, and the longest that a frame waited to be taken.
    slice_ms: f64,
    wait_ms: f64,
}

/// Lives through days of so many connections an hour, with a pass of retention every so many hours.
fn live(days: i64, connections_an_hour: u64, hours: i64) -> Vec<Day> {
    let folder = folder();
    let probe = Arc::new(Told(AtomicU64::new(1 << 40)));
    let mut station = Station::open(folder.path(), r#"{ "storing": { "flush_every": "50ms" } }"#, probe);
    // One that outlives every bound, with a word now and then.
    let long = lasting(days);
    let mut number = 0;
    let mut told = Vec::new();
    for day in 0..days {
        station.begin();
        let (mut slice, mut took_rows) = (Duration::ZERO, 0);
        for hour in 0..24 {
            let from_ns = START_NS + (day * 24 + hour) * HOUR_NS;
            let mut packets = Packets(Vec::new());
            let every_ns = HOUR_NS / connections_an_hour as i64;
            for nth in 0..connections_an_hour {
                packets.0.extend(connection(from_ns + nth as i64 * every_ns, number, 3).0);
                number += 1;
            }
            let of_hour = long.0.iter().filter(|packet| (from_ns..from_ns + HOUR_NS).contains(&packet.at_ns));
            packets.0.extend(of_hour.cloned());
            packets.0.sort_by_key(|packet| packet.at_ns);
            station.send(&packets.0);
            station.status(from_ns + HOUR_NS - 1);
            if hour % hours == hours - 1 {
                let removed = station.keep(from_ns + HOUR_NS);
                slice = slice.max(removed.longest_hold);
                took_rows += removed.rows;
            }
        }
        station.end();
        assert!(day == 0 || took_rows > 0, "what is older than a day goes");
        told.push(look(&mut station, folder.path(), START_NS + (day + 1) * 24 * HOUR_NS, slice));
    }
    station.finish();
    told
}

fn lasting(days: i64) -> Packets {
    let mut talk = wirereel_testkit::Conversation::tcp("203.0.113.9:40000", "10.0.0.1:80").at(START_NS).handshake();
    for _ in 0..days * 24 * 6 {
        talk = talk
            .wait(600 * SECOND_NS - 1_000_000)
            .client(b"GET /watch HTTP/1.1\r\nHost: shop-0.test\r\n\r\n")
            .server(b"HTTP/1.1 204 No Content\r\n\r\n");
    }
    talk.packets()
}

fn look(station: &mut Station, folder: &Path, end_ns: i64, slice: Duration) -> Day {
    station.workspace.store().checkpoint().unwrap();
    let space = station.workspace.store().space().unwrap();
    let ask = |what: &dyn Fn(usize)| {
        let mut times: Vec<Duration> = (0..ASKED)
            .map(|nth| {
                let began = Instant::now();
                what(nth);
                began.elapsed()
            })
            .collect();
        times.sort();
        times[ASKED / 2].as_secs_f64() * 1e3
    };
    let reader = || station.workspace.reader(None).unwrap();
    let end_us = end_ns / 1_000;
    let part = |nth: usize| TimeRange {
        from_us: end_us - (nth as i64 + 2) * 3_600_000_000,
        to_us: end_us - nth as i64 * 1_234_567,
    };
    let state_ms = ask(&|nth| drop(reader().state_at(end_us - nth as i64 * 5_000_000_000, "").unwrap()));
    let topology_ms =
        ask(&|nth| drop(reader().topology(&Scope { range: Some(part(nth)), filter: String::new() }).unwrap()));
    let density_ms = ask(&|nth| {
        let question = DensityQuestion { range: part(nth), buckets: 1_000 + nth as u32, filter: String::new() };
        drop(reader().density(&question).unwrap());
    });
    Day {
        segment_bytes: bytes_below(&folder.join("segments")),
        database_bytes: space.bytes,
        used_bytes: space.bytes - space.free_bytes,
        memory_bytes: resident(),
        rows: station.count("SELECT count(*) FROM http_exchanges"),
        rollup_rows: station
            .count("SELECT (SELECT count(*) FROM raw.rollup_1s) + (SELECT count(*) FROM raw.rollup_60s)"),
        state_ms,
        topology_ms,
        density_ms,
        slice_ms: slice.as_secs_f64() * 1e3,
        wait_ms: std::mem::take(&mut station.longest_wait).as_secs_f64() * 1e3,
    }
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() })
        .sum()
}

/// Memory of this process; 0 where the system does not tell in this way.
fn resident() -> u64 {
    let told = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    told.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4_096
}

#[test]
fn days_go_by_and_nothing_grows() {
    let days = live(4, 20, 6);
    // The second day holds a whole one for the first time.
    let (second, last) = (days[1], days[3]);
    let at_most =
        |now: u64, then: u64, what: &str| assert!(now * 10 <= then * 14, "{what}: {then} then, {now} now: {days:#?}");
    at_most(last.segment_bytes, second.segment_bytes, "segments");
    at_most(last.used_bytes, second.used_bytes, "database");
    at_most(last.rows.unsigned_abs(), second.rows.unsigned_abs(), "rows");
    at_most(last.rollup_rows.unsigned_abs(), second.rollup_rows.unsigned_abs(), "roll-ups");
}

#[test]
#[ignore = "minutes: scripts/bench fortnight"]
fn fortnight() {
    let connections = env::var("WIREREEL_BENCH_CONNECTIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    let began = Instant::now();
    let days = live(14, connections, 2);
    println!(
        "fortnight: {connections} connections an hour, three requests each; {:.0} s\n\
         day  segments MiB  file MiB  used MiB  memory MiB  exchanges  roll-ups  state ms  topology ms  density ms  slice ms  wait ms",
        began.elapsed().as_secs_f64()
    );
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    for (number, day) in days.iter().enumerate() {
        println!(
            "{:3}  {:12.1}  {:8.1}  {:8.1}  {:10.0}  {:9}  {:8}  {:8.1}  {:11.1}  {:10.1}  {:8.1}  {:7.1}",
            number + 1,
            mib(day.segment_bytes),
            mib(day.database_bytes),
            mib(day.used_bytes),
            mib(day.memory_bytes),
            day.rows,
            day.rollup_rows,
            day.state_ms,
            day.topology_ms,
            day.density_ms,
            day.slice_ms,
            day.wait_ms
        );
    }
    let figures: Vec<_> = days
        .iter()
        .enumerate()
        .flat_map(|(number, day)| {
            let named = [
                ("segments", mib(day.segment_bytes), "MiB"),
                ("file", mib(day.database_bytes), "MiB"),
                ("used", mib(day.used_bytes), "MiB"),
                ("memory", mib(day.memory_bytes), "MiB"),
                ("state_p50", day.state_ms, "ms"),
                ("topology_p50", day.topology_ms, "ms"),
                ("density_p50", day.density_ms, "ms"),
                ("longest_slice", day.slice_ms, "ms"),
                ("longest_wait", day.wait_ms, "ms"),
            ];
            named.map(|(name, value, unit)| json!({ "name": format!("day_{:02}_{name}", number + 1), "value": value, "unit": unit }))
        })
        .collect();
    if let Some(folder) = env::var_os("WIREREEL_BENCH_DIR") {
        let text = serde_json::to_string_pretty(&figures).unwrap();
        fs::write(Path::new(&folder).join("fortnight.json"), text + "\n").unwrap();
    }
}
