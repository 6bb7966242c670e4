//! The writing thread of live capture: rows as they come, names and roll-ups close behind, and whatever else needs the one writer.

use std::{
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use wirereel_store::{Batch, SourceId, StoreError, Writer};

use super::{recorder::Onlooker, space::Space};
use crate::{EngineError, Workspace, health::Gauges};

/// How often names and roll-ups follow: what is captured is shown within two seconds.
const PARTIAL_INTERVAL: Duration = Duration::from_millis(500);
/// And how much longer than rows figures wait to be committed with them: whisperers and the workbench itself tell theirs once a second
/// each, and rows of live traffic come as often, so that one commit is for both.
const FIGURES_PATIENCE: Duration = Duration::from_secs(1);
/// Batches after which the database may use again what it gave up.
const BATCHES_PER_CHECKPOINT: u32 = 160;
/// Rows of a batch that waits until names and roll-ups follow.
const HELD_ROWS: usize = 16_384;
/// Batches that wait at most.
const HELD_BATCHES: usize = 8;
/// Room that a checkpoint needs beside as much as its log has: one that finds none takes the database down.
const CHECKPOINT_MARGIN_BYTES: u64 = 32 << 20;
/// How long a batch waits for room on the disk, and how often it is tried. One that finds none is left out, and its runs are read again.
const ROOM_PATIENCE: Duration = Duration::from_secs(20);
const ROOM_LOOK: Duration = Duration::from_millis(500);

/// Something to be done with the writer between two batches. It must be short: rows wait meanwhile.
pub(crate) type Work = Box<dyn FnOnce(&Workspace, &mut Writer) -> Result<(), EngineError> + Send>;

/// What the writing thread is given.
pub(crate) enum ToStore {
    /// With the batch's number for whoever measures how long its rows take to be seen.
    Rows(Batch, u64),
    Work(Work),
    /// The same, for which rows that came before need not be there: it only adds figures.
    Figures(Work),
    /// Every row of this source was given.
    Complete(SourceId),
    /// What was given so far is to be seen now; dropped when it can be.
    CatchUp(Sender<()>),
}

/// Writes until nobody gives it anything any more.
pub(crate) fn store(
    workspace: &Workspace,
    writer: &mut Writer,
    given: &Receiver<ToStore>,
    onlooker: &dyn Onlooker,
    space: &Space,
    health: &Gauges,
) -> Result<(), EngineError> {
    let mut storing = Storing {
        workspace,
        writer,
        onlooker,
        fresh: Fresh::Nothing,
        batches: 0,
        followed: Instant::now(),
        rest: PARTIAL_INTERVAL,
        is_urgent: false,
        held: Vec::new(),
        space,
        torn: false,
        health,
        unseen: None,
    };
    loop {
        let mut waiter = None;
        match given.recv_timeout(storing.left()) {
            Ok(ToStore::Rows(batch, number)) => {
                storing.rows(batch)?;
                storing.unseen = Some(number);
            }
            Ok(ToStore::Work(work)) => {
                storing.write_held()?;
                storing.work(work)?;
            }
            Ok(ToStore::Figures(work)) => storing.work(work)?,
            Ok(ToStore::Complete(source)) if !storing.torn => {
                storing.write_held()?;
                let completed = storing.writer.complete_source(source).map_err(EngineError::from);
                storing.unless_full(completed)?;
            }
            Ok(ToStore::Complete(_)) => {}
            Ok(ToStore::CatchUp(done)) => (storing.is_urgent, waiter) = (true, Some(done)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let followed = storing.follow();
        storing.unless_full(followed)?;
        storing.is_urgent = false;
        drop(waiter);
    }
    storing.write_held()?;
    let named = workspace.settle(storing.writer);
    storing.unless_full(named)?;
    storing.checkpoint();
    Ok(())
}

/// What came since names and roll-ups followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fresh {
    Nothing,
    /// Only what no name and no roll-up is made of.
    Figures,
    Rows,
}

struct Storing<'a> {
    workspace: &'a Workspace,
    writer: &'a mut Writer,
    onlooker: &'a dyn Onlooker,
    fresh: Fresh,
    /// Since the last checkpoint.
    batches: u32,
    followed: Instant,
    /// A change of names makes all roll-ups anew, which takes the longer the more there is.
    rest: Duration,
    /// Somebody waits for it.
    is_urgent: bool,
    /// Small batches that are written and committed together with what follows from them: a commit costs as much as they do.
    held: Vec<Batch>,
    space: &'a Space,
    /// Rows were left out: no source that was captured then is complete.
    torn: bool,
    health: &'a Gauges,
    /// The last batch that was taken, until its rows can be seen.
    unseen: Option<u64>,
}

impl Storing<'_> {
    fn rows(&mut self, batch: Batch) -> Result<(), EngineError> {
        if batch.is_empty() {
            return Ok(());
        }
        let rows = batch.len();
        self.held.push(batch);
        if rows > HELD_ROWS || self.held.len() > HELD_BATCHES {
            self.write_held()?;
        }
        self.batches += 1;
        self.fresh = Fresh::Rows;
        Ok(())
    }

    fn work(&mut self, work: Work) -> Result<(), EngineError> {
        let worked = work(self.workspace, self.writer);
        self.unless_full(worked)?;
        self.fresh = self.fresh.max(Fresh::Figures);
        Ok(())
    }

    /// Writes what waits, each batch for itself.
    fn write_held(&mut self) -> Result<(), EngineError> {
        for batch in std::mem::take(&mut self.held) {
            let (began, rows) = (Instant::now(), batch.len());
            self.insist(batch)?;
            self.health.stored(rows, began.elapsed());
        }
        Ok(())
    }

    /// What failed because the disk is full is done another time: sums and names follow what is there then.
    fn unless_full(&self, done: Result<(), EngineError>) -> Result<(), EngineError> {
        match done {
            Err(EngineError::Store(error)) if is_full(&error) => {
                self.space.refused("the disk is full");
                Ok(())
            }
            done => done,
        }
    }

    /// Writes a batch. When there is no room for it, that is waited for, and in the end it is left out.
    fn insist(&mut self, batch: Batch) -> Result<(), EngineError> {
        let began = Instant::now();
        loop {
            match self.writer.write(batch.clone()) {
                Ok(()) => return Ok(()),
                Err(error) if is_full(&error) => {
                    self.space.refused("the disk is full");
                    if began.elapsed() > ROOM_PATIENCE {
                        self.torn = true;
                        return Ok(());
                    }
                    thread::sleep(ROOM_LOOK);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Lets the database use again what it gave up. Somebody who is reading may be in its way; the next one comes.
    fn checkpoint(&mut self) {
        let folder = self.workspace.folder();
        let log = std::fs::metadata(folder.join("events.duckdb.wal")).map_or(0, |facts| facts.len());
        if self.space.has(folder, 2 * log + CHECKPOINT_MARGIN_BYTES) {
            let began = Instant::now();
            if self.writer.checkpoint().is_ok() {
                self.health.checkpointed(began.elapsed());
            }
        }
    }

    /// Until names and roll-ups follow.
    fn left(&self) -> Duration {
        match self.fresh {
            Fresh::Nothing => Duration::from_secs(3_600),
            _ => self.pause().saturating_sub(self.followed.elapsed()),
        }
    }

    /// Between two times that names, roll-ups and figures follow.
    fn pause(&self) -> Duration {
        match self.fresh {
            _ if self.is_urgent => Duration::ZERO,
            // Rows come at their own pace already.
            Fresh::Nothing | Fresh::Rows => self.rest,
            Fresh::Figures => {
                let interval = self.workspace.storing().interval(self.onlooker.is_looking());
                self.rest.max(interval + FIGURES_PATIENCE)
            }
        }
    }

    /// Writes what waits, with names and roll-ups, in one transaction where names stay as they are.
    fn follow_held(&mut self) -> Result<(), EngineError> {
        for batch in &self.held {
            let began = Instant::now();
            self.writer.write_soon(batch.clone())?;
            self.health.stored(batch.len(), began.elapsed());
        }
        self.workspace.rename(self.writer).map(drop)
    }

    fn follow(&mut self) -> Result<(), EngineError> {
        if self.fresh == Fresh::Nothing || self.followed.elapsed() < self.pause() {
            return Ok(());
        }
        let begun = Instant::now();
        match self.fresh {
            Fresh::Rows => {
                let followed = self.follow_held();
                // Rows that went with what should have followed from them.
                self.held.retain(|batch| !self.writer.keeps(batch));
                if !self.held.is_empty() {
                    self.unless_full(followed)?;
                    return self.write_held();
                }
                followed?;
            }
            _ => self.writer.commit()?,
        }
        self.rest = PARTIAL_INTERVAL.max(begun.elapsed() * 4);
        self.followed = Instant::now();
        let had_rows = self.fresh == Fresh::Rows;
        self.fresh = Fresh::Nothing;
        if had_rows {
            self.health.followed(begun.elapsed());
            if let Some(number) = self.unseen.take() {
                self.health.unseen().seen(number, self.followed);
            }
            self.onlooker.rows_changed();
        }
        if self.batches >= BATCHES_PER_CHECKPOINT {
            self.batches = 0;
            self.checkpoint();
        }
        Ok(())
    }
}

/// Whether there was no room on the disk. The transaction was rolled back, and the database goes on.
fn is_full(error: &StoreError) -> bool {
    matches!(error, StoreError::Duck(error) if error.to_string().contains("No space left"))
}
