//! The workbench's probes: the file they follow, the threads that send, and what hosts ask and do.
//!
//! | file | what it does |
//! |---|---|
//! | here | follows `wirereel.json` of the home folder; begins and ends |
//! | `list` | all probes with their figures, now and at a past instant, and the matrix of regions |
//! | `detail` | one probe over a time, and single ones with what packets tell of them |
//! | `editing` | probes checked, saved, removed, paused, tried |

mod detail;
mod editing;
mod list;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use super::{Workbench, lock};
use crate::{
    EngineError, Workspace,
    clock::now_us,
    config,
    probing::{
        Board, Finding, KIND, PROBES_KEY, Probing, ReadyProbe, Running, SOURCES_KEY, TheSender, all_answered, by_probe,
        found, read_listing, read_sources,
    },
};

/// After the live recording could not be opened.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is sent, and how it goes.
#[derive(Default)]
pub(super) struct Probes {
    pub(super) board: Arc<Mutex<Board>>,
    probing: OnceLock<Box<dyn Probing>>,
    /// While any probe is listed.
    running: Mutex<Option<Running>>,
    followed: Mutex<Followed>,
}

/// How far the file has been followed. Held throughout by whoever follows it.
#[derive(Default)]
struct Followed {
    /// `None` before it was read.
    stamp: Option<config::Stamp>,
    /// What the file says.
    written: Vec<Arc<ReadyProbe>>,
    problems: Vec<String>,
    /// While any source is written.
    finding: Option<Finding>,
    /// What is written and what sources found.
    listed: Vec<Arc<ReadyProbe>>,
    /// Some source has not answered yet: what was listed when the program ended may come again.
    waits_for_sources: bool,
    /// The list is not what is in force.
    begin: bool,
    failed: Option<Instant>,
}

impl Workbench {
    fn probing(&self) -> &dyn Probing {
        &**self.probes.probing.get_or_init(|| Box::new(TheSender::default()))
    }

    /// Follows an edit of the home folder's `wirereel.json`: what is new is sent, what is gone is not any more.
    pub(super) fn follow_probes(self: &Arc<Self>) -> Result<(), EngineError> {
        let stamp = config::Stamp::of(&self.home);
        let mut followed = lock(&self.probes.followed);
        let is_edited = followed.stamp != Some(stamp);
        let waits = followed.failed.is_some_and(|failed| failed.elapsed() < PATIENCE);
        let has_news = followed.finding.as_ref().is_some_and(Finding::has_news);
        if !is_edited && !has_news && (!followed.begin || waits) {
            return Ok(());
        }
        let mut had_some = has_news || !followed.listed.is_empty() || !followed.problems.is_empty();
        if is_edited {
            let text = config::text_of(&self.home).map_err(EngineError::io(self.home.join(config::FILE_NAME)))?;
            had_some |= text.contains(PROBES_KEY) || text.contains(SOURCES_KEY);
            let listing = read_listing(&text, self.probing(), &followed.written);
            followed.stamp = Some(stamp);
            followed.problems = listing.problems;
            if let Some(written) = listing.probes {
                followed.written = written;
            }
            self.follow_sources(&mut followed, &text)?;
        }
        let problems = self.list_probes(&mut followed);
        let done = self.take_over_probes(&mut followed);
        {
            let mut board = lock(&self.probes.board);
            board.problems = problems;
            if let Err(error) = &done {
                board.hindrance = Some(format!("Probes are not sent: {error}"));
            }
        }
        followed.failed = done.is_err().then(Instant::now);
        self.tell_probes_down();
        if had_some {
            self.ticks.checks();
        }
        done
    }

    /// Asks the sources that the file names now.
    fn follow_sources(&self, followed: &mut Followed, text: &str) -> Result<(), EngineError> {
        let (sources, problems) = read_sources(text);
        followed.problems.extend(problems);
        let Some(sources) = sources else { return Ok(()) };
        if followed.finding.as_ref().map_or(sources.is_empty(), |finding| finding.asks(&sources)) {
            return Ok(());
        }
        if let Some(finding) = followed.finding.take() {
            finding.end();
        }
        if !sources.is_empty() {
            followed.finding = Some(Finding::start(sources).map_err(EngineError::io(&self.home))?);
        }
        Ok(())
    }

    /// Puts together what is written and what was found. Gives all problems.
    fn list_probes(&self, followed: &mut Followed) -> Vec<String> {
        let mut problems = followed.problems.clone();
        let mut listed = followed.written.clone();
        followed.waits_for_sources = false;
        let mut targets = HashMap::new();
        if let Some(finding) = &mut followed.finding {
            let told = finding.targets();
            followed.waits_for_sources = !all_answered(&told);
            let (probes, wrong) = found(&told, &listed, &followed.listed, self.probing());
            targets = by_probe(&told, &probes);
            listed.extend(probes);
            problems.extend(wrong);
        }
        lock(&self.probes.board).found(targets);
        followed.listed = listed;
        problems
    }

    fn take_over_probes(self: &Arc<Self>, followed: &mut Followed) -> Result<(), EngineError> {
        followed.begin = false;
        let mut running = lock(&self.probes.running);
        if followed.listed.is_empty() {
            let before = running.take();
            drop(running);
            // Out of the lock: what it told last is told with it.
            if let Some(before) = before {
                before.end();
            }
            lock(&self.probes.board).list(&[], None, now_us())?;
        } else if let Some(running) = running.as_ref() {
            running.list(&followed.listed)?;
        } else {
            followed.begin = true;
            let workspace = self.hold_live()?;
            let board = Arc::clone(&self.probes.board);
            let tell = self.teller(Self::tell_probes);
            *running = Some(Running::start(workspace, board, self.gauges(), &followed.listed, tell)?);
            lock(&self.probes.board).hindrance = None;
            followed.begin = false;
            drop(running);
        }
        // Whoever was listed when the program ended is not any more.
        if !followed.waits_for_sources {
            let names = followed.listed.iter().map(|ready| ready.probe.name.clone()).collect();
            self.alerting().keep_only(KIND, names);
        }
        Ok(())
    }

    fn tell_probes(&self) {
        self.tell_probes_down();
        self.ticks.checks();
    }

    fn tell_probes_down(&self) {
        let down = lock(&self.probes.board).down(now_us());
        self.ticks.probes_down(down);
    }

    /// Ends probing; what was known by then is stored.
    pub(super) fn end_probes(&self) {
        let finding = lock(&self.probes.followed).finding.take();
        if let Some(finding) = finding {
            finding.end();
        }
        let running = lock(&self.probes.running).take();
        if let Some(running) = running {
            running.end();
        }
    }

    /// Where results are: while anything is sent, and wherever something was before. `None` where nothing ever was.
    fn probed_into(&self) -> Result<Option<Arc<Workspace>>, EngineError> {
        let running = lock(&self.probes.running).as_ref().map(|running| Arc::clone(running.workspace()));
        self.results_in(running)
    }
}

fn no_such(name: &str) -> EngineError {
    EngineError::NotFound(format!("The probe {name:?}"))
}
