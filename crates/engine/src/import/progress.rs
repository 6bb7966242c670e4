//! How far an import is, and what it ends with.

use std::time::{Duration, Instant};

use super::collect::Counts;
use crate::health::Gauges;

/// Figures of a running import over all its files.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Bytes of the files as they lie on disk.
    pub bytes_done: u64,
    pub bytes_total: u64,
    pub packets: u64,
    pub flows: u64,
    pub exchanges: u64,
    pub dns_queries: u64,
    /// Records of things that could not be read.
    pub problems: u64,
    pub warnings: Vec<String>,
    started: Instant,
}

impl Progress {
    pub(super) fn new(bytes_total: u64) -> Self {
        Self {
            bytes_done: 0,
            bytes_total,
            packets: 0,
            flows: 0,
            exchanges: 0,
            dns_queries: 0,
            problems: 0,
            warnings: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Time since the import began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Mean packets per second so far.
    pub fn packets_per_s(&self) -> f64 {
        self.packets as f64 / self.elapsed().as_secs_f64().max(1e-3)
    }

    /// Time left at the mean speed, once there is one.
    pub fn left(&self) -> Option<Duration> {
        let elapsed = self.elapsed();
        (self.bytes_done > 0 && elapsed >= Duration::from_millis(500)).then(|| {
            let share_left = self.bytes_total.saturating_sub(self.bytes_done) as f64 / self.bytes_done as f64;
            elapsed.mul_f64(share_left)
        })
    }

    /// What the files before the next one added up to.
    pub(super) fn start_file(&self) -> Self {
        self.clone()
    }

    pub(super) fn update(&mut self, before: &Self, bytes: u64, packets: u64, counts: Counts) {
        self.bytes_done = before.bytes_done + bytes;
        self.packets = before.packets + packets;
        self.flows = before.flows + counts.flows;
        self.exchanges = before.exchanges + counts.exchanges;
        self.dns_queries = before.dns_queries + counts.dns_queries;
        self.problems = before.problems + counts.problems;
    }

    pub(super) fn report(&self, watch: &dyn Watch) {
        watch.progress(self);
    }
}

/// Who looks at an import. Called on the import's threads; must not block.
pub trait Watch: Sync {
    /// About ten times a second.
    fn progress(&self, _progress: &Progress) {}

    /// Whether the import is to end now; what was read so far stays.
    fn cancelled(&self) -> bool {
        false
    }

    /// How often names and roll-ups shall follow while rows come in; `None` for only at the end. Costs some time.
    fn partial_interval(&self) -> Option<Duration> {
        None
    }

    /// Partial results can be asked for.
    fn rows_changed(&self) {}

    /// Where is told how the import's queue is, and what could not be read.
    fn health(&self) -> Option<&Gauges> {
        None
    }
}

/// Nobody looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// What an import ends with.
#[derive(Debug, Clone, Default)]
pub struct ImportSummary {
    pub files: u64,
    pub packets: u64,
    pub flows: u64,
    pub exchanges: u64,
    pub dns_queries: u64,
    /// Services of the whole workspace.
    pub services: u64,
    /// Records of things that could not be read; `ingest_errors` holds them.
    pub problems: u64,
    pub warnings: Vec<String>,
    pub elapsed: Duration,
}
