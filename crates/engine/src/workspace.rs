//! A workspace: a folder with a recording's events, what is remembered about it, and its `wirereel.json`.

mod names;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    time::{Instant, SystemTime},
};

use wirereel_dissect::{HttpOptions, Limits, TrustedProxies};
use wirereel_store::{Reader, Store, StoreError};

use crate::{
    EngineError,
    config::{self, Config, ConfigProblem, Retention, Storing},
    flow_packets::SegmentCache,
    naming::Census,
    second_try::{IfGone, second_try},
};

use names::Decided;

/// Peers from which on a recording that is opened is shown before names have followed what was edited meanwhile.
const MANY_PEERS: u64 = 20_000;

/// The folder in a workspace for files that can be made again.
const SCRATCH: &str = "scratch";

/// An open workspace. One process at a time has it open.
pub struct Workspace {
    folder: PathBuf,
    name: String,
    store: Store,
    config: RwLock<Config>,
    followed: Mutex<Followed>,
    /// Held while names and roll-ups follow an edit, which takes its time in a large recording.
    following: Mutex<()>,
    /// What the next names are decided with; `None` when all are.
    decided: Mutex<Option<Decided>>,
    /// What other rules are tried on, and up to which of its pairs.
    census: Mutex<(Census, i64)>,
    /// The packets of the flow that was looked at last.
    pub(crate) segments: SegmentCache,
    /// When what could not be read was looked at last, or the workspace was opened.
    tried: Mutex<Instant>,
    notes: Vec<String>,
    /// Opening found a database that could not be read: rows must be made anew.
    emptied: bool,
}

/// How far `wirereel.json` has been followed.
struct Followed {
    problems: Vec<ConfigProblem>,
    /// Time and size of the file as it was read; `None` without one.
    stamp: Option<(SystemTime, u64)>,
    /// Names were changed by it and are not yet written, because somebody else was writing.
    rename: bool,
}

impl Workspace {
    /// Opens a workspace, or makes one where there is none.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process has the workspace open.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        let workspace = Self::open_soon(folder)?;
        workspace.rename_if_due()?;
        Ok(workspace)
    }

    /// As [`Workspace::open`], but where there are many peers, names follow an edit of `wirereel.json` with the next
    /// [`Workspace::follow_config`]: until then everything is called what it was.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_soon(folder: &Path) -> Result<Self, EngineError> {
        fs::create_dir_all(folder).map_err(EngineError::io(folder))?;
        let opened = Store::open(folder)?;
        // Before the file is read: an edit in between is noticed afterwards.
        let stamp = stamp_of(folder);
        let (mut config, problems) = config::read(folder).map_err(EngineError::io(folder.join(config::FILE_NAME)))?;
        // Those of the home folder are checked by the workbench, which reads them itself: there may be many.
        config.websites = Vec::new();
        let name = folder.file_name().map_or_else(|| "workspace".into(), |name| name.to_string_lossy().into_owned());
        let workspace = Self {
            folder: folder.to_owned(),
            name,
            store: opened.store,
            config: RwLock::new(config),
            followed: Mutex::new(Followed { problems, stamp, rename: false }),
            following: Mutex::new(()),
            decided: Mutex::new(None),
            census: Mutex::default(),
            segments: SegmentCache::default(),
            tried: Mutex::new(Instant::now()),
            notes: opened.notes,
            emptied: opened.emptied,
        };
        // The file may have been edited since the rows were written: names follow it, rows stay.
        let reader = workspace.reader(None)?;
        if reader.recording()?.range.is_some() && !reader.is_named_by(&workspace.rules_mark())? {
            lock(&workspace.followed).rename = true;
            if reader.peer_count()? < MANY_PEERS {
                workspace.rename_if_due()?;
            }
        }
        drop(reader);
        Ok(workspace)
    }

    /// Opens a workspace that must be there already.
    ///
    /// # Errors
    /// As [`Workspace::open`], and [`EngineError::NoWorkspace`].
    pub fn open_existing(folder: &Path) -> Result<Self, EngineError> {
        if exists(folder) { Self::open(folder) } else { Err(EngineError::NoWorkspace(folder.to_owned())) }
    }

    /// As [`Workspace::open_existing`] and [`Workspace::open_soon`].
    ///
    /// # Errors
    /// As [`Workspace::open_existing`].
    pub(crate) fn open_existing_soon(folder: &Path) -> Result<Self, EngineError> {
        if exists(folder) { Self::open_soon(folder) } else { Err(EngineError::NoWorkspace(folder.to_owned())) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the recording is called until it is given a name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What opening had to mend, in sentences for the user.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether opening found a database that could not be read, so that rows must be made anew.
    pub(crate) fn is_emptied(&self) -> bool {
        self.emptied
    }

    /// A reader for questions; a newer one on the same lane interrupts the older one's question.
    ///
    /// # Errors
    /// When the database cannot give another connection.
    pub fn reader(&self, lane: Option<&str>) -> Result<Reader, EngineError> {
        Ok(self.store.reader(lane)?)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What is wrong in `wirereel.json`.
    pub fn config_problems(&self) -> Vec<String> {
        lock(&self.followed).problems.iter().map(ToString::to_string).collect()
    }

    /// Takes an edit of `wirereel.json` over: names follow at once, times with the next import. What is wrong in it leaves the key as it
    /// was and is told by [`Workspace::config_problems`]. True when something changed.
    ///
    /// An import names what it has read again and again: while one is running, it is left to do so. So is whoever is following already.
    ///
    /// # Errors
    /// When the file cannot be read, or names cannot be written.
    pub fn follow_config(&self, importing: bool) -> Result<bool, EngineError> {
        let edited = self.read_edit()?;
        Ok((!importing && self.rename_if_due()?) || edited)
    }

    /// Reads `wirereel.json` where it has changed.
    fn read_edit(&self) -> Result<bool, EngineError> {
        let mut followed = lock(&self.followed);
        let stamp = stamp_of(&self.folder);
        if stamp == followed.stamp {
            return Ok(false);
        }
        let before = self.config().clone();
        let path = || self.folder.join(config::FILE_NAME);
        let (mut config, problems) = config::read_again(&self.folder, &before).map_err(EngineError::io(path()))?;
        config.websites = Vec::new();
        followed.rename |= config != before;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        (followed.problems, followed.stamp) = (problems, stamp);
        Ok(true)
    }

    /// Tries what could not be read once more, when its time has come. True when something changed.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn try_waiting(&self) -> Result<bool, EngineError> {
        let after = self.config().errors.second_try_after.as_duration();
        let mut tried = lock(&self.tried);
        if tried.elapsed() < after {
            return Ok(false);
        }
        match self.store.writer() {
            Ok(mut writer) => {
                *tried = Instant::now();
                Ok(second_try(self, &mut writer, IfGone::Never)? > 0)
            }
            // Somebody writes; the next look comes soon.
            Err(StoreError::Locked(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn config(&self) -> RwLockReadGuard<'_, Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long and how much of what is captured live is kept.
    pub(crate) fn retention(&self) -> Retention {
        self.config().retention.clone()
    }

    /// How soon rows of live traffic follow their packets.
    pub(crate) fn storing(&self) -> Storing {
        self.config().storing.clone()
    }

    /// The dissector's limits with the configured times.
    pub(crate) fn limits(&self) -> Limits {
        let config = self.config();
        Limits {
            idle_ns: config.flows.idle_after.as_nanos(),
            tcp_end_ns: config.flows.tcp_ends_after.as_nanos(),
            udp_end_ns: config.flows.udp_ends_after.as_nanos(),
            ..Limits::default()
        }
    }

    /// By what limits the packets of a source were read: rows of a live run are by the rules that were in force when it began.
    pub(crate) fn limits_of(&self, source: &Path) -> Limits {
        match crate::live::begun(source) {
            Ok(Some(begun)) => begun.parsing.parsing().limits,
            // A capture file, or a run of which nothing was noted.
            _ => self.limits(),
        }
    }

    /// What the user decided about reading HTTP.
    pub(crate) fn http_options(&self) -> HttpOptions {
        let config = self.config();
        let networks = config.trusted_proxies.0.iter().map(ToString::to_string);
        HttpOptions {
            // Every network of the file was read as one before.
            trusted_proxies: TrustedProxies::parse(networks).unwrap_or_default(),
            keep_secrets: config.keep_secrets,
        }
    }

    /// A new path in the folder for files that can be made again.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn scratch(&self, file_name: &str) -> Result<PathBuf, EngineError> {
        let folder = self.folder.join(SCRATCH);
        fs::create_dir_all(&folder).map_err(EngineError::io(&folder))?;
        Ok(folder.join(file_name))
    }
}

/// Time and size of a folder's `wirereel.json`; `None` without one.
fn stamp_of(folder: &Path) -> Option<(SystemTime, u64)> {
    let facts = fs::metadata(folder.join(config::FILE_NAME)).ok()?;
    Some((facts.modified().ok()?, facts.len()))
}

/// A lock whose holder panicked guards a value that is still whole here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a folder holds a workspace.
pub(crate) fn exists(folder: &Path) -> bool {
    folder.join("events.duckdb").is_file()
}
