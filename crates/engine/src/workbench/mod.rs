//! The workbench: one home folder, at most one open recording, at most one import, and whisperers that all capture into one live recording.
//!
//! Home is itself a workspace (what `wirereel import` fills) and holds, for captures opened one by one, a workspace each under `recordings/`,
//! and one for what is captured live under `live/`.

mod alerting;
mod attention;
mod beside;
mod checks;
mod health;
mod keeping;
mod live;
mod metering;
mod naming;
mod opening;
mod probes;
mod recents;
mod recurring;
mod results;
mod tending;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use serde_json::Value;
use tokio::sync::watch;
use wirereel_query::{
    answer::{BodyPreview, FlowPacketsPage, FlowSequence, FlowStream, PacketBytes, Recording, Suggestion},
    filter::{self, Completion},
    question::{CompleteQuestion, FlowPacketsQuestion, Message},
    workbench::{AppState, Bookmark, Tick},
};
use wirereel_store::{Reader, SourceId, Workspace as Memory};

use crate::{
    EngineError, RowsExport, Selection, WholeBody, Workspace, export, metering::Traffic, naming::ReverseNames, samples,
    ticks::TickBoard, wireshark, workspace::exists,
};

use alerting::Alarm;
use attention::Attention;
use checks::Checks;
use health::Health;
use keeping::Keeping;
use live::Live;
use probes::Probes;
use tending::Tending;

/// Values that are suggested at most.
const SUGGESTED_VALUES: u32 = 12;

/// The id of the home folder's own recording.
const HOME_RECORDING: &str = "workspace";

/// The running workbench. Shared by all threads of a host.
pub struct Workbench {
    home: PathBuf,
    /// Settings and recents of the home folder, also while nothing is open.
    memory: Memory,
    current: Mutex<Option<Current>>,
    import: Mutex<Option<JoinHandle<()>>>,
    cancel: AtomicBool,
    live: Live,
    keeping: Keeping,
    tending: Tending,
    health: Health,
    alarm: Alarm,
    checks: Checks,
    probes: Probes,
    metered: Mutex<Traffic>,
    reverse_names: Arc<ReverseNames>,
    scratch_number: AtomicU64,
    attention: Attention,
    ticks: TickBoard,
    /// Held while a recording beside the open one is read, or any is opened: its files have one user at a time.
    beside: Mutex<()>,
}

/// The open recording.
#[derive(Clone)]
struct Current {
    recording_id: String,
    name: String,
    workspace: Arc<Workspace>,
}

impl Workbench {
    /// Opens the home folder, and its own recording when it has one.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process has it open.
    pub fn open(home: &Path) -> Result<Arc<Self>, EngineError> {
        fs::create_dir_all(home).map_err(EngineError::io(home))?;
        let workbench = Arc::new(Self {
            home: home.to_owned(),
            memory: Memory::open(home)?,
            current: Mutex::new(None),
            import: Mutex::new(None),
            cancel: AtomicBool::new(false),
            live: Live::default(),
            keeping: Keeping::default(),
            tending: Tending::default(),
            health: Health::default(),
            alarm: Alarm::default(),
            checks: Checks::default(),
            probes: Probes::default(),
            metered: Mutex::default(),
            reverse_names: Arc::default(),
            scratch_number: AtomicU64::new(0),
            attention: Attention::default(),
            ticks: TickBoard::new(),
            beside: Mutex::default(),
        });
        if exists(home) {
            let workspace = Workspace::open_soon(home)?;
            if workspace.is_emptied() {
                workbench.import_home_again(Arc::new(workspace))?;
            } else if workspace.reader(None)?.recording()?.range.is_some() {
                workbench.show(HOME_RECORDING.into(), workspace.name().to_owned(), Arc::new(workspace));
            }
        }
        workbench.follow_whisperers()?;
        workbench.start_tending()?;
        workbench.start_watching()?;
        workbench.start_alerting()?;
        // What stands in its way is told with the list, and tried again.
        let _ = workbench.follow_websites();
        let _ = workbench.follow_probes();
        Ok(workbench)
    }

    /// The newest tick and every later one.
    pub fn ticks(&self) -> watch::Receiver<Tick> {
        self.ticks.subscribe()
    }

    /// Everything a host needs to draw its frame.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn app_state(&self, host: &str) -> Result<AppState, EngineError> {
        self.look_on();
        let (recording, notices) = match self.current() {
            Ok(current) => {
                let notes = current.workspace.notes().iter().cloned();
                (Some(self.recording(&current)?), notes.chain(current.workspace.config_problems()).collect())
            }
            Err(_) => (None, Vec::new()),
        };
        Ok(AppState {
            version: env!("CARGO_PKG_VERSION").into(),
            host: host.into(),
            recording,
            import: self.ticks.current_import(),
            capture: self.ticks.current_capture(),
            recents: self.recents()?,
            samples: samples::list(),
            notices,
        })
    }

    fn recording(&self, current: &Current) -> Result<Recording, EngineError> {
        let mut recording = current.workspace.reader(None)?.recording()?;
        recording.recording_id.clone_from(&current.recording_id);
        recording.name.clone_from(&current.name);
        Ok(recording)
    }

    /// A reader of the open recording.
    ///
    /// # Errors
    /// [`EngineError::NothingOpen`].
    pub fn reader(&self, lane: Option<&str>) -> Result<Reader, EngineError> {
        self.look_on();
        self.current()?.workspace.reader(lane)
    }

    /// A body of an exchange, decoded for display.
    ///
    /// # Errors
    /// When the exchange does not exist or its capture is gone.
    pub fn body(&self, exchange_id: u64, message: Message) -> Result<BodyPreview, EngineError> {
        self.current()?.workspace.body(exchange_id, message)
    }

    /// A whole body of an exchange, decoded, for a file of its own.
    ///
    /// # Errors
    /// When there is none or its capture is gone.
    pub fn whole_body(&self, exchange_id: u64, message: Message) -> Result<WholeBody, EngineError> {
        self.current()?.workspace.whole_body(exchange_id, message)
    }

    /// A page of a flow's packets.
    ///
    /// # Errors
    /// When there is no such flow, its capture is gone, or the page is too long.
    pub fn flow_packets(
        &self,
        question: &FlowPacketsQuestion,
        lane: Option<&str>,
    ) -> Result<FlowPacketsPage, EngineError> {
        self.current()?.workspace.flow_packets(question, lane)
    }

    /// A flow's packets as marks over time.
    ///
    /// # Errors
    /// When there is no such flow or its capture is gone.
    pub fn flow_sequence(&self, flow_id: u64, lane: Option<&str>) -> Result<FlowSequence, EngineError> {
        self.current()?.workspace.flow_sequence(flow_id, lane)
    }

    /// The bytes of a flow in both directions.
    ///
    /// # Errors
    /// When there is no such flow or its capture is gone.
    pub fn flow_stream(&self, flow_id: u64, lane: Option<&str>) -> Result<FlowStream, EngineError> {
        self.current()?.workspace.flow_stream(flow_id, lane)
    }

    /// The bytes of a packet.
    ///
    /// # Errors
    /// When no packet is there or the capture is gone.
    pub fn packet_bytes(&self, source_id: u32, position: u64) -> Result<PacketBytes, EngineError> {
        self.current()?.workspace.packet_bytes(SourceId(source_id), position)
    }

    /// What could stand at the cursor of the query box.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn complete(&self, question: &CompleteQuestion, lane: Option<&str>) -> Result<Vec<Suggestion>, EngineError> {
        match filter::complete(&question.text, question.cursor) {
            Completion::Names(suggestions) => Ok(suggestions),
            Completion::Nothing => Ok(Vec::new()),
            Completion::Value { field, prefix, start, end, fixed } => {
                let mut suggestions = fixed;
                let reader = self.reader(lane)?;
                for (value, count) in reader.values_of(field, &prefix, question.range, SUGGESTED_VALUES)? {
                    suggestions.push(Suggestion {
                        insert: filter::quote(&value),
                        start,
                        end,
                        detail: value,
                        count: Some(count),
                    });
                }
                Ok(suggestions)
            }
        }
    }

    /// Bookmarks of the open recording.
    ///
    /// # Errors
    /// When nothing is open or they cannot be read.
    pub fn bookmarks(&self) -> Result<Vec<Bookmark>, EngineError> {
        Ok(self.memory.bookmarks(&self.current()?.recording_id)?)
    }

    /// Marks an instant of the open recording.
    ///
    /// # Errors
    /// When nothing is open or it cannot be written.
    pub fn add_bookmark(&self, at_us: i64, note: &str) -> Result<Bookmark, EngineError> {
        Ok(self.memory.add_bookmark(&self.current()?.recording_id, at_us, note)?)
    }

    /// Removes a bookmark.
    ///
    /// # Errors
    /// When nothing is open or there is no such bookmark.
    pub fn remove_bookmark(&self, id: i64) -> Result<(), EngineError> {
        Ok(self.memory.remove_bookmark(id)?)
    }

    /// A remembered setting.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<Value>, EngineError> {
        Ok(self.memory.setting(key)?)
    }

    /// Remembers a setting.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_setting(&self, key: &str, value: &Value) -> Result<(), EngineError> {
        Ok(self.memory.set_setting(key, value)?)
    }

    /// Writes the selected packets to a file; returns how many.
    ///
    /// # Errors
    /// When a capture is gone or the file cannot be written.
    pub fn export_pcap(&self, selection: &Selection, path: &Path) -> Result<u64, EngineError> {
        export::pcap(&self.current()?.workspace, selection, path)
    }

    /// Writes the selected rows to a file; returns how many.
    ///
    /// # Errors
    /// As [`export::rows`].
    pub fn export_rows(&self, export: &RowsExport, path: &Path) -> Result<u64, EngineError> {
        export::rows(&self.current()?.workspace, export, path)
    }

    /// Opens the selected packets in Wireshark.
    ///
    /// # Errors
    /// When it is not installed, or as [`Workbench::export_pcap`].
    pub fn open_in_wireshark(&self, selection: &Selection) -> Result<(), EngineError> {
        let program = wireshark::find()?;
        let path = self.scratch_path("pcapng")?;
        self.export_pcap(selection, &path)?;
        wireshark::open(&program, &path)
    }

    /// A new path for a file that is soon gone.
    ///
    /// # Errors
    /// When nothing is open or the folder cannot be made.
    pub fn scratch_path(&self, extension: &str) -> Result<PathBuf, EngineError> {
        let number = self.scratch_number.fetch_add(1, Ordering::Relaxed);
        self.current()?.workspace.scratch(&format!("export-{}-{number}.{extension}", std::process::id()))
    }

    /// Where an uploaded capture is kept: it is the source that packets are read back from.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn upload_path(&self, name: &str) -> Result<PathBuf, EngineError> {
        let folder = self.home.join("uploads");
        fs::create_dir_all(&folder).map_err(EngineError::io(&folder))?;
        let taken = |path: &PathBuf| path.exists();
        let (stem, extension) = name.split_once('.').unwrap_or((name, "pcap"));
        let numbered = (2..).map(|n| folder.join(format!("{stem}-{n}.{extension}")));
        Ok([folder.join(name)]
            .into_iter()
            .chain(numbered)
            .find(|path| !taken(path))
            .unwrap_or_else(|| folder.join(name)))
    }

    /// Ends the running import; what it read so far is thrown away.
    pub fn cancel_import(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// Closes the open recording.
    pub fn close_recording(&self) {
        *lock(&self.current) = None;
        self.health.let_go();
        self.tending.let_go();
        self.keeping.let_go();
        self.ticks.import(None);
        self.ticks.rows_changed();
    }

    /// Ends what runs and closes what is open. The host calls it last.
    pub fn shut_down(&self) {
        self.end_captures();
        // Nothing is begun any more.
        self.tending.end();
        self.health.thread.end();
        // What it tells last is still judged.
        self.end_checks();
        self.end_probes();
        self.end_alerting();
        self.keeping.let_go();
        self.stop_completing();
        self.cancel_import();
        // Out of the lock before it is waited for: the tending thread asks for the lock, and the import for that thread.
        let import = lock(&self.import).take();
        if let Some(import) = import {
            // A panic of the import thread was reported when it happened.
            let _ = import.join();
        }
        *lock(&self.current) = None;
    }

    fn current(&self) -> Result<Current, EngineError> {
        lock(&self.current).clone().ok_or(EngineError::NothingOpen)
    }

    fn show(&self, recording_id: String, name: String, workspace: Arc<Workspace>) {
        *lock(&self.current) = Some(Current { recording_id, name, workspace });
        self.ticks.rows_changed();
    }
}

/// A lock whose holder panicked guards a value that is still whole here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
