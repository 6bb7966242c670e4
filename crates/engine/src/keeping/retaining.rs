//! When a pass of retention is due, and by which clock.

use std::{
    path::Path,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use super::{
    pass::{HasWriter, Mode, Removed, pass},
    plan::Times,
    runs,
};
use crate::{
    EngineError, Workspace,
    clock::{SteadyClock, now_ns},
    workspace::exists,
};

/// Time between two passes.
const INTERVAL: Duration = Duration::from_secs(60);

/// Retention of the live recording while it is open.
#[derive(Debug, Default)]
pub(crate) struct Retaining {
    clock: SteadyClock,
    times: Times,
    last: Option<Instant>,
}

impl Retaining {
    /// Whether a pass is due; it counts as begun then. The first one is a minute after it was asked for the first time.
    pub(crate) fn is_due(&mut self) -> bool {
        let last = self.last.get_or_insert_with(Instant::now);
        let due = last.elapsed() >= INTERVAL;
        if due {
            *last = Instant::now();
        }
        due
    }

    /// A pass by the clock of this machine; nothing while it has leapt ahead lately.
    ///
    /// # Errors
    /// As [`pass`].
    pub(crate) fn pass(
        &mut self,
        workspace: &Workspace,
        has_writer: &dyn HasWriter,
        stop: &AtomicBool,
    ) -> Result<Removed, EngineError> {
        let now_ns = now_ns();
        if !self.clock.is_steady(Instant::now(), now_ns) {
            return Ok(Removed::default());
        }
        pass(workspace, has_writer, now_ns, &mut self.times, Mode::Remove, stop)
    }
}

/// One pass over what was captured live into a workspace that nobody has open: its own folder, or `live` in it. `dry_run` only looks.
///
/// # Errors
/// When nothing was captured there, another process has it open, or the disk cannot be written.
pub fn retain(folder: &Path, dry_run: bool) -> Result<Removed, EngineError> {
    let below = folder.join("live");
    let holds_runs = |folder: &Path| runs::folders(folder).is_ok_and(|runs| !runs.is_empty());
    let live = if !holds_runs(folder) && exists(&below) { &below } else { folder };
    let workspace = Workspace::open_existing(live)?;
    let mode = if dry_run { Mode::Look } else { Mode::Remove };
    pass(&workspace, &workspace, now_ns(), &mut Times::default(), mode, &AtomicBool::new(false))
}
