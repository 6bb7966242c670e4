//! Giving room back to the system: a database file never shrinks by itself, so one that is mostly free is copied into a smaller one.
//!
//! Done while the file is opened, when nobody else uses it. The copy takes the file's place by a rename once it is whole and durable: whatever
//! happens before leaves the file as it was.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use duckdb::Connection;

use crate::{
    error::{Result, StoreError},
    open::{self, Files},
    schema,
};

/// Free room below which copying is not worth it.
const LEAST_FREE_BYTES: u64 = 64 << 20;

/// Room that a database takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Space {
    /// Of the file, without its log.
    pub bytes: u64,
    /// Of these, blocks that hold nothing.
    pub free_bytes: u64,
}

impl Space {
    /// Whether a copy would give back more than it keeps.
    pub fn is_mostly_free(self) -> bool {
        self.free_bytes > self.bytes / 2 && self.free_bytes >= LEAST_FREE_BYTES
    }
}

/// Memory that a database takes of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// Pages, questions under way, and what they have put together.
    pub bytes: u64,
    /// Of questions that did not fit, on the disk.
    pub spilled_bytes: u64,
}

/// The memory that the database of a connection takes.
pub(crate) fn memory_of(connection: &Connection) -> Result<Memory> {
    let sql = "SELECT coalesce(sum(memory_usage_bytes), 0)::UBIGINT, coalesce(sum(temporary_storage_bytes), 0)::UBIGINT \
               FROM duckdb_memory()";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([], |row| Ok(Memory { bytes: row.get(0)?, spilled_bytes: row.get(1)? }))?)
}

/// The room that the database of a connection takes.
pub(crate) fn space_of(connection: &Connection) -> Result<Space> {
    let sql =
        "SELECT (block_size * total_blocks)::UBIGINT, (block_size * free_blocks)::UBIGINT FROM pragma_database_size()";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([], |row| Ok(Space { bytes: row.get(0)?, free_bytes: row.get(1)? }))?)
}

/// Makes the file smaller when most of it is free. What stands in the way leaves it as it is.
pub(crate) fn if_worth_it(files: &Files, notes: &mut Vec<String>) {
    // What an earlier process did not come to the end with.
    remove(&files.copy);
    if fs::metadata(&files.events).map_or(0, |facts| facts.len()) < LEAST_FREE_BYTES {
        return;
    }
    match compact(files) {
        Ok(Some(given_back)) => notes.push(format!("{} MiB were given back to the system", given_back >> 20)),
        Ok(None) => {}
        Err(error) => {
            remove(&files.copy);
            notes.push(format!("{} could not be made smaller: {error}", files.events.display()));
        }
    }
}

/// Gives the bytes that are free for others now; `None` when most of the file is in use.
fn compact(files: &Files) -> Result<Option<u64>> {
    // A file that cannot be opened is somebody else's business.
    let Ok(connection) = Connection::open_with_flags(&files.events, open::config()?) else { return Ok(None) };
    if open::format_of(&connection)? != Some(schema::FORMAT) {
        return Ok(None);
    }
    connection.execute_batch("CHECKPOINT")?;
    let space = space_of(&connection)?;
    if !space.is_mostly_free() {
        return Ok(None);
    }
    let copy = Connection::open_with_flags(&files.copy, open::config()?)?;
    open::create(&copy, true)?;
    copy.close().map_err(|(_, error)| error)?;
    connection.execute_batch(&format!("ATTACH '{}' AS copy", files.copy.to_string_lossy().replace('\'', "''")))?;
    for table in tables(&connection)? {
        connection.execute_batch(&format!(
            "DELETE FROM copy.raw.{table}; INSERT INTO copy.raw.{table} SELECT * FROM raw.{table};"
        ))?;
    }
    connection.execute_batch("CHECKPOINT copy; DETACH copy")?;
    connection.close().map_err(|(_, error)| error)?;
    if files.log.exists() || log_of(&files.copy).exists() {
        return Err(StoreError::io(&files.log)(std::io::ErrorKind::ResourceBusy.into()));
    }
    let durable = |path: &Path| File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io(path));
    durable(&files.copy)?;
    fs::rename(&files.copy, &files.events).map_err(StoreError::io(&files.events))?;
    if let Some(folder) = files.events.parent() {
        durable(folder)?;
    }
    let now = fs::metadata(&files.events).map_err(StoreError::io(&files.events))?.len();
    Ok(Some(space.bytes.saturating_sub(now)))
}

fn tables(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw' AND database_name = current_database() ORDER BY 1";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<std::result::Result<_, _>>()?)
}

fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".wal");
    name.into()
}

fn remove(copy: &Path) {
    for file in [copy.to_owned(), log_of(copy)] {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database with many rows of which most were removed again; gives its size.
    fn mostly_free(files: &Files) -> u64 {
        let connection = open::open(files).unwrap().connection;
        connection
            .execute_batch(
                "INSERT INTO raw.self_metrics SELECT make_timestamp_ns(i * 1000), hash(i)::VARCHAR, hash(i + 1)::VARCHAR, random() \
                 FROM range(4000000) r(i); CHECKPOINT; \
                 DELETE FROM raw.self_metrics WHERE happened_at < make_timestamp_ns(3800000000); CHECKPOINT; CHECKPOINT;",
            )
            .unwrap();
        connection.close().unwrap();
        fs::metadata(&files.events).unwrap().len()
    }

    fn sum(connection: &Connection) -> (i64, String) {
        let sql = "SELECT count(*), bit_xor(hash(component, metric, value))::VARCHAR FROM raw.self_metrics";
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    }

    #[test]
    fn a_file_that_is_mostly_free_becomes_small_and_keeps_every_row() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        let large = mostly_free(&files);
        let before = {
            let connection = Connection::open(&files.events).unwrap();
            sum(&connection)
        };
        fs::write(&files.copy, b"half of a copy that was not finished").unwrap();
        let opened = open::open(&files).unwrap();
        assert!(opened.notes.iter().any(|note| note.contains("given back")), "{:?}", opened.notes);
        assert_eq!(sum(&opened.connection), before);
        assert_eq!(before.0, 200_000);
        let small = fs::metadata(&files.events).unwrap().len();
        assert!(small < large / 4, "{large} bytes before, {small} after");
        assert!(!files.copy.exists());
        let widths: i64 =
            opened.connection.query_row("SELECT count(*) FROM raw.rollup_widths", [], |row| row.get(0)).unwrap();
        assert_eq!(widths, 3, "nothing is there twice");
        drop(opened);
        assert!(open::open(&files).unwrap().notes.is_empty(), "once is enough");
    }
}
