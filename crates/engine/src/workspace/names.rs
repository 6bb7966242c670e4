//! What peers of a workspace are called: decided of what came and of what `wirereel.json` says, and written for every view to follow.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    sync::TryLockError,
};

use wirereel_store::{Came, Mark, PeerId, PeerName, StoreError, Writer};

use super::{Workspace, lock};
use crate::{
    EngineError,
    config::{Config, HostsFile, NameRule},
    naming::{self, Call, Decisions, Followed as Follow, Hosts, Peer},
};

/// Changes when the same rules give other names.
const DECIDES: u32 = 1;

/// Names that were decided and written, and how far what came was looked at for them.
pub(super) struct Decided {
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
    /// Has names follow an edit that was read. True when they did.
    pub(crate) fn rename_if_due(&self) -> Result<bool, EngineError> {
        let _alone = match self.following.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(alone)) => alone.into_inner(),
            // Somebody does it; the next look comes soon.
            Err(TryLockError::WouldBlock) => return Ok(false),
        };
        // Before names are decided: an edit meanwhile is followed by itself.
        if !std::mem::take(&mut lock(&self.followed).rename) {
            return Ok(false);
        }
        let done = match self.store.writer() {
            Ok(mut writer) => self.settle(&mut writer).map(|()| true),
            // Somebody writes; the next look comes soon.
            Err(StoreError::Locked(_)) => Ok(false),
            Err(error) => Err(error.into()),
        };
        if !matches!(done, Ok(true)) {
            lock(&self.followed).rename = true;
        }
        done
    }

    /// The writer, once names have followed an edit that they are following.
    ///
    /// # Errors
    /// As [`Store::writer`].
    pub(crate) fn writer(&self) -> Result<Writer, StoreError> {
        let _followed = lock(&self.following);
        self.store.writer()
    }

    /// Whether names and roll-ups have not yet followed an edit: everything is still called what it was before.
    pub(crate) fn is_following_names(&self) -> bool {
        self.waits_for_names() || matches!(self.following.try_lock(), Err(TryLockError::WouldBlock))
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
        let _alone = lock(&self.following);
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
        let mut census = lock(&self.census);
        // Calls first: whoever they are between is read after them.
        let (calls, until) = reader.pairs_from(census.1)?;
        let (whole, plain) = reader.peers_from(census.0.peers())?;
        reader.proceed()?;
        if !(whole.is_empty() && plain.is_empty() && calls.is_empty()) {
            let plain: Vec<(i32, IpAddr)> = plain.into_iter().map(|(id, ip)| (id.0, ip)).collect();
            let calls = calls.into_iter().map(|(client, server)| Call { client: client.0, server: server.0 });
            census.0.add(whole.iter().map(|(id, peer)| naming_peer(*id, peer)).collect(), &plain, calls);
        }
        census.1 = until;
        Ok(census.0.tried(config, rules, &hosts(config)))
    }

    /// Has names follow what came and what was edited, and roll-ups follow both. Rows do not change, views do. Tells whether roll-ups had to be
    /// made anew.
    pub(crate) fn rename(&self, writer: &mut Writer) -> Result<bool, EngineError> {
        self.name_peers(writer)?;
        let renewed = writer.follow_rollups()?;
        writer.commit()?;
        Ok(renewed)
    }

    /// As [`Workspace::rename`], when nothing more comes soon: whoever opens the recording next finds names as they are to be.
    pub(crate) fn settle(&self, writer: &mut Writer) -> Result<(), EngineError> {
        let mark = self.rules_mark();
        self.name_peers(writer)?;
        // Old roll-ups are made in the transaction of the names.
        writer.note_naming(&mark)?;
        writer.follow_rollups()?;
        Ok(writer.commit()?)
    }

    /// What names are decided by, in short.
    pub(super) fn rules_mark(&self) -> String {
        let config = self.config();
        let mut hasher = DefaultHasher::new();
        (DECIDES, format!("{:?}", config.names), format!("{:?}", config.entry_points)).hash(&mut hasher);
        hosts(&config).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
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

#[cfg(test)]
mod tests {
    use std::fs;

    use wirereel_testkit::Conversation;

    use super::*;
    use crate::import::{Unwatched, import};

    #[test]
    fn names_are_decided_again_only_where_something_has_changed_since() {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("one.pcap");
        let packets = Conversation::tcp("203.0.113.1:20000", "10.0.0.1:80").handshake().client(b"x").close().packets();
        fs::write(&capture, packets.pcap()).unwrap();
        let home = folder.path().join("home");
        let workspace = Workspace::open(&home).unwrap();
        import(&workspace, std::slice::from_ref(&capture), &Unwatched).unwrap();
        let names = |workspace: &Workspace| workspace.reader(None).unwrap().service_names().unwrap();
        let decided = |workspace: &Workspace| lock(&workspace.decided).is_some();
        assert_eq!(names(&workspace), Vec::<String>::new());
        drop(workspace);

        let workspace = Workspace::open(&home).unwrap();
        assert!(!decided(&workspace), "they are as they were");
        drop(workspace);
        let rules = r#"{ "names": [ { "name": "till", "address": "10.0.0.1" } ] }"#;
        fs::write(home.join(crate::config::FILE_NAME), rules).unwrap();
        let workspace = Workspace::open(&home).unwrap();
        assert!(decided(&workspace));
        assert_eq!(names(&workspace), ["till"]);
        drop(workspace);

        let workspace = Workspace::open(&home).unwrap();
        assert_eq!((decided(&workspace), names(&workspace)), (false, vec!["till".to_owned()]));
        import(&workspace, &[capture], &Unwatched).unwrap();
        assert!(decided(&workspace), "more came");
        drop(workspace);
        let workspace = Workspace::open(&home).unwrap();
        assert!(!decided(&workspace));
    }
}
