//! What watching costs: k6 asks nginx at a fixed rate and as fast as it goes, with nothing captured, with lifecycle alone, headers, everything, and
//! nothing once more, round by round.
//!
//! `make bench-overhead` prints tables, writes `target/bench/overhead.json`, `.svg` and `.png`, and `docs/overhead.md`. It needs nginx, k6
//! (`WIREREEL_K6`) and the right to capture on `lo`. By environment: `WIREREEL_BENCH_ROUNDS` (5), `WIREREEL_BENCH_SECONDS` of a run at the fixed
//! rate (20; half of it at saturation), `WIREREEL_BENCH_RATE` (1,000 requests a second), `WIREREEL_BENCH_FRESH` (0.25: the share of requests that
//! are the last of their connection).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

#[path = "../torture/host.rs"]
mod host;
mod k6;
#[path = "../capture/load.rs"]
mod nginx;

use std::{
    env, fs,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use host::Host;
use k6::K6;
use nginx::{PORT, Server};
use serde_json::Value;
use wirereel_overhead::{
    Level, Load, Machine, Mode, Own, Plan, Report, Run, Slot, Stage, WatchError, Watched, draw, markdown, measure, text,
};

/// After a load, until its rows are stored; less after a short one.
const SETTLE_S: u64 = 2;

fn main() {
    let began = Instant::now();
    let rounds: usize = of_environment("WIREREEL_BENCH_ROUNDS", 5);
    let seconds: u64 = of_environment("WIREREEL_BENCH_SECONDS", 20);
    let rate: u64 = of_environment("WIREREEL_BENCH_RATE", 1_000);
    let fresh: f64 = of_environment("WIREREEL_BENCH_FRESH", 0.25);
    let machine = Machine::look();
    println!("{}", machine.words());

    let folder = tempfile::tempdir().unwrap();
    let (home, frontend) = (folder.path().join("home"), folder.path().join("frontend"));
    fs::create_dir_all(&frontend).unwrap();
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").unwrap();
    let _server = Server::start();
    let host = Host::start(&home, &frontend).unwrap();
    let ask = |command: &str, args: Value| host.call(command, &args);
    let filter = format!("tcp port {PORT}");

    let mut stage = Bench {
        watched: Watched::new(&ask, host.id(), "lo", &filter, Duration::from_secs(SETTLE_S.min(seconds / 2).max(1))),
        k6: K6::new(format!("http://127.0.0.1:{PORT}/steady"), fresh),
        rate,
        seconds: 2,
    };
    // What is done for the first time takes longer, and shows whether it can be done at all.
    stage.switch(Mode::Full).unwrap();
    let (load, own) = stage.run(Slot { round: 0, mode: Mode::Full }).unwrap();
    assert_eq!((load.failed, own.lost), (0, 0), "nginx is to answer and nothing is to be lost");
    assert_eq!(load.requests, own.exchanges, "requests sent and exchanges seen");

    let mut levels = Vec::new();
    for (name, rate, seconds) in [("fixed rate", rate, seconds), ("saturation", 0, (seconds / 2).max(1))] {
        (stage.rate, stage.seconds) = (rate, seconds);
        let plan = Plan::interleaved(&Mode::ALL, rounds);
        let runs = plan.slots.len();
        let tell = |place: usize, slot: Slot, run: Option<&Run>| {
            if let Some(run) = run {
                eprintln!(
                    "{name} {:>2}/{runs} round {} {:<9}  {:>6.0} requests/s  p95 {:.3} ms  {:.2} % of all cores",
                    place + 1,
                    slot.round + 1,
                    slot.mode.label(),
                    run.load.per_second(),
                    run.load.p95_ms,
                    run.cpu_percent(machine.threads)
                );
            }
        };
        let (done, spoiled) = measure(&plan, &mut stage, tell).unwrap();
        levels.push(Level::judge(name, (rate > 0).then_some(rate), done, spoiled, machine.threads));
    }
    drop(stage);
    host.end();

    let target = format!(
        "k6 asks nginx (one worker, answers of 900 bytes) on 127.0.0.1, on the same machine, with {:.0} % of requests the last of their connection. \
         nginx and not the demo shop, whose services wait as long as they are told to and fail four requests of a thousand: their times are not \
         the machine's.",
        fresh * 100.0
    );
    let report = Report { machine, target, version: env!("CARGO_PKG_VERSION").into(), levels };
    print!("\n{}", text(&report));
    write(&report);
    println!("\n{:.0} s", began.elapsed().as_secs_f64());
}

/// The figures and pictures, and the page where it is wanted.
fn write(report: &Report) {
    let folder = env::var_os("WIREREEL_BENCH_DIR").map_or_else(|| PathBuf::from("target/bench"), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    let at = |name: &str| folder.join(name);
    report.write_json(&at("overhead.json")).unwrap();
    for name in ["overhead.svg", "overhead.png"] {
        draw(report, &at(name)).unwrap();
    }
    println!("\nfigures: {}, with overhead.svg and overhead.png beside it", at("overhead.json").display());
    if let Some(docs) = env::var_os("WIREREEL_BENCH_DOCS") {
        let docs = Path::new(&docs);
        fs::create_dir_all(docs.join("img")).unwrap();
        draw(report, &docs.join("img/overhead.svg")).unwrap();
        fs::write(docs.join("overhead.md"), markdown(report, &["img/overhead.svg"])).unwrap();
    }
}

fn of_environment<T: FromStr>(name: &str, otherwise: T) -> T {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is no number")),
        Err(_) => otherwise,
    }
}

/// k6, and `wirereel serve`.
struct Bench<'a> {
    watched: Watched<'a>,
    k6: K6,
    /// Requests a second; 0 for as many as are answered.
    rate: u64,
    seconds: u64,
}

impl Stage for Bench<'_> {
    type Error = WatchError;

    fn switch(&mut self, mode: Mode) -> Result<(), WatchError> {
        self.watched.switch(mode)
    }

    fn run(&mut self, _: Slot) -> Result<(Load, Own), WatchError> {
        self.watched.around(|| self.k6.run(self.rate, self.seconds))
    }
}
