//! What can go wrong in the store, in kinds that a host can tell apart.

use std::{io, path::PathBuf};

use wirereel_query::answer::FilterProblem;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was asked for does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// A user's SQL text is wrong, or wants more than reading.
    #[error("{0}")]
    BadSql(String),
    /// A filter text is wrong; the problem says where.
    #[error("{}", .0.message)]
    BadFilter(FilterProblem),
    /// A question is out of range or names something that cannot be asked for.
    #[error("{0}")]
    BadQuestion(String),
    /// A newer question on the same lane took this one's place.
    #[error("a newer question took this one's place")]
    Superseded,
    /// Another process has the file open.
    #[error("{} is in use by another process: close the other Wirereel, or choose another workspace", .0.display())]
    Locked(PathBuf),
    /// The file cannot be read as what it should be.
    #[error("{} cannot be read: {reason}", file.display())]
    Corrupt { file: PathBuf, reason: String },
    /// The DuckDB library that was loaded is not the one this program was made for.
    #[error("the loaded DuckDB library is {found}, expected {expected}: run scripts/fetch-libduckdb and build again")]
    WrongLibrary { found: String, expected: &'static str },
    /// A file operation failed.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// DuckDB failed.
    #[error("DuckDB: {0}")]
    Duck(duckdb::Error),
    /// SQLite failed.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A remembered value is not the JSON it should be.
    #[error("a remembered value cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// The store's result.
pub type Result<T> = std::result::Result<T, StoreError>;

impl From<duckdb::Error> for StoreError {
    fn from(error: duckdb::Error) -> Self {
        match &error {
            duckdb::Error::DuckDBFailure(_, Some(message)) if message.starts_with("INTERRUPT") => Self::Superseded,
            _ => Self::Duck(error),
        }
    }
}

impl StoreError {
    /// An I/O error with the path it happened at.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { path, error }
    }
}
