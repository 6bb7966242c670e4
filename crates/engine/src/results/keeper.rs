//! Results in batches: stored, then counted, then told. What is old goes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time::timeout};
use wirereel_store::StoreError;

use super::{Tell, Told};
use crate::{
    Workspace,
    clock::{SteadyClock, now_ns},
    health::QueueWatch,
};

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
/// Results stay so long in any case: what is not told yet is made of them after a restart.
const LEAST_KEPT: Duration = Duration::from_secs(3 * 3_600);

/// Results of one kind: what they are stored with, and what counts them.
pub(crate) trait Results {
    /// What an intended instant came to.
    type Result;
    /// A batch as it is stored.
    type Rows;
    /// What waits while nothing can be stored, such as `checks`.
    const WHAT: &'static str;

    /// The rows of a batch, and of whatever else is due.
    fn rows(&mut self, batch: &[Self::Result]) -> Self::Rows;
    fn store(&mut self, rows: &Self::Rows) -> Result<(), StoreError>;
    /// Counts what is stored.
    fn count(&mut self, batch: &[Self::Result]) -> Told;
    /// Says what stands in the way; `None` when nothing does any more.
    fn hinder(&mut self, why: Option<String>);
    /// Removes results of before an instant, at most about so many; gives how many.
    fn forget(&mut self, until_us: i64, rows: u64) -> Result<u64, StoreError>;
    /// Removes at most so many of what is made of results and stays longer.
    fn forget_summaries(&mut self, now_us: i64, rows: u64);
    /// Moves the log into the file when it is time.
    fn checkpoint_if_due(&mut self);
}

/// What the clock shows when it is time to look for what is old, microseconds since 1970; `None` when it is not.
type Due = Box<dyn FnMut() -> Option<i64> + Send>;

/// By the clock of this machine, while that goes evenly.
fn by_the_clock() -> Due {
    let (mut clock, mut looked) = (SteadyClock::default(), None::<Instant>);
    Box::new(move || {
        if looked.is_some_and(|looked| looked.elapsed() < FORGET_EVERY) {
            return None;
        }
        looked = Some(Instant::now());
        let now_ns = now_ns();
        clock.is_steady(Instant::now(), now_ns).then_some(now_ns / 1_000)
    })
}

/// The keeping thread's own.
pub(crate) struct Keeper<R> {
    results: R,
    /// It says how long results stay.
    workspace: Arc<Workspace>,
    stop: Arc<AtomicBool>,
    tell: Tell,
    due: Due,
    /// What is older is being removed, microseconds since 1970.
    forgetting: Option<i64>,
    /// Has the queue of results shown among the others while somebody takes from it.
    watch: Option<Arc<QueueWatch>>,
}

impl<R: Results> Keeper<R> {
    pub(crate) fn new(results: R, workspace: Arc<Workspace>, stop: Arc<AtomicBool>, tell: Tell) -> Self {
        Self { results, workspace, stop, tell, due: by_the_clock(), forgetting: None, watch: None }
    }

    /// Has a queue watched for as long as it takes from it.
    pub(crate) fn watched(self, watch: Arc<QueueWatch>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Looks for what is old by another clock.
    #[cfg(test)]
    pub(crate) fn by(self, due: impl FnMut() -> Option<i64> + Send + 'static) -> Self {
        Self { due: Box::new(due), ..self }
    }

    /// Until nobody measures any more and everything is stored.
    pub(crate) fn run(mut self, mut results: mpsc::Receiver<R::Result>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            return self.results.hinder(Some("Results cannot be taken in: no timer".into()));
        };
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let goes_on = runtime.block_on(collect(&mut results, &mut batch));
            let stored = self.store(&batch);
            let told = if stored { self.results.count(&batch) } else { Told::default() };
            batch.clear();
            (self.tell)(told);
            if !goes_on || (!stored && self.stop.load(Ordering::Relaxed)) {
                drop(self.watch);
                return self.results.checkpoint_if_due();
            }
            self.forget();
            self.results.checkpoint_if_due();
        }
    }

    /// Stores them, however long it takes; `false` when it is to end before it could.
    fn store(&mut self, batch: &[R::Result]) -> bool {
        let rows = self.results.rows(batch);
        loop {
            match self.results.store(&rows) {
                Ok(()) => {
                    if !batch.is_empty() {
                        self.results.hinder(None);
                    }
                    return true;
                }
                Err(error) => {
                    self.results.hinder(Some(format!("Results cannot be stored, and {} wait: {error}", R::WHAT)));
                    if self.stop.load(Ordering::Relaxed) {
                        return false;
                    }
                    thread::sleep(PATIENCE);
                }
            }
        }
    }

    /// Removes a slice of what is old, when it is time.
    fn forget(&mut self) {
        if self.forgetting.is_none()
            && let Some(now_us) = (self.due)()
        {
            let keep = self.workspace.retention().keep.as_duration().max(LEAST_KEPT);
            self.forgetting = Some(now_us - i64::try_from(keep.as_micros()).unwrap_or(i64::MAX));
            self.results.forget_summaries(now_us, FORGET_ROWS);
        }
        if let Some(until_us) = self.forgetting {
            match self.results.forget(until_us, FORGET_ROWS) {
                Ok(1..) => {}
                // What stands in the way does so for a minute.
                Ok(0) | Err(_) => self.forgetting = None,
            }
        }
    }
}

/// Collects results until there are many, or some have waited; `false` when none will come any more.
async fn collect<T>(results: &mut mpsc::Receiver<T>, batch: &mut Vec<T>) -> bool {
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

#[cfg(test)]
mod tests {
    use std::{fs, sync::Mutex};

    use super::*;

    /// Instants in memory. It can be stored in again after some failures.
    #[derive(Default)]
    struct Instants {
        fails: u32,
        seen: Arc<Mutex<Seen>>,
    }

    #[derive(Default)]
    struct Seen {
        stored: Vec<i64>,
        counted: usize,
        hindrances: Vec<Option<String>>,
        summaries_until: Vec<i64>,
    }

    impl Results for Instants {
        type Result = i64;
        type Rows = Vec<i64>;
        const WHAT: &'static str = "instants";

        fn rows(&mut self, batch: &[i64]) -> Vec<i64> {
            batch.to_vec()
        }

        fn store(&mut self, rows: &Vec<i64>) -> Result<(), StoreError> {
            if let Some(left) = self.fails.checked_sub(1) {
                self.fails = left;
                return Err(StoreError::BadQuestion("the disk is full".into()));
            }
            self.seen.lock().unwrap().stored.extend(rows);
            Ok(())
        }

        fn count(&mut self, batch: &[i64]) -> Told {
            self.seen.lock().unwrap().counted += batch.len();
            Told { changed: !batch.is_empty(), ..Told::default() }
        }

        fn hinder(&mut self, why: Option<String>) {
            self.seen.lock().unwrap().hindrances.push(why);
        }

        fn forget(&mut self, until_us: i64, rows: u64) -> Result<u64, StoreError> {
            let stored = &mut self.seen.lock().unwrap().stored;
            let mut old = 0;
            stored.retain(|at_us| {
                let goes = *at_us < until_us && old < rows;
                old += u64::from(goes);
                !goes
            });
            Ok(old)
        }

        fn forget_summaries(&mut self, now_us: i64, _: u64) {
            self.seen.lock().unwrap().summaries_until.push(now_us);
        }

        fn checkpoint_if_due(&mut self) {}
    }

    fn keeper(results: Instants, config: &str, stop: bool) -> (Keeper<Instants>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wirereel.json"), config).unwrap();
        let workspace = Arc::new(Workspace::open(folder.path()).unwrap());
        (Keeper::new(results, workspace, Arc::new(AtomicBool::new(stop)), Box::new(drop)), folder)
    }

    #[test]
    fn while_nothing_can_be_stored_it_says_so_and_nothing_counts_that_is_not_stored() {
        let seen: Arc<Mutex<Seen>> = Arc::default();
        for (fails, stop, stored) in [(1, false, 3), (1, true, 0)] {
            *seen.lock().unwrap() = Seen::default();
            let (keeper, _folder) = keeper(Instants { fails, seen: Arc::clone(&seen) }, "{}", stop);
            let (sender, inbox) = mpsc::channel(3);
            (1..=3).for_each(|at| sender.try_send(at).unwrap());
            drop(sender);
            keeper.run(inbox);
            let seen = seen.lock().unwrap();
            assert_eq!((seen.stored.len(), seen.counted), (stored, stored));
            let said = seen.hindrances[0].as_deref().unwrap();
            assert!(said.starts_with("Results cannot be stored, and instants wait: "), "{said}");
            assert_eq!(seen.hindrances.last() == Some(&None), stored > 0, "{:?}", seen.hindrances);
        }
    }

    #[test]
    fn results_go_with_what_is_kept_but_never_within_three_hours() {
        const HOUR_US: i64 = 3_600_000_000;
        let now_us = 1_000 * HOUR_US;
        let stored: Vec<i64> = [30 * 24, 4, 2, 0].iter().map(|hours| now_us - hours * HOUR_US).collect();
        for (config, left) in [("{}", 3), (r#"{ "retention": { "keep": "1h" } }"#, 2)] {
            let seen = Arc::new(Mutex::new(Seen { stored: stored.clone(), ..Seen::default() }));
            let (keeper, _folder) = keeper(Instants { fails: 0, seen: Arc::clone(&seen) }, config, false);
            let mut due = [Some(now_us), None].into_iter();
            let mut keeper = keeper.by(move || due.next().flatten());
            keeper.forget();
            assert_eq!(seen.lock().unwrap().stored.len(), left, "{config}");
            keeper.forget();
            assert_eq!(keeper.forgetting, None, "and then nothing is looked for until it is time");
            assert_eq!(seen.lock().unwrap().summaries_until, [now_us]);
        }
    }

    #[test]
    fn it_is_time_to_look_for_what_is_old_at_the_start_and_not_again_soon() {
        let mut due = by_the_clock();
        assert!(due().is_some_and(|at_us| at_us.abs_diff(now_ns() / 1_000) < 60_000_000));
        assert_eq!(due(), None);
    }
}
