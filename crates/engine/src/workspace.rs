//! A workspace: a folder with a recording's events, what is remembered about it, and its `wirereel.json`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::RwLock,
};

use wirereel_dissect::Limits;
use wirereel_store::{PeerId, PeerName, Reader, Store, Writer};

use crate::{
    EngineError,
    config::{self, Config, ConfigProblem, HostsFile},
    naming::{self, Call, Hosts, Peer},
};

/// The folder in a workspace for files that can be made again.
const SCRATCH: &str = "scratch";

/// An open workspace. One process at a time has it open.
pub struct Workspace {
    folder: PathBuf,
    name: String,
    store: Store,
    config: RwLock<Config>,
    config_problems: Vec<ConfigProblem>,
    notes: Vec<String>,
}

impl Workspace {
    /// Opens a workspace, or makes one where there is none.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process has the workspace open.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        fs::create_dir_all(folder).map_err(EngineError::io(folder))?;
        let opened = Store::open(folder)?;
        let (config, config_problems) =
            config::read(folder).map_err(EngineError::io(folder.join(config::FILE_NAME)))?;
        let name = folder.file_name().map_or_else(|| "workspace".into(), |name| name.to_string_lossy().into_owned());
        let workspace = Self {
            folder: folder.to_owned(),
            name,
            store: opened.store,
            config: RwLock::new(config),
            config_problems,
            notes: opened.notes,
        };
        // The file may have been edited since the rows were written: names follow it, rows stay.
        if workspace.reader(None)?.recording()?.range.is_some() {
            workspace.rename(&mut workspace.store.writer()?)?;
        }
        Ok(workspace)
    }

    /// Opens a workspace that must be there already.
    ///
    /// # Errors
    /// As [`Workspace::open`], and [`EngineError::NoWorkspace`].
    pub fn open_existing(folder: &Path) -> Result<Self, EngineError> {
        if exists(folder) { Self::open(folder) } else { Err(EngineError::NoWorkspace(folder.to_owned())) }
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
    pub fn config_problems(&self) -> impl Iterator<Item = String> {
        self.config_problems.iter().map(ToString::to_string)
    }

    /// The dissector's limits with the configured times.
    pub(crate) fn limits(&self) -> Limits {
        let config = self.config.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Limits {
            idle_ns: config.flows.idle_after.as_nanos(),
            tcp_end_ns: config.flows.tcp_ends_after.as_nanos(),
            udp_end_ns: config.flows.udp_ends_after.as_nanos(),
            ..Limits::default()
        }
    }

    /// Decides again what every peer is called and writes it down. Rows do not change, views do.
    pub(crate) fn rename(&self, writer: &mut Writer) -> Result<(), EngineError> {
        let config = self.config.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let hosts = match config.hosts_file {
            HostsFile::Use => Hosts::of_this_machine(),
            HostsFile::Ignore => Hosts::default(),
        };
        let table = writer.peer_table()?;
        let peers: Vec<Peer> = table
            .iter()
            .map(|(id, peer)| Peer {
                id: id.0,
                ip: peer.ip,
                port: peer.port,
                dns: peer.dns_name.clone(),
                host: peer.host_name.clone(),
            })
            .collect();
        let calls: Vec<Call> =
            writer.calls()?.into_iter().map(|(client, server)| Call { client: client.0, server: server.0 }).collect();
        let naming = naming::decide(&peers, &calls, &config, &hosts);
        let names: Vec<PeerName> = naming
            .names
            .into_iter()
            .map(|name| PeerName { peer: PeerId(name.peer), service: name.service, kind: name.kind })
            .collect();
        writer.replace_entry_points(&naming.entry_points, naming.entry_points_guessed)?;
        if writer.replace_naming(&names)? {
            writer.rebuild_rollups()?;
        } else {
            writer.refresh_rollups()?;
        }
        Ok(())
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

/// Whether a folder holds a workspace.
pub(crate) fn exists(folder: &Path) -> bool {
    folder.join("events.duckdb").is_file()
}
