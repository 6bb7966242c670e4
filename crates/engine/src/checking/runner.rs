//! Checking as it goes on: begun from what is stored, with another list taken in, ended.

use std::sync::{Arc, Mutex};

use wirereel_checks::{Check, Checker, Frame};

use super::{Board, Listed, keeper::CheckResults, lock, restore};
use crate::{
    EngineError, Workspace,
    clock::now_ns,
    health::Gauges,
    results::{Measuring, Names, Tell},
};

const NAMES: Names = Names { queue: "checks", measures: "wr-checks", keeps: "wr-checks-keep" };
/// Files that checks at once, and everything else, may need.
#[cfg(unix)]
const FILES: u64 = 8_192;

/// Checking that goes on. Ends with [`Running::end`].
pub(crate) struct Running {
    measuring: Measuring<Check>,
    workspace: Arc<Workspace>,
    board: Arc<Mutex<Board>>,
}

impl Running {
    /// Restores the board from what is stored and begins to check.
    pub(crate) fn start(
        workspace: Arc<Workspace>,
        board: Arc<Mutex<Board>>,
        checker: Arc<Checker>,
        frames: &[Frame],
        listed: &[Listed],
        tell: Tell,
        gauges: &Gauges,
    ) -> Result<Self, EngineError> {
        raise_file_limit();
        let now_ns = now_ns();
        let reader = workspace.reader(None)?;
        let hours_from_us = restore::hours_from_us(&reader, now_ns / 1_000)?;
        {
            // Whoever asks meanwhile waits: there is nothing to be shown before.
            let mut board = lock(&board);
            board.begin(frames, hours_from_us, now_ns);
            board.list(listed);
            restore::restore_all(&mut board, &reader, hours_from_us, now_ns / 1_000)?;
        }
        drop(reader);
        let to = CheckResults { board: Arc::clone(&board), writer: workspace.store().check_writer()? };
        let measuring = Measuring::start(&NAMES, checker, to, Arc::clone(&workspace), Arc::default(), tell, gauges)
            .map_err(EngineError::io(workspace.folder()))?;
        let running = Self { measuring, workspace, board };
        running.schedule_only(listed);
        Ok(running)
    }

    /// Takes another list in.
    pub(crate) fn list(&self, listed: &[Listed]) -> Result<(), EngineError> {
        let reader = self.workspace.reader(None)?;
        let mut board = lock(&self.board);
        let new = board.list(listed);
        // Before the first check of theirs, or its result would count twice.
        restore::restore_some(&mut board, &reader, &new, now_ns() / 1_000)?;
        drop(board);
        self.schedule_only(listed);
        Ok(())
    }

    fn schedule_only(&self, listed: &[Listed]) {
        let checks = listed.iter().filter(|listed| !listed.check.website().paused);
        self.measuring.only(checks.map(|listed| Arc::clone(&listed.check)).collect());
    }

    /// Where results are.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// Ends checking; what was known by then is stored.
    pub(crate) fn end(self) {
        self.measuring.end();
    }
}

/// Each check has a socket or two, and a process is given 1,024 files by default.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(FILES, |most| most.min(FILES));
    if limit.current.is_some_and(|now| now < wanted) {
        // Where it is refused, checks that find no file say so.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
}

#[cfg(not(unix))]
fn raise_file_limit() {}
