//! Opening the events file so that neither a second process, a wrong library nor a damaged log takes the program down.

mod files;

use std::{
    fs,
    path::{Path, PathBuf},
};

use duckdb::{AccessMode, Config, Connection};

use crate::{
    DUCKDB_VERSION,
    carry::carry_over,
    compact,
    error::{Result, StoreError},
    schema,
};

pub(crate) use files::Files;

/// Log size at which DuckDB writes a checkpoint by itself: imports end with one, and 16 MB, the default, costs them 40 %.
const CHECKPOINT_THRESHOLD: &str = "4GB";

/// What errors say that have nothing to do with what is in the file.
const NOT_ITS_FAULT: [&str; 6] = [
    "No space left",
    "Permission denied",
    "Read-only file system",
    "Too many open files",
    "Out of Memory",
    "Cannot allocate memory",
];

/// What DuckDB holds in memory, in bytes, of a machine whose memory is not known or small; beyond it, it writes to a temporary file beside the
/// database. Its own default is four fifths of the machine, which an import would fill with what it has just written.
const LEAST_MEMORY: u64 = 320 << 20;

/// The same at most: what questions about single instants of a day of 100 million events read fits into it.
const MOST_MEMORY: u64 = 1 << 30;

/// The same in parts of the machine's memory.
const MEMORY_SHARE: u64 = 16;

/// Openings of a file without log that may end before they return until the file itself is taken for the cause: somebody may have ended the
/// process once.
const PATIENCE: usize = 2;

/// The database as it was opened.
pub(crate) struct Connected {
    pub(crate) connection: Connection,
    /// What had to be mended, in sentences for the user.
    pub(crate) notes: Vec<String>,
    /// Rows that were there before are not any more: they must be made anew.
    pub(crate) emptied: bool,
}

/// Opens the database. The caller holds the lock.
pub(crate) fn open(files: &Files) -> Result<Connected> {
    check_library()?;
    let mut notes = Vec::new();
    let mut emptied = false;
    let failed_before = fs::read(&files.opening).map_or(0, |marks| marks.len().max(1));
    if failed_before > 0 && files.log.exists() {
        notes.push(set_log_aside(files, "opening the recording did not end the last time")?);
    } else if failed_before >= PATIENCE && files.events.exists() {
        notes.push(set_events_aside(files, "opening the recording did not end the last times")?);
        emptied = true;
    }
    fs::write(&files.opening, vec![b'.'; failed_before + 1]).map_err(StoreError::io(&files.opening))?;
    let opened = open_mending(files, &mut notes, &mut emptied);
    fs::remove_file(&files.opening).map_err(StoreError::io(&files.opening))?;
    Ok(Connected { connection: opened?, notes, emptied })
}

/// Sets the database of a folder aside, as for one that cannot be read; gives its new name. Nobody has it open.
///
/// # Errors
/// `Locked`, `Io`.
pub fn set_database_aside(folder: &Path) -> Result<Option<PathBuf>> {
    let files = Files::in_folder(folder);
    let _lock = files.lock()?;
    // What is in the log only would be missing in it. A file that cannot be opened goes as it is.
    if files.events.exists()
        && files.log.exists()
        && let Ok(connection) = Connection::open_with_flags(&files.events, config()?)
    {
        let _ = connection.execute_batch("CHECKPOINT");
    }
    if files.log.exists() {
        files.set_aside(&files.log)?;
    }
    if files.events.exists() { Ok(Some(files.set_aside(&files.events)?)) } else { Ok(None) }
}

fn open_mending(files: &Files, notes: &mut Vec<String>, emptied: &mut bool) -> Result<Connection> {
    compact::if_worth_it(files, notes);
    let without_log = match connect(files) {
        Err(StoreError::Corrupt { reason, .. }) if files.log.exists() => {
            notes.push(set_log_aside(files, &reason)?);
            connect(files)
        }
        other => other,
    };
    let connection = match without_log {
        Err(StoreError::Corrupt { reason, .. }) => {
            notes.push(set_events_aside(files, &reason)?);
            *emptied = true;
            connect(files)?
        }
        other => other?,
    };
    let found = format_of(&connection)?;
    if found.is_none_or(|format| format == schema::FORMAT) {
        create(&connection, found.is_none())?;
        return Ok(connection);
    }
    let _ = connection.execute_batch("CHECKPOINT");
    connection.close().map_err(|(_, error)| error)?;
    let aside = files.set_aside(&files.events)?;
    *emptied = true;
    // What cannot be taken over is in what was set aside.
    let _ = carry_over(files, &aside);
    notes.push(format!(
        "{} was written by another version of Wirereel and is now {}: open its capture files again",
        files.events.display(),
        aside.display()
    ));
    let connection = connect(files)?;
    create(&connection, format_of(&connection)?.is_none())?;
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

fn set_events_aside(files: &Files, reason: &str) -> Result<String> {
    let aside = files.set_aside(&files.events)?;
    Ok(format!(
        "the database {} cannot be read ({}): it is set aside as {}, and rows are made anew from the captured packets",
        files.events.display(),
        reason.lines().next().unwrap_or_default(),
        aside.display()
    ))
}

/// What must be settled before the file is opened. Files are for the library of this version and no other, so they may be as it writes them
/// best.
pub(crate) fn config() -> Result<Config> {
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
        } else if NOT_ITS_FAULT.iter().any(|words| text.contains(words)) {
            error.into()
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
pub(crate) fn format_of(connection: &Connection) -> Result<Option<u32>> {
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

pub(crate) fn create(connection: &Connection, new: bool) -> Result<()> {
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
        let Connected { connection, notes, emptied } = open(&files).unwrap();
        assert!(notes.is_empty() && !emptied);
        connection.execute_batch("UPDATE raw.meta SET value = '999' WHERE key = 'format'; CHECKPOINT").unwrap();
        drop(connection);
        let Connected { connection, notes, emptied } = open(&files).unwrap();
        assert!(notes[0].contains("another version") && emptied, "{notes:?}");
        assert_eq!(aside(folder.path()).len(), 1);
        assert_eq!(format_of(&connection).unwrap(), Some(schema::FORMAT));
    }

    /// Files that were set aside, and when.
    fn aside(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| Some(name.strip_prefix("events.duckdb.aside-")?.to_owned())).collect()
    }

    #[test]
    fn a_file_that_cannot_be_read_is_set_aside_with_its_time_and_another_begun() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        for damage in [b"torn".to_vec(), vec![0; 300_000]] {
            fs::write(&files.events, damage).unwrap();
            let Connected { connection, notes, emptied } = open(&files).unwrap();
            assert!(emptied);
            assert!(notes[0].contains("cannot be read") && notes[0].contains("made anew"), "{notes:?}");
            assert_eq!(format_of(&connection).unwrap(), Some(schema::FORMAT));
        }
        let aside = aside(folder.path());
        assert_eq!(aside.len(), 2, "none is deleted: {aside:?}");
        assert!(aside.iter().all(|name| name.starts_with("20") && name.contains('T')), "{aside:?}");
        assert!(!open(&files).unwrap().emptied);
    }

    #[test]
    fn an_opening_that_somebody_ended_costs_the_file_only_when_it_happens_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        drop(open(&files).unwrap());
        fs::write(&files.opening, b".").unwrap();
        assert!(!open(&files).unwrap().emptied);
        fs::write(&files.opening, b"..").unwrap();
        let opened = open(&files).unwrap();
        assert!(opened.emptied && opened.notes[0].contains("did not end"), "{:?}", opened.notes);
        assert!(!files.opening.exists());
    }

    #[test]
    fn the_database_takes_a_small_share_of_the_memory() {
        let gigabytes = |gigabytes: u64| memory_limit(Some(gigabytes << 30)) >> 20;
        assert_eq!([2, 8, 12, 64].map(gigabytes), [320, 512, 768, 1_024]);
        assert_eq!(memory_limit(None), LEAST_MEMORY);
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&Files::in_folder(folder.path())).unwrap().connection;
        let set: String = connection.query_row("SELECT current_setting('memory_limit')", [], |row| row.get(0)).unwrap();
        let expected = memory_limit(memory_of_machine()) as f64 / f64::from(1 << 20);
        let (number, unit) = set.split_once(' ').unwrap();
        let factor = if unit == "GiB" { 1_024.0 } else { 1.0 };
        assert!((number.parse::<f64>().unwrap() * factor - expected).abs() < 1.0 + expected / 100.0, "{set}");
    }

    #[test]
    fn the_instance_keeps_its_settings() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&Files::in_folder(folder.path())).unwrap().connection;
        for change in ["SET enable_external_access = true", "SET lock_configuration = false", "LOAD httpfs"] {
            assert!(connection.execute_batch(change).is_err(), "{change}");
        }
    }
}
