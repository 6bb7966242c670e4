//! Whether there is room on the disk, known to all threads of a recording and to those who look on.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use crate::{
    health::Gauges,
    keeping::space::{FreeSpace, Guard},
};

/// The room that a recording has.
#[derive(Clone)]
pub(crate) struct Space {
    guard: Arc<Mutex<Guard>>,
    probe: Arc<dyn FreeSpace>,
    /// Packets that found no room, by whisperer, since that was told last.
    uncounted: Arc<Mutex<HashMap<String, u64>>>,
    health: Arc<Gauges>,
}

impl Space {
    pub(crate) fn new(probe: Arc<dyn FreeSpace>, health: Arc<Gauges>) -> Self {
        Self { guard: Arc::default(), probe, uncounted: Arc::default(), health }
    }

    /// Looks how much is free; what the system cannot tell changes nothing. True when the capture paused or goes on by that.
    pub(crate) fn look(&self, folder: &Path, bound: u64) -> bool {
        let Ok(free) = self.probe.free_bytes(folder) else { return false };
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).found(folder, free, bound)
    }

    /// The disk took no more, whatever the system says of it.
    pub(crate) fn refused(&self, reason: &str) {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).refused(reason);
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).paused().is_some()
    }

    /// Whether so many bytes are free.
    pub(crate) fn has(&self, folder: &Path, bytes: u64) -> bool {
        self.probe.free_bytes(folder).map_or(true, |free| free >= bytes)
    }

    /// Packets of a whisperer found no room.
    pub(crate) fn count(&self, whisperer: &str, packets: u64) {
        self.health.refused.fetch_add(packets, Ordering::Relaxed);
        let mut uncounted = self.uncounted.lock().unwrap_or_else(PoisonError::into_inner);
        *uncounted.entry(whisperer.to_owned()).or_default() += packets;
    }

    /// Packets that found no room since this was asked last, by whisperer.
    pub(crate) fn take_count(&self) -> HashMap<String, u64> {
        std::mem::take(&mut self.uncounted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the capture pauses, in a sentence.
    pub(crate) fn paused(&self) -> Option<String> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).paused().map(str::to_owned)
    }
}
