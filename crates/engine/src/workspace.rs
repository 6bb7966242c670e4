//! A workspace: a folder with a recording's events, what is remembered about it, and its `wirereel.json`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    time::{Instant, SystemTime},
};

use wirereel_dissect::{HttpOptions, Limits, TrustedProxies};
use wirereel_store::{Came, Mark, PeerId, PeerName, Reader, Store, StoreError, Writer};

use crate::{
    EngineError,
    config::{self, Config, ConfigProblem, HostsFile, NameRule, Retention, Storing},
    flow_packets::SegmentCache,
    naming::{self, Call, Decisions, Followed as Follow, Hosts, Peer, counted_by_rule},
    second_try::{IfGone, second_try},
};

/// The folder in a workspace for files that can be made again.
const SCRATCH: &str = "scratch";

/// An open workspace. One process at a time has it open.
pub struct Workspace {
    folder: PathBuf,
    name: String,
    store: Store,
    config: RwLock<Config>,
    followed: Mutex<Followed>,
    /// What the next names are decided with; `None` when all are.
    decided: Mutex<Option<Decided>>,
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

/// Names that were decided and written, and how far what came was looked at for them.
struct Decided {
    decisions: Decisions,
    until: Mark,
}

fn hosts(config: &Config) -> Hosts {
    match config.hosts_file {
        HostsFile::Use => Hosts::of_this_machine(),
        HostsFile::Ignore => Hosts::default(),
    }
}

impl Workspace {
    /// Opens a workspace, or makes one where there is none.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process has the workspace open.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
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
            decided: Mutex::new(None),
            segments: SegmentCache::default(),
            tried: Mutex::new(Instant::now()),
            notes: opened.notes,
            emptied: opened.emptied,
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
    /// An import names what it has read again and again: while one is running, it is left to do so.
    ///
    /// # Errors
    /// When the file cannot be read, or names cannot be written.
    pub fn follow_config(&self, importing: bool) -> Result<bool, EngineError> {
        let mut followed = lock(&self.followed);
        let stamp = stamp_of(&self.folder);
        let edited = stamp != followed.stamp;
        if edited {
            let before = self.config().clone();
            let path = || self.folder.join(config::FILE_NAME);
            let (mut config, problems) = config::read_again(&self.folder, &before).map_err(EngineError::io(path()))?;
            config.websites = Vec::new();
            followed.rename |= config != before;
            *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
            (followed.problems, followed.stamp) = (problems, stamp);
        }
        let mut renamed = false;
        if followed.rename && !importing {
            match self.store.writer() {
                Ok(mut writer) => {
                    self.rename(&mut writer)?;
                    (followed.rename, renamed) = (false, true);
                }
                // Somebody writes; the next look comes soon.
                Err(StoreError::Locked(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(edited || renamed)
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

    /// What is wrong in what `wirereel.json` says about names.
    pub(crate) fn naming_problems(&self) -> Vec<String> {
        let concerns = |path: &str| {
            path.is_empty()
                || ["names", "entry_points", "reverse_dns", "hosts_file"].iter().any(|key| path.starts_with(key))
        };
        let followed = lock(&self.followed);
        followed.problems.iter().filter(|problem| concerns(&problem.path)).map(ToString::to_string).collect()
    }

    /// Whether names were changed by an edit and are not yet written.
    pub(crate) fn waits_for_names(&self) -> bool {
        lock(&self.followed).rename
    }

    /// As [`Workspace::rename`], after an edit that was followed.
    pub(crate) fn rename_as_followed(&self, writer: &mut Writer) -> Result<(), EngineError> {
        // Before names are decided: an edit meanwhile is followed by itself.
        lock(&self.followed).rename = false;
        self.rename(writer).map(drop)
    }

    /// Entry points that a configuration would give, and how many addresses each of its rules would name; of rules that are wrong none.
    pub(crate) fn tried_names(
        &self,
        config: &Config,
        rules: &[Option<NameRule>],
        lane: Option<&str>,
    ) -> Result<(Vec<String>, Vec<u64>), EngineError> {
        let reader = self.reader(lane)?;
        let peers: Vec<Peer> = reader.peers()?.iter().map(|(id, peer)| naming_peer(*id, peer)).collect();
        let calls: Vec<Call> =
            reader.pairs()?.into_iter().map(|(client, server)| Call { client: client.0, server: server.0 }).collect();
        reader.proceed()?;
        let (decisions, _) = Decisions::all(&peers, &calls, config, &hosts(config));
        let named = peers.iter().filter_map(|peer| Some((peer.first_rule(rules)?, peer.ip)));
        Ok((decisions.entry_points(), counted_by_rule(named, rules.len())))
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

    /// Has names follow what came and what was edited, and roll-ups follow both. Rows do not change, views do. Tells whether roll-ups had to be
    /// made anew.
    pub(crate) fn rename(&self, writer: &mut Writer) -> Result<bool, EngineError> {
        self.name_peers(writer)?;
        let renewed = writer.follow_rollups()?;
        writer.commit()?;
        Ok(renewed)
    }

    /// Decides what peers are called and writes it down, to be committed with the next rows: of those that are new, and whom these change.
    pub(crate) fn name_peers(&self, writer: &mut Writer) -> Result<(), EngineError> {
        let (rules, hosts) = {
            let config = self.config();
            (
                Config { names: config.names.clone(), entry_points: config.entry_points.clone(), ..Config::default() },
                hosts(&config),
            )
        };
        // Until it is written, it is not what is in force.
        let known = lock(&self.decided).take();
        let news = writer.take_news();
        let known = known.filter(|known| known.until == news.since && known.decisions.are_by(&rules, &hosts));
        let followed = match (known, &news.came) {
            (Some(known), Some(came)) => follow(known.decisions, came, writer)?,
            _ => None,
        };
        let (decisions, names) = match followed {
            Some(followed) => followed,
            None => {
                let (decisions, names) = decide_all(writer, &rules, &hosts)?;
                writer.replace_entry_points(&decisions.entry_points(), decisions.are_guessed())?;
                (decisions, names)
            }
        };
        let names: Vec<PeerName> = names
            .into_iter()
            .map(|name| PeerName { peer: PeerId(name.peer), service: name.service, kind: name.kind })
            .collect();
        writer.name_peers(&names)?;
        *lock(&self.decided) = Some(Decided { decisions, until: news.until });
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

/// Names of what came, and of whom that changes; `None` when more than that may change.
fn follow(
    mut decisions: Decisions,
    came: &Came,
    writer: &Writer,
) -> Result<Option<(Decisions, Vec<naming::PeerName>)>, EngineError> {
    let peers: Vec<Peer> = came.peers.iter().map(|(id, peer)| naming_peer(*id, peer)).collect();
    let calls: Vec<Call> =
        came.calls.iter().map(|(client, server)| Call { client: client.0, server: server.0 }).collect();
    let at = |ip| -> Result<Vec<Peer>, StoreError> {
        Ok(writer.peers_at(ip)?.iter().map(|(id, peer)| naming_peer(*id, peer)).collect())
    };
    Ok(match decisions.follow(&peers, &calls, at)? {
        Follow::Names(names) => Some((decisions, names)),
        Follow::DecideAll => None,
    })
}

fn decide_all(
    writer: &Writer,
    config: &Config,
    hosts: &Hosts,
) -> Result<(Decisions, Vec<naming::PeerName>), EngineError> {
    let peers = writer.peers()?;
    let numbered = (0..).zip(&peers);
    let peers: Vec<Peer> = numbered.map(|(id, peer)| naming_peer(PeerId(id), peer)).collect();
    let calls: Vec<Call> =
        writer.calls()?.into_iter().map(|(client, server)| Call { client: client.0, server: server.0 }).collect();
    Ok(Decisions::all(&peers, &calls, config, hosts))
}

/// A peer as names are decided for it.
fn naming_peer(id: PeerId, peer: &wirereel_store::Peer) -> Peer {
    Peer {
        id: id.0,
        ip: peer.ip,
        port: peer.port,
        dns: peer.dns_name.clone(),
        host: peer.host_name.clone(),
        process: peer.process.clone(),
        serves_port: peer.serves_port,
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
