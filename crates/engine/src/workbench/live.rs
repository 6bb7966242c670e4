//! Live capture: started and stopped here, kept under `live/`, read again from its segments after a crash.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use wirereel_capture::recover;
use wirereel_query::workbench::{CaptureInterface, CaptureInterfaces, CaptureState, CaptureStatus};
use wirereel_whisper::{AgentStatus, CaptureConfig};

use super::{Workbench, lock};
use crate::{
    EngineError, Workspace,
    import::{Unwatched, Watch},
    live::{Agent, LiveWatch, Run, ingest, local_agent, look, rebuild},
};

/// The id of the recording that live capture fills.
pub(super) const LIVE_RECORDING: &str = "live";
const LIVE_NAME: &str = "Live capture";
/// Holds the segments of every run, a folder each.
const RUNS: &str = "segments";
/// A file in the live folder that is there while rows lag behind segments: after a crash it says that they must be read again.
const CAPTURING: &str = "capturing";
/// How often names and roll-ups follow: what is captured is shown within two seconds.
const PARTIAL_INTERVAL: Duration = Duration::from_millis(500);

/// The running capture, if any.
#[derive(Default)]
pub(super) struct Live {
    running: Mutex<Option<Running>>,
    stopping: AtomicBool,
}

struct Running {
    thread: JoinHandle<()>,
    /// There once the agent captures.
    agent: Arc<Mutex<Option<Arc<Agent>>>>,
}

impl Live {
    /// Waits until a capture that was told to stop has ended.
    pub(super) fn join(&self) {
        let running = lock(&self.running).take();
        if let Some(running) = running {
            // A panic of it was reported when it happened.
            let _ = running.thread.join();
        }
    }
}

impl Workbench {
    /// What can be captured on this machine.
    ///
    /// # Errors
    /// When the agent is missing or cannot be started.
    pub fn capture_interfaces(&self) -> Result<CaptureInterfaces, EngineError> {
        let (interfaces, hindrance) = look(&mut Command::new(agent_program()?))?;
        let told = interfaces.into_iter().map(|interface| CaptureInterface {
            name: interface.name,
            addresses: interface.addresses.into_iter().map(|address| address.ip).collect(),
            up: interface.up,
            loopback: interface.loopback,
        });
        Ok(CaptureInterfaces { interfaces: told.collect(), hindrance })
    }

    /// Shows the live recording and captures into it. What stands in the way later is told by the capture's state.
    ///
    /// # Errors
    /// When a capture is running, the agent is missing, or the folder cannot be written.
    pub fn start_capture(self: &Arc<Self>, config: CaptureConfig) -> Result<(), EngineError> {
        let mut running = lock(&self.live.running);
        if running.as_ref().is_some_and(|running| !running.thread.is_finished()) {
            return Err(EngineError::Capturing("A capture is running: stop it first.".into()));
        }
        let program = agent_program().inspect_err(|error| {
            self.ticks.capture(|status| {
                *status = CaptureStatus {
                    state: CaptureState::NotVisible,
                    reason: Some(error.to_string()),
                    ..CaptureStatus::default()
                };
            });
        })?;
        self.live.stopping.store(false, Ordering::Relaxed);
        self.ticks.capture(|status| {
            *status = CaptureStatus {
                state: CaptureState::Connecting,
                interfaces: config.interfaces.clone(),
                ..CaptureStatus::default()
            };
        });
        let agent = Arc::new(Mutex::new(None));
        let (workbench, place) = (Arc::clone(self), Arc::clone(&agent));
        let thread = thread::Builder::new()
            .name("wr-live".into())
            .spawn(move || workbench.run_capture(&program, &config, &place))
            .map_err(EngineError::io(&self.home))?;
        *running = Some(Running { thread, agent });
        Ok(())
    }

    /// Has the capture stop; it ends once what was captured is stored.
    pub fn stop_capture(&self) {
        self.live.stopping.store(true, Ordering::Relaxed);
        if let Some(running) = lock(&self.live.running).as_ref()
            && let Some(agent) = lock(&running.agent).as_ref()
        {
            agent.stop();
        }
    }

    /// Shows what was captured live, read again from its segments if the last capture ended by a crash.
    pub(super) fn open_live(&self) -> Result<(), EngineError> {
        if self.current().is_ok_and(|current| current.recording_id == LIVE_RECORDING) {
            return Ok(());
        }
        self.close_recording();
        let workspace = self.live_workspace()?;
        self.show(LIVE_RECORDING.into(), LIVE_NAME.into(), workspace);
        Ok(())
    }

    /// The capture's thread: errors end in the state that hosts show.
    fn run_capture(self: &Arc<Self>, program: &Path, config: &CaptureConfig, place: &Mutex<Option<Arc<Agent>>>) {
        let ended = self.capture(program, config, place);
        lock(place).take();
        self.ticks.capture(|status| {
            status.state = match ended {
                Ok(()) => CaptureState::Stopped,
                Err(_) => CaptureState::WrongConfiguration,
            };
            status.reason = ended.err().map(|error| error.to_string());
            (status.packets_per_s, status.bytes_per_s, status.cpu) = (0.0, 0.0, 0.0);
        });
        self.ticks.rows_changed();
    }

    fn capture(
        self: &Arc<Self>,
        program: &Path,
        config: &CaptureConfig,
        place: &Mutex<Option<Arc<Agent>>>,
    ) -> Result<(), EngineError> {
        self.open_live()?;
        let workspace = self.current()?.workspace;
        let (agent, mut frames, interfaces) = Agent::capture(&mut Command::new(program), config)?;
        let agent = Arc::new(agent);
        *lock(place) = Some(Arc::clone(&agent));
        if self.live.stopping.load(Ordering::Relaxed) {
            agent.stop();
        }
        let names: Vec<_> = interfaces.iter().map(|interface| interface.name.clone()).collect();
        let run = self.new_run(&names)?;
        self.ticks.capture(|status| {
            status.state = CaptureState::Capturing;
            status.since_us = i64::try_from(since_1970().as_micros()).ok();
            status.interfaces = names;
        });
        let marker = self.live_folder().join(CAPTURING);
        fs::write(&marker, b"").map_err(EngineError::io(&marker))?;
        ingest(&workspace, &run, &mut frames, &interfaces, &Onlooker { workbench: self })?;
        fs::remove_file(&marker).map_err(EngineError::io(&marker))?;
        self.remember(LIVE_RECORDING, LIVE_NAME, &self.live_folder(), &workspace)
    }

    fn live_folder(&self) -> PathBuf {
        self.home.join("live")
    }

    fn live_workspace(&self) -> Result<Arc<Workspace>, EngineError> {
        let folder = self.live_folder();
        if folder.join(CAPTURING).exists() {
            return self.rebuild_live(&folder);
        }
        Ok(Arc::new(Workspace::open(&folder)?))
    }

    /// After a crash: the segments are the truth, so rows are made of them anew.
    fn rebuild_live(&self, folder: &Path) -> Result<Arc<Workspace>, EngineError> {
        for file in ["events.duckdb", "events.duckdb.wal"] {
            match fs::remove_file(folder.join(file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(EngineError::io(folder.join(file))(error));
                }
                _ => {}
            }
        }
        let workspace = Arc::new(Workspace::open(folder)?);
        for run in runs(&folder.join(RUNS))? {
            recover(&run.folder).map_err(EngineError::capture(&run.folder))?;
            rebuild(&workspace, &run, &Unwatched)?;
        }
        let marker = folder.join(CAPTURING);
        fs::remove_file(&marker).map_err(EngineError::io(&marker))?;
        Ok(workspace)
    }

    /// A folder for the segments of a new run, named by when it began and what it captures.
    fn new_run(&self, interfaces: &[String]) -> Result<Run, EngineError> {
        let name = interfaces.join(", ");
        let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
        let folder = self.live_folder().join(RUNS).join(format!("{:013}-{safe}", since_1970().as_millis()));
        fs::create_dir_all(&folder).map_err(EngineError::io(&folder))?;
        Ok(Run { folder, name })
    }
}

/// Every run in the order in which they began.
fn runs(folder: &Path) -> Result<Vec<Run>, EngineError> {
    let failed = |error| EngineError::io(folder)(error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let folder = entry.map_err(failed)?.path();
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let (true, Some((_, interfaces))) = (folder.is_dir(), name.split_once('-')) {
            runs.push(Run { name: interfaces.to_owned(), folder });
        }
    }
    runs.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(runs)
}

fn agent_program() -> Result<PathBuf, EngineError> {
    local_agent().ok_or_else(|| {
        EngineError::Unsupported(
            "The capture agent wirereel-whisperer is neither beside this program nor on the path.".into(),
        )
    })
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Turns what the agent says into ticks.
struct Onlooker<'a> {
    workbench: &'a Workbench,
}

impl Watch for Onlooker<'_> {
    fn partial_interval(&self) -> Option<Duration> {
        Some(PARTIAL_INTERVAL)
    }

    fn rows_changed(&self) {
        self.workbench.ticks.rows_changed();
    }
}

impl LiveWatch for Onlooker<'_> {
    fn status(&self, told: &AgentStatus) {
        let lost: u64 = told.losses.iter().map(|loss| loss.packets).sum();
        self.workbench.ticks.capture(|status| {
            // Statuses come once a second.
            status.packets_per_s = told.packets.saturating_sub(status.packets) as f64;
            status.bytes_per_s = told.bytes.saturating_sub(status.bytes) as f64;
            (status.packets, status.bytes) = (told.packets, told.bytes);
            status.lost += lost;
            (status.cpu, status.memory_bytes) = (told.cpu, told.memory_bytes);
        });
    }
}
