//! The one live thread: what all whisperers send goes through it into segments, through the dissectors, and as rows to the writing thread.
//!
//! Arrivals wait in one short queue. While the disk or the store is slow it is full, so whoever listens to an agent waits, the agent's pipe
//! fills, its queue takes what comes, and what does not fit there is counted: nothing here grows.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use wirereel_store::{NewSource, SourceFigures, SourceId, StoreError, Writer};
use wirereel_whisper::{AgentStatus, Loss};

use super::{
    again::Again,
    figures,
    run::{NewRun, Run, source_of},
    space::Space,
    storing::{ToStore, Work, store},
};
use crate::{
    EngineError, Workspace,
    import::Collector,
    keeping::{HasWriter, WriterWork, runs},
};

/// Frames that wait: with those of usual size 4 MiB.
const ARRIVALS: usize = 32;
/// Batches and other work between this thread and the writing one.
const TO_STORE: usize = 4;
/// How much a loss of power may cost.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How long the writer is waited for, and how often it is asked for.
const WRITER_PATIENCE: Duration = Duration::from_secs(30);
const WRITER_LOOK: Duration = Duration::from_millis(20);
/// Packets of a run that is read again, between two arrivals: a few milliseconds.
const PACKETS_AGAIN: usize = 1_024;
/// How often it is told how far that is.
const AGAIN_INTERVAL: Duration = Duration::from_millis(200);

/// Who looks on.
pub(crate) trait Onlooker: Send + Sync {
    /// New rows can be seen.
    fn rows_changed(&self);

    /// Runs are read again: bytes read so far, and of how many; `None` when that is done.
    fn completing(&self, progress: Option<(u64, u64)>);
}

/// What happens to a run.
enum Arrival {
    Begun(Box<NewRun>, Sender<()>),
    Packets(Vec<u8>),
    Status(Box<AgentStatus>),
    Ended(Vec<String>, Sender<()>),
    Lent(Work),
}

/// Records runs until it is finished.
pub(crate) struct Recorder {
    arrivals: Sender<(u64, Arrival)>,
    thread: JoinHandle<()>,
    failure: Failure,
    next_run: AtomicU64,
    shared: Shared,
}

/// What the recorder's threads and its owner know together.
#[derive(Clone)]
struct Shared {
    space: Space,
    /// Runs are being read again.
    completing: Arc<AtomicBool>,
    /// Folders and sources of the runs that are being captured.
    written: Arc<Mutex<Vec<(PathBuf, SourceId)>>>,
}

/// Why it cannot go on, once it cannot.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    fn set(&self, error: &EngineError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
    }

    fn told(&self) -> EngineError {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
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
    /// Starts its threads. Runs whose rows are missing are read again while others are captured.
    ///
    /// # Errors
    /// When somebody else has the writer for long, or a thread cannot be started.
    pub(crate) fn start(
        workspace: Arc<Workspace>,
        unfinished: Vec<PathBuf>,
        space: Space,
        onlooker: Arc<dyn Onlooker>,
    ) -> Result<Self, EngineError> {
        let writer = writer_of(&workspace)?;
        let (arrivals, received) = bounded(ARRIVALS);
        let failure = Failure::default();
        let (told, folder) = (failure.clone(), workspace.folder().to_owned());
        let completing = Arc::new(AtomicBool::new(!unfinished.is_empty()));
        let shared = Shared { space, completing, written: Arc::default() };
        let known = shared.clone();
        let thread = thread::Builder::new()
            .name("wr-live".into())
            .spawn(move || {
                if let Err(error) = record(&workspace, writer, received, unfinished, known, &*onlooker) {
                    told.set(&error);
                }
            })
            .map_err(EngineError::io(folder))?;
        Ok(Self { arrivals, thread, failure, next_run: AtomicU64::new(0), shared })
    }

    /// Whether runs are being read again.
    pub(crate) fn is_completing(&self) -> bool {
        self.shared.completing.load(Ordering::Relaxed)
    }

    /// Something that needs the writer between two batches.
    pub(crate) fn lender(&self) -> Lender {
        Lender {
            arrivals: self.arrivals.clone(),
            failure: self.failure.clone(),
            written: Arc::clone(&self.shared.written),
        }
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

/// Lends the recorder's writer.
pub(crate) struct Lender {
    arrivals: Sender<(u64, Arrival)>,
    failure: Failure,
    written: Arc<Mutex<Vec<(PathBuf, SourceId)>>>,
}

impl HasWriter for Lender {
    fn lend(&self, work: WriterWork) -> Result<(), EngineError> {
        let work: Work = Box::new(move |_, writer| work(writer));
        self.arrivals.send((0, Arrival::Lent(work))).map_err(|_| self.failure.told())
    }

    fn written(&self) -> Vec<(PathBuf, SourceId)> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
    unfinished: Vec<PathBuf>,
    shared: Shared,
    onlooker: &dyn Onlooker,
) -> Result<(), EngineError> {
    let collector = Collector::new(writer.rows(SourceId(0)), writer.peer_table()?);
    let (to_store, given) = bounded(TO_STORE);
    let space = shared.space.clone();
    thread::scope(|scope| {
        let storing = thread::Builder::new()
            .name("wr-store".into())
            .spawn_scoped(scope, move || store(workspace, &mut writer, &given, &|| onlooker.rows_changed(), &space))
            .map_err(EngineError::io(workspace.folder()))?;
        let mut live = Live {
            workspace,
            shared,
            onlooker,
            collector,
            to_store,
            runs: HashMap::new(),
            unfinished: Unfinished::new(unfinished),
            flushed: Instant::now(),
            synced: Instant::now(),
        };
        let recorded = live.take(&arrivals);
        // Who waits for room in the queue is told before the rest is stored.
        drop(arrivals);
        drop(live);
        let stored = storing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // A writing thread that failed is the cause, what the other one met only the consequence.
        stored.and(recorded)
    })
}

/// Runs that are read again while others are captured.
struct Unfinished {
    folders: VecDeque<PathBuf>,
    open: Option<(SourceId, Again)>,
    bytes_done: u64,
    bytes_total: u64,
    told: Instant,
}

impl Unfinished {
    fn new(folders: Vec<PathBuf>) -> Self {
        let bytes_total = folders.iter().map(|folder| runs::bytes(folder)).sum();
        Self { folders: folders.into(), open: None, bytes_done: 0, bytes_total, told: Instant::now() }
    }

    fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.open.is_none()
    }
}

struct Live<'a> {
    workspace: &'a Workspace,
    shared: Shared,
    onlooker: &'a dyn Onlooker,
    collector: Collector,
    to_store: Sender<ToStore>,
    runs: HashMap<u64, Run>,
    unfinished: Unfinished,
    flushed: Instant,
    synced: Instant,
}

impl Live<'_> {
    fn take(&mut self, arrivals: &Receiver<(u64, Arrival)>) -> Result<(), EngineError> {
        self.look_at_space();
        loop {
            let patience = match self.unfinished.is_empty() || self.shared.space.is_paused() {
                true => self.workspace.storing().interval().saturating_sub(self.flushed.elapsed()).min(SYNC_INTERVAL),
                false => Duration::ZERO,
            };
            match arrivals.recv_timeout(patience) {
                Ok((number, arrival)) => self.arrived(number, arrival)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.read_again()?;
            self.flush()?;
        }
    }

    fn arrived(&mut self, number: u64, arrival: Arrival) -> Result<(), EngineError> {
        let arrival = match arrival {
            Arrival::Begun(new, done) => return self.begin(number, *new, &done),
            Arrival::Lent(work) => return self.work(work),
            arrival => arrival,
        };
        let Some(run) = self.runs.get_mut(&number) else { return Ok(()) };
        self.collector.turn_to(run.source());
        match arrival {
            Arrival::Begun(..) | Arrival::Lent(_) => {}
            Arrival::Packets(frame) if self.shared.space.is_paused() => run.refuse_all(&frame, &self.shared.space),
            Arrival::Packets(frame) => {
                run.packets(&frame, &self.shared.space, &mut self.collector);
                self.hand_over_if_full()?;
            }
            Arrival::Status(status) => {
                let rates = run.status(&status, &mut self.collector);
                let (source, whisperer) = (run.source(), run.whisperer().to_owned());
                // While the disk is full nobody takes it.
                if !self.shared.space.is_paused() {
                    self.work(Box::new(move |_, writer| figures::record(writer, source, &whisperer, &status, rates)))?;
                }
            }
            Arrival::Ended(warnings, done) => return self.end(number, warnings, done),
        }
        Ok(())
    }

    fn begin(&mut self, number: u64, new: NewRun, done: &Sender<()>) -> Result<(), EngineError> {
        let id = self.number(source_of(&new.folder, &new.begun.name, new.begun.of_file))?;
        let run = Run::begin(new, id)?;
        self.written().push((run.folder().to_owned(), id));
        self.runs.insert(number, run);
        let _ = done.send(());
        Ok(())
    }

    /// The number of a new source.
    fn number(&self, source: NewSource) -> Result<SourceId, EngineError> {
        let (sender, numbered) = bounded(1);
        self.work(Box::new(move |_, writer| {
            // The one who waits for it is still there, or nothing matters any more.
            let _ = sender.send(writer.begin_source(&source)?);
            Ok(())
        }))?;
        numbered.recv().map_err(|_| gone())
    }

    fn end(&mut self, number: u64, warnings: Vec<String>, done: Sender<()>) -> Result<(), EngineError> {
        let Some(mut run) = self.runs.remove(&number) else { return Ok(()) };
        let source = run.source();
        self.written().retain(|(_, written)| *written != source);
        let refused = run.take_refused();
        let figures: SourceFigures = run.end(warnings, &mut self.collector)?;
        self.finish(source, figures, refused)?;
        // Whoever waits sees the rows then.
        self.work(Box::new(move |_, _| {
            let _ = done.send(());
            Ok(())
        }))
    }

    /// Stores the rest of a source.
    fn finish(&mut self, source: SourceId, figures: SourceFigures, losses: Vec<Loss>) -> Result<(), EngineError> {
        self.hand_over()?;
        self.work(Box::new(move |workspace, writer| {
            figures::record_losses(writer, source, &losses)?;
            writer.update_source(source, &figures)?;
            workspace.rename(writer)?;
            Ok(())
        }))?;
        self.to_store.send(ToStore::Complete(source)).map_err(|_| gone())
    }

    /// Reads some packets of a run again whose rows are missing.
    fn read_again(&mut self) -> Result<(), EngineError> {
        if self.unfinished.is_empty() || self.shared.space.is_paused() {
            return Ok(());
        }
        if self.unfinished.open.is_none()
            && let Some(folder) = self.unfinished.folders.pop_front()
        {
            // One whose folder is gone meanwhile has nothing to be read.
            if let Ok(again) = Again::begin(self.workspace, &folder) {
                self.unfinished.open = Some((self.number(again.source())?, again));
            }
        }
        if let Some((source, mut again)) = self.unfinished.open.take() {
            self.collector.turn_to(source);
            if again.step(PACKETS_AGAIN, &mut self.collector) {
                self.unfinished.open = Some((source, again));
                self.hand_over_if_full()?;
            } else {
                self.unfinished.bytes_done += again.progress().1;
                let (figures, losses) = again.end(&mut self.collector);
                self.collector.forget();
                self.finish(source, figures, losses)?;
            }
        }
        if self.unfinished.is_empty() {
            // When its rows are stored, not before.
            let completing = Arc::clone(&self.shared.completing);
            self.work(Box::new(move |_, _| {
                completing.store(false, Ordering::Relaxed);
                Ok(())
            }))?;
            self.onlooker.completing(None);
        } else if self.unfinished.told.elapsed() >= AGAIN_INTERVAL {
            self.unfinished.told = Instant::now();
            let open = self.unfinished.open.as_ref().map_or(0, |(_, again)| again.progress().0);
            self.onlooker.completing(Some((self.unfinished.bytes_done + open, self.unfinished.bytes_total)));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        if self.flushed.elapsed() >= self.workspace.storing().interval() {
            self.flushed = Instant::now();
            for run in self.runs.values_mut() {
                if let Err(error) = run.flush() {
                    self.shared.space.refused(&error.to_string());
                }
            }
            self.hand_over()?;
        }
        if self.synced.elapsed() >= SYNC_INTERVAL {
            self.synced = Instant::now();
            self.look_at_space();
            for run in self.runs.values_mut() {
                if let Err(error) = run.sync() {
                    self.shared.space.refused(&error.to_string());
                }
            }
            self.tell_refused()?;
        }
        Ok(())
    }

    fn look_at_space(&self) {
        let bound = self.workspace.retention().free_space_gib.bytes();
        self.shared.space.look(self.workspace.folder(), bound);
    }

    /// Packets that found no room are missing data, in the second they were sent.
    fn tell_refused(&mut self) -> Result<(), EngineError> {
        if self.shared.space.is_paused() {
            return Ok(());
        }
        let refused = self.runs.values_mut().map(|run| (run.source(), run.take_refused()));
        for (source, losses) in refused.filter(|(_, losses)| !losses.is_empty()).collect::<Vec<_>>() {
            self.work(Box::new(move |_, writer| figures::record_losses(writer, source, &losses)))?;
        }
        Ok(())
    }

    fn hand_over_if_full(&mut self) -> Result<(), EngineError> {
        let is_full = self.collector.is_full() || self.collector.len() >= self.workspace.storing().rows();
        if is_full { self.hand_over() } else { Ok(()) }
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

    fn written(&self) -> MutexGuard<'_, Vec<(PathBuf, SourceId)>> {
        self.shared.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing thread has failed; why is told by that thread.
fn gone() -> EngineError {
    EngineError::Capturing("rows can no longer be stored".into())
}
