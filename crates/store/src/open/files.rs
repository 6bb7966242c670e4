//! Where the files of a recording are, whose they are, and what they are called once they are set aside.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::error::{Result, StoreError};

/// Where the files of a recording are.
pub(crate) struct Files {
    /// The database itself.
    pub(crate) events: PathBuf,
    pub(crate) log: PathBuf,
    /// Exists while the database is being opened: if it does so at the start, the last opening did not return. A byte per such opening.
    pub(super) opening: PathBuf,
    /// What a smaller copy of the database is called until it is whole.
    pub(crate) copy: PathBuf,
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
            copy: folder.join("events.duckdb.copy"),
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

    /// Moves a file out of the way, under a name that tells when and is free.
    pub(super) fn set_aside(&self, file: &Path) -> Result<PathBuf> {
        let named = |number: u32| {
            let mut name = file.as_os_str().to_owned();
            name.push(format!(".aside-{}", utc_now()));
            if number > 1 {
                name.push(format!("-{number}"));
            }
            PathBuf::from(name)
        };
        let aside = (1..).map(named).find(|name| !name.exists()).unwrap_or_else(|| named(0));
        fs::rename(file, &aside).map_err(StoreError::io(file))?;
        Ok(aside)
    }
}

/// The time as part of a file's name: `20261126T114050Z`.
fn utc_now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year}{month:02}{:02}T{hour:02}{minute:02}{second:02}Z", days + 1)
}
