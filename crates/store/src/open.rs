//! Opening the events file so that neither a second process, a wrong library nor a damaged log takes the program down.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use duckdb::{AccessMode, Config, Connection};

use crate::{
    DUCKDB_VERSION,
    error::{Result, StoreError},
    schema,
};

/// Log size at which DuckDB writes a checkpoint by itself: imports end with one, and 16 MB, the default, costs them 40 %.
const CHECKPOINT_THRESHOLD: &str = "4GB";

/// What DuckDB holds in memory, in bytes, of a machine whose memory is not known or small; beyond it, it writes to a temporary file beside the
/// database. Its own default is four fifths of the machine, which an import would fill with what it has just written.
const LEAST_MEMORY: u64 = 320 << 20;

/// The same at most: what questions about single instants of a day of 100 million events read fits into it.
const MOST_MEMORY: u64 = 1 << 30;

/// The same in parts of the machine's memory.
const MEMORY_SHARE: u64 = 16;

/// Where the files of a recording are.
pub(crate) struct Files {
    /// The database itself.
    pub(crate) events: PathBuf,
    log: PathBuf,
    /// Exists while the database is being opened: if it does so at the start, the last opening did not return.
    opening: PathBuf,
    lock: PathBuf,
    /// The one folder that the database may write files to: an exported file lies here until it is moved to where it is wanted.
    pub(crate) outbox: PathBuf,
}

impl Files {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            events: folder.join("events.duckdb"),
            log: folder.join("events.duckdb.wal"),
            opening: folder.join("events.duckdb.opening"),
            lock: folder.join("events.duckdb.lock"),
            outbox: std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).join("outbox"),
        }
    }

    /// Takes the folder for this process; given back when the file is dropped.
    pub(crate) fn lock(&self) -> Result<File> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock)
            .map_err(StoreError::io(&self.lock))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(self.events.clone())),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&self.lock)(error)),
        }
    }

    /// Moves a file out of the way, under a name that is free.
    fn set_aside(&self, file: &Path) -> Result<PathBuf> {
        let mut number = 1;
        let aside = loop {
            let mut name = file.as_os_str().to_owned();
            name.push(format!(".aside-{number}"));
            let candidate = PathBuf::from(name);
            if !candidate.exists() {
                break candidate;
            }
            number += 1;
        };
        fs::rename(file, &aside).map_err(StoreError::io(file))?;
        Ok(aside)
    }
}

/// Opens the database, with notes for the user about what had to be mended. The caller holds the lock.
pub(crate) fn open(files: &Files) -> Result<(Connection, Vec<String>)> {
    check_library()?;
    let mut notes = Vec::new();
    if files.opening.exists() && files.log.exists() {
        notes.push(set_log_aside(files, "opening the recording did not end the last time")?);
    }
    fs::write(&files.opening, []).map_err(StoreError::io(&files.opening))?;
    let opened = open_mending(files, &mut notes);
    fs::remove_file(&files.opening).map_err(StoreError::io(&files.opening))?;
    Ok((opened?, notes))
}

fn open_mending(files: &Files, notes: &mut Vec<String>) -> Result<Connection> {
    let connection = match connect(files) {
        Err(StoreError::Corrupt { reason, .. }) if files.log.exists() => {
            notes.push(set_log_aside(files, &reason)?);
            connect(files)?
        }
        other => other?,
    };
    let found = format_of(&connection)?;
    if found.is_none_or(|format| format == schema::FORMAT) {
        create(&connection, found.is_none())?;
        return Ok(connection);
    }
    connection.close().map_err(|(_, error)| error)?;
    let aside = files.set_aside(&files.events)?;
    notes.push(format!(
        "{} was written by another version of Wirereel and is now {}: open its capture files again",
        files.events.display(),
        aside.display()
    ));
    let connection = connect(files)?;
    create(&connection, true)?;
    Ok(connection)
}

/// Opens the database as it is, without writing to it. The caller holds the lock.
pub(crate) fn open_for_reading(files: &Files) -> Result<Connection> {
    check_library()?;
    let corrupt = |reason: String| StoreError::Corrupt { file: files.events.clone(), reason };
    let connection = Connection::open_with_flags(&files.events, config()?.access_mode(AccessMode::ReadOnly)?)
        .map_err(|error| corrupt(error.to_string()))?;
    close_off(&connection, files)?;
    match format_of(&connection)? {
        Some(schema::FORMAT) => Ok(connection),
        _ => Err(corrupt("it was written by another version of Wirereel; open its capture files again".into())),
    }
}

fn set_log_aside(files: &Files, reason: &str) -> Result<String> {
    let aside = files.set_aside(&files.log)?;
    Ok(format!(
        "{reason}: the last changes are set aside in {} and missing here; open their capture files again",
        aside.display()
    ))
}

/// What must be settled before the file is opened. Files are for the library of this version and no other, so they may be as it writes them
/// best.
fn config() -> Result<Config> {
    Ok(Config::default()
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?
        .with("checkpoint_threshold", CHECKPOINT_THRESHOLD)?
        .with("memory_limit", format!("{}B", memory_limit(memory_of_machine())))?
        .with("storage_compatibility_version", "latest")?)
}

/// From here on the instance reaches no file but its own and those in the outbox, and no network, whoever asks; its settings cannot be
/// changed afterwards.
fn close_off(connection: &Connection, files: &Files) -> Result<()> {
    // What an earlier process left there is of no use to anybody.
    let _ = fs::remove_dir_all(&files.outbox);
    let outbox = files.outbox.to_string_lossy().replace('\'', "''");
    // In this order: the list of folders is closed with external access.
    connection.execute_batch(&format!(
        "SET allowed_directories = ['{outbox}']; SET enable_external_access = false; SET lock_configuration = true;"
    ))?;
    Ok(())
}

/// What the database may hold in memory, in bytes.
fn memory_limit(machine: Option<u64>) -> u64 {
    machine.map_or(LEAST_MEMORY, |bytes| (bytes / MEMORY_SHARE).clamp(LEAST_MEMORY, MOST_MEMORY))
}

/// The memory of this machine in bytes, where the system tells.
fn memory_of_machine() -> Option<u64> {
    let facts = fs::read_to_string("/proc/meminfo").ok()?;
    let total = facts.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    total.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1_024)
}

fn connect(files: &Files) -> Result<Connection> {
    let file = &files.events;
    let connection = Connection::open_with_flags(file, config()?).map_err(|error| {
        let text = error.to_string();
        if text.contains("Could not set lock") || text.contains("Conflicting lock") {
            StoreError::Locked(file.clone())
        } else {
            StoreError::Corrupt { file: file.clone(), reason: text }
        }
    })?;
    close_off(&connection, files)?;
    Ok(connection)
}

/// The version of the loaded library, when it is the one this program is made for. Asked before any file is touched: another version
/// could convert it, or fail half-way.
///
/// # Errors
/// `WrongLibrary`.
pub fn check_library() -> Result<String> {
    let found = Connection::open_in_memory()?.version()?;
    if found == DUCKDB_VERSION { Ok(found) } else { Err(StoreError::WrongLibrary { found, expected: DUCKDB_VERSION }) }
}

/// The format the file was written in; `None` for a new file.
fn format_of(connection: &Connection) -> Result<Option<u32>> {
    let has_meta: bool = connection.query_row(
        "SELECT count(*) > 0 FROM duckdb_tables() WHERE schema_name = 'raw' AND table_name = 'meta'",
        [],
        |row| row.get(0),
    )?;
    if !has_meta {
        return Ok(None);
    }
    let format: Option<String> =
        connection.query_row("SELECT max(value) FROM raw.meta WHERE key = 'format'", [], |row| row.get(0))?;
    // A file whose format cannot be read is of no format this version writes.
    Ok(Some(format.and_then(|format| format.parse().ok()).unwrap_or(0)))
}

fn create(connection: &Connection, new: bool) -> Result<()> {
    connection.execute_batch("BEGIN")?;
    connection.execute_batch(&schema::create())?;
    if new {
        let format = schema::FORMAT.to_string();
        connection.execute("INSERT INTO raw.meta VALUES ('format', ?)", [format])?;
        for width in schema::WIDTHS_S {
            connection.execute("INSERT INTO raw.rollup_widths VALUES (?)", [width])?;
        }
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_format_is_set_aside_and_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        let (connection, notes) = open(&files).unwrap();
        assert!(notes.is_empty());
        connection.execute_batch("UPDATE raw.meta SET value = '999' WHERE key = 'format'; CHECKPOINT").unwrap();
        drop(connection);
        let (connection, notes) = open(&files).unwrap();
        assert!(notes[0].contains("another version"), "{notes:?}");
        assert!(folder.path().join("events.duckdb.aside-1").exists());
        assert_eq!(format_of(&connection).unwrap(), Some(schema::FORMAT));
    }

    #[test]
    fn the_database_takes_a_small_share_of_the_memory() {
        let gigabytes = |gigabytes: u64| memory_limit(Some(gigabytes << 30)) >> 20;
        assert_eq!([2, 8, 12, 64].map(gigabytes), [320, 512, 768, 1_024]);
        assert_eq!(memory_limit(None), LEAST_MEMORY);
        let folder = tempfile::tempdir().unwrap();
        let (connection, _) = open(&Files::in_folder(folder.path())).unwrap();
        let set: String = connection.query_row("SELECT current_setting('memory_limit')", [], |row| row.get(0)).unwrap();
        let expected = memory_limit(memory_of_machine()) as f64 / f64::from(1 << 20);
        let (number, unit) = set.split_once(' ').unwrap();
        let factor = if unit == "GiB" { 1_024.0 } else { 1.0 };
        assert!((number.parse::<f64>().unwrap() * factor - expected).abs() < 1.0 + expected / 100.0, "{set}");
    }

    #[test]
    fn the_instance_keeps_its_settings() {
        let folder = tempfile::tempdir().unwrap();
        let (connection, _) = open(&Files::in_folder(folder.path())).unwrap();
        for change in ["SET enable_external_access = true", "SET lock_configuration = false", "LOAD httpfs"] {
            assert!(connection.execute_batch(change).is_err(), "{change}");
        }
    }
}
