//! How many websites one machine can watch, and how punctually.
//!
//! `cargo run --release -p wirereel-checks --example bench_checks -- [--websites 10000] [--interval-s 10] [--seconds 30] [--out FILE]`
//!
//! With `--rates FILE` only the rates are measured, those of `prometheus-blackbox-exporter` at the same server beside them where it is
//! installed, and added to the figures of a benchmark.
//!
//! Starts itself a second time as the server, on loopback. Prints one JSON object:
//! - `start_error_p50_ms`, `start_error_p99_ms`: how much later than intended checks began, at the given schedule;
//! - `checks_per_cpu_second` for plaintext, TLS and kept-alive connections, as many at once as go, and of the schedule itself;
//! - `bytes_per_idle_website`: memory of a website that rests, with an hour's statistics full.
#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

mod peer;
mod server;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use wirereel_checks::{
    Check, CheckResult, Checker, Frame, RollingStats, Schedule, ScheduleOptions, State, Website,
    config::Span,
    schedule::{SystemClock, SystemReference},
};

use server::{Server, serve};

type Failed = Box<dyn std::error::Error>;

/// Checks at once when as many are made as go.
const AT_ONCE: usize = 64;
const RATE_SECONDS: u64 = 4;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str, default: u64| value(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if arguments.iter().any(|argument| argument == "--server") {
        return runtime.block_on(serve(value("--ca").ok_or("no place for the authority's certificate")?));
    }
    let (websites, interval_s, seconds) =
        (number("--websites", 10_000), number("--interval-s", 10), number("--seconds", 30));
    let server = Server::start()?;
    if let Some(path) = value("--rates") {
        return runtime.block_on(add_rates(&server, &path));
    }
    let figures = runtime.block_on(async {
        let mut figures = json!({ "websites": websites, "interval_s": interval_s });
        let scheduled = scheduled(&server, websites, interval_s, seconds).await?;
        merge(&mut figures, scheduled);
        let mut rates = json!({});
        for (name, url, keep_alive) in [
            ("plaintext", &server.plain, false),
            ("tls", &server.tls, false),
            ("kept_alive", &server.plain, true),
            ("kept_alive_tls", &server.tls, true),
        ] {
            merge(&mut rates, json!({ name: as_many_as_go(&server, url, keep_alive).await? }));
        }
        figures["rates"] = rates;
        Ok::<_, Failed>(figures)
    })?;
    let text = serde_json::to_string_pretty(&figures)?;
    if let Some(path) = value("--out") {
        std::fs::write(path, format!("{text}\n"))?;
    }
    println!("{text}");
    Ok(())
}

/// Adds rates to the list of figures in a file.
async fn add_rates(server: &Server, path: &str) -> Result<(), Failed> {
    let mut figures: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap_or("[]".into()))?;
    let mut add = |name: String, value: f64, unit: &str| {
        println!("  {name:<40} {value:>14.3} {unit}");
        figures.push(json!({ "name": name, "value": value, "unit": unit }));
    };
    let mut ours = Vec::new();
    for (name, url, keep_alive) in [
        ("plaintext", &server.plain, false),
        ("tls", &server.tls, false),
        ("kept_alive", &server.plain, true),
        ("kept_alive_tls", &server.tls, true),
    ] {
        let rate = as_many_as_go(server, url, keep_alive).await?;
        for unit in ["checks_per_second", "checks_per_cpu_second"] {
            add(format!("{name}_{unit}"), rate[unit].as_f64().unwrap_or(0.0), "1/s");
        }
        add(format!("{name}_failed"), rate["failed"].as_f64().unwrap_or(0.0), "checks");
        ours.push(rate["checks_per_cpu_second"].as_f64().unwrap_or(0.0));
    }
    match peer::rates(server).await? {
        None => println!("  prometheus-blackbox-exporter is not installed: nothing to compare with"),
        Some(theirs) => {
            for ((name, theirs), ours) in [("plaintext", theirs.plain), ("tls", theirs.tls)].into_iter().zip(ours) {
                add(format!("blackbox_exporter_{name}_per_cpu_second"), theirs, "1/s");
                add(format!("{name}_times_blackbox_exporter"), ours / theirs, "×");
            }
        }
    }
    std::fs::write(path, serde_json::to_string_pretty(&figures)? + "\n")?;
    Ok(())
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

fn prepare(
    checker: &Checker,
    server: &Server,
    name: &str,
    change: impl FnOnce(&mut Website),
) -> Result<Arc<Check>, Failed> {
    let mut website = Website::new(name, &server.plain);
    change(&mut website);
    if website.url.starts_with("https") {
        website.tls.ca_file = Some(server.authority.clone());
    }
    checker.prepare(&website).map(Arc::new).map_err(|problems| format!("{problems:?}").into())
}

/// The schedule as it is asked for.
async fn scheduled(server: &Server, websites: u64, interval_s: u64, seconds: u64) -> Result<Value, Failed> {
    let checker = Arc::new(Checker::new());
    let before = resident_bytes();
    let mut checks = Vec::new();
    for n in 0..websites {
        checks.push(prepare(&checker, server, &format!("website {n}"), |website| {
            website.interval = Span::from_secs(interval_s);
            website.url = format!("{}health/{n}", server.plain);
        })?);
    }
    let mut stats: std::collections::HashMap<Arc<str>, RollingStats> = checks
        .iter()
        .map(|check| (check.website().display_name().into(), RollingStats::new(&Frame::DEFAULTS)))
        .collect();
    let (sender, mut results) = mpsc::channel(4_096);
    let (schedule, run) =
        Schedule::new(checker, Arc::new(SystemClock), Box::new(SystemReference), ScheduleOptions::default(), sender);
    tokio::spawn(run);
    schedule.set(checks).await;
    let (cpu, started) = (cpu_seconds(), Instant::now());
    let (mut errors_ms, mut up, mut others, mut total_us) = (Vec::new(), 0_u64, 0_u64, 0_u64);
    let mut last: Option<CheckResult> = None;
    while started.elapsed() < Duration::from_secs(seconds) {
        let Ok(Some(result)) = tokio::time::timeout(Duration::from_secs(1), results.recv()).await else { continue };
        if let Some(stats) = stats.get_mut(&result.website) {
            stats.advance(result.at_ns);
            stats.record(&result);
        }
        errors_ms.push(result.start_error_ns() as f64 / 1e6);
        match result.state {
            State::Up => up += 1,
            State::Down | State::Overrun | State::SelfOffline => others += 1,
        }
        total_us += result.measured.as_ref().map_or(0, |measured| measured.total_us);
        last = Some(result);
    }
    let (cpu, elapsed) = (cpu_seconds() - cpu, started.elapsed().as_secs_f64());
    let without_statistics = resident_bytes().saturating_sub(before) / websites.max(1);
    // An hour passes for the statistics alone.
    if let Some(mut result) = last {
        for step in 1..=3_600 / interval_s.max(1) {
            for (n, (_, stats)) in stats.iter_mut().enumerate() {
                result.intended_at_ns += if n == 0 { (interval_s * 1_000_000_000) as i64 } else { 0 };
                if let Some(measured) = &mut result.measured {
                    // Times differ as they do, so that histograms have their classes.
                    measured.total_us =
                        400 + (n as u64 * 7 + step * 13) % 400 + if step.is_multiple_of(50) { 9_000 } else { 0 };
                    measured.phases.ttfb_us = Some(measured.total_us / 2);
                }
                stats.advance(result.intended_at_ns);
                stats.record(&result);
            }
        }
    }
    let per_website = (resident_bytes().saturating_sub(before)) / websites.max(1);
    let held: usize = stats.values().map(RollingStats::len).sum();
    errors_ms.sort_by(f64::total_cmp);
    let at =
        |share: f64| errors_ms.get(((errors_ms.len() as f64 * share) as usize).min(errors_ms.len().saturating_sub(1)));
    Ok(json!({
        "checks": errors_ms.len(), "up": up, "others": others, "seconds": elapsed,
        "checks_per_second": errors_ms.len() as f64 / elapsed,
        "start_error_p50_ms": at(0.5), "start_error_p99_ms": at(0.99), "start_error_max_ms": at(1.0),
        "checks_per_cpu_second": errors_ms.len() as f64 / cpu,
        "average_total_us": total_us / up.max(1),
        "bytes_per_idle_website": per_website, "bytes_before_the_hour": without_statistics,
        "results_held_per_website": held as u64 / websites.max(1),
    }))
}

/// Checks without a schedule, as many as go.
async fn as_many_as_go(server: &Server, url: &str, keep_alive: bool) -> Result<Value, Failed> {
    let checker = Arc::new(Checker::new());
    let done = Arc::new(AtomicU64::new(0));
    let failed = Arc::new(AtomicU64::new(0));
    let (cpu, started) = (cpu_seconds(), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..AT_ONCE {
        let check = prepare(&checker, server, &format!("website {n}"), |website| {
            (website.url, website.keep_alive) = (url.to_owned(), keep_alive);
        })?;
        let (checker, done, failed) = (Arc::clone(&checker), Arc::clone(&done), Arc::clone(&failed));
        tasks.spawn(async move {
            while started.elapsed() < Duration::from_secs(RATE_SECONDS) {
                let count = if checker.measure(&check).await.is_up() { &done } else { &failed };
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    let (cpu, elapsed) = (cpu_seconds() - cpu, started.elapsed().as_secs_f64());
    let done = done.load(Ordering::Relaxed);
    Ok(json!({
        "checks_per_second": done as f64 / elapsed, "checks_per_cpu_second": done as f64 / cpu,
        "failed": failed.load(Ordering::Relaxed),
    }))
}

/// What this process has computed so far, its system calls included.
#[cfg(unix)]
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Not told on this system.
#[cfg(not(unix))]
fn cpu_seconds() -> f64 {
    f64::NAN
}

/// Memory of this process; 0 where the system has no `/proc`.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1_024
}
