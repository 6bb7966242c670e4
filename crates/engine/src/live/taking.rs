//! What the live thread does: arrivals into segments and through dissectors, and runs whose rows are missing read again in between.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use wirereel_store::{NewSource, SourceFigures, SourceId, Writer};
use wirereel_whisper::Loss;

use super::{
    again::Again,
    figures,
    recorder::{Arrival, Onlooker, Shared},
    run::{NewRun, Run, source_of},
    storing::{ToStore, Work, store},
};
use crate::{EngineError, Workspace, import::Collector, keeping::runs};

/// Batches and other work between this thread and the writing one.
const TO_STORE: usize = 4;
/// How much a loss of power may cost.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// Packets of a run that is read again, between two arrivals: a few milliseconds.
const PACKETS_AGAIN: usize = 1_024;
/// How often it is told how far that is.
const AGAIN_INTERVAL: Duration = Duration::from_millis(200);

/// Records what arrives until nobody sends any more.
pub(super) fn record(
    workspace: &Workspace,
    mut writer: Writer,
    arrivals: Receiver<(u64, Arrival)>,
    unfinished: Vec<PathBuf>,
    shared: Shared,
    onlooker: &dyn Onlooker,
) -> Result<(), EngineError> {
    let collector = Collector::new(writer.rows(SourceId(0)), writer.peer_table()?);
    let (to_store, given) = bounded(TO_STORE);
    let (arriving, storing_queue) =
        (shared.health.queues.watch("arrivals", &arrivals), shared.health.queues.watch("rows", &given));
    let (space, health) = (shared.space.clone(), Arc::clone(&shared.health));
    thread::scope(|scope| {
        let storing = thread::Builder::new()
            .name("wr-store".into())
            .spawn_scoped(scope, move || {
                let _seen_until_it_ends = storing_queue;
                store(workspace, &mut writer, &given, onlooker, &space, &health)
            })
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
        drop((arrivals, arriving));
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
                true => self.interval().saturating_sub(self.flushed.elapsed()).min(SYNC_INTERVAL),
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
            Arrival::Figures(work) => return self.figures(work),
            Arrival::CatchUp(done) => {
                self.hand_over_all()?;
                return self.to_store.send(ToStore::CatchUp(done)).map_err(|_| gone());
            }
            arrival => arrival,
        };
        if let Arrival::Packets(frame, _) = &arrival {
            self.shared.health.arrived(frame.len());
        }
        let Some(run) = self.runs.get_mut(&number) else { return Ok(()) };
        self.collector.turn_to(run.source());
        match arrival {
            Arrival::Begun(..) | Arrival::Lent(_) | Arrival::Figures(_) | Arrival::CatchUp(_) => {}
            Arrival::Packets(frame, _) if self.shared.space.is_paused() => run.refuse_all(&frame, &self.shared.space),
            Arrival::Packets(frame, handed_in) => {
                let (packets, bytes) = run.kept();
                run.packets(&frame, &self.shared.space, &mut self.collector);
                let health = &self.shared.health;
                health.unseen().took(handed_in);
                health.packets.fetch_add(run.kept().0 - packets, Ordering::Relaxed);
                health.bytes.fetch_add(run.kept().1 - bytes, Ordering::Relaxed);
                self.hand_over_if_full()?;
            }
            Arrival::Status(status) => {
                let rates = run.status(&status, &mut self.collector);
                let (source, whisperer) = (run.source(), run.whisperer().to_owned());
                // While the disk is full nobody takes it.
                if !self.shared.space.is_paused() {
                    let record = move |_: &Workspace, writer: &mut Writer| {
                        figures::record(writer, source, &whisperer, &status, rates)
                    };
                    self.figures(Box::new(record))?;
                }
            }
            Arrival::Sockets(changes) => {
                run.sockets(&changes, &self.shared.space, &mut self.collector);
                self.hand_over_if_full()?;
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
        run.take_unread().into_iter().for_each(|(stage, errors)| self.shared.health.unread(stage, errors));
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

    /// How often rows are handed over.
    fn interval(&self) -> Duration {
        self.workspace.storing().interval(self.onlooker.is_looking())
    }

    /// Hands over every row that need not wait.
    fn hand_over_all(&mut self) -> Result<(), EngineError> {
        self.flushed = Instant::now();
        for run in self.runs.values_mut() {
            self.collector.turn_to(run.source());
            run.let_go(&mut self.collector);
            if let Err(error) = run.flush() {
                self.shared.space.refused(&error.to_string());
            }
        }
        self.hand_over()?;
        self.tell_health();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        if self.flushed.elapsed() >= self.interval() {
            self.hand_over_all()?;
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

    /// What is held now, and what could not be read.
    fn tell_health(&mut self) {
        let health = &self.shared.health;
        let (mut records, mut bytes, mut flows) = (0, 0, 0);
        for run in self.runs.values_mut() {
            let held = run.held();
            (records, bytes, flows) = (records + held.records, bytes + held.bytes, flows + held.flows);
            run.take_unread().into_iter().for_each(|(stage, errors)| health.unread(stage, errors));
        }
        self.collector.take_unread().for_each(|(stage, errors)| health.unread(stage, errors));
        health.waiting_records.store(records, Ordering::Relaxed);
        health.held_bytes.store(bytes, Ordering::Relaxed);
        health.open_flows.store(flows, Ordering::Relaxed);
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
            self.shared.health.unseen().nothing();
            return Ok(());
        }
        let number = self.shared.health.unseen().gave();
        self.to_store.send(ToStore::Rows(batch, number)).map_err(|_| gone())
    }

    fn figures(&self, work: Work) -> Result<(), EngineError> {
        self.to_store.send(ToStore::Figures(work)).map_err(|_| gone())
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
