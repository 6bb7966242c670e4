//! Every command once.
//!
//! A host (window, web server, tests) owns an [`Api`] and passes it command names with JSON arguments. What a command needs from the
//! host itself, such as a file dialog, comes through [`Host`]. Nothing here knows Tauri or HTTP.
#![forbid(unsafe_code)]

mod commands;
mod error;
mod host;
#[cfg(unix)]
mod socket;

use std::{path::PathBuf, sync::Arc, time::Instant};

use serde_json::Value;
use tokio::sync::watch;
use wirereel_engine::Answered;
pub use wirereel_engine::{Workbench, alerting::Desktop};
pub use wirereel_query::workbench::{ApiError, ErrorCode, Tick};

pub use error::{bad_request, to_api_error, unsupported};
pub use host::{Headless, Host};
#[cfg(unix)]
pub use socket::{Socket, SocketError, ask_running};

/// The names of all commands, sorted. Hosts make their permission lists from it.
pub const COMMANDS: &[&str] = include!("command_names.rs");

/// All commands, bound to one workbench and one host. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    workbench: Arc<Workbench>,
    host: Arc<dyn Host>,
}

impl Api {
    /// Binds the commands to a workbench and to what runs it.
    pub fn new(workbench: Arc<Workbench>, host: Arc<dyn Host>) -> Self {
        workbench.leave_out_page(host.page());
        Self { workbench, host }
    }

    /// Runs one command. Blocks while the question is answered: call it off the UI's and the runtime's threads.
    ///
    /// A newer call with the same `lane` interrupts this one, which then ends with [`ErrorCode::Superseded`].
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for an unknown command, [`ErrorCode::BadRequest`] for arguments of another shape, else the command's own.
    pub fn call(&self, command: &str, args: Value, lane: Option<&str>) -> Result<Value, ApiError> {
        let began = Instant::now();
        let context = commands::Context { workbench: &self.workbench, host: &*self.host, lane };
        let answer = commands::dispatch(&context, command, args);
        // A name that is no command's is nobody's kind.
        if let Ok(at) = COMMANDS.binary_search(&command) {
            let how = match &answer {
                Ok(_) => Answered::Well,
                Err(error) if error.code == ErrorCode::Superseded => Answered::Interrupted,
                Err(_) => Answered::Badly,
            };
            self.workbench.asked(COMMANDS[at], began.elapsed(), how);
        }
        answer
    }

    /// Opens captures as the user dropped or named them. The import runs on its own; ticks tell how far it is.
    ///
    /// # Errors
    /// When a path cannot be read or is no capture.
    pub fn open_paths(&self, paths: Vec<PathBuf>) -> Result<(), ApiError> {
        self.workbench.open_paths(&paths).map_err(to_api_error)
    }

    /// The newest tick and every later one. A slow reader misses ticks, never memory.
    pub fn ticks(&self) -> watch::Receiver<Tick> {
        self.workbench.ticks()
    }

    /// The workbench behind the commands.
    pub fn workbench(&self) -> &Arc<Workbench> {
        &self.workbench
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, thread, time::Duration};

    use serde_json::json;

    use super::*;

    /// A capture without a packet: a pcap header.
    const EMPTY: [u8; 24] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    const LONG: &str = "SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range % 7 = b.range % 11";

    #[test]
    fn a_question_that_a_newer_one_replaces_counts_as_interrupted() {
        let home = tempfile::tempdir().unwrap();
        let capture = home.path().join("empty.pcap");
        fs::write(&capture, EMPTY).unwrap();
        let api = Api::new(Workbench::open(&home.path().join("home")).unwrap(), Arc::new(Headless));
        api.open_paths(vec![capture]).unwrap();
        let asked = |kind: &str| {
            let health = api.call("health", json!({ "points": 1 }), None).unwrap();
            health["questions"].as_array().unwrap().iter().find(|one| one["kind"] == kind).cloned()
        };
        let first = api.clone();
        let ask = move || first.call("sql", json!({ "query": LONG }), Some("pane"));
        let long = thread::Builder::new().name("long".into()).spawn(ask).unwrap();
        // Until the long one has begun, there is nothing to interrupt.
        let mut taken = false;
        while !long.is_finished() {
            thread::sleep(Duration::from_millis(100));
            taken |= api.call("sql", json!({ "query": "SELECT 1" }), Some("pane")).is_ok();
        }
        assert!(taken);
        assert_eq!(long.join().unwrap().unwrap_err().code, ErrorCode::Superseded);
        assert!(api.call("sql", json!({ "query": "SELECT nothing" }), None).is_err());
        assert!(api.call("no_such_command", json!({}), None).is_err());
        thread::sleep(Duration::from_millis(1_100));
        let sql = asked("sql").unwrap();
        assert_eq!((&sql["interrupted"], &sql["failed"]), (&json!(1), &json!(1)), "{sql}");
        assert!(sql["answered"].as_u64().unwrap() >= 1 && sql["p99_us"].as_u64().is_some(), "{sql}");
        assert_eq!(asked("no_such_command"), None);
        api.workbench().shut_down();
    }
}
