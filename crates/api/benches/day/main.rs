//! A made-up day of 10 and of 100 million events, asked through the api as panes ask: what an answer costs must not grow with the day.
//!
//! `make bench-day` builds the days where they are missing (`target/bench/days`), prints a table and writes `target/bench/day.json`.
//! `WIREREEL_BENCH_EVENTS` has other sizes, separated by commas; figures without a size are the worst of the largest size. With
//! `WIREREEL_BENCH_BUILD_ONLY` nothing is asked: the day of 15 services and the largest size is built, and its folder is the last line.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

mod build;
#[path = "../figures/mod.rs"]
mod figures;
mod page;

use std::{
    collections::BTreeMap,
    env,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use figures::Figures;
use serde_json::{Value, json};
use wirereel_api::{Api, Headless, Workbench};
use wirereel_day::Plan;

/// Instants that the state is asked for.
const INSTANTS: usize = 1_000;
/// Places that the next error is looked for from.
const PLACES: usize = 200;
/// Runs of the questions about the whole day.
const RUNS: usize = 15;

const HOUR_US: i64 = 3_600_000_000;

/// What one day's questions cost, by name.
pub(crate) type Costs = BTreeMap<&'static str, f64>;

/// A built day with what its questions cost.
pub(crate) struct Asked {
    pub(crate) services: usize,
    pub(crate) events: u64,
    pub(crate) exchanges: u64,
    pub(crate) build_seconds: f64,
    pub(crate) costs: Costs,
}

fn main() {
    let sizes = env::var("WIREREEL_BENCH_EVENTS").unwrap_or_else(|_| "10000000,100000000".into());
    let sizes: Vec<u64> = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let days =
        env::var_os("WIREREEL_BENCH_DIR").map_or_else(|| PathBuf::from("target/bench"), PathBuf::from).join("days");
    if env::var_os("WIREREEL_BENCH_BUILD_ONLY").is_some() {
        let built = build::day(&days, &Plan::of_15_services(sizes[sizes.len() - 1]));
        return println!("{}", built.folder.display());
    }
    let mut figures = Figures::new("day");
    let mut worst = Costs::new();
    let mut ratios = Costs::new();
    let mut all: Vec<Asked> = Vec::new();
    for plan_of in [Plan::of_15_services, Plan::of_500_services] {
        let mut smallest: Option<Costs> = None;
        for &size in &sizes {
            let plan = plan_of(size);
            let built = build::day(&days, &plan);
            let label = format!("{}_services_{}m", plan.services, size / 1_000_000);
            figures.add(format!("{label}_build_seconds"), built.seconds, "s");
            let (mut costs, exchanges) = asked(&built);
            // What the reel shows: an exchange is a request and a response, and counts once in the plan.
            let shown = built.events + exchanges;
            figures.add(format!("{label}_events"), shown as f64, "");
            figures.add(format!("{label}_exchanges"), exchanges as f64, "");
            costs.insert("bytes_per_event", built.database_bytes as f64 / shown as f64);
            costs.insert("bytes_per_record", built.database_bytes as f64 / built.events as f64);
            for (name, value) in &costs {
                figures.add(format!("{label}_{name}"), *value, if name.ends_with("_ms") { "ms" } else { "B" });
                if size == sizes[sizes.len() - 1] {
                    let known = worst.entry(name).or_default();
                    *known = known.max(*value);
                    if let Some(small) = &smallest {
                        let ratio = ratios.entry(name).or_default();
                        *ratio = ratio.max(*value / small[name]);
                    }
                }
            }
            all.push(Asked {
                services: plan.services,
                events: built.events,
                exchanges,
                build_seconds: built.seconds,
                costs: costs.clone(),
            });
            smallest.get_or_insert(costs);
        }
    }
    for (name, value) in worst {
        figures.add(name, value, if name.ends_with("_ms") { "ms" } else { "B" });
    }
    for (name, value) in ratios {
        figures.add(format!("{name}_growth"), value, "times");
    }
    figures.finish();
    if let Some(docs) = env::var_os("WIREREEL_BENCH_DOCS") {
        page::write(&PathBuf::from(docs).join("benchmarks.md"), &all);
    }
}

/// Asks a day all questions, warm. Also gives the number of its exchanges.
fn asked(built: &build::Built) -> (Costs, u64) {
    let api = Api::new(Workbench::open(&built.folder).unwrap(), Arc::new(Headless));
    let recording = ask(&api, "app_state", json!({}))["recording"].clone();
    let range = recording["range"].clone();
    let (from, to) = (range["from_us"].as_i64().unwrap(), range["to_us"].as_i64().unwrap());
    let mut instants = Instants { state: 0x9e37_79b9_7f4a_7c15, from, to };
    let mut costs = Costs::new();

    let state = |at: i64| drop(ask(&api, "state_at", json!({ "at_us": at })));
    (0..100).for_each(|_| state(instants.next()));
    let times = measured(INSTANTS, || state(instants.next()));
    costs.extend([
        ("state_at_p50_ms", at(&times, 0.5)),
        ("state_at_p99_ms", at(&times, 0.99)),
        ("state_at_max_ms", at(&times, 1.0)),
    ]);

    let density = || drop(ask(&api, "density", json!({ "range": range, "buckets": 2_000 })));
    density();
    costs.insert("density_ms", at(&measured(RUNS, density), 0.5));

    if let Some(names) = busiest(&api, &range) {
        for (label, metric) in [("series_ms", "requests_in"), ("series_p95_ms", "p95")] {
            let question = json!({ "range": range, "points": 2_000, "metric": metric, "services": names });
            if api.call("series", question.clone(), None).is_ok() {
                costs.insert(label, at(&measured(RUNS, || drop(ask(&api, "series", question.clone()))), 0.5));
            }
        }
    }

    for (label, direction) in [("next_error_forward_max_ms", "forward"), ("next_error_backward_max_ms", "backward")] {
        let next = |from: i64| {
            drop(ask(&api, "next_event", json!({ "from_us": from, "direction": direction, "kind": "error" })));
        };
        next(instants.next());
        let times = measured(PLACES, || next(instants.next()));
        costs.insert(label, at(&times, 1.0));
        let median = costs.entry("next_error_ms").or_default();
        *median = median.max(at(&times, 0.5));
    }

    let hour = |at: i64| json!({ "from_us": at, "to_us": at + HOUR_US });
    let topology = |at: i64| drop(ask(&api, "topology", json!({ "range": hour(at) })));
    topology(from);
    costs.insert("topology_hour_ms", at(&measured(40, || topology(instants.next())), 0.5));

    let page = |at: i64| {
        let scope = json!({ "range": { "from_us": at, "to_us": at + HOUR_US / 60 } });
        let question = json!({ "scope": scope, "sort": "started_at", "descending": false, "offset": 0, "limit": 200 });
        drop(ask(&api, "exchanges", question));
    };
    page(from);
    costs.insert("exchanges_minute_ms", at(&measured(40, || page(instants.next())), 0.5));
    let page = |at: i64| {
        let scope = json!({ "range": { "from_us": at, "to_us": at + HOUR_US / 60 } });
        let question = json!({ "scope": scope, "sort": "opened_at", "descending": false, "offset": 0, "limit": 200 });
        drop(ask(&api, "flows", question));
    };
    page(from);
    costs.insert("flows_minute_ms", at(&measured(40, || page(instants.next())), 0.5));
    (costs, recording["exchanges"].as_u64().unwrap())
}

/// The eight services that were asked most.
fn busiest(api: &Api, range: &Value) -> Option<Vec<String>> {
    let topology = ask(api, "topology", json!({ "range": range }));
    let mut nodes: Vec<(u64, String)> = topology["nodes"]
        .as_array()?
        .iter()
        .filter(|node| node["kind"] == "service")
        .map(|node| (node["golden"]["requests"].as_u64().unwrap_or(0), node["name"].as_str().unwrap_or("").to_owned()))
        .collect();
    nodes.sort_by(|a, b| b.cmp(a));
    Some(nodes.into_iter().take(8).map(|(_, name)| name).collect())
}

fn ask(api: &Api, command: &str, args: Value) -> Value {
    api.call(command, args, None).unwrap_or_else(|error| panic!("{command}: {}", error.message))
}

/// Durations of many runs, ascending.
fn measured(runs: usize, mut work: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times
}

/// The duration that a share of all did not exceed, milliseconds.
fn at(times: &[Duration], share: f64) -> f64 {
    times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3
}

/// The same "random" instants at every run (xorshift64).
struct Instants {
    state: u64,
    from: i64,
    to: i64,
}

impl Instants {
    fn next(&mut self) -> i64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.from + (self.state % (self.to - self.from) as u64) as i64
    }
}
