//! The workbench watches itself: a thread that looks once a second while something is captured or somebody asks, and every ten seconds
//! otherwise.

mod asking;
mod looking;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{Workbench, lock, recurring::Recurring};
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
    pub(super) thread: Recurring,
}

impl Health {
    /// Waits until the thread no longer uses a workspace that was closed, so that it can be opened again.
    pub(super) fn let_go(&self) {
        drop(lock(&self.looking));
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
        let look = |workbench: &Arc<Self>| {
            workbench.look_at_itself();
            workbench.until_next_look()
        };
        self.health.thread.start("wr-health", self, INTERVAL, look).map_err(EngineError::io(&self.home))
    }

    /// Until the next look.
    fn until_next_look(&self) -> Duration {
        let somebody_asks = lock(&self.health.asked).is_some_and(|asked| asked.elapsed() < ATTENTION);
        // Whoever begins a capture just now has it look when that is done.
        let captures = self.live.recording_now().is_none_or(|recording| recording.is_some());
        if somebody_asks || captures { INTERVAL } else { IDLE_INTERVAL }
    }
}
