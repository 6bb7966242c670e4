//! The workbench watches itself: a thread that looks once a second while something is captured or somebody asks, and every ten seconds
//! otherwise.

mod asking;
mod looking;

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Workbench, lock};
use crate::{
    EngineError,
    health::{Answered, Gauges},
};

use looking::Looking;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// While nothing is captured and nobody asks.
const IDLE_INTERVAL: Duration = Duration::from_secs(10);
/// Who asked last still looks on for so long.
const ATTENTION: Duration = Duration::from_secs(5);

/// What is known of the workbench's own health.
#[derive(Default)]
pub(super) struct Health {
    gauges: Arc<Gauges>,
    looking: Mutex<Looking>,
    asked: Mutex<Option<Instant>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    ended: AtomicBool,
}

impl Health {
    /// Has it look at once: something begins.
    pub(super) fn wake(&self) {
        if let Some(thread) = lock(&self.thread).as_ref() {
            thread.thread().unpark();
        }
    }

    /// Waits until the thread no longer uses a workspace that was closed, so that it can be opened again.
    pub(super) fn let_go(&self) {
        drop(lock(&self.looking));
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Workbench {
    /// What the workbench's parts count as they work.
    pub(super) fn gauges(&self) -> &Arc<Gauges> {
        &self.health.gauges
    }

    /// A question of this kind was answered, or was not, after so long.
    pub fn asked(&self, kind: &'static str, took: Duration, how: Answered) {
        self.gauges().asked(kind, took, how);
    }

    /// Starts the thread. It ends with the workbench.
    pub(super) fn start_watching(self: &Arc<Self>) -> Result<(), EngineError> {
        let workbench = Arc::downgrade(self);
        let thread = thread::Builder::new()
            .name("wr-health".into())
            .spawn(move || watch(&workbench))
            .map_err(EngineError::io(&self.home))?;
        *lock(&self.health.thread) = Some(thread);
        Ok(())
    }

    /// Until the next look.
    fn until_next_look(&self) -> Duration {
        let somebody_asks = lock(&self.health.asked).is_some_and(|asked| asked.elapsed() < ATTENTION);
        // Whoever begins a capture just now has it look when that is done.
        let captures = self.live.recording_now().is_none_or(|recording| recording.is_some());
        if somebody_asks || captures { INTERVAL } else { IDLE_INTERVAL }
    }
}

fn watch(workbench: &Weak<Workbench>) {
    let mut wait = INTERVAL;
    loop {
        thread::park_timeout(wait);
        let Some(workbench) = workbench.upgrade() else { return };
        if workbench.health.ended.load(Ordering::Relaxed) {
            return;
        }
        workbench.look_at_itself();
        wait = workbench.until_next_look();
    }
}
