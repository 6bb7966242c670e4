//! `wirereel doctor --overhead`: what watching costs on this machine, by a load of its own on loopback.

use std::{
    env, fs,
    io::{BufRead, BufReader, ErrorKind},
    os::unix::{fs::DirBuilderExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use wirereel_overhead::{
    Level, Load, Machine, Mode, Own, Plan, Report, Run, Slot, Stage, WatchError, Watched,
    load::{Server, Steady, send},
    measure, text,
};

use super::watcher::READY;
use crate::serve::stopped;

/// Requests a second, on so many connections, of which each makes every fourth request on a new one.
const RATE: u32 = 1_000;
const CONNECTIONS: u32 = 16;
const FRESH_EVERY: u32 = 4;

const MODES: [Mode; 4] = [Mode::Off, Mode::Lifecycle, Mode::Full, Mode::OffAgain];
const MOST_ROUNDS: usize = 5;
/// After a load, until its rows are stored; less where the whole measuring is to take fewer seconds.
const SETTLE: Duration = Duration::from_secs(1);
const LEAST_SETTLE: Duration = Duration::from_millis(300);
const SHORT: u64 = 30;
const WARM_UP: Duration = Duration::from_millis(500);
/// Longer than a workbench takes to begin, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures for about so many seconds, in a workspace that is made for it, and prints what came of it.
pub(super) fn run(workspace: &Path, seconds: u64, as_json: bool) -> Result<()> {
    may_capture()?;
    nobody_captures(workspace)?;
    let stop = on_ctrl_c()?;
    let began = Instant::now();
    let machine = Machine::look();
    eprintln!("{}\nabout {seconds} s; Ctrl-C ends it and leaves nothing behind", machine.words());
    let server = Server::start().context("a server on loopback cannot be started")?;
    let watcher = Watcher::start()?;
    let ask = |command: &str, args: Value| {
        wirereel_api::ask_running(&watcher.folder, command, args).map_err(|error| error.to_string())
    };
    let filter = format!("tcp port {}", server.address().port());
    let settle = if seconds < SHORT { LEAST_SETTLE } else { SETTLE };
    let watched = Watched::new(&ask, watcher.child.id(), "lo", &filter, settle);
    let mut stage = Loopback { watched, server: &server, length: WARM_UP, stop: &stop };
    let switch = stage.warm_up()?;
    let left = Duration::from_secs(seconds).saturating_sub(began.elapsed());
    let (rounds, length) = Plan::fitting(MODES.len(), left, switch, MOST_ROUNDS);
    stage.length = length;
    eprintln!("{rounds} rounds of {} runs of {:.1} s at {RATE} requests a second", MODES.len(), length.as_secs_f64());
    let plan = Plan::interleaved(&MODES, rounds);
    let (runs, spoiled) = measure(&plan, &mut stage, |_, slot, run| {
        if let Some(run) = run {
            tell(slot, rounds, run, machine.threads)
        }
    })?;
    let level = Level::judge("fixed rate", Some(u64::from(RATE)), runs, spoiled, machine.threads);
    let target = format!(
        "A load of its own on loopback: {CONNECTIONS} connections, every fourth request of each on a new one; answers of 900 bytes."
    );
    let report = Report { machine, target, version: env!("CARGO_PKG_VERSION").into(), levels: vec![level] };
    if as_json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{}", text(&report));
    }
    Ok(())
}

/// Without the right to capture nothing is measured. It is never asked for.
fn may_capture() -> Result<()> {
    let finding = wirereel_engine::doctor::examine().into_iter().find(|finding| finding.subject == "live capture");
    match finding {
        Some(finding) if !finding.ok => {
            let remedy = finding.remedy.map(|remedy| format!("\n→ {remedy}")).unwrap_or_default();
            bail!("without capture there is nothing to measure: {}{remedy}", finding.found)
        }
        _ => Ok(()),
    }
}

/// What another one captures would be in every run.
fn nobody_captures(workspace: &Path) -> Result<()> {
    let Ok(all) = wirereel_api::ask_running(workspace, "whisperers", json!({})) else { return Ok(()) };
    let captures = all.as_array().is_some_and(|all| all.iter().any(|one| one["state"] == "capturing"));
    if captures {
        bail!(
            "a Wirereel that has the workspace {} captures at this moment, and what it costs would be in every run: stop it first, with \
             `wirereel capture stop`",
            workspace.display()
        );
    }
    Ok(())
}

/// Set once Ctrl-C is pressed, or the process is asked to end.
fn on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("overhead-stop".into()).spawn(move || {
        runtime.block_on(stopped());
        seen.store(true, Ordering::Relaxed);
    })?;
    Ok(stop)
}

fn tell(slot: Slot, rounds: usize, run: &Run, cores: usize) {
    eprintln!(
        "round {} of {rounds}, {:<9}  p95 {:.3} ms, {:.2} % of all cores",
        slot.round + 1,
        slot.mode.label(),
        run.load.p95_ms,
        run.cpu_percent(cores)
    );
}

/// The load and the workbench on this machine's loopback.
struct Loopback<'a> {
    watched: Watched<'a>,
    server: &'a Server,
    length: Duration,
    stop: &'a AtomicBool,
}

impl Loopback<'_> {
    fn send(&self, path: String) -> Result<(Load, Own), WatchError> {
        let to = self.server.address();
        let length = self.length;
        let what = Steady { to, path, rate: RATE, connections: CONNECTIONS, fresh_every: FRESH_EVERY, length };
        self.watched.around(|| send(&what, self.stop))
    }

    /// What is done for the first time takes longer, and shows whether it can be done at all. Gives what a run takes beside its load: starting,
    /// settling, stopping.
    fn warm_up(&mut self) -> Result<Duration> {
        self.watched.switch(Mode::Full)?;
        let began = Instant::now();
        self.watched.switch(Mode::Full)?;
        let (load, own) = self.send("/warm-up".into())?;
        if own.exchanges == 0 && !self.is_stopped() {
            bail!("{} requests were answered, and none was seen on the interface lo", load.requests);
        }
        Ok(began.elapsed().saturating_sub(self.length))
    }
}

impl Stage for Loopback<'_> {
    type Error = WatchError;

    fn switch(&mut self, mode: Mode) -> Result<(), WatchError> {
        self.watched.switch(mode)
    }

    fn run(&mut self, slot: Slot) -> Result<(Load, Own), WatchError> {
        let path = format!("/{}/{}", slot.round, slot.mode.label().replace(' ', "-"));
        self.send(path)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A workbench in a process and a folder of its own. Both go with this; should this process be killed, the other one sees its input close.
struct Watcher {
    folder: PathBuf,
    child: Child,
}

impl Watcher {
    fn start() -> Result<Self> {
        let folder = env::temp_dir().join(format!("wirereel-overhead-{}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let started = Command::new(env::current_exe()?)
            .args(["doctor", "--watch"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for this process, which ends the other in order.
            .process_group(0)
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) => {
                let _ = fs::remove_dir(&folder);
                return Err(error.into());
            }
        };
        let mut watcher = Self { folder, child };
        let mut said = String::new();
        let out = watcher.child.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut said)?;
        if said.trim() != READY {
            bail!("no workbench can be opened in {}", watcher.folder.display());
        }
        Ok(watcher)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > PATIENCE {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        if let Err(error) = fs::remove_dir_all(&self.folder)
            && error.kind() != ErrorKind::NotFound
        {
            eprintln!("warning: {} cannot be removed: {error}", self.folder.display());
        }
    }
}
