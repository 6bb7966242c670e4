//! The two threads of whatever recurs: one measures what is due, one keeps what comes of it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use tokio::{runtime::Handle, sync::mpsc};
use wirereel_schedule::{Measure, Planned, Schedule, ScheduleOptions, SystemClock, SystemReference};

use super::{Keeper, Results, Tell};
use crate::{Workspace, health::Gauges};

/// Results that wait to be kept; when they find no room, measurements wait.
const RESULTS: usize = 4_096;

/// What the queue of results and the threads are called.
pub(crate) struct Names {
    pub(crate) queue: &'static str,
    pub(crate) measures: &'static str,
    pub(crate) keeps: &'static str,
}

/// Measuring that goes on. Ends with [`Measuring::end`].
pub(crate) struct Measuring<P> {
    schedule: Schedule<P>,
    runtime: Handle,
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
}

impl<P: Planned> Measuring<P> {
    /// Begins, with nothing to be measured yet. `stop` is set when it is to end.
    ///
    /// # Errors
    /// When there is no runtime or no thread to be had.
    pub(crate) fn start(
        names: &Names,
        measure: Arc<impl Measure<P>>,
        results: impl Results<Result = P::Result> + Send + 'static,
        workspace: Arc<Workspace>,
        stop: Arc<AtomicBool>,
        tell: Tell,
        gauges: &Gauges,
    ) -> io::Result<Self> {
        let (sender, inbox) = mpsc::channel(RESULTS);
        let watch = gauges.queues.watch_tasks(names.queue, &sender);
        let keeper = Keeper::new(results, workspace, Arc::clone(&stop), tell).watched(watch);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (clock, reference) = (Arc::new(SystemClock), Box::new(SystemReference));
        let (schedule, run) = Schedule::new(measure, clock, reference, ScheduleOptions::default(), sender);
        let measures = thread::Builder::new().name(names.measures.into()).spawn(move || {
            runtime.block_on(run);
            // A look-up of a name that hangs is not waited for.
            runtime.shutdown_background();
        })?;
        let keeps = thread::Builder::new().name(names.keeps.into()).spawn(move || keeper.run(inbox))?;
        Ok(Self { schedule, runtime: handle, stop, threads: [measures, keeps] })
    }

    /// Measures these and no others from now on.
    pub(crate) fn only(&self, planned: Vec<Arc<P>>) {
        self.runtime.block_on(self.schedule.set_only(planned));
    }

    /// Ends it; what was known by then is stored.
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
