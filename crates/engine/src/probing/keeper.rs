//! Results in batches: stored, then counted, then told. What is old goes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use wirereel_probes::ProbeResult;
use wirereel_store::{NewProbeRun, ProbeWriter};

use super::{
    Board, lock,
    result::{blind_ns, readings, run_of},
};
use crate::{
    Workspace,
    alerting::OwnedReading,
    checking::{collect, now_ns},
    health::QueueWatch,
    keeping::SteadyClock,
};

/// After a transaction that failed.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks for what is old.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Rows that are removed at once.
const FORGET_ROWS: u64 = 20_000;
/// Results stay so long in any case.
const LEAST_KEPT: Duration = Duration::from_secs(3 * 3_600);

/// What is told after results are stored and counted.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) readings: Vec<OwnedReading>,
    /// Times for which this machine could send nothing.
    pub(crate) blind_ns: Option<(i64, i64)>,
    /// Results came.
    pub(crate) changed: bool,
}

/// Who is told.
pub(crate) type Tell = Box<dyn FnMut(Told) + Send>;

/// When it is time to look for what is old: what is older is to go, microseconds since 1970.
pub(super) type Old = Box<dyn FnMut() -> Option<i64> + Send>;

/// What is older than what is kept of live capture, by the clock of this machine while that goes evenly.
pub(super) fn old_by_the_clock(workspace: Arc<Workspace>) -> Old {
    let (mut clock, mut looked) = (SteadyClock::default(), None::<Instant>);
    Box::new(move || {
        if looked.is_some_and(|looked| looked.elapsed() < FORGET_EVERY) {
            return None;
        }
        looked = Some(Instant::now());
        let now_ns = now_ns();
        let keep = workspace.retention().keep.as_duration().max(LEAST_KEPT);
        let keep_us = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
        clock.is_steady(Instant::now(), now_ns).then(|| now_ns / 1_000 - keep_us)
    })
}

/// The keeping thread's own.
pub(super) struct Keeper {
    pub(super) board: Arc<Mutex<Board>>,
    pub(super) writer: ProbeWriter,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) tell: Tell,
    pub(super) old: Old,
    /// What is older is being removed, microseconds since 1970.
    pub(super) forgetting: Option<i64>,
    /// Has the queue of results shown among the others while somebody takes from it.
    pub(super) watch: Option<Arc<QueueWatch>>,
}

impl Keeper {
    /// Until nobody sends any more and everything is stored.
    pub(super) fn run(mut self, mut results: mpsc::Receiver<ProbeResult>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            lock(&self.board).hindrance = Some("Results cannot be taken in: no timer".into());
            return;
        };
        let mut batch = Vec::new();
        loop {
            let goes_on = runtime.block_on(collect(&mut results, &mut batch));
            let stored = self.store(&batch);
            let told = if stored { self.count(&batch) } else { Told::default() };
            batch.clear();
            (self.tell)(told);
            if !goes_on || (!stored && self.stop.load(Ordering::Relaxed)) {
                drop(self.watch);
                return self.writer.checkpoint_if_due();
            }
            self.forget();
            self.writer.checkpoint_if_due();
        }
    }

    /// Stores them, however long it takes; `false` when it is to end before it could.
    fn store(&mut self, batch: &[ProbeResult]) -> bool {
        if batch.is_empty() {
            return true;
        }
        let runs: Vec<NewProbeRun> = {
            let board = lock(&self.board);
            let run = |result: &ProbeResult| run_of(result, board.site(&result.probe).map(|site| &site.ready.probe));
            batch.iter().map(run).collect()
        };
        loop {
            match self.writer.write(&runs) {
                Ok(()) => {
                    lock(&self.board).hindrance = None;
                    return true;
                }
                Err(error) => {
                    lock(&self.board).hindrance = Some(format!("Results cannot be stored, and probes wait: {error}"));
                    if self.stop.load(Ordering::Relaxed) {
                        return false;
                    }
                    thread::sleep(PATIENCE);
                }
            }
        }
    }

    /// Counts what is stored.
    fn count(&mut self, batch: &[ProbeResult]) -> Told {
        let mut told = Told { changed: !batch.is_empty(), ..Told::default() };
        let mut board = lock(&self.board);
        for result in batch {
            // One that was taken out meanwhile is nobody's subject.
            let Some(every_ns) = board.roll(result) else { continue };
            readings(result, Some(every_ns), &mut told.readings);
            if let Some((from_ns, to_ns)) = blind_ns(result, every_ns) {
                let (first_ns, last_ns) = told.blind_ns.unwrap_or((from_ns, to_ns));
                told.blind_ns = Some((first_ns.min(from_ns), last_ns.max(to_ns)));
            }
        }
        told
    }

    /// Removes a slice of what is old, when it is time.
    fn forget(&mut self) {
        if self.forgetting.is_none() {
            self.forgetting = (self.old)();
        }
        if let Some(until_us) = self.forgetting {
            match self.writer.forget(until_us, FORGET_ROWS) {
                Ok(1..) => {}
                // What stands in the way does so for a minute.
                Ok(0) | Err(_) => self.forgetting = None,
            }
        }
    }
}
