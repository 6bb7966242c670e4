//! One file per command.

mod capture;
mod diff;
mod doctor;
mod export;
mod import;
mod incidents;
mod picture;
mod report;
mod schema;
mod sql;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::{
    arguments::{Arguments, Command, Workspace},
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
        Command::Serve { files, workspace, listen } => serve::serve(folder(&workspace)?, files, listen),
        Command::Capture(capture) => capture::run(capture),
        Command::Schema { markdown, config } => schema::run(markdown, config),
        Command::Doctor => doctor::run(),
        Command::Export(export) => export::run(export),
    }
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
