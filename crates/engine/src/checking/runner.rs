//! The threads of checking: one that checks, one that keeps what comes of it.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use tokio::{runtime::Handle, sync::mpsc};
use wirereel_checks::{
    Checker, Frame, Schedule, ScheduleOptions,
    schedule::{SystemClock, SystemReference},
};

use super::{
    Board, Listed,
    keeper::{Keeper, Tell, now_ns},
    lock, restore,
};
use crate::{
    EngineError, Workspace,
    health::{Gauges, QueueWatch},
    keeping::SteadyClock,
};

/// Results that wait to be kept; when they find no room, checks wait.
const RESULTS: usize = 4_096;
/// Files that checks at once, and everything else, may need.
#[cfg(unix)]
const FILES: u64 = 8_192;

/// Checking that goes on. Ends with [`Running::end`].
pub(crate) struct Running {
    schedule: Schedule,
    runtime: Handle,
    workspace: Arc<Workspace>,
    board: Arc<Mutex<Board>>,
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
    /// Has the queue of results shown among the others.
    _watch: Arc<QueueWatch>,
}

impl Running {
    /// Restores the board from what is stored and begins to check.
    pub(crate) fn start(
        workspace: Arc<Workspace>,
        board: Arc<Mutex<Board>>,
        checker: Arc<Checker>,
        frames: &[Frame],
        listed: &[Listed],
        tell: Tell,
        gauges: &Gauges,
    ) -> Result<Self, EngineError> {
        raise_file_limit();
        let now_ns = now_ns();
        let reader = workspace.reader(None)?;
        let hours_from_us = restore::hours_from_us(&reader, now_ns / 1_000)?;
        {
            // Whoever asks meanwhile waits: there is nothing to be shown before.
            let mut board = lock(&board);
            board.begin(frames, hours_from_us, now_ns);
            board.list(listed);
            restore::restore_all(&mut board, &reader, hours_from_us, now_ns / 1_000)?;
        }
        drop(reader);
        let (sender, results) = mpsc::channel(RESULTS);
        let watch = gauges.queues.watch_tasks("checks", &sender);
        let stop = Arc::new(AtomicBool::new(false));
        let keeper = Keeper {
            board: Arc::clone(&board),
            writer: workspace.store().check_writer()?,
            workspace: Arc::clone(&workspace),
            stop: Arc::clone(&stop),
            tell,
            clock: SteadyClock::default(),
            looked: None,
            forgetting: None,
        };
        let failed = |error: io::Error| EngineError::io(workspace.folder())(error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (schedule, run) = Schedule::new(
            checker,
            Arc::new(SystemClock),
            Box::new(SystemReference),
            ScheduleOptions::default(),
            sender,
        );
        let checks = thread::Builder::new().name("wr-checks".into()).spawn(move || {
            runtime.block_on(run);
            // A look-up of a name that hangs is not waited for.
            runtime.shutdown_background();
        });
        let keeps = thread::Builder::new().name("wr-checks-keep".into()).spawn(move || keeper.run(results));
        let threads = [checks.map_err(failed)?, keeps.map_err(failed)?];
        let running = Self { schedule, runtime: handle, workspace, board, stop, threads, _watch: watch };
        running.schedule_only(listed);
        Ok(running)
    }

    /// Takes another list in.
    pub(crate) fn list(&self, listed: &[Listed]) -> Result<(), EngineError> {
        let reader = self.workspace.reader(None)?;
        let mut board = lock(&self.board);
        let new = board.list(listed);
        // Before the first check of theirs, or its result would count twice.
        restore::restore_some(&mut board, &reader, &new, now_ns() / 1_000)?;
        drop(board);
        self.schedule_only(listed);
        Ok(())
    }

    fn schedule_only(&self, listed: &[Listed]) {
        let checks = listed.iter().filter(|listed| !listed.check.website().paused);
        self.runtime.block_on(self.schedule.set_only(checks.map(|listed| Arc::clone(&listed.check)).collect()));
    }

    /// Where results are.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// Ends checking; what was known by then is stored.
    pub(crate) fn end(self) {
        let Self { schedule, stop, threads, .. } = self;
        stop.store(true, Ordering::Relaxed);
        drop(schedule);
        for thread in threads {
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Each check has a socket or two, and a process is given 1,024 files by default.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(FILES, |most| most.min(FILES));
    if limit.current.is_some_and(|now| now < wanted) {
        // Where it is refused, checks that find no file say so.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
}

#[cfg(not(unix))]
fn raise_file_limit() {}
