//! Opening captures: at once when they were imported before, else by an import whose partial results can be looked at.

use std::{
    fs::{self, Metadata},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use wirereel_capture::CaptureFile;
use wirereel_query::workbench::{ApiError, ImportProgress, ImportState};

use super::{HOME_RECORDING, Workbench, keeping::set_index_aside, live::LIVE_RECORDING, lock};
use crate::{
    EngineError, Workspace,
    health::Gauges,
    import::{ImportSummary, Progress, Watch, import, name_of},
    keeping::{Rebuilt, import_again, ledger},
    samples,
    workspace::exists,
};

/// A file in a recording's folder that says: the import was finished.
pub(super) const FINISHED: &str = "imported";

impl Workbench {
    /// Opens captures as one recording, merged by time.
    ///
    /// # Errors
    /// When one of them cannot be read or is no capture, or an import is running.
    pub fn open_paths(self: &Arc<Self>, paths: &[PathBuf]) -> Result<(), EngineError> {
        let paths = paths
            .iter()
            .map(|path| path.canonicalize().map_err(EngineError::io(path)))
            .collect::<Result<Vec<_>, _>>()?;
        if let [folder] = &paths[..]
            && folder.is_dir()
        {
            return self.open_workspace_folder(folder);
        }
        for path in &paths {
            CaptureFile::open(path).map_err(EngineError::capture(path))?;
        }
        let (recording_id, name) = identity(&paths)?;
        let folder = self.home.join("recordings").join(&recording_id);
        if folder.join(FINISHED).is_file() {
            return self.reopen(recording_id, name, &folder, &first_of(&paths));
        }
        self.start_import(recording_id, name, folder, paths)
    }

    /// Opens a recording that comes with the program.
    ///
    /// # Errors
    /// When there is no such sample.
    pub fn open_sample(self: &Arc<Self>, name: &str) -> Result<(), EngineError> {
        let path = samples::path(name).ok_or_else(|| EngineError::NotFound(format!("The sample {name:?}")))?;
        self.open_paths(&[path])
    }

    /// Opens a recording that was open before.
    ///
    /// # Errors
    /// When it is not known any more, or its file is gone.
    pub fn open_recent(self: &Arc<Self>, recording_id: &str) -> Result<(), EngineError> {
        if recording_id == LIVE_RECORDING {
            return self.open_live();
        }
        if recording_id == HOME_RECORDING {
            return self.open_workspace_folder(&self.home.clone());
        }
        let recent = self.memory.recents()?.into_iter().find(|recent| recent.recording_id == recording_id);
        let recent = recent.ok_or_else(|| EngineError::NotFound(format!("The recording {recording_id:?}")))?;
        if recent.folder.join(FINISHED).is_file() {
            return self.reopen(recent.recording_id, recent.name, &recent.folder, &recent.path);
        }
        self.open_paths(&[recent.path])
    }

    /// Takes a recording from the list and deletes its index. The capture file stays.
    ///
    /// # Errors
    /// When it is open or its folder cannot be removed.
    pub fn forget_recent(&self, recording_id: &str) -> Result<(), EngineError> {
        if self.current().is_ok_and(|current| current.recording_id == recording_id) {
            self.close_recording();
        }
        let recent = self.memory.recents()?.into_iter().find(|recent| recent.recording_id == recording_id);
        self.memory.forget_recent(recording_id)?;
        match recent {
            // What was captured live is there and nowhere else.
            Some(recent) if recent.folder.is_dir() && recording_id != LIVE_RECORDING => {
                fs::remove_dir_all(&recent.folder).map_err(EngineError::io(&recent.folder))
            }
            _ => Ok(()),
        }
    }

    fn open_workspace_folder(&self, folder: &Path) -> Result<(), EngineError> {
        if self.current().is_ok_and(|current| current.workspace.folder() == folder) {
            return Ok(());
        }
        self.close_recording();
        let beside = lock(&self.beside);
        let workspace = Workspace::open_existing_soon(folder)?;
        drop(beside);
        let name = workspace.name().to_owned();
        self.show(HOME_RECORDING.into(), name, Arc::new(workspace));
        Ok(())
    }

    fn reopen(
        self: &Arc<Self>,
        recording_id: String,
        name: String,
        folder: &Path,
        path: &Path,
    ) -> Result<(), EngineError> {
        if self.current().is_ok_and(|current| current.recording_id == recording_id) {
            return Ok(());
        }
        self.close_recording();
        let beside = lock(&self.beside);
        let workspace = Arc::new(Workspace::open_soon(folder)?);
        drop(beside);
        if workspace.is_emptied() {
            // What was in it comes from its captures; what it was stays beside.
            let captures = ledger::read(folder).map_err(EngineError::io(folder))?;
            drop(workspace);
            set_index_aside(folder).map_err(EngineError::io(folder))?;
            let captures = if captures.is_empty() { vec![path.to_owned()] } else { captures };
            return self.start_import(recording_id, name, folder.to_owned(), captures);
        }
        self.remember(&recording_id, &name, path, &workspace)?;
        self.show(recording_id, name, workspace);
        Ok(())
    }

    /// Imports the captures of the home folder's own recording again, whose database could not be read.
    pub(super) fn import_home_again(self: &Arc<Self>, workspace: Arc<Workspace>) -> Result<(), EngineError> {
        let captures = ledger::read(&self.home).map_err(EngineError::io(&self.home))?;
        if captures.is_empty() {
            return Ok(());
        }
        let name = name_of(&captures);
        self.cancel.store(false, Ordering::Relaxed);
        self.show(HOME_RECORDING.into(), workspace.name().to_owned(), Arc::clone(&workspace));
        let workbench = self.clone();
        let thread = thread::Builder::new()
            .name("wr-import".into())
            .spawn(move || {
                let watch = Watcher { workbench: &workbench, name: &name, started: Instant::now() };
                let mut rebuilt = Rebuilt::default();
                let gone = |gone: &[PathBuf]| gone.iter().map(|path| format!("{} is gone", path.display())).collect();
                match import_again(&workspace, &captures, &watch, &mut rebuilt) {
                    Ok(()) => watch.tell(ImportState::Done, |progress| progress.warnings = gone(&rebuilt.gone)),
                    Err(error) => watch.ended(&error),
                }
                workbench.ticks.rows_changed();
            })
            .map_err(EngineError::io(&self.home))?;
        *lock(&self.import) = Some(thread);
        Ok(())
    }

    fn start_import(
        self: &Arc<Self>,
        recording_id: String,
        name: String,
        folder: PathBuf,
        paths: Vec<PathBuf>,
    ) -> Result<(), EngineError> {
        let mut running = lock(&self.import);
        if running.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Err(EngineError::Busy);
        }
        self.close_recording();
        // An import that was ended before left rows that would count twice.
        if exists(&folder) {
            fs::remove_dir_all(&folder).map_err(EngineError::io(&folder))?;
        }
        let workspace = Arc::new(Workspace::open_soon(&folder)?);
        self.cancel.store(false, Ordering::Relaxed);
        self.show(recording_id.clone(), name.clone(), workspace.clone());
        let workbench = self.clone();
        let thread = thread::Builder::new()
            .name("wr-import".into())
            .spawn(move || workbench.run_import(&recording_id, &name, &folder, &paths, workspace))
            .map_err(EngineError::io(&self.home))?;
        *running = Some(thread);
        Ok(())
    }

    /// The import thread: errors end in the progress that hosts show.
    fn run_import(&self, recording_id: &str, name: &str, folder: &Path, paths: &[PathBuf], workspace: Arc<Workspace>) {
        let watch = Watcher { workbench: self, name, started: Instant::now() };
        let result = import(&workspace, paths, &watch).and_then(|summary| {
            fs::write(folder.join(FINISHED), b"").map_err(EngineError::io(folder))?;
            self.remember(recording_id, name, &first_of(paths), &workspace)?;
            Ok(summary)
        });
        drop(workspace);
        match result {
            Ok(summary) => watch.done(&summary),
            Err(error) => {
                self.close_recording();
                // Its rows are of no use; the next try starts afresh in any case.
                let _ = fs::remove_dir_all(folder);
                watch.ended(&error);
            }
        }
        self.ticks.rows_changed();
    }
}

/// The file that a recording is listed under.
fn first_of(paths: &[PathBuf]) -> PathBuf {
    paths.first().cloned().unwrap_or_default()
}

/// Id and name of a recording: the same files, unchanged, are the same recording.
fn identity(paths: &[PathBuf]) -> Result<(String, String), EngineError> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        let facts: Metadata = fs::metadata(path).map_err(EngineError::io(path))?;
        (path, facts.len(), facts.modified().ok()).hash(&mut hasher);
        (env!("CARGO_PKG_VERSION"), wirereel_store::FORMAT).hash(&mut hasher);
    }
    let name = name_of(paths);
    let stem: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    Ok((format!("{stem}-{:08x}", hasher.finish() as u32), name))
}

/// Turns an import's progress into ticks.
struct Watcher<'a> {
    workbench: &'a Workbench,
    name: &'a str,
    started: Instant,
}

impl Watcher<'_> {
    fn tell(&self, state: ImportState, change: impl FnOnce(&mut ImportProgress)) {
        let mut progress = self.workbench.ticks.current_import().unwrap_or(ImportProgress {
            name: self.name.to_owned(),
            state,
            bytes_done: 0,
            bytes_total: 0,
            packets: 0,
            packets_per_s: 0.0,
            flows: 0,
            exchanges: 0,
            elapsed_ms: 0,
            left_ms: None,
            error: None,
            warnings: Vec::new(),
        });
        progress.state = state;
        progress.elapsed_ms = self.started.elapsed().as_millis() as u64;
        change(&mut progress);
        self.workbench.ticks.import(Some(progress));
    }

    fn done(&self, summary: &ImportSummary) {
        self.tell(ImportState::Done, |progress| {
            progress.bytes_done = progress.bytes_total;
            progress.packets = summary.packets;
            progress.flows = summary.flows;
            progress.exchanges = summary.exchanges;
            progress.left_ms = None;
            progress.warnings.clone_from(&summary.warnings);
        });
    }

    fn ended(&self, error: &EngineError) {
        let state = if matches!(error, EngineError::Cancelled) { ImportState::Cancelled } else { ImportState::Failed };
        self.tell(state, |progress| {
            progress.left_ms = None;
            progress.error = Some(ApiError { code: error.code(), message: error.to_string(), detail: String::new() });
        });
    }
}

impl Watch for Watcher<'_> {
    fn progress(&self, now: &Progress) {
        self.tell(ImportState::Running, |progress| {
            progress.bytes_done = now.bytes_done;
            progress.bytes_total = now.bytes_total;
            progress.packets = now.packets;
            progress.packets_per_s = now.packets_per_s();
            progress.flows = now.flows;
            progress.exchanges = now.exchanges;
            progress.left_ms = now.left().map(|left| left.as_millis() as u64);
        });
    }

    fn cancelled(&self) -> bool {
        self.workbench.cancel.load(Ordering::Relaxed)
    }

    fn partial_interval(&self) -> Option<Duration> {
        Some(Duration::from_millis(1_500))
    }

    fn rows_changed(&self) {
        self.workbench.ticks.rows_changed();
    }

    fn health(&self) -> Option<&Gauges> {
        Some(self.workbench.gauges())
    }
}
