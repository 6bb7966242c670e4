//! The live recording: its folder, its workspace, and the runs that whisperers fill it with.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wirereel_capture::recover;
use wirereel_query::{whisperers::WhispererKind, workbench::CaptureState};
use wirereel_whisper::OpenInterface;

use super::{
    member::{LOCAL, Member},
    now_us, since_1970,
};
use crate::{
    EngineError, Workspace,
    import::Unwatched,
    live::{Begun, NewRun, Recorder, RunSender, rebuild},
    workbench::{Workbench, lock},
};

/// The id of the recording that live capture fills.
pub(in crate::workbench) const LIVE_RECORDING: &str = "live";
const LIVE_NAME: &str = "Live capture";
/// Holds the segments of every run, a folder each.
const RUNS: &str = "segments";
/// A file in the live folder that is there while rows lag behind segments: after a crash it says that they must be read again.
const CAPTURING: &str = "capturing";
/// Characters of a run's interfaces in the name of its folder.
const NAME_CHARS: usize = 40;

/// What is being recorded into.
pub(super) struct Recording {
    workspace: Arc<Workspace>,
    recorder: Recorder,
    /// Runs that are going on or about to begin.
    runs: usize,
}

impl Workbench {
    /// Shows what was captured live, read again from its segments if the last capture ended by a crash.
    pub(in crate::workbench) fn open_live(&self) -> Result<(), EngineError> {
        if self.current().is_ok_and(|current| current.recording_id == LIVE_RECORDING) {
            return Ok(());
        }
        self.close_recording();
        let recording = lock(&self.live.recording);
        let workspace = match recording.as_ref() {
            Some(recording) => Arc::clone(&recording.workspace),
            None => self.live_workspace()?,
        };
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

    /// Gives the writer back when nothing is captured any more.
    pub(super) fn end_recording_if_unused(&self) {
        let mut recording = lock(&self.live.recording);
        if recording.as_ref().is_none_or(|recording| recording.runs > 0) {
            return;
        }
        let Some(Recording { workspace, recorder, .. }) = recording.take() else { return };
        let finished = recorder.finish();
        if finished.is_ok() {
            // One that stays has the segments read again once more than needed.
            let _ = fs::remove_file(self.live_folder().join(CAPTURING));
            let _ = self.remember(LIVE_RECORDING, LIVE_NAME, &self.live_folder(), &workspace);
        }
        drop(recording);
        self.ticks.rows_changed();
    }

    fn start_recording(self: &Arc<Self>) -> Result<Recording, EngineError> {
        let shown = self.current().ok().filter(|current| current.recording_id == LIVE_RECORDING);
        let workspace = match shown {
            Some(current) => current.workspace,
            None => self.live_workspace()?,
        };
        let marker = self.live_folder().join(CAPTURING);
        fs::write(&marker, b"").map_err(EngineError::io(&marker))?;
        let workbench = Arc::downgrade(self);
        let recorder = Recorder::start(Arc::clone(&workspace), move || {
            if let Some(workbench) = workbench.upgrade() {
                workbench.ticks.rows_changed();
            }
        })?;
        Ok(Recording { workspace, recorder, runs: 0 })
    }

    fn live_workspace(&self) -> Result<Arc<Workspace>, EngineError> {
        let folder = self.live_folder();
        if folder.join(CAPTURING).exists() {
            return self.rebuild_live(&folder);
        }
        Ok(Arc::new(Workspace::open(&folder)?))
    }

    /// After a crash: the segments are the truth, so rows are made of them anew.
    fn rebuild_live(&self, folder: &Path) -> Result<Arc<Workspace>, EngineError> {
        for file in ["events.duckdb", "events.duckdb.wal"] {
            match fs::remove_file(folder.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(EngineError::io(folder.join(file))(error));
                }
                _ => {}
            }
        }
        let workspace = Arc::new(Workspace::open(folder)?);
        for run in runs(&folder.join(RUNS))? {
            recover(&run).map_err(EngineError::capture(&run))?;
            rebuild(&workspace, &run, &Unwatched)?;
        }
        let marker = folder.join(CAPTURING);
        fs::remove_file(&marker).map_err(EngineError::io(&marker))?;
        Ok(workspace)
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

/// The folder of every run in the order in which they began.
fn runs(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let failed = |error| EngineError::io(folder)(error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let run = entry.map_err(failed)?.path();
        if run.is_dir() && run.file_name().is_some_and(|name| name.to_string_lossy().contains('-')) {
            runs.push(run);
        }
    }
    runs.sort();
    Ok(runs)
}
