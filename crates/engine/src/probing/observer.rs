//! Writes down what packets tell of hops that say nothing, as exchanges of probes' traces come: some seconds after a probe, or much later.
//!
//! Exchanges are looked at in the order in which they were stored. The latest are looked at again for as long as a probe may take, since
//! its result comes when its exchanges are there. After a start, and after an edit of a path, all are looked at once more, which finds
//! what was not seen before; what was told already is left alone.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use wirereel_probes::config::HopConfig;
use wirereel_store::{NewObservation, ObservationWriter, Reader, SeenProbe, StoreError};

use super::{
    Board, lock,
    observed::{is_placed, measured_of, observation_of, observe},
};
use crate::{EngineError, Workspace, clock::now_ns};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of all time, looking takes one part in so many at most.
const SHARE: u32 = 10;
/// Exchanges that are looked at besides those of the last look.
const EXCHANGES: u64 = 250_000;
/// Probes whose exchanges are read at once.
const PROBES: usize = 500;
/// From a probe's end until its result is stored.
const STORING: Duration = Duration::from_secs(5);

/// Paths of which packets could tell something, by their probes.
type Paths = HashMap<String, Vec<HopConfig>>;

/// The observing thread's own.
pub(super) struct Observer {
    board: Arc<Mutex<Board>>,
    workspace: Arc<Workspace>,
    writer: ObservationWriter,
    stop: Arc<AtomicBool>,
    paths: Paths,
    /// The longest that any of these may take.
    longest: Duration,
    progress: Progress,
}

/// How far exchanges were looked at.
#[derive(Default)]
struct Progress {
    /// Those until here are not looked at again.
    done: u64,
    /// And these were looked at, when.
    marks: VecDeque<(Instant, u64)>,
    /// Probes of which their exchanges tell nothing, and the last of those, so that they are not read again.
    silent: HashMap<(i32, i64), u64>,
}

impl Progress {
    fn until(&self) -> u64 {
        self.marks.back().map_or(self.done, |(_, until)| *until)
    }

    /// Takes a look in, after which what is old enough is done.
    fn looked(&mut self, until: u64, now: Instant, longest: Duration) {
        self.marks.push_back((now, until));
        while let Some((_, until)) = self.marks.pop_front_if(|(looked, _)| now.duration_since(*looked) > longest) {
            self.done = until;
        }
        let done = self.done;
        self.silent.retain(|_, newest| *newest > done);
    }
}

impl Observer {
    pub(super) fn new(
        board: Arc<Mutex<Board>>,
        workspace: Arc<Workspace>,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, EngineError> {
        let writer = workspace.store().observation_writer()?;
        let (paths, longest) = (Paths::default(), Duration::ZERO);
        Ok(Self { board, workspace, writer, stop, paths, longest, progress: Progress::default() })
    }

    /// Until it is to end; who wants it to wakes it.
    pub(super) fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            // What could not be read or written is found the next time.
            let has_more = self.look().unwrap_or(false);
            self.writer.checkpoint_if_due();
            let rest = began.elapsed() * (SHARE - 1);
            thread::park_timeout(if has_more { rest } else { rest.max(LOOK_EVERY) });
        }
    }

    /// Looks at exchanges that came; `true` when there are more.
    pub(super) fn look(&mut self) -> Result<bool, EngineError> {
        self.follow_paths();
        if self.paths.is_empty() {
            return Ok(false);
        }
        let reader = self.workspace.reader(None)?;
        let done = self.progress.done;
        let Some((first, last)) = reader.exchanges_after(done)? else { return Ok(false) };
        let until = last.min(self.progress.until().max(first.saturating_sub(1)).saturating_add(EXCHANGES));
        let names: Vec<&str> = self.paths.keys().map(String::as_str).collect();
        let mut seen = reader.probes_seen(&names, (done, until))?;
        seen.retain(|seen| self.progress.silent.get(&(seen.number, seen.intended_us)) < seen.exchange_ids.last());
        let old_us = now_ns() / 1_000 - i64::try_from(self.longest.as_micros()).unwrap_or(i64::MAX);
        let (late, timely): (Vec<_>, Vec<_>) =
            seen.into_iter().partition(|seen| seen.is_observed || seen.intended_us < old_us);
        // Of late ones there may be exchanges that were looked at long ago.
        for (seen, all) in [(timely, false), (late, true)] {
            for some in seen.chunks(PROBES) {
                if self.stop.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                let began = Instant::now();
                self.observe(&reader, some, all)?;
                if all {
                    thread::park_timeout(began.elapsed() * (SHARE - 1));
                }
            }
        }
        self.progress.looked(until, Instant::now(), self.longest);
        Ok(until < last)
    }

    /// When paths are others than before, everything may tell something.
    fn follow_paths(&mut self) {
        let board = lock(&self.board);
        let placed = board.sites().map(|(_, site)| &site.ready.probe).filter(|probe| probe.path.iter().any(is_placed));
        let (mut paths, mut longest) = (Paths::new(), Duration::ZERO);
        for probe in placed {
            paths.insert(probe.name.clone(), probe.path.clone());
            longest = longest.max(probe.timeout.as_duration());
        }
        drop(board);
        self.longest = longest + STORING;
        if paths != self.paths {
            (self.paths, self.progress) = (paths, Progress::default());
        }
    }

    fn observe(&mut self, reader: &Reader, seen: &[SeenProbe], all: bool) -> Result<(), StoreError> {
        let newest = |number: i32, intended_us: i64| {
            let of = seen.iter().find(|seen| (seen.number, seen.intended_us) == (number, intended_us));
            of.and_then(|seen| seen.exchange_ids.last().copied()).unwrap_or(0)
        };
        let (mut rows, mut runs): (Vec<NewObservation>, Vec<_>) = (Vec::new(), Vec::new());
        for mut told in reader.probes_told(seen, all)? {
            let newest = newest(told.number, told.run.intended_us);
            let path = self.paths.get(&told.run.probe).map(Vec::as_slice).unwrap_or_default();
            if observe(&mut told.run, path, &told.exchanges) {
                rows.push(observation_of(told.number, &told.run, newest));
                runs.push(told.run);
            } else {
                self.progress.silent.insert((told.number, told.run.intended_us), newest);
            }
        }
        self.writer.write(&rows)?;
        let mut board = lock(&self.board);
        for run in runs {
            board.observe(&run.probe, run.intended_us, measured_of(&run));
        }
        Ok(())
    }
}
