//! The live recording: its folder, its workspace, and the runs that whisperers fill it with.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use wirereel_query::{
    whisperers::WhispererKind,
    workbench::{CaptureState, ImportProgress, ImportState},
};
use wirereel_store::StoreError;
use wirereel_whisper::OpenInterface;

use super::{
    driving::Driver,
    member::{LOCAL, Member},
    now_us, since_1970,
    watching::RecordingNow,
};
use crate::{
    EngineError, Workspace,
    keeping::runs::{self, RUNS},
    live::{Begun, Lender, NewRun, Onlooker, Recorder, RunSender, Space, writer_of},
    workbench::{Workbench, lock},
};

/// The id of the recording that live capture fills.
pub(in crate::workbench) const LIVE_RECORDING: &str = "live";
const LIVE_NAME: &str = "Live capture";
/// What is told while rows that a crash left unread are made.
const COMPLETING: &str = "Live capture: reading what the last time left unread";
/// How long whoever still asks is waited for, and how often it is looked.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
const CLOSE_LOOK: Duration = Duration::from_millis(20);
/// How long files may be in use by an answer that is on its way, and how often that is looked; after that somebody else has them.
const FILES_PATIENCE: Duration = Duration::from_secs(3);
const FILES_LOOK: Duration = Duration::from_millis(10);
/// Characters of a run's interfaces in the name of its folder.
const NAME_CHARS: usize = 40;

/// What is being recorded into.
pub(super) struct Recording {
    workspace: Arc<Workspace>,
    recorder: Recorder,
    space: Space,
    /// Runs that are going on or about to begin.
    runs: usize,
}

impl Recording {
    /// For whoever watches.
    pub(super) fn now(&self) -> RecordingNow {
        (Arc::clone(&self.workspace), (self.recorder.lender(), self.recorder.has_failed()), self.space.clone())
    }
}

impl Workbench {
    /// Shows what was captured live. What a crash left unread is read again while it is shown.
    pub(in crate::workbench) fn open_live(self: &Arc<Self>) -> Result<(), EngineError> {
        if self.current().is_ok_and(|current| current.recording_id == LIVE_RECORDING) {
            return Ok(());
        }
        self.close_recording();
        let mut recording = lock(&self.live.recording);
        let workspace = match recording.as_ref() {
            Some(recording) => Arc::clone(&recording.workspace),
            None => {
                let (workspace, unfinished) = self.live_workspace()?;
                if !unfinished.is_empty() {
                    *recording = Some(self.record_into(Arc::clone(&workspace), unfinished)?);
                }
                workspace
            }
        };
        drop(recording);
        self.show(LIVE_RECORDING.into(), LIVE_NAME.into(), workspace);
        Ok(())
    }

    /// The workspace that is captured into, shown or not; one that was closed meanwhile included.
    pub(in crate::workbench) fn captured_into(&self) -> Option<Arc<Workspace>> {
        lock(&self.live.recording).as_ref().map(|recording| Arc::clone(&recording.workspace))
    }

    /// Begins a run of a whisperer's.
    pub(super) fn begin_run(
        self: &Arc<Self>,
        member: &Arc<Member>,
        interfaces: Vec<OpenInterface>,
    ) -> Result<RunSender, EngineError> {
        let names: Vec<String> = interfaces.iter().map(|interface| interface.name.clone()).collect();
        let (config, parsing) = self.in_force(member);
        let (name, of_file) = {
            let standing = member.standing();
            let names = names.join(", ");
            let name = if member.id == LOCAL { names } else { format!("{}: {names}", standing.entry.name) };
            (name, standing.entry.kind == WhispererKind::File)
        };
        let begun = Begun { whisperer: member.id.clone(), name, of_file, parsing: parsing.clone() };
        let mut recording = lock(&self.live.recording);
        if recording.is_none() {
            *recording = Some(self.start_recording()?);
        }
        let Some(open) = recording.as_mut() else { unreachable!("it was just begun") };
        let run = self.new_run(begun, interfaces).and_then(|new| open.recorder.begin(new));
        if run.is_ok() {
            open.runs += 1;
        }
        drop(recording);
        let run = run?;
        self.stand(member, |standing| {
            standing.begin(names, (config, parsing));
            standing.state = CaptureState::Capturing;
            standing.reason = None;
            (standing.attempt, standing.next_attempt_us) = (0, None);
            standing.figures.capturing_since_us = Some(now_us());
        });
        Ok(run)
    }

    /// Ends a run: its rows can be seen when this returns.
    pub(super) fn end_run(&self, member: &Member, run: RunSender, warnings: Vec<String>) -> Result<(), EngineError> {
        let ended = run.end(warnings);
        if let Some(recording) = lock(&self.live.recording).as_mut() {
            recording.runs = recording.runs.saturating_sub(1);
        }
        member.standing().end();
        self.remember_member(member);
        self.ticks.rows_changed();
        ended
    }

    /// Gives the writer back when nothing is captured and nothing read again any more.
    pub(in crate::workbench) fn end_recording_if_unused(self: &Arc<Self>) {
        let is_used = |recording: &Recording| recording.runs > 0 || recording.recorder.is_completing();
        if self.end_recording(is_used) {
            self.make_smaller();
        }
    }

    /// As [`Workbench::end_recording_if_unused`], when no whisperer is driven that would soon need it again.
    pub(in crate::workbench) fn end_recording_if_idle(self: &Arc<Self>) {
        let is_driven = |member: &Arc<Member>| lock(&member.driver).as_ref().is_some_and(Driver::is_driving);
        if !self.members().iter().any(is_driven) {
            self.end_recording_if_unused();
        }
    }

    /// Gives the writer back: what is being read again is read when it is opened the next time.
    pub(in crate::workbench) fn stop_completing(&self) {
        self.end_recording(|recording| recording.runs > 0);
    }

    fn end_recording(&self, is_used: impl Fn(&Recording) -> bool) -> bool {
        let mut recording = lock(&self.live.recording);
        if recording.as_ref().is_none_or(is_used) {
            return false;
        }
        let Some(Recording { workspace, recorder, .. }) = recording.take() else { return false };
        // Whoever removes what is old has the writer lent.
        self.keeping.let_go();
        if recorder.finish().is_ok() {
            // What cannot be remembered is missing in a list.
            let _ = self.remember(LIVE_RECORDING, LIVE_NAME, &self.live_folder(), &workspace);
        }
        drop(workspace);
        drop(recording);
        self.ticks.rows_changed();
        true
    }

    fn start_recording(self: &Arc<Self>) -> Result<Recording, EngineError> {
        let shown = self.current().ok().filter(|current| current.recording_id == LIVE_RECORDING);
        let (workspace, unfinished) = match shown {
            Some(current) => {
                let unfinished = runs::unfinished(&self.live_folder(), &mut writer_of(&current.workspace)?)?;
                (current.workspace, unfinished)
            }
            None => self.live_workspace()?,
        };
        self.record_into(workspace, unfinished)
    }

    fn record_into(
        self: &Arc<Self>,
        workspace: Arc<Workspace>,
        unfinished: Vec<PathBuf>,
    ) -> Result<Recording, EngineError> {
        let onlooker = Arc::new(LooksOn { workbench: Arc::downgrade(self), began: Instant::now() });
        if !unfinished.is_empty() {
            // Before anybody can ask for rows that are still to come.
            onlooker.completing(Some((0, unfinished.iter().map(|run| runs::bytes(run)).sum())));
        }
        let health = Arc::clone(self.gauges());
        let space = Space::new(Arc::clone(&self.live.probe.0), Arc::clone(&health));
        let recorder = Recorder::start(Arc::clone(&workspace), unfinished, space.clone(), health, onlooker)?;
        // It slept while there was nothing to look at.
        self.health.thread.wake();
        Ok(Recording { workspace, recorder, space, runs: 0 })
    }

    /// Opens the live recording, with the runs whose rows are missing.
    fn live_workspace(&self) -> Result<(Arc<Workspace>, Vec<PathBuf>), EngineError> {
        let workspace = self.hold_live()?;
        let unfinished = runs::unfinished(&self.live_folder(), &mut writer_of(&workspace)?)?;
        Ok((workspace, unfinished))
    }

    /// The workspace of the live recording, which is open for as long as anybody has it: also while nothing is captured and something else
    /// is shown. Whoever keeps it gives it back when the workbench ends.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(in crate::workbench) fn hold_live(&self) -> Result<Arc<Workspace>, EngineError> {
        let mut shared = lock(&self.live.shared);
        if let Some(workspace) = shared.upgrade() {
            return Ok(workspace);
        }
        let workspace = Arc::new(self.open_folder(&self.live_folder())?);
        *shared = Arc::downgrade(&workspace);
        Ok(workspace)
    }

    /// The same, where somebody has it.
    pub(in crate::workbench) fn held_live(&self) -> Option<Arc<Workspace>> {
        lock(&self.live.shared).upgrade()
    }

    /// Figures are read beside what is shown, and answers about a recording that was just closed may still be on their way: both give the
    /// files back within moments, and a capture waits for them.
    fn open_folder(&self, folder: &Path) -> Result<Workspace, EngineError> {
        let began = Instant::now();
        loop {
            let beside = lock(&self.beside);
            let opened = Workspace::open(folder);
            drop(beside);
            match opened {
                Err(EngineError::Store(StoreError::Locked(_))) if began.elapsed() < FILES_PATIENCE => {
                    thread::sleep(FILES_LOOK);
                }
                opened => return opened,
            }
        }
    }

    /// Says of whatever captures that it pauses, or goes on, and how many packets found no room.
    pub(in crate::workbench) fn tell_pause(&self) {
        let told = lock(&self.live.recording)
            .as_ref()
            .map(|recording| (recording.space.paused(), recording.space.take_count()));
        let Some((paused, lost)) = told else { return };
        for member in self.members() {
            let (captures, reason) = {
                let standing = member.standing();
                (standing.state == CaptureState::Capturing, standing.reason.clone())
            };
            let lost = lost.get(&member.id).copied().unwrap_or_default();
            if lost > 0 {
                let mut standing = member.standing();
                standing.figures.lost_in_queue += lost;
                standing.figures.last_lost_us = Some(now_us());
                standing.totals.lost += lost;
            }
            if captures && reason != paused {
                self.stand(&member, |standing| standing.reason.clone_from(&paused));
            } else if lost > 0 {
                self.tell_whisperers();
            }
        }
    }

    /// The live recording with whoever lends its writer: while nothing is captured into the one that is shown, itself.
    pub(in crate::workbench) fn to_be_kept(&self) -> Option<(Arc<Workspace>, Option<Lender>)> {
        if let Some(recording) = lock(&self.live.recording).as_ref() {
            return Some((Arc::clone(&recording.workspace), Some(recording.recorder.lender())));
        }
        // Shown, or kept open in the background for checks and alerts.
        Some((self.held_live()?, None))
    }

    /// Opens the live recording anew when most of its file is free, which makes the file smaller. Nothing is captured.
    fn make_smaller(self: &Arc<Self>) {
        let shown = self.current().ok().filter(|current| current.recording_id == LIVE_RECORDING);
        let Some(shown) = shown else { return };
        // What is shown, and this: whoever else keeps it open keeps it as large as it is.
        if Arc::strong_count(&shown.workspace) > 2 {
            return;
        }
        if !shown.workspace.store().space().is_ok_and(wirereel_store::Space::is_mostly_free) {
            return;
        }
        self.close_recording();
        let began = Instant::now();
        // Whoever still asks has it open.
        while Arc::strong_count(&shown.workspace) > 1 && began.elapsed() < CLOSE_PATIENCE {
            thread::sleep(CLOSE_LOOK);
        }
        drop(shown);
        // If it is open elsewhere for longer, it is shown again when somebody asks for it.
        let _ = self.open_live();
    }

    /// A folder for the segments of a new run, named by when it began and what it captures.
    fn new_run(&self, begun: Begun, interfaces: Vec<OpenInterface>) -> Result<NewRun, EngineError> {
        let name =
            if begun.whisperer == LOCAL { begun.name.clone() } else { format!("{} {}", begun.whisperer, begun.name) };
        let safe: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(NAME_CHARS).collect();
        let all = self.live_folder().join(RUNS);
        fs::create_dir_all(&all).map_err(EngineError::io(&all))?;
        let mut at_ms = since_1970().as_millis();
        loop {
            let folder = all.join(format!("{at_ms:013}-{safe}"));
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(NewRun { folder, begun, interfaces }),
                // The name is of a run that began in the same moment.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => at_ms += 1,
                Err(error) => return Err(EngineError::io(folder)(error)),
            }
        }
    }
}

/// Tells those who look on.
struct LooksOn {
    workbench: Weak<Workbench>,
    began: Instant,
}

impl Onlooker for LooksOn {
    fn rows_changed(&self) {
        if let Some(workbench) = self.workbench.upgrade() {
            workbench.ticks.rows_changed();
        }
    }

    fn is_looking(&self) -> bool {
        self.workbench.upgrade().is_some_and(|workbench| workbench.is_looked_at())
    }

    fn completing(&self, progress: Option<(u64, u64)>) {
        let Some(workbench) = self.workbench.upgrade() else { return };
        let before = workbench.ticks.current_import();
        let (bytes_done, bytes_total) = progress.unwrap_or_else(|| {
            let total = before.map_or(0, |before| before.bytes_total);
            (total, total)
        });
        let elapsed = self.began.elapsed();
        let left = (bytes_done > 0)
            .then(|| elapsed.mul_f64(bytes_total.saturating_sub(bytes_done) as f64 / bytes_done as f64));
        workbench.ticks.import(Some(ImportProgress {
            name: COMPLETING.into(),
            state: if progress.is_some() { ImportState::Running } else { ImportState::Done },
            bytes_done,
            bytes_total,
            packets: 0,
            packets_per_s: 0.0,
            flows: 0,
            exchanges: 0,
            elapsed_ms: elapsed.as_millis() as u64,
            left_ms: left.filter(|_| progress.is_some()).map(|left| left.as_millis() as u64),
            error: None,
            warnings: Vec::new(),
        }));
    }
}
