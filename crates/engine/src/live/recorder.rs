//! The one live thread: what all whisperers send goes through it into segments, through the dissectors, and as rows to the writing thread.
//!
//! Arrivals wait in one short queue. While the disk or the store is slow it is full, so whoever listens to an agent waits, the agent's pipe
//! fills, its queue takes what comes, and what does not fit there is counted: nothing here grows.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, TrySendError, bounded};
use wirereel_store::{SourceId, StoreError, Writer};
use wirereel_whisper::{AgentStatus, SocketChanges};

use super::{run::NewRun, space::Space, storing::Work, taking::record};
use crate::{
    EngineError, Workspace,
    health::{Gauges, Row},
    keeping::{HasWriter, WriterWork},
};

/// Frames that wait: with those of usual size 4 MiB.
const ARRIVALS: usize = 32;
/// How long the writer is waited for, and how often it is asked for.
const WRITER_PATIENCE: Duration = Duration::from_secs(30);
const WRITER_LOOK: Duration = Duration::from_millis(20);
/// How long the cause of a failure is waited for.
const TELL_PATIENCE: Duration = Duration::from_secs(2);

/// Who looks on.
pub(crate) trait Onlooker: Send + Sync {
    /// New rows can be seen.
    fn rows_changed(&self);

    /// Whether anybody would see them.
    fn is_looking(&self) -> bool;

    /// Runs are read again: bytes read so far, and of how many; `None` when that is done.
    fn completing(&self, progress: Option<(u64, u64)>);
}

/// What happens to a run.
pub(super) enum Arrival {
    Begun(Box<NewRun>, Sender<()>),
    /// With when they were handed in.
    Packets(Vec<u8>, Instant),
    Status(Box<AgentStatus>),
    Sockets(SocketChanges),
    Ended(Vec<String>, Sender<()>),
    Lent(Work),
    /// As `Lent`, for what only adds figures.
    Figures(Work),
    /// What was captured so far is to be seen now; dropped when it can be.
    CatchUp(Sender<()>),
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
pub(super) struct Shared {
    pub(super) space: Space,
    pub(super) health: Arc<Gauges>,
    /// Runs are being read again.
    pub(super) completing: Arc<AtomicBool>,
    /// Folders and sources of the runs that are being captured.
    pub(super) written: Arc<Mutex<Vec<(PathBuf, SourceId)>>>,
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
    health: Arc<Gauges>,
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
        health: Arc<Gauges>,
        onlooker: Arc<dyn Onlooker>,
    ) -> Result<Self, EngineError> {
        let writer = writer_of(&workspace)?;
        health.at_rest();
        let (arrivals, received) = bounded(ARRIVALS);
        let failure = Failure::default();
        let (told, folder) = (failure.clone(), workspace.folder().to_owned());
        let completing = Arc::new(AtomicBool::new(!unfinished.is_empty()));
        let shared = Shared { space, health, completing, written: Arc::default() };
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

    /// Whether it cannot go on.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
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
        let (arrivals, failure) = (self.arrivals.clone(), self.failure.clone());
        let run = RunSender { number, arrivals, failure, health: Arc::clone(&self.shared.health) };
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
        let Self { arrivals, thread, failure, shared, .. } = self;
        drop(arrivals);
        // A panic of it was reported when it happened.
        let has_panicked = thread.join().is_err();
        shared.health.at_rest();
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

impl Lender {
    /// Has figures recorded, unless everybody is busy: true when that was taken over.
    pub(crate) fn try_record(&self, rows: Arc<Vec<Row>>) -> bool {
        let work: Work = Box::new(move |_, writer| {
            let figures =
                rows.iter().map(|(at_ns, component, metric, value)| (*at_ns, &**component, &**metric, *value));
            Ok(writer.record_figures(&figures.collect::<Vec<_>>())?)
        });
        !matches!(self.arrivals.try_send((0, Arrival::Figures(work))), Err(TrySendError::Full(_)))
    }
}

impl Lender {
    /// Waits until what was captured so far can be seen, but not longer than that.
    pub(crate) fn catch_up(&self, patience: Duration) {
        let (done, is_done) = bounded(0);
        if self.arrivals.send_timeout((0, Arrival::CatchUp(done)), patience).is_ok() {
            // Nothing is sent: whoever has done it lets go.
            let _ = is_done.recv_timeout(patience);
        }
    }

    /// As [`HasWriter::lend`], unless everybody is busy: true when that was taken over.
    pub(crate) fn try_lend(&self, work: WriterWork) -> bool {
        let work: Work = Box::new(move |_, writer| work(writer));
        self.arrivals.try_send((0, Arrival::Lent(work))).is_ok()
    }
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
        self.health.arrives(frame.len());
        self.send(Arrival::Packets(frame, Instant::now()))
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
        match workspace.writer() {
            Err(StoreError::Locked(_)) if began.elapsed() < WRITER_PATIENCE => thread::sleep(WRITER_LOOK),
            writer => return Ok(writer?),
        }
    }
}
