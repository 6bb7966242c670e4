//! The one live thread: what all whisperers send goes through it into segments, through the dissectors, and as rows to the writing thread.
//!
//! Arrivals wait in one short queue. While the disk or the store is slow it is full, so whoever listens to an agent waits, the agent's pipe
//! fills, its queue takes what comes, and what does not fit there is counted: nothing here grows.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use wirereel_store::{SourceFigures, SourceId, StoreError, Writer};
use wirereel_whisper::{AgentStatus, SocketChanges};

use super::{
    figures,
    run::{NewRun, Run, source_of},
    storing::{ToStore, Work, store},
};
use crate::{EngineError, Workspace, import::Collector};

/// Frames that wait: with those of usual size 4 MiB.
const ARRIVALS: usize = 32;
/// Batches and other work between this thread and the writing one.
const TO_STORE: usize = 4;
/// How soon rows follow their packets.
const FLUSH_INTERVAL: Duration = Duration::from_millis(400);
/// How much a loss of power may cost.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How long the writer is waited for, and how often it is asked for.
const WRITER_PATIENCE: Duration = Duration::from_secs(30);
const WRITER_LOOK: Duration = Duration::from_millis(20);
/// How long the cause of a failure is waited for.
const TELL_PATIENCE: Duration = Duration::from_secs(2);

/// What happens to a run.
enum Arrival {
    Begun(Box<NewRun>, Sender<()>),
    Packets(Vec<u8>),
    Status(Box<AgentStatus>),
    Sockets(SocketChanges),
    Ended(Vec<String>, Sender<()>),
}

/// Records runs until it is finished.
pub(crate) struct Recorder {
    arrivals: Sender<(u64, Arrival)>,
    thread: JoinHandle<()>,
    failure: Failure,
    next_run: AtomicU64,
}

/// Why it cannot go on, once it cannot.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    fn set(&self, error: &EngineError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
    }

    /// The cause; the thread that met it may still be about to tell.
    fn told(&self) -> EngineError {
        let (began, mut told) = (Instant::now(), None);
        while told.is_none() && began.elapsed() < TELL_PATIENCE {
            thread::sleep(WRITER_LOOK);
            told = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        }
        EngineError::Capturing(told.unwrap_or_else(|| "the recording thread has ended".into()))
    }
}

/// Where what arrives for one run is put.
pub(crate) struct RunSender {
    number: u64,
    arrivals: Sender<(u64, Arrival)>,
    failure: Failure,
}

impl Recorder {
    /// Starts its threads. `rows_changed` is called whenever new rows can be seen.
    ///
    /// # Errors
    /// When somebody else has the writer for long, or a thread cannot be started.
    pub(crate) fn start(
        workspace: Arc<Workspace>,
        rows_changed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        let writer = writer_of(&workspace)?;
        let (arrivals, received) = bounded(ARRIVALS);
        let failure = Failure::default();
        let (told, folder) = (failure.clone(), workspace.folder().to_owned());
        let thread = thread::Builder::new()
            .name("wr-live".into())
            .spawn(move || {
                if let Err(error) = record(&workspace, writer, received, &rows_changed) {
                    told.set(&error);
                }
            })
            .map_err(EngineError::io(folder))?;
        Ok(Self { arrivals, thread, failure, next_run: AtomicU64::new(0) })
    }

    /// Begins a run.
    ///
    /// # Errors
    /// When the disk or the store cannot be written.
    pub(crate) fn begin(&self, new: NewRun) -> Result<RunSender, EngineError> {
        let number = self.next_run.fetch_add(1, Ordering::Relaxed);
        let run = RunSender { number, arrivals: self.arrivals.clone(), failure: self.failure.clone() };
        let (done, is_done) = bounded(1);
        run.send(Arrival::Begun(Box::new(new), done))?;
        is_done.recv().map_err(|_| self.failure.told())?;
        Ok(run)
    }

    /// Waits until everything is stored.
    ///
    /// # Errors
    /// Why it could not go on.
    pub(crate) fn finish(self) -> Result<(), EngineError> {
        let Self { arrivals, thread, failure, .. } = self;
        drop(arrivals);
        // A panic of it was reported when it happened.
        let has_panicked = thread.join().is_err();
        let has_failed = failure.0.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if has_panicked || has_failed { Err(failure.told()) } else { Ok(()) }
    }
}

impl RunSender {
    /// A frame of packets. Waits while the recorder is slow.
    pub(crate) fn packets(&self, frame: Vec<u8>) -> Result<(), EngineError> {
        self.send(Arrival::Packets(frame))
    }

    pub(crate) fn status(&self, status: Box<AgentStatus>) -> Result<(), EngineError> {
        self.send(Arrival::Status(status))
    }

    /// What changed about the sockets of the agent's host.
    pub(crate) fn sockets(&self, changes: SocketChanges) -> Result<(), EngineError> {
        self.send(Arrival::Sockets(changes))
    }

    /// Ends the run; its rows can be seen when this returns.
    pub(crate) fn end(self, warnings: Vec<String>) -> Result<(), EngineError> {
        let (done, is_done) = bounded(1);
        self.send(Arrival::Ended(warnings, done))?;
        is_done.recv().map_err(|_| self.failure.told())
    }

    fn send(&self, arrival: Arrival) -> Result<(), EngineError> {
        self.arrivals.send((self.number, arrival)).map_err(|_| self.failure.told())
    }
}

/// The writer, also when somebody else has it for a moment, as who follows an edit of names has.
pub(crate) fn writer_of(workspace: &Workspace) -> Result<Writer, EngineError> {
    let began = Instant::now();
    loop {
        match workspace.store().writer() {
            Err(StoreError::Locked(_)) if began.elapsed() < WRITER_PATIENCE => thread::sleep(WRITER_LOOK),
            writer => return Ok(writer?),
        }
    }
}

fn record(
    workspace: &Workspace,
    mut writer: Writer,
    arrivals: Receiver<(u64, Arrival)>,
    rows_changed: &(dyn Fn() + Sync),
) -> Result<(), EngineError> {
    let collector = Collector::new(writer.rows(SourceId(0)), writer.peer_table()?);
    let (to_store, given) = bounded(TO_STORE);
    thread::scope(|scope| {
        let storing = thread::Builder::new()
            .name("wr-store".into())
            .spawn_scoped(scope, move || store(workspace, &mut writer, &given, rows_changed))
            .map_err(EngineError::io(workspace.folder()))?;
        let mut live =
            Live { collector, to_store, runs: HashMap::new(), flushed: Instant::now(), synced: Instant::now() };
        let recorded = live.take(&arrivals);
        // Who waits for room in the queue is told before the rest is stored.
        drop(arrivals);
        drop(live);
        let stored = storing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // A writing thread that failed is the cause, what the other one met only the consequence.
        stored.and(recorded)
    })
}

struct Live {
    collector: Collector,
    to_store: Sender<ToStore>,
    runs: HashMap<u64, Run>,
    flushed: Instant,
    synced: Instant,
}

impl Live {
    fn take(&mut self, arrivals: &Receiver<(u64, Arrival)>) -> Result<(), EngineError> {
        loop {
            match arrivals.recv_timeout(FLUSH_INTERVAL.saturating_sub(self.flushed.elapsed())) {
                Ok((number, arrival)) => self.arrived(number, arrival)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.flush()?;
        }
    }

    fn arrived(&mut self, number: u64, arrival: Arrival) -> Result<(), EngineError> {
        if let Arrival::Begun(new, done) = arrival {
            return self.begin(number, *new, &done);
        }
        let Some(run) = self.runs.get_mut(&number) else { return Ok(()) };
        self.collector.turn_to(run.source());
        match arrival {
            Arrival::Begun(..) => {}
            Arrival::Packets(frame) => {
                run.packets(&frame, &mut self.collector)?;
                self.hand_over_if_full()?;
            }
            Arrival::Status(status) => {
                let rates = run.status(&status, &mut self.collector)?;
                let (source, whisperer) = (run.source(), run.whisperer().to_owned());
                self.work(Box::new(move |_, writer| figures::record(writer, source, &whisperer, &status, rates)))?;
            }
            Arrival::Sockets(changes) => {
                run.sockets(&changes, &mut self.collector)?;
                self.hand_over_if_full()?;
            }
            Arrival::Ended(warnings, done) => return self.end(number, warnings, done),
        }
        Ok(())
    }

    fn begin(&mut self, number: u64, new: NewRun, done: &Sender<()>) -> Result<(), EngineError> {
        let source = source_of(&new.folder, &new.begun.name, new.begun.of_file);
        let (sender, numbered) = bounded(1);
        self.work(Box::new(move |_, writer| {
            // The one who waits for it is still there, or nothing matters any more.
            let _ = sender.send(writer.begin_source(&source)?);
            Ok(())
        }))?;
        let id = numbered.recv().map_err(|_| gone())?;
        self.runs.insert(number, Run::begin(new, id)?);
        let _ = done.send(());
        Ok(())
    }

    fn end(&mut self, number: u64, warnings: Vec<String>, done: Sender<()>) -> Result<(), EngineError> {
        let Some(run) = self.runs.remove(&number) else { return Ok(()) };
        let source = run.source();
        let figures: SourceFigures = run.end(warnings, &mut self.collector)?;
        self.hand_over()?;
        self.work(Box::new(move |workspace, writer| {
            writer.update_source(source, &figures)?;
            workspace.rename(writer)?;
            let _ = done.send(());
            Ok(())
        }))
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        if self.flushed.elapsed() >= FLUSH_INTERVAL {
            self.flushed = Instant::now();
            for run in self.runs.values_mut() {
                run.flush()?;
            }
            self.hand_over()?;
        }
        if self.synced.elapsed() >= SYNC_INTERVAL {
            self.synced = Instant::now();
            for run in self.runs.values_mut() {
                run.sync()?;
            }
        }
        Ok(())
    }

    fn hand_over_if_full(&mut self) -> Result<(), EngineError> {
        if self.collector.is_full() { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<(), EngineError> {
        let batch = self.collector.take();
        if batch.is_empty() {
            return Ok(());
        }
        self.to_store.send(ToStore::Rows(batch)).map_err(|_| gone())
    }

    fn work(&self, work: Work) -> Result<(), EngineError> {
        self.to_store.send(ToStore::Work(work)).map_err(|_| gone())
    }
}

/// The writing thread has failed; why is told by that thread.
fn gone() -> EngineError {
    EngineError::Capturing("rows can no longer be stored".into())
}
