//! Runs: a folder of segments each, and which of them rows are missing of.
//!
//! The database itself says of which sources every row is there, in the same transaction as the rows. So whatever happens to it, what is
//! missing is known: rows that a crash left half-way are removed, and read again from the segments like those that were never there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use wirereel_capture::{recover, segments};
use wirereel_store::Writer;

use crate::EngineError;

/// Holds a folder for every run, in the folder of the live recording.
pub(crate) const RUNS: &str = "segments";

/// The folders of all runs, in the order in which they began; none where nothing was captured.
pub(crate) fn folders(live: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let runs = live.join(RUNS);
    let failed = |error| EngineError::io(&runs)(error);
    let entries = match fs::read_dir(&runs) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().contains('-')) {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Whether a source's bytes are a run's segments, wherever its recording was when it was captured.
pub(crate) fn is_run(source: &Path) -> bool {
    source.parent().and_then(Path::file_name).is_some_and(|name| name == RUNS)
}

/// When a run began by this machine's clock, nanoseconds since 1970, which its folder's name tells.
pub(crate) fn began_ns(folder: &Path) -> Option<i64> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    name.split('-').next()?.parse::<i64>().ok()?.checked_mul(1_000_000)
}

/// Finds the runs whose rows are missing and takes out what is there of them, so that they can be read again. Nothing may be capturing.
/// Gives their folders in the order in which they began.
///
/// # Errors
/// When a folder cannot be read or mended, or the store cannot be written.
pub(crate) fn unfinished(live: &Path, writer: &mut Writer) -> Result<Vec<PathBuf>, EngineError> {
    let known = writer.kept_sources()?;
    let mut unfinished = Vec::new();
    for folder in folders(live)? {
        // By its name, which is unique: all of it may have been moved.
        let source = known.iter().find(|source| is_run(&source.path) && source.path.file_name() == folder.file_name());
        match source {
            Some(source) if source.is_complete => {
                if source.path != folder {
                    writer.move_source(source.source, &folder)?;
                }
                continue;
            }
            Some(source) => writer.remove_source(source.source)?,
            None => {}
        }
        recover(&folder).map_err(EngineError::capture(&folder))?;
        if !segments(&folder).map_err(EngineError::capture(&folder))?.is_empty() {
            unfinished.push(folder);
        }
    }
    Ok(unfinished)
}

/// Bytes of a run's segments.
pub(crate) fn bytes(folder: &Path) -> u64 {
    segments(folder).map_or(0, |segments| segments.iter().map(|segment| segment.bytes).sum())
}
