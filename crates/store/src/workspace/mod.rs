//! What the workspace remembers: settings, bookmarks, recordings that were open, whisperers. SQLite, because it is changed row by row.

mod bookmarks;
mod recents;
mod settings;
mod whisperers;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use rusqlite::Connection;

pub use recents::Recent;
pub use whisperers::{WhispererMemory, WhispererNote};

use crate::{
    error::{Result, StoreError},
    store::locked,
};

/// How long a write waits for another process's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Each step brings a file from one version (`user_version`) to the next. Steps that were released never change.
const STEPS: &[&str] = &["
    CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, recording_id TEXT NOT NULL, at_us INTEGER NOT NULL, note TEXT NOT NULL);
    CREATE INDEX bookmarks_by_time ON bookmarks (recording_id, at_us);
    CREATE TABLE recents (recording_id TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, folder TEXT NOT NULL,
        opened_us INTEGER NOT NULL, bytes INTEGER NOT NULL, duration_us INTEGER NOT NULL, exchanges INTEGER NOT NULL,
        trend TEXT NOT NULL, error_trend TEXT NOT NULL) WITHOUT ROWID;
", "
    CREATE TABLE whisperers (id TEXT PRIMARY KEY, capturing INTEGER NOT NULL, seen TEXT NOT NULL, totals TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE whisperer_events (number INTEGER PRIMARY KEY, id TEXT NOT NULL, at_us INTEGER NOT NULL, state TEXT NOT NULL,
        text TEXT NOT NULL);
    CREATE INDEX whisperer_events_by_time ON whisperer_events (id, at_us);
"];

/// The workspace's memory. Shared between threads; several processes may have it open.
pub struct Workspace {
    connection: Mutex<Connection>,
}

impl Workspace {
    /// Opens or creates `workspace.sqlite` in a folder, which must exist.
    ///
    /// # Errors
    /// `Corrupt` when the file is no SQLite database or was written by a newer version, `Sqlite`.
    pub fn open(folder: &Path) -> Result<Self> {
        let file = folder.join("workspace.sqlite");
        let mut connection = Connection::open(&file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let corrupt = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
                StoreError::Corrupt { file: file.clone(), reason: error.to_string() }
            }
            _ => error.into(),
        };
        connection.pragma_update(None, "journal_mode", "wal").map_err(corrupt)?;
        connection.pragma_update(None, "synchronous", "normal").map_err(corrupt)?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(corrupt)?;
        if version as usize > STEPS.len() {
            let reason = format!(
                "it was written by a newer version of Wirereel (format {version}, known up to {})",
                STEPS.len()
            );
            return Err(StoreError::Corrupt { file, reason });
        }
        for (step, reached) in STEPS.iter().zip(1_u32..).skip(version as usize) {
            let transaction = connection.transaction()?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", reached)?;
            transaction.commit()?;
        }
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        locked(&self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_newer_version_is_refused_and_untouched() {
        let folder = tempfile::tempdir().unwrap();
        drop(Workspace::open(folder.path()).unwrap());
        let file = folder.path().join("workspace.sqlite");
        let connection = Connection::open(&file).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        assert!(matches!(Workspace::open(folder.path()), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("workspace.sqlite"),
            "this is no database, however long it may be".repeat(40),
        )
        .unwrap();
        let error = Workspace::open(folder.path()).err().unwrap();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    }
}
