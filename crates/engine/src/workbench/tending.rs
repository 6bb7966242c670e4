//! What is looked after: edits of `wirereel.json` and what waits for a second try while a recording is open, and the list of whisperers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{Workbench, lock, naming::FollowingNames, recurring::Recurring};
use crate::EngineError;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread that looks, and the one that has names follow.
#[derive(Default)]
pub(super) struct Tending {
    thread: Recurring,
    pub(super) names: FollowingNames,
    /// Held while the open workspace is in use by the thread.
    busy: Mutex<()>,
}

impl Tending {
    /// Waits until neither uses a workspace that was closed, so that it can be opened again.
    pub(super) fn let_go(&self) {
        drop(lock(&self.busy));
        self.names.let_go();
    }

    /// Ends both.
    pub(super) fn end(&self) {
        self.thread.end();
        self.names.thread.end();
    }
}

impl Workbench {
    /// Starts both. They end with the workbench.
    pub(super) fn start_tending(self: &Arc<Self>) -> Result<(), EngineError> {
        let look = |workbench: &Arc<Self>| {
            workbench.tend();
            INTERVAL
        };
        self.tending.thread.start("wr-tend", self, INTERVAL, look).map_err(EngineError::io(&self.home))?;
        self.start_following_names()
    }

    /// Looks once. Trouble is told where the user looks: with the next question that meets it.
    fn tend(self: &Arc<Self>) {
        // A file that cannot be read now is read at the next look; what was in force stays so.
        let _ = self.follow_whisperers();
        let _ = self.follow_alerts();
        let _ = self.follow_websites();
        let _ = self.follow_probes();
        self.tell_pause();
        self.keep_if_due();
        self.end_recording_if_idle();
        let busy = lock(&self.tending.busy);
        let captured = self.captured_into();
        if let Some(workspace) = &captured {
            // Names follow by the one who writes.
            let _ = workspace.follow_config(true);
            self.follow_names_while_capturing(workspace);
        }
        drop(captured);
        self.feed_traffic();
        // In this order: what is shown while an import starts is seen as being imported into.
        let Ok(current) = self.current() else { return };
        let importing = self.is_importing();
        // Names follow by a thread of their own.
        let mut changed = current.workspace.follow_config(true).unwrap_or(false);
        if !importing {
            changed |= current.workspace.try_waiting().unwrap_or(false);
        }
        drop(current);
        drop(busy);
        if changed {
            self.ticks.rows_changed();
        }
    }
}
