//! The threads of probing: one that sends, one that keeps what comes of it, one that looks for what packets tell of it.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use tokio::{runtime::Handle, sync::mpsc};
use wirereel_schedule::{Schedule, ScheduleOptions, SystemClock, SystemReference};

use super::{
    Board, QUEUE, ReadyProbe,
    keeper::{Keeper, Tell, old_by_the_clock},
    lock,
    observer::Observer,
    ready::Sending,
};
use crate::{EngineError, Workspace, checking::now_ns, health::Gauges};

/// Results that wait to be kept; when they find no room, probes wait.
const RESULTS: usize = 4_096;

/// Probing that goes on. Ends with [`Running::end`].
pub(crate) struct Running {
    schedule: Schedule<ReadyProbe>,
    runtime: Handle,
    workspace: Arc<Workspace>,
    board: Arc<Mutex<Board>>,
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 3],
}

impl Running {
    /// Restores the board from what is stored and begins to send.
    pub(crate) fn start(
        workspace: Arc<Workspace>,
        board: Arc<Mutex<Board>>,
        gauges: &Gauges,
        listed: &[Arc<ReadyProbe>],
        tell: Tell,
    ) -> Result<Self, EngineError> {
        let reader = workspace.reader(None)?;
        // Whoever asks meanwhile waits: there is nothing to be shown before.
        lock(&board).list(listed, Some(&reader), now_ns() / 1_000)?;
        drop(reader);
        let (sender, results) = mpsc::channel(RESULTS);
        let stop = Arc::new(AtomicBool::new(false));
        let watch = gauges.queues.watch_tasks(QUEUE, &sender);
        let keeper = Keeper {
            board: Arc::clone(&board),
            writer: workspace.store().probe_writer()?,
            stop: Arc::clone(&stop),
            tell,
            old: old_by_the_clock(Arc::clone(&workspace)),
            forgetting: None,
            watch: Some(watch),
        };
        let observer = Observer::new(Arc::clone(&board), Arc::clone(&workspace), Arc::clone(&stop))?;
        let failed = |error: io::Error| EngineError::io(workspace.folder())(error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (schedule, run) = Schedule::new(
            Arc::new(Sending),
            Arc::new(SystemClock),
            Box::new(SystemReference),
            ScheduleOptions::default(),
            sender,
        );
        let sends = thread::Builder::new().name("wr-probes".into()).spawn(move || {
            runtime.block_on(run);
            // A look-up of a name that hangs is not waited for.
            runtime.shutdown_background();
        });
        let keeps = thread::Builder::new().name("wr-probes-keep".into()).spawn(move || keeper.run(results));
        let observes = thread::Builder::new().name("wr-probes-see".into()).spawn(move || observer.run());
        let threads = [sends.map_err(failed)?, keeps.map_err(failed)?, observes.map_err(failed)?];
        let running = Self { schedule, runtime: handle, workspace, board, stop, threads };
        running.schedule_only(listed);
        Ok(running)
    }

    /// Takes another list in.
    pub(crate) fn list(&self, listed: &[Arc<ReadyProbe>]) -> Result<(), EngineError> {
        let reader = self.workspace.reader(None)?;
        // Before the first result of what is new, or it would count twice.
        lock(&self.board).list(listed, Some(&reader), now_ns() / 1_000)?;
        drop(reader);
        self.schedule_only(listed);
        Ok(())
    }

    fn schedule_only(&self, listed: &[Arc<ReadyProbe>]) {
        let sent = listed.iter().filter(|ready| !ready.probe.paused);
        self.runtime.block_on(self.schedule.set_only(sent.map(Arc::clone).collect()));
    }

    /// Where results are.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// Ends probing; what was known by then is stored.
    pub(crate) fn end(self) {
        let Self { schedule, stop, threads, .. } = self;
        stop.store(true, Ordering::Relaxed);
        drop(schedule);
        for thread in threads {
            thread.thread().unpark();
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
    }
}
