//! Probing as it goes on: begun from what is stored, with another list taken in, ended; and beside it a look at what packets tell of it.

use std::{
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use super::{Board, QUEUE, ReadyProbe, keeper::ProbeResults, lock, observer::Observer, ready::Sending};
use crate::{
    EngineError, Workspace,
    clock::now_ns,
    health::Gauges,
    results::{Measuring, Names, Tell},
};

const NAMES: Names = Names { queue: QUEUE, measures: "wr-probes", keeps: "wr-probes-keep" };

/// Probing that goes on. Ends with [`Running::end`].
pub(crate) struct Running {
    measuring: Measuring<ReadyProbe>,
    /// Looks for what packets tell of probes.
    observes: JoinHandle<()>,
    workspace: Arc<Workspace>,
    board: Arc<Mutex<Board>>,
}

impl Running {
    /// Restores the board from what is stored and begins to send.
    pub(crate) fn start(
        workspace: Arc<Workspace>,
        board: Arc<Mutex<Board>>,
        gauges: &Gauges,
        listed: &[Arc<ReadyProbe>],
        tell: Tell,
    ) -> Result<Self, EngineError> {
        let reader = workspace.reader(None)?;
        // Whoever asks meanwhile waits: there is nothing to be shown before.
        lock(&board).list(listed, Some(&reader), now_ns() / 1_000)?;
        drop(reader);
        let stop = Arc::default();
        let observer = Observer::new(Arc::clone(&board), Arc::clone(&workspace), Arc::clone(&stop))?;
        let to = ProbeResults { board: Arc::clone(&board), writer: workspace.store().probe_writer()? };
        let measuring = Measuring::start(&NAMES, Arc::new(Sending), to, Arc::clone(&workspace), stop, tell, gauges)
            .map_err(EngineError::io(workspace.folder()))?;
        let observes = thread::Builder::new()
            .name("wr-probes-see".into())
            .spawn(move || observer.run())
            .map_err(EngineError::io(workspace.folder()))?;
        let running = Self { measuring, observes, workspace, board };
        running.schedule_only(listed);
        Ok(running)
    }

    /// Takes another list in.
    pub(crate) fn list(&self, listed: &[Arc<ReadyProbe>]) -> Result<(), EngineError> {
        let reader = self.workspace.reader(None)?;
        // Before the first result of what is new, or it would count twice.
        lock(&self.board).list(listed, Some(&reader), now_ns() / 1_000)?;
        drop(reader);
        self.schedule_only(listed);
        Ok(())
    }

    fn schedule_only(&self, listed: &[Arc<ReadyProbe>]) {
        let sent = listed.iter().filter(|ready| !ready.probe.paused);
        self.measuring.only(sent.map(Arc::clone).collect());
    }

    /// Where results are.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// Ends probing; what was known by then is stored.
    pub(crate) fn end(self) {
        self.measuring.end();
        self.observes.thread().unpark();
        // A panic of it was reported when it happened.
        let _ = self.observes.join();
    }
}
