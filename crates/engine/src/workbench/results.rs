//! What is the same of results of website checks and of probes: who is told of them, and where they are stored.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Workbench;
use crate::{
    EngineError, Workspace,
    results::{Tell, Told},
};

/// Between two times that hosts are told of results.
const TELL_EVERY: Duration = Duration::from_secs(1);

impl Workbench {
    /// Tells rules what came, and at times has hosts told.
    pub(super) fn teller(self: &Arc<Self>, tell_hosts: fn(&Self)) -> Tell {
        let workbench = Arc::downgrade(self);
        let (mut told, mut changed) = (None::<Instant>, false);
        Box::new(move |news: Told| {
            let Some(workbench) = workbench.upgrade() else { return };
            workbench.alerting().feed(news.readings);
            if let Some((from_ns, to_ns)) = news.blind_ns {
                workbench.alerting().blind(from_ns, to_ns);
            }
            changed |= news.changed;
            if changed && told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                tell_hosts(&workbench);
                (told, changed) = (Some(Instant::now()), false);
            }
        })
    }

    /// Where results are: where somebody measures into now, and wherever something was before. `None` where nothing ever was.
    pub(super) fn results_in(&self, now: Option<Arc<Workspace>>) -> Result<Option<Arc<Workspace>>, EngineError> {
        if now.is_some() {
            return Ok(now);
        }
        if !crate::workspace::exists(&self.live_folder()) {
            return Ok(None);
        }
        self.hold_live().map(Some)
    }
}
