//! One file per command.

mod capture;
mod check;
mod diff;
mod doctor;
mod export;
mod import;
mod incidents;
mod picture;
mod probe;
mod rebuild;
mod report;
mod retention;
mod schema;
mod sql;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wirereel_engine::{Workspace as Open, keeping};

use crate::{
    arguments::{Arguments, Check, Command, Workspace},
    serve,
};

/// Runs what was asked.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Import { files, workspace } => import::run(&folder(&workspace)?, &files),
        Command::Sql { query, workspace, format } => sql::run(&folder(&workspace)?, &query, format),
        Command::Incidents { workspace, format } => incidents::run(&folder(&workspace)?, format),
        Command::Diff { before, after, filter, workspace, format } => {
            diff::run(&before, &after, &filter, || folder(&workspace), format)
        }
        Command::Report { workspace, out } => report::run(&folder(&workspace)?, out.as_deref()),
        Command::Picture { what, workspace, selected, services, metric, theme, out } => {
            picture::run(&folder(&workspace)?, what, selected.scope(), services, metric, theme, &out)
        }
        Command::Serve { files, workspace, listen, metrics, metrics_beyond_loopback: beyond_loopback } => {
            let metrics = metrics.map(|address| serve::MetricsAt { address, beyond_loopback });
            serve::serve(folder(&workspace)?, files, listen, metrics)
        }
        Command::Capture(capture) => capture::run(capture),
        Command::Check(Check::Run { websites, workspace, format }) => {
            check::run(&folder(&workspace)?, &websites, format)
        }
        Command::Probe(probe) => probe::run(probe),
        Command::Rebuild { workspace } => rebuild::run(&folder(&workspace)?),
        Command::Retention { workspace, dry_run } => retention::run(&folder(&workspace)?, dry_run),
        Command::Schema { markdown, config } => schema::run(markdown, config),
        Command::Doctor(doctor) => doctor::run(doctor),
        Command::Export(export) => export::run(export),
    }
}

/// Opens a workspace that must be there already.
pub(crate) fn open(folder: &Path) -> Result<Open> {
    mended(Open::open_existing(folder)?)
}

/// Says what opening had to mend. Where the database could not be read, everything in it is made anew first.
pub(crate) fn mended(workspace: Open) -> Result<Open> {
    for note in workspace.notes() {
        eprintln!("warning: {note}");
    }
    let bar = import::Bar::new();
    if let Some(rebuilt) = keeping::make_anew(&workspace, &bar)? {
        bar.clear();
        rebuild::warn(&rebuilt);
        eprintln!("warning: rows were made anew of {}", rebuild::sources(&rebuilt));
    }
    Ok(workspace)
}

/// The workspace that was named, or the platform's data folder.
pub(crate) fn folder(workspace: &Workspace) -> Result<PathBuf> {
    match &workspace.workspace {
        Some(folder) => Ok(folder.clone()),
        None => {
            Ok(dirs::data_dir().context("this platform has no data folder: give --workspace DIR")?.join("wirereel"))
        }
    }
}

/// The reader of our output went away, as `| head` does: that is not a failure.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
