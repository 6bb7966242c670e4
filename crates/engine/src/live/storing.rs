//! The writing thread of live capture: rows as they come, names and roll-ups close behind, and whatever else needs the one writer.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use wirereel_store::{Batch, Writer};

use crate::{EngineError, Workspace};

/// How often names and roll-ups follow: what is captured is shown within two seconds.
const PARTIAL_INTERVAL: Duration = Duration::from_millis(500);
/// Batches after which the database may use again what it gave up.
const BATCHES_PER_CHECKPOINT: u32 = 160;

/// Something to be done with the writer between two batches. It must be short: rows wait meanwhile.
pub(crate) type Work = Box<dyn FnOnce(&Workspace, &mut Writer) -> Result<(), EngineError> + Send>;

/// What the writing thread is given.
pub(crate) enum ToStore {
    Rows(Batch),
    Work(Work),
}

/// Writes until nobody gives it anything any more.
pub(crate) fn store(
    workspace: &Workspace,
    writer: &mut Writer,
    given: &Receiver<ToStore>,
    rows_changed: &(dyn Fn() + Sync),
) -> Result<(), EngineError> {
    let mut storing = Storing {
        workspace,
        writer,
        rows_changed,
        fresh: Fresh::Nothing,
        batches: 0,
        followed: Instant::now(),
        rest: PARTIAL_INTERVAL,
    };
    loop {
        match given.recv_timeout(storing.left()) {
            Ok(ToStore::Rows(batch)) => storing.rows(batch)?,
            Ok(ToStore::Work(work)) => {
                work(workspace, storing.writer)?;
                storing.fresh = storing.fresh.max(Fresh::Figures);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        storing.follow()?;
    }
    workspace.rename(storing.writer)?;
    Ok(storing.writer.checkpoint()?)
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
    rows_changed: &'a (dyn Fn() + Sync),
    fresh: Fresh,
    /// Since the last checkpoint.
    batches: u32,
    followed: Instant,
    /// A change of names makes all roll-ups anew, which takes the longer the more there is.
    rest: Duration,
}

impl Storing<'_> {
    fn rows(&mut self, batch: Batch) -> Result<(), EngineError> {
        if !batch.is_empty() {
            self.writer.write_soon(batch)?;
            self.batches += 1;
            self.fresh = Fresh::Rows;
        }
        Ok(())
    }

    /// Until names and roll-ups follow.
    fn left(&self) -> Duration {
        match self.fresh {
            Fresh::Nothing => Duration::from_secs(3_600),
            _ => self.rest.saturating_sub(self.followed.elapsed()),
        }
    }

    fn follow(&mut self) -> Result<(), EngineError> {
        if self.fresh == Fresh::Nothing || self.followed.elapsed() < self.rest {
            return Ok(());
        }
        let begun = Instant::now();
        match self.fresh {
            Fresh::Rows => {
                self.workspace.rename(self.writer)?;
            }
            _ => self.writer.commit()?,
        }
        self.rest = PARTIAL_INTERVAL.max(begun.elapsed() * 4);
        self.followed = Instant::now();
        let had_rows = self.fresh == Fresh::Rows;
        self.fresh = Fresh::Nothing;
        if had_rows {
            (self.rows_changed)();
        }
        if self.batches >= BATCHES_PER_CHECKPOINT {
            self.batches = 0;
            self.writer.commit()?;
            // Somebody who is reading may be in its way; the next one comes.
            let _ = self.writer.checkpoint();
        }
        Ok(())
    }
}
