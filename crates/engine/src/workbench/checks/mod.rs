//! The workbench's website checks: the file they follow, the threads that check, and what hosts ask and do.
//!
//! | file | what it does |
//! |---|---|
//! | here | follows `wirereel.json` of the home folder; begins and ends |
//! | `list`, `past` | all websites with their figures, now and at a past instant |
//! | `detail` | one website over a time, and single checks |
//! | `editing` | websites checked, saved, removed, paused, imported, tried |

mod detail;
mod editing;
mod list;
mod past;

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use wirereel_checks::{Checker, Frame};

use super::{Workbench, lock};
use crate::{
    EngineError, Workspace,
    checking::{Board, KIND, Listed, Running, read_listing},
    clock::now_us,
    config,
};

/// After the live recording could not be opened.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is checked, and how it goes.
#[derive(Default)]
pub(super) struct Checks {
    pub(super) board: Arc<Mutex<Board>>,
    checker: OnceLock<Arc<Checker>>,
    /// While any website is listed.
    running: Mutex<Option<Running>>,
    followed: Mutex<Followed>,
}

/// How far the file has been followed. Held throughout by whoever follows it.
#[derive(Default)]
struct Followed {
    /// `None` before it was read.
    stamp: Option<config::Stamp>,
    listed: Vec<Listed>,
    frames: Vec<Frame>,
    /// The list and the frames are not what is in force: begin, or begin again.
    begin: bool,
    failed: Option<Instant>,
}

impl Workbench {
    pub(super) fn checker(&self) -> &Arc<Checker> {
        self.checks.checker.get_or_init(|| Arc::new(Checker::new()))
    }

    /// Follows an edit of the home folder's `wirereel.json`: what is new is checked, what is gone is not any more.
    pub(super) fn follow_websites(self: &Arc<Self>) -> Result<(), EngineError> {
        let stamp = config::Stamp::of(&self.home);
        let mut followed = lock(&self.checks.followed);
        let is_edited = followed.stamp != Some(stamp);
        let waits = followed.failed.is_some_and(|failed| failed.elapsed() < PATIENCE);
        if !is_edited && (!followed.begin || waits) {
            return Ok(());
        }
        let mut problems = None;
        if is_edited {
            let text = config::text_of(&self.home).map_err(EngineError::io(self.home.join(config::FILE_NAME)))?;
            // Making them ready reads the authorities that this machine trusts: only where there is anything to be checked.
            if followed.listed.is_empty()
                && !text.contains(crate::checking::WEBSITES_KEY)
                && !text.contains(crate::checking::FRAMES_KEY)
            {
                followed.stamp = Some(stamp);
                followed.frames = Frame::DEFAULTS.to_vec();
                // Whoever was listed when the program ended is not any more.
                self.alerting().keep_only(KIND, Vec::new());
                lock(&self.checks.board).begin(&followed.frames, 0, now_us() * 1_000);
                return Ok(());
            }
            let listing = read_listing(&text, self.checker(), &followed.listed);
            followed.stamp = Some(stamp);
            problems = Some(listing.problems);
            if followed.frames.is_empty() {
                followed.frames = Frame::DEFAULTS.to_vec();
            }
            if let Some(frames) = listing.frames.filter(|frames| *frames != followed.frames) {
                followed.frames = frames;
                followed.begin = true;
            }
            if let Some(listed) = listing.websites {
                followed.listed = listed;
            }
        }
        let done = self.take_over_websites(&mut followed);
        // Not before the list that they are of.
        if let Some(problems) = problems {
            lock(&self.checks.board).problems = problems;
        }
        followed.failed = done.is_err().then(Instant::now);
        if let Err(error) = &done {
            lock(&self.checks.board).hindrance = Some(format!("Websites are not checked: {error}"));
        }
        self.ticks.checks();
        done
    }

    fn take_over_websites(self: &Arc<Self>, followed: &mut Followed) -> Result<(), EngineError> {
        let mut running = lock(&self.checks.running);
        if followed.listed.is_empty() || followed.begin {
            let before = running.take();
            drop(running);
            // Out of the lock: what it told last is told with it.
            if let Some(before) = before {
                before.end();
            }
            running = lock(&self.checks.running);
        }
        if followed.listed.is_empty() {
            let mut board = lock(&self.checks.board);
            board.begin(&followed.frames, 0, now_us() * 1_000);
            followed.begin = false;
        } else if let Some(running) = running.as_ref() {
            running.list(&followed.listed)?;
        } else {
            followed.begin = true;
            let workspace = self.hold_live()?;
            let (board, checker) = (Arc::clone(&self.checks.board), Arc::clone(self.checker()));
            let tell = self.teller(Self::tell_websites);
            let (frames, listed) = (&followed.frames, &followed.listed);
            *running = Some(Running::start(workspace, board, checker, frames, listed, tell, self.gauges())?);
            lock(&self.checks.board).hindrance = None;
            followed.begin = false;
        }
        drop(running);
        let names = followed.listed.iter().map(|listed| listed.name().to_owned()).collect();
        self.alerting().keep_only(KIND, names);
        Ok(())
    }

    fn tell_websites(&self) {
        let down = lock(&self.checks.board).down(now_us());
        self.ticks.websites_down(down);
        self.ticks.checks();
    }

    /// Ends checking; what was known by then is stored.
    pub(super) fn end_checks(&self) {
        let running = lock(&self.checks.running).take();
        if let Some(running) = running {
            running.end();
        }
    }

    /// Where results are: while anything is checked, and wherever something was before. `None` where nothing ever was.
    fn checked_into(&self) -> Result<Option<Arc<Workspace>>, EngineError> {
        let running = lock(&self.checks.running).as_ref().map(|running| Arc::clone(running.workspace()));
        self.results_in(running)
    }
}
