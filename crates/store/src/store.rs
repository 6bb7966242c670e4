//! The events of one recording: who may write, who may read, and what readers share.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use duckdb::Connection;

use crate::{
    compact::{self, Memory, Space},
    error::{Result, StoreError},
    lanes::Lanes,
    open::{self, Files},
    read::{Reader, SharedAnswers},
    write::{AlertWriter, CheckWriter, ObservationWriter, ProbeWriter, Writer},
};

/// Connections kept for the next readers.
const POOLED_READERS: usize = 8;

/// An open recording. Cheap to clone; the files are given back when the last clone, reader and writer are gone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

/// A store with what was noticed while opening it.
pub struct Opened {
    pub store: Store,
    /// Sentences for the user, for instance that a damaged log was set aside.
    pub notes: Vec<String>,
    /// Rows that were there before are not any more, because their file could not be read: they must be made anew.
    pub emptied: bool,
}

pub(crate) struct Shared {
    /// Never queried itself: what writers and readers are cloned from.
    root: Mutex<Connection>,
    pool: Mutex<Vec<Connection>>,
    pub(crate) lanes: Lanes,
    /// Rises with every commit; what readers remember is for one generation.
    generation: AtomicU64,
    /// Rises with every commit that changes names of peers that had one.
    names_version: AtomicU64,
    pub(crate) answers: SharedAnswers,
    writer_taken: AtomicBool,
    /// Held for reading by those who write beside the writer, while they do; a checkpoint needs all of them out of its way.
    pub(crate) beside: RwLock<()>,
    events: PathBuf,
    outbox: PathBuf,
    outbox_number: AtomicU64,
    _lock: File,
}

impl Store {
    /// Opens or creates the events of a folder, which must exist.
    ///
    /// # Errors
    /// `Locked` when another process has them open, `WrongLibrary`, `Corrupt` when the file cannot be read even without its
    /// log, `Io`.
    pub fn open(folder: &Path) -> Result<Opened> {
        let files = Files::in_folder(folder);
        let lock = files.lock()?;
        let open::Connected { connection, notes, emptied } = open::open(&files)?;
        let shared = Shared::new(connection, files, lock);
        Ok(Opened { store: Self { shared: Arc::new(shared) }, notes, emptied })
    }

    /// Opens the events of a folder for reading only: nothing in them is mended, set aside or brought up to date.
    ///
    /// # Errors
    /// As [`Store::open`], and `Corrupt` where the file is of another version.
    pub fn open_for_reading(folder: &Path) -> Result<Self> {
        let files = Files::in_folder(folder);
        let lock = files.lock()?;
        let root = open::open_for_reading(&files)?;
        Ok(Self { shared: Arc::new(Shared::new(root, files, lock)) })
    }

    /// The writer; there is one at a time.
    ///
    /// # Errors
    /// `Locked` while another one exists.
    pub fn writer(&self) -> Result<Writer> {
        if self.shared.writer_taken.swap(true, Ordering::SeqCst) {
            return Err(StoreError::Locked(self.shared.events.clone()));
        }
        let place = WriterPlace { shared: Arc::clone(&self.shared) };
        Writer::new(self.shared.connection()?, place)
    }

    /// Whoever saves alerts, beside the writer. There is one.
    ///
    /// # Errors
    /// When the database cannot give another connection.
    pub fn alert_writer(&self) -> Result<AlertWriter> {
        AlertWriter::new(self.shared.connection()?, Arc::clone(&self.shared))
    }

    /// A reader. On a lane, it takes the place of the lane's older reader, whose question ends with `Superseded`.
    pub fn reader(&self, lane: Option<&str>) -> Result<Reader> {
        let pooled = locked(&self.shared.pool).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => self.shared.connection()?,
        };
        let place = lane.map(|lane| self.shared.lanes.take(lane, connection.interrupt_handle()));
        Ok(Reader::new(connection, place, Arc::clone(&self.shared)))
    }

    /// Room that the database takes.
    pub fn space(&self) -> Result<Space> {
        compact::space_of(&locked(&self.shared.root))
    }

    /// Memory that the database takes.
    pub fn memory(&self) -> Result<Memory> {
        compact::memory_of(&locked(&self.shared.root))
    }

    /// Lets the file use again what was removed, without holding up whoever writes. Somebody who is reading may be in its way.
    pub fn checkpoint(&self) -> Result<()> {
        self.shared.checkpoint(&self.shared.connection()?)
    }

    /// A writer of what comes of website checks; it writes beside the writer.
    pub fn check_writer(&self) -> Result<CheckWriter> {
        CheckWriter::new(self.shared.connection()?, Arc::clone(&self.shared))
    }

    /// A writer of what comes of probes; it writes beside the others.
    pub fn probe_writer(&self) -> Result<ProbeWriter> {
        ProbeWriter::new(self.shared.connection()?, Arc::clone(&self.shared))
    }

    /// A writer of what packets tell of probes' hops; it writes beside the others.
    pub fn observation_writer(&self) -> Result<ObservationWriter> {
        Ok(ObservationWriter::new(self.shared.connection()?, Arc::clone(&self.shared)))
    }

    /// Rises with every commit.
    pub fn generation(&self) -> u64 {
        self.shared.generation()
    }
}

impl Shared {
    fn new(root: Connection, files: Files, lock: File) -> Self {
        Self {
            root: Mutex::new(root),
            pool: Mutex::default(),
            lanes: Lanes::default(),
            generation: AtomicU64::new(1),
            names_version: AtomicU64::new(1),
            answers: SharedAnswers::default(),
            writer_taken: AtomicBool::new(false),
            beside: RwLock::default(),
            events: files.events,
            outbox: files.outbox,
            outbox_number: AtomicU64::new(0),
            _lock: lock,
        }
    }

    fn connection(&self) -> Result<Connection> {
        Ok(locked(&self.root).try_clone()?)
    }

    pub(crate) fn checkpoint(&self, connection: &Connection) -> Result<()> {
        let _alone = self.beside.write().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.execute_batch("CHECKPOINT")?)
    }

    pub(crate) fn give_back(&self, connection: Connection) {
        let mut pool = locked(&self.pool);
        if pool.len() < POOLED_READERS {
            pool.push(connection);
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    pub(crate) fn names_version(&self) -> u64 {
        self.names_version.load(Ordering::SeqCst)
    }

    /// A new path in the folder that the database may write files to.
    pub(crate) fn outbox_file(&self, extension: &str) -> Result<PathBuf> {
        fs::create_dir_all(&self.outbox).map_err(StoreError::io(&self.outbox))?;
        let number = self.outbox_number.fetch_add(1, Ordering::Relaxed);
        Ok(self.outbox.join(format!("{}-{number}.{extension}", std::process::id())))
    }
}

/// The right to write, given back when dropped.
pub(crate) struct WriterPlace {
    shared: Arc<Shared>,
}

impl WriterPlace {
    /// Says that rows have changed.
    pub(crate) fn committed(&self) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Says that names of peers that had one have changed; before [`WriterPlace::committed`].
    pub(crate) fn renamed(&self) {
        self.shared.names_version.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn checkpoint(&self, connection: &Connection) -> Result<()> {
        self.shared.checkpoint(connection)
    }
}

impl Drop for WriterPlace {
    fn drop(&mut self) {
        self.shared.writer_taken.store(false, Ordering::SeqCst);
    }
}

/// A poisoned lock is taken over: what it guards is replaced as a whole, never half-way.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
