//! What the parts of a running workbench count as they work. Where packets pass these are atomics, added to once per frame; what happens some
//! times a second is under a lock of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use wirereel_dissect::record::Stage;

use super::{Unseen, queue::Queues, recent::Recent};
use crate::keeping::Removed;

/// Every stage of reading, in its order.
pub(super) const STAGES: [Stage; 7] =
    [Stage::File, Stage::Link, Stage::Network, Stage::Transport, Stage::Http, Stage::Dns, Stage::Tls];

/// The gauges of a workbench. Shared by its threads.
#[derive(Default)]
pub struct Gauges {
    pub(crate) queues: Queues,
    /// Live packets and their bytes that were taken in, and rows that were committed.
    pub(crate) packets: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) rows: AtomicU64,
    /// Live packets that the disk had no room for.
    pub(crate) refused: AtomicU64,
    /// Bytes of frames in the queue of arrivals.
    pub(crate) arriving_bytes: AtomicU64,
    /// Live records that wait to learn whose they are.
    pub(crate) waiting_records: AtomicU64,
    /// Segments of live flows that wait for those before them, and flows that are followed.
    pub(crate) held_bytes: AtomicU64,
    pub(crate) open_flows: AtomicU64,
    parsing: [AtomicU64; STAGES.len()],
    unseen: Mutex<Unseen>,
    store: Mutex<StoreTimes>,
    keeping: Mutex<KeepingTimes>,
    questions: Mutex<BTreeMap<&'static str, Asked>>,
}

/// Times of the writing thread.
#[derive(Debug, Default)]
pub(super) struct StoreTimes {
    pub(super) batches: u64,
    pub(super) batch: Recent,
    pub(super) follow: Recent,
    pub(super) checkpoints: u64,
    pub(super) checkpoint: Option<Duration>,
}

/// Times of retention.
#[derive(Debug, Default)]
pub(super) struct KeepingTimes {
    pub(super) passes: u64,
    /// Wall clock.
    pub(super) last_us: Option<i64>,
    pub(super) took: Option<Duration>,
    pub(super) longest_hold: Option<Duration>,
    pub(super) failed: bool,
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Well,
    /// A newer one of its lane took its place.
    Interrupted,
    /// With an error.
    Badly,
}

/// Questions of one kind.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) answered: u64,
    pub(super) interrupted: u64,
    pub(super) failed: u64,
    pub(super) times: Recent,
}

impl Gauges {
    /// A question of this kind ended.
    pub fn asked(&self, kind: &'static str, took: Duration, how: Answered) {
        let mut questions = self.questions();
        let asked = questions.entry(kind).or_default();
        match how {
            Answered::Well => {
                asked.answered += 1;
                asked.times.add(took, Instant::now());
            }
            Answered::Interrupted => asked.interrupted += 1,
            Answered::Badly => asked.failed += 1,
        }
    }

    /// A batch was committed.
    pub(crate) fn stored(&self, rows: usize, took: Duration) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        let mut store = self.store();
        store.batches += 1;
        store.batch.add(took, Instant::now());
    }

    /// Names and roll-ups have followed.
    pub(crate) fn followed(&self, took: Duration) {
        self.store().follow.add(took, Instant::now());
    }

    /// The log was moved into the database file.
    pub(crate) fn checkpointed(&self, took: Duration) {
        let mut store = self.store();
        store.checkpoints += 1;
        store.checkpoint = Some(took);
    }

    /// A pass of retention ended at this time, microseconds since 1970.
    pub(crate) fn kept(&self, at_us: i64, removed: Option<&Removed>) {
        let mut keeping = self.keeping();
        keeping.failed = removed.is_none();
        if let Some(removed) = removed {
            keeping.passes += 1;
            keeping.last_us = Some(at_us);
            (keeping.took, keeping.longest_hold) = (Some(removed.took), Some(removed.longest_hold));
        }
    }

    /// So much more could not be read at a stage.
    pub(crate) fn unread(&self, stage: Stage, errors: u64) {
        let at = STAGES.iter().position(|other| *other == stage);
        if let Some(count) = at.and_then(|at| self.parsing.get(at)).filter(|_| errors > 0) {
            count.fetch_add(errors, Ordering::Relaxed);
        }
    }

    /// What could not be read so far, by stage.
    pub(super) fn parsing(&self) -> impl Iterator<Item = (Stage, u64)> {
        STAGES.iter().zip(&self.parsing).map(|(stage, count)| (*stage, count.load(Ordering::Relaxed)))
    }

    /// A frame of so many bytes waits to be taken.
    pub(crate) fn arrives(&self, bytes: usize) {
        self.arriving_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// It was taken.
    pub(crate) fn arrived(&self, bytes: usize) {
        self.arriving_bytes.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Nothing is captured any more.
    pub(crate) fn at_rest(&self) {
        for gauge in [&self.arriving_bytes, &self.waiting_records, &self.held_bytes, &self.open_flows] {
            gauge.store(0, Ordering::Relaxed);
        }
        *self.unseen() = Unseen::default();
    }

    pub(crate) fn unseen(&self) -> MutexGuard<'_, Unseen> {
        locked(&self.unseen)
    }

    pub(super) fn store(&self) -> MutexGuard<'_, StoreTimes> {
        locked(&self.store)
    }

    pub(super) fn keeping(&self) -> MutexGuard<'_, KeepingTimes> {
        locked(&self.keeping)
    }

    pub(super) fn questions(&self) -> MutexGuard<'_, BTreeMap<&'static str, Asked>> {
        locked(&self.questions)
    }
}

/// Every change leaves what is guarded whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
