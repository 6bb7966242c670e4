//! Rows written to files: CSV and Parquet by DuckDB itself, into the one folder that it may write to.

use std::path::{Path, PathBuf};

use wirereel_query::question::{RowsOf, Scope};

use super::{Reader, scope::Condition};
use crate::{
    error::{Result, StoreError},
    schema,
};

/// What [`Reader::copy_rows`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyFormat {
    /// RFC 4180 with a header line; times in UTC.
    Csv,
    Parquet,
}

impl CopyFormat {
    fn options(self) -> &'static str {
        match self {
            Self::Csv => "FORMAT csv, HEADER true",
            Self::Parquet => "FORMAT parquet, COMPRESSION zstd",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// A file in the store's outbox. It is gone when this is dropped, unless it was moved away.
#[derive(Debug)]
pub struct Copied {
    path: PathBuf,
    pub rows: u64,
}

impl Copied {
    /// Moves the file to where it is wanted, also to another file system.
    ///
    /// # Errors
    /// When it cannot be written there.
    pub fn move_to(self, path: &Path) -> Result<u64> {
        if std::fs::rename(&self.path, path).is_err() {
            // Beside the target first, so that the name appears only with all of its contents.
            let part = path.with_extension("part");
            std::fs::copy(&self.path, &part).map_err(StoreError::io(&part))?;
            std::fs::rename(&part, path).map_err(StoreError::io(path))?;
        }
        Ok(self.rows)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // Already moved, or of no use to anybody.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Reader {
    /// Writes the rows of a scope, with all columns of their public view, in the order in which they were stored.
    ///
    /// # Errors
    /// `BadFilter`, and when the disk is full.
    pub fn copy_rows(&self, rows: RowsOf, scope: &Scope, format: CopyFormat) -> Result<Copied> {
        let (view, table, condition) = match rows {
            RowsOf::Exchanges => ("http_exchanges", "raw.exchanges", Condition::of(scope)?),
            RowsOf::Flows => ("flows", "raw.named_flows", Condition::of_flows(scope)?),
        };
        let columns = schema::views().into_iter().find(|known| known.name == view).map(|view| view.columns);
        let columns: Vec<&str> = columns.unwrap_or_default().iter().map(|column| column.name).collect();
        let path = self.shared.outbox_file(format.extension())?;
        let mut copied = Copied { path, rows: 0 };
        let sql = format!(
            "COPY (SELECT {} FROM {table} WHERE {}) TO '{}' ({})",
            columns.join(", "),
            condition.sql(),
            copied.path.to_string_lossy().replace('\'', "''"),
            format.options()
        );
        self.proceed()?;
        copied.rows = self.connection().execute(&sql, condition.bound())? as u64;
        self.proceed()?;
        Ok(copied)
    }
}
