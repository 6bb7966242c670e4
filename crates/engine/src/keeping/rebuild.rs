//! Rows made anew from packets: after a database could not be read, or because somebody asks for it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use wirereel_store::{Store, set_database_aside, take_over};

use super::{ledger, runs};
use crate::{
    EngineError, Workspace,
    import::{Watch, import},
    live::{self, writer_of},
    workspace::exists,
};

/// What was made anew.
#[derive(Debug, Clone, Default)]
pub struct Rebuilt {
    /// Where the database of before is now.
    pub aside: Vec<PathBuf>,
    /// Captures that were imported again.
    pub captures: u64,
    /// Runs of live capture that were read again.
    pub runs: u64,
    /// Captures that are not where they were: their rows are only in what was set aside.
    pub gone: Vec<PathBuf>,
    pub warnings: Vec<String>,
    pub took: Duration,
}

/// Makes all rows of a workspace anew: of its imported captures, and of what was captured live into it. The databases of before are set aside
/// under another name, never deleted.
///
/// # Errors
/// When another process has it open, there is nothing to make rows of, or the disk cannot be written.
pub fn rebuild(folder: &Path, watch: &dyn Watch) -> Result<Rebuilt, EngineError> {
    let began = Instant::now();
    let mut rebuilt = Rebuilt::default();
    let live = folder.join("live");
    let of_live = [folder, &live].into_iter().filter(|folder| !runs::folders(folder).is_ok_and(|runs| runs.is_empty()));
    let of_live: Vec<&Path> = of_live.collect();
    if !exists(folder) && of_live.is_empty() && ledger::read(folder).map_err(EngineError::io(folder))?.is_empty() {
        return Err(EngineError::NoWorkspace(folder.to_owned()));
    }
    let captures = captures_of(folder)?;
    if !captures.is_empty() || (exists(folder) && !of_live.contains(&folder)) {
        set_aside(folder, &mut rebuilt)?;
        let workspace = Workspace::open(folder)?;
        import_again(&workspace, &captures, watch, &mut rebuilt)?;
    }
    for folder in of_live {
        if !rebuilt.aside.iter().any(|aside| aside.parent() == Some(folder)) {
            set_aside(folder, &mut rebuilt)?;
        }
        let workspace = Workspace::open(folder)?;
        rebuilt.runs += complete(&workspace, watch)?;
    }
    rebuilt.took = began.elapsed();
    Ok(rebuilt)
}

/// Sets the database of a folder aside. What came of website checks, and alerts, are in no packets: they are taken over.
fn set_aside(folder: &Path, rebuilt: &mut Rebuilt) -> Result<(), EngineError> {
    let Some(aside) = set_database_aside(folder)? else { return Ok(()) };
    if let Err(error) = take_over(folder, &aside) {
        let aside = aside.display();
        rebuilt.warnings.push(format!("results of website checks and alerts are only in {aside} now: {error}"));
    }
    rebuilt.aside.push(aside);
    Ok(())
}

/// Makes the rows of a workspace anew whose database could not be read when it was opened; `None` where it could.
///
/// # Errors
/// As [`rebuild`].
pub fn make_anew(workspace: &Workspace, watch: &dyn Watch) -> Result<Option<Rebuilt>, EngineError> {
    if !workspace.is_emptied() {
        return Ok(None);
    }
    let (began, folder) = (Instant::now(), workspace.folder());
    let mut rebuilt = Rebuilt::default();
    let captures = ledger::read(folder).map_err(EngineError::io(folder))?;
    import_again(workspace, &captures, watch, &mut rebuilt)?;
    rebuilt.runs = complete(workspace, watch)?;
    rebuilt.took = began.elapsed();
    Ok(Some(rebuilt))
}

/// Reads every run again whose rows are missing; gives how many.
///
/// # Errors
/// When it is cancelled, or the disk or the store cannot be read or written.
pub(crate) fn complete(workspace: &Workspace, watch: &dyn Watch) -> Result<u64, EngineError> {
    let unfinished = runs::unfinished(workspace.folder(), &mut writer_of(workspace)?)?;
    for folder in &unfinished {
        live::rebuild(workspace, folder, watch)?;
    }
    Ok(unfinished.len() as u64)
}

/// Imports the captures that a workspace was made of, into its empty database.
///
/// # Errors
/// As [`import`].
pub(crate) fn import_again(
    workspace: &Workspace,
    captures: &[PathBuf],
    watch: &dyn Watch,
    rebuilt: &mut Rebuilt,
) -> Result<(), EngineError> {
    let folder = workspace.folder();
    ledger::clear(folder).map_err(EngineError::io(folder))?;
    forget_copies(folder)?;
    let (there, gone): (Vec<PathBuf>, Vec<PathBuf>) = captures.iter().cloned().partition(|capture| capture.is_file());
    if !there.is_empty() {
        let summary = import(workspace, &there, watch)?;
        rebuilt.captures += summary.files;
        rebuilt.warnings.extend(summary.warnings);
    }
    rebuilt.gone.extend(gone);
    Ok(())
}

/// The captures that a workspace was made of: as its database says, and where it cannot be read, as was noted beside it.
pub(crate) fn captures_of(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let told = Store::open_for_reading(folder).and_then(|store| store.reader(None)?.source_paths());
    match told {
        Ok(sources) => Ok(sources.into_iter().filter(|source| !runs::is_run(source)).collect()),
        Err(error @ wirereel_store::StoreError::Locked(_)) => Err(error.into()),
        Err(_) => ledger::read(folder).map_err(EngineError::io(folder)),
    }
}

/// Unpacked copies are of captures by their number, which may be another one now.
fn forget_copies(folder: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(folder.join("scratch")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::io(folder)(error)),
        _ => Ok(()),
    }
}
