//! Probing in virtual time: a sender that says what a test wants, the real schedule, the real keeper, the real store.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use wirereel_probes::{Hop, Measured, Probe, ProbeResult, Reported, Role, config::Span};
use wirereel_query::{checks::WebsiteState, probes::ProbeRunsQuestion};
use wirereel_schedule::{Clock, Connectivity, Now, Reference, Schedule, ScheduleOptions, State};

use super::{
    Board, KIND, ReadyProbe, figures,
    keeper::ProbeResults,
    ready::Sending,
    send::{Call, Calling},
};
use crate::{
    Workspace,
    alerting::OwnedReading,
    clock::now_ns,
    results::{Keeper, Tell, Told},
};

const SECOND_NS: i64 = 1_000_000_000;

/// Tokio's time.
struct Virtual {
    start: Instant,
    begin_ns: i64,
}

impl Clock for Virtual {
    fn now(&self) -> Now {
        let passed_ns = self.start.elapsed().as_nanos() as i64;
        Now { continuous_ns: passed_ns, awake_ns: passed_ns, wall_ns: self.begin_ns + passed_ns }
    }
}

struct Online;

impl Reference for Online {
    fn connectivity(&self) -> Connectivity {
        Connectivity::Online
    }

    fn has_route(&self, _: IpAddr) -> bool {
        true
    }
}

/// Fails every tenth time, and is slow every hundredth.
#[derive(Default)]
struct Scripted(AtomicU64);

impl Call for Scripted {
    fn send(&self) -> Calling<'_> {
        Box::pin(async {
            let nth = self.0.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(if nth % 100 == 99 { 2_500 } else { 5 })).await;
            let hop = Hop {
                position: 0,
                hop: "Relay A".into(),
                region: "eu".into(),
                role: Some(Role::Relay),
                reported: Reported::Reported,
                own_ns: Some(1_000_001),
                link_ns: Some(4_000_002),
                residence_ns: Some(1_000_001),
                queue_ns: None,
                backend_ns: None,
                received_at_ns: None,
            };
            let failed = nth % 10 == 3;
            Measured {
                failure: failed.then(|| "timeout".into()),
                reason: failed.then(|| "No answer within 1 s".into()),
                total_ns: 5_000_003,
                connect_ns: Some(1),
                hops: if failed { Vec::new() } else { vec![hop] },
                ..Measured::default()
            }
        })
    }
}

fn ready(name: &str, interval_s: u64) -> Arc<ReadyProbe> {
    let target = format!("grpc://{name}.test:7000");
    let probe = Probe { name: name.into(), target, interval: Span::from_secs(interval_s), ..Probe::default() };
    Arc::new(ReadyProbe::new(probe, interval_s, Box::<Scripted>::default()))
}

/// Sends probes for so long a virtual time that ends at an instant, and hands on everything that comes of them. Time stands still
/// meanwhile.
fn live(listed: &[Arc<ReadyProbe>], end_ns: i64, seconds: i64, mut each: impl FnMut(ProbeResult)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let clock = Virtual { start: Instant::now(), begin_ns: end_ns - seconds * SECOND_NS };
        let (sender, mut results) = mpsc::channel(64);
        let options = ScheduleOptions::default();
        let (schedule, run) = Schedule::new(Arc::new(Sending), Arc::new(clock), Box::new(Online), options, sender);
        tokio::spawn(run);
        schedule.set_only(listed.to_vec()).await;
        let end = Instant::now() + Duration::from_secs(seconds.unsigned_abs());
        while let Ok(Some(result)) = tokio::time::timeout_at(end, results.recv()).await {
            each(result);
        }
    });
}

struct Kept {
    board: Arc<Mutex<Board>>,
    readings: Vec<OwnedReading>,
}

/// Stores results as the keeping thread does, and gives what rules were told.
fn keep(workspace: &Arc<Workspace>, listed: &[Arc<ReadyProbe>], results: Vec<ProbeResult>) -> Kept {
    let board = Arc::new(Mutex::new(Board::default()));
    board.lock().unwrap().list(listed, None, 0).unwrap();
    let told: Arc<Mutex<Vec<OwnedReading>>> = Arc::default();
    let heard = Arc::clone(&told);
    let (sender, inbox) = mpsc::channel(results.len().max(1));
    results.into_iter().for_each(|result| sender.try_send(result).unwrap());
    drop(sender);
    let tell = Box::new(move |news: Told| heard.lock().unwrap().extend(news.readings));
    keeper(workspace, &board, tell).run(inbox);
    let readings = std::mem::take(&mut *told.lock().unwrap());
    Kept { board, readings }
}

fn keeper(workspace: &Arc<Workspace>, board: &Arc<Mutex<Board>>, tell: Tell) -> Keeper<ProbeResults> {
    let to = ProbeResults { board: Arc::clone(board), writer: workspace.store().probe_writer().unwrap() };
    Keeper::new(to, Arc::clone(workspace), Arc::new(AtomicBool::new(false)), tell)
}

#[test]
fn an_hour_of_probes_is_stored_counted_told_to_rules_and_the_same_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Arc::new(Workspace::open(folder.path()).unwrap());
    let listed = [ready("a", 1), ready("b", 7), ready("c", 60)];
    let now_ns = now_ns();
    let mut results = Vec::new();
    live(&listed, now_ns, 3_600, |result| results.push(result));
    let mut instants: HashMap<&str, u64> = HashMap::new();
    results.iter().for_each(|result| *instants.entry(&result.probe).or_default() += u64::from(result.instants));
    for (name, every) in [("a", 1), ("b", 7), ("c", 60)] {
        let expected = 3_600 / every;
        assert!(instants[name].abs_diff(expected) <= 4, "{name}: {} of {expected}", instants[name]);
    }
    assert!(results.iter().any(|result| result.state == State::Overrun), "one that is slow leaves out the next");
    let (count, up) = (results.len(), results.iter().filter(|result| result.state == State::Up).count());

    let kept = keep(&workspace, &listed, results.clone());
    let reader = workspace.reader(None).unwrap();
    let stored = reader.probe_runs(&ProbeRunsQuestion { limit: 1, ..ProbeRunsQuestion::default() }).unwrap();
    assert_eq!(stored.total, count as u64, "none is lost");
    let measured = results.iter().filter(|result| result.measured.is_some()).count();
    let of = |metric: &str| kept.readings.iter().filter(|reading| reading.metric == metric).count();
    assert_eq!((of("up"), of("latency_ms")), (measured, up));
    assert!(kept.readings.iter().all(|reading| reading.kind == KIND && reading.every_ns.is_some()));

    // Another start has the board that this one lived through.
    let mut restored = Board::default();
    restored.list(&listed, Some(&reader), now_ns / 1_000).unwrap();
    let lived = kept.board.lock().unwrap();
    let range = (now_ns / 1_000 - 500_000_000, now_ns / 1_000);
    for name in ["a", "b", "c"] {
        let (one, other) = (lived.site(name).unwrap(), restored.site(name).unwrap());
        assert_eq!(figures(one.samples(), range, 1_000_000), figures(other.samples(), range, 1_000_000), "{name}");
        assert_eq!(one.standing.last_us, other.standing.last_us);
        assert_ne!(other.state(now_ns / 1_000), WebsiteState::Unknown);
    }
    let parts = reader.probe_parts("a", (now_ns / 1_000 - 3_600_000_000, now_ns / 1_000), 4).unwrap();
    assert!(
        parts.columns.iter().all(|column| column.parts.len() == 2 && column.total_us == Some(5_000.003)),
        "{parts:?}"
    );
}

/// Bytes of memory that the process has, where the system tells.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// The least of some hours, MiB: what is above it is held for a moment, by a transaction or a checkpoint.
fn least(hours: &[u64]) -> u64 {
    hours.iter().copied().min().unwrap_or(0)
}

#[test]
#[allow(clippy::print_stdout, reason = "how memory goes is what it is run for")]
#[ignore = "seventeen million probes take minutes; scripts/bench runs it"]
fn two_days_of_a_hundred_probes_a_second_lose_none_and_once_a_day_is_kept_memory_stays_flat() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Arc::new(Workspace::open(folder.path()).unwrap());
    let listed: Vec<_> = (0..100).map(|n| ready(&format!("p{n:02}"), 1)).collect();
    let board = Arc::new(Mutex::new(Board::default()));
    board.lock().unwrap().list(&listed, None, 0).unwrap();
    let (sender, inbox) = mpsc::channel(4_096);
    let told = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&told);
    let tell = Box::new(move |news: Told| {
        heard.fetch_add(news.readings.len() as u64, Ordering::Relaxed);
    });
    // A day is kept, as nothing else is asked for, by the time that is lived through; it is looked at every minute of that.
    let (lived_ns, mut looked_ns) = (Arc::new(AtomicI64::new(0)), 0);
    let shows = Arc::clone(&lived_ns);
    let due = move || {
        let now_ns = shows.load(Ordering::Relaxed);
        if now_ns - looked_ns < 60 * SECOND_NS {
            return None;
        }
        looked_ns = now_ns;
        Some(now_ns / 1_000)
    };
    let keeper = keeper(&workspace, &board, tell).by(due);
    let keeps = std::thread::Builder::new().name("keeper".into()).spawn(move || keeper.run(inbox)).unwrap();
    let begun = std::time::Instant::now();
    let (mut instants, mut measured, mut hours) = (0_u64, 0_u64, Vec::new());
    live(&listed, now_ns(), 2 * 86_400, |result| {
        instants += u64::from(result.instants);
        measured += u64::from(result.measured.is_some());
        lived_ns.fetch_max(result.at_ns, Ordering::Relaxed);
        if instants / 360_000 > hours.len() as u64 {
            let mib = memory().unwrap_or(0) >> 20;
            hours.push(mib);
            let of_database = workspace.store().memory().unwrap().bytes >> 20;
            let space = workspace.store().space().unwrap();
            let (file, free) = (space.bytes >> 20, space.free_bytes >> 20);
            let (hour, took) = (hours.len(), begun.elapsed());
            println!(
                "hour {hour}: {mib} MiB, of which the database {of_database}; its file {file}, free in it {free}; {took:.0?}"
            );
        }
        let mut result = result;
        // The clock of this thread stands still while it waits.
        while let Err(mpsc::error::TrySendError::Full(back)) = sender.try_send(result) {
            result = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    drop(sender);
    keeps.join().unwrap();
    assert!(instants.abs_diff(17_280_000) < 20_000, "{instants}");
    assert!(told.load(Ordering::Relaxed) >= measured, "every result is told");
    let held: usize = board.lock().unwrap().sites().map(|(_, site)| site.samples().count()).sum();
    assert!(held <= 100 * 602, "{held}");
    let kept = workspace.reader(None).unwrap().sql("SELECT count(*) FROM probe_results", 1).unwrap();
    let kept = kept.rows[0][0].as_u64().unwrap();
    assert!((8_000_000..9_500_000).contains(&kept), "about a day of results is there: {kept}");
    // The first day fills the table and the database's own cache; on the second everything only turns over.
    if let Some(second) = hours.get(26..46) {
        let (before, after) = (least(&second[..10]), least(&second[10..]));
        assert!(after <= before + before / 20 + 8, "{before} MiB, then {after}: {hours:?}");
    }
}
