//! Every command once.
//!
//! A host (window, web server, tests) owns an [`Api`] and passes it command names with JSON arguments. What a command needs from the
//! host itself, such as a file dialog, comes through [`Host`]. Nothing here knows Tauri or HTTP.
#![forbid(unsafe_code)]

mod commands;
mod error;
mod host;

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;
use tokio::sync::watch;
pub use wirereel_engine::Workbench;
pub use wirereel_query::workbench::{ApiError, ErrorCode, Tick};

pub use error::{bad_request, to_api_error, unsupported};
pub use host::{Headless, Host};

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
        workbench.leave_out_port(host.own_port());
        Self { workbench, host }
    }

    /// Runs one command. Blocks while the question is answered: call it off the UI's and the runtime's threads.
    ///
    /// A newer call with the same `lane` interrupts this one, which then ends with [`ErrorCode::Superseded`].
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for an unknown command, [`ErrorCode::BadRequest`] for arguments of another shape, else the command's own.
    pub fn call(&self, command: &str, args: Value, lane: Option<&str>) -> Result<Value, ApiError> {
        commands::dispatch(&commands::Context { workbench: &self.workbench, host: &*self.host, lane }, command, args)
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
