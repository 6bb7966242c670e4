//! Rows as files: HAR of exchanges, CSV and Parquet of exchanges or flows.

use std::path::Path;

use wirereel_query::{
    filter,
    question::{RowsFormat, RowsOf, Scope},
};
use wirereel_store::{CopyFormat, StoreError};

use super::har;
use crate::{EngineError, Workspace};

/// Which rows are written, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsExport {
    pub rows: RowsOf,
    pub format: RowsFormat,
    pub scope: Scope,
    /// HAR: with the bodies, read back from the captures, decoded, and with whatever secrets they hold.
    pub bodies: bool,
}

impl RowsExport {
    /// Looks at the question before anybody is asked where to save.
    ///
    /// # Errors
    /// A wrong filter, or flows as HAR.
    pub fn check(&self) -> Result<(), EngineError> {
        if !self.scope.filter.trim().is_empty() {
            filter::parse(&self.scope.filter).map_err(EngineError::Filter)?;
        }
        if (self.format, self.rows) == (RowsFormat::Har, RowsOf::Flows) {
            let reason = "HAR holds exchanges: export flows as CSV or Parquet".to_owned();
            return Err(StoreError::BadQuestion(reason).into());
        }
        Ok(())
    }

    /// The file name that is suggested.
    pub fn file_name(&self) -> &'static str {
        match (self.rows, self.format) {
            (_, RowsFormat::Har) => "wirereel.har",
            (RowsOf::Exchanges, RowsFormat::Csv) => "wirereel-exchanges.csv",
            (RowsOf::Flows, RowsFormat::Csv) => "wirereel-flows.csv",
            (RowsOf::Exchanges, RowsFormat::Parquet) => "wirereel-exchanges.parquet",
            (RowsOf::Flows, RowsFormat::Parquet) => "wirereel-flows.parquet",
        }
    }
}

/// Writes the selected rows. Returns how many. The file appears under its name only when it is whole.
///
/// # Errors
/// A wrong filter, flows as HAR, a file that cannot be written; with bodies also a capture that is gone.
pub fn rows(workspace: &Workspace, export: &RowsExport, path: &Path) -> Result<u64, EngineError> {
    export.check()?;
    let format = match export.format {
        RowsFormat::Har => return har::write(workspace, &export.scope, export.bodies, path),
        RowsFormat::Csv => CopyFormat::Csv,
        RowsFormat::Parquet => CopyFormat::Parquet,
    };
    let copied = workspace.reader(None)?.copy_rows(export.rows, &export.scope, format)?;
    Ok(copied.move_to(path)?)
}
