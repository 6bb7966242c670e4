//! Results in batches: stored, then counted, then told. Hours that are over are stored too, and what is old goes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::{sync::mpsc, time::timeout};
use wirereel_checks::CheckResult;
use wirereel_store::{CheckHour, CheckWriter, NewCheckRun};

use super::{
    Board, lock,
    result::{blind_ns, intended_us, readings, run_of},
};
use crate::{Workspace, alerting::OwnedReading, keeping::SteadyClock};

/// Results of one transaction at most, and how long the first of them waits for others.
const BATCH: usize = 2_000;
const BATCH_WAIT: Duration = Duration::from_millis(200);
/// Without results, whatever else is due is looked at so often.
const LOOK: Duration = Duration::from_millis(250);
/// After a transaction that failed.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks for what is old.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// Rows that are removed at once.
const FORGET_ROWS: u64 = 20_000;
/// Results stay so long in any case: hours that are not over are made of them after a restart.
const LEAST_KEPT: Duration = Duration::from_secs(3 * 3_600);
const HOURS_KEPT: Duration = Duration::from_secs(400 * 86_400);

/// What is told after results are stored and counted.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) readings: Vec<OwnedReading>,
    /// Times for which this machine could check nothing.
    pub(crate) blind_ns: Option<(i64, i64)>,
    /// Results came, or frames were told anew.
    pub(crate) changed: bool,
}

/// Who is told.
pub(crate) type Tell = Box<dyn FnMut(Told) + Send>;

/// The keeping thread's own.
pub(super) struct Keeper {
    pub(super) board: Arc<Mutex<Board>>,
    pub(super) writer: CheckWriter,
    pub(super) workspace: Arc<Workspace>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) tell: Tell,
    pub(super) clock: SteadyClock,
    pub(super) looked: Option<Instant>,
    /// What is older is being removed, microseconds since 1970.
    pub(super) forgetting: Option<i64>,
}

impl Keeper {
    /// Until nobody checks any more and everything is stored.
    pub(super) fn run(mut self, mut results: mpsc::Receiver<CheckResult>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            lock(&self.board).hindrance = Some("Results cannot be taken in: no timer".into());
            return;
        };
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let goes_on = runtime.block_on(collect(&mut results, &mut batch));
            let hours = lock(&self.board).close_hours(now_ns());
            let stored = self.store(&batch, &hours);
            let told = if stored { self.count(&batch) } else { Told::default() };
            batch.clear();
            (self.tell)(told);
            if !goes_on || (!stored && self.stop.load(Ordering::Relaxed)) {
                return self.writer.checkpoint_if_due();
            }
            self.forget();
            self.writer.checkpoint_if_due();
        }
    }

    /// Stores them, however long it takes; `false` when it is to end before it could.
    fn store(&mut self, batch: &[CheckResult], hours: &[CheckHour]) -> bool {
        let runs: Vec<NewCheckRun> = batch.iter().map(run_of).collect();
        loop {
            match self.writer.write(&runs, hours) {
                Ok(()) => {
                    if !runs.is_empty() {
                        lock(&self.board).hindrance = None;
                    }
                    return true;
                }
                Err(error) => {
                    lock(&self.board).hindrance = Some(format!("Results cannot be stored, and checks wait: {error}"));
                    if self.stop.load(Ordering::Relaxed) {
                        return false;
                    }
                    thread::sleep(PATIENCE);
                }
            }
        }
    }

    /// Counts what is stored.
    fn count(&mut self, batch: &[CheckResult]) -> Told {
        let mut told = Told { changed: !batch.is_empty(), ..Told::default() };
        let mut board = lock(&self.board);
        for result in batch {
            board.roll(result, intended_us(result));
            let every_ns = board.site(&result.website).map(|site| site.listed.check.website().interval.as_nanos());
            // One that was taken out meanwhile is nobody's subject.
            let Some(every_ns) = every_ns else { continue };
            readings(result, Some(every_ns), &mut told.readings);
            if let Some((from_ns, to_ns)) = blind_ns(result, every_ns) {
                let (first_ns, last_ns) = told.blind_ns.unwrap_or((from_ns, to_ns));
                told.blind_ns = Some((first_ns.min(from_ns), last_ns.max(to_ns)));
            }
        }
        told.changed |= board.tell(now_ns());
        told
    }

    /// Removes a slice of what is old, when it is time.
    fn forget(&mut self) {
        if self.forgetting.is_none() && self.looked.is_none_or(|looked| looked.elapsed() >= FORGET_EVERY) {
            self.looked = Some(Instant::now());
            let now_ns = now_ns();
            if self.clock.is_steady(Instant::now(), now_ns) {
                let keep = self.workspace.retention().keep.as_duration().max(LEAST_KEPT);
                self.forgetting = Some(now_ns / 1_000 - micros(keep));
                let _ = self.writer.forget_hours(now_ns / 1_000 - micros(HOURS_KEPT), FORGET_ROWS);
            }
        }
        if let Some(until_us) = self.forgetting {
            match self.writer.forget_results(until_us, FORGET_ROWS) {
                Ok(1..) => {}
                // What stands in the way does so for a minute.
                Ok(0) | Err(_) => self.forgetting = None,
            }
        }
    }
}

/// Collects results until there are many, or some have waited; `false` when none will come any more.
async fn collect(results: &mut mpsc::Receiver<CheckResult>, batch: &mut Vec<CheckResult>) -> bool {
    match timeout(LOOK, results.recv_many(batch, BATCH)).await {
        Err(_) => return true,
        Ok(0) => return false,
        Ok(_) => {}
    }
    let until = tokio::time::Instant::now() + BATCH_WAIT;
    while batch.len() < BATCH {
        match tokio::time::timeout_at(until, results.recv_many(batch, BATCH - batch.len())).await {
            Err(_) => return true,
            Ok(0) => return false,
            Ok(_) => {}
        }
    }
    true
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Nanoseconds since 1970.
pub(super) fn now_ns() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wirereel_checks::State;

    use super::*;

    const HOUR_NS: i64 = 3_600_000_000_000;

    fn result(at_ns: i64) -> CheckResult {
        CheckResult {
            website: "shop".into(),
            intended_at_ns: at_ns,
            at_ns,
            instants: 1,
            state: State::Up,
            reason: None,
            measured: None,
        }
    }

    #[test]
    fn results_go_with_what_is_kept_but_never_within_three_hours() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wirereel.json"), r#"{ "retention": { "keep": "1h" } }"#).unwrap();
        let workspace = Arc::new(Workspace::open(folder.path()).unwrap());
        let mut keeper = Keeper {
            board: Arc::default(),
            writer: workspace.store().check_writer().unwrap(),
            workspace: Arc::clone(&workspace),
            stop: Arc::default(),
            tell: Box::new(drop),
            clock: SteadyClock::default(),
            looked: None,
            forgetting: None,
        };
        let now_ns = now_ns();
        let ages = [30 * 24, 4, 2, 0].map(|hours| result(now_ns - hours * HOUR_NS));
        assert!(keeper.store(&ages, &[]));
        let left = || {
            let left = workspace.reader(None).unwrap().sql("SELECT count(*) FROM check_results", 1).unwrap();
            left.rows[0][0].as_u64()
        };
        assert_eq!(left(), Some(4));
        keeper.forget();
        assert_eq!(left(), Some(2), "of the last three hours, though an hour is kept");
        keeper.forget();
        assert!(keeper.forgetting.is_none() && left() == Some(2), "and then nothing is looked for until it is time");
    }
}
