//! What the user calls addresses, and where customers arrive: looked at, tried, and written into the open recording's `wirereel.json`, from
//! where it takes effect at once. Rows do not change, and what was captured before follows.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::bounded;
use wirereel_query::customers::{
    NamingChecked, NamingDraft, NamingSave, NamingState, UnresolvedPage, UnresolvedQuestion,
};

use super::{Current, Workbench, lock, recurring::Recurring};
use crate::{
    EngineError, Workspace,
    config::{self, check_naming, naming_rules, replace_naming},
    keeping::HasWriter,
};

/// How long an answer waits for names to follow. In a large recording that takes longer, and the answer says so.
const FOLLOW_PATIENCE: Duration = Duration::from_millis(800);
/// Time between two looks at whether they did.
const FOLLOW_LOOK: Duration = Duration::from_millis(5);
/// Time between two looks at whether names are to follow an edit by hand.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread that has names follow edits of the open recording.
#[derive(Default)]
pub(super) struct FollowingNames {
    pub(super) thread: Recurring,
    /// Held while the open workspace is in use by the thread.
    busy: Mutex<()>,
}

impl FollowingNames {
    /// Waits until the thread no longer uses a workspace that was closed, so that it can be opened again.
    pub(super) fn let_go(&self) {
        drop(lock(&self.busy));
    }
}

impl Workbench {
    /// A page of addresses that nobody could name, with what reverse DNS says where the user allows it.
    ///
    /// # Errors
    /// As [`wirereel_store::Reader::unresolved`].
    pub fn unresolved(
        self: &Arc<Self>,
        question: &UnresolvedQuestion,
        lane: Option<&str>,
    ) -> Result<UnresolvedPage, EngineError> {
        let current = self.current()?;
        let mut page = current.workspace.reader(lane)?.unresolved(question)?;
        if !current.workspace.config().reverse_dns {
            self.reverse_names.stop();
            return Ok(page);
        }
        let addresses: Vec<IpAddr> = page.rows.iter().filter_map(|row| row.ip.parse().ok()).collect();
        let workbench = Arc::downgrade(self);
        let tell = move || {
            if let Some(workbench) = workbench.upgrade() {
                workbench.ticks.rows_changed();
            }
        };
        let mut names = self.reverse_names.names(&addresses, tell).into_iter();
        for row in page.rows.iter_mut().filter(|row| row.ip.parse::<IpAddr>().is_ok()) {
            row.reverse_dns = names.next().flatten();
        }
        Ok(page)
    }

    /// Names and entry points in force in the open recording.
    ///
    /// # Errors
    /// When nothing is open, or it cannot be read.
    pub fn naming(&self) -> Result<NamingState, EngineError> {
        self.naming_of(&self.current()?)
    }

    fn naming_of(&self, current: &Current) -> Result<NamingState, EngineError> {
        let reader = current.workspace.reader(None)?;
        let (entry_points, entry_points_guessed) = reader.entry_points()?;
        Ok(NamingState {
            rules: naming_rules(&current.workspace.config()),
            entry_points,
            entry_points_guessed,
            services: reader.service_names()?,
            problems: current.workspace.naming_problems(),
            following: current.workspace.is_following_names(),
        })
    }

    /// What is wrong with other rules, and what they would do to the open recording. Nothing is saved.
    ///
    /// # Errors
    /// When nothing is open, or it cannot be read.
    pub fn check_naming(&self, draft: &NamingDraft, lane: Option<&str>) -> Result<NamingChecked, EngineError> {
        let current = self.current()?;
        let checked = check_naming(&draft.rules);
        let (entry_points, addresses) =
            current.workspace.tried_names(&checked.in_place_of(&current.workspace.config()), &checked.names, lane)?;
        Ok(NamingChecked { problems: checked.problems, addresses, entry_points })
    }

    /// Saves rules in the place of others, and has everything follow. What takes its time follows after the answer, which says so.
    ///
    /// # Errors
    /// `Conflict` when others are in force, `Naming` when something is wrong with these, and when the file cannot be written.
    pub fn save_naming(&self, change: &NamingSave) -> Result<NamingState, EngineError> {
        let current = self.current()?;
        let saved =
            config::try_edit(current.workspace.folder(), |whole| replace_naming(whole, &change.before, &change.after));
        // Also when somebody else has changed it: whoever looks again sees that.
        self.follow_names(&current)?;
        saved?;
        self.naming_of(&current)
    }

    /// Has names of what is captured into follow an edit by hand, also while nothing comes that they would follow with.
    pub(super) fn follow_names_while_capturing(self: &Arc<Self>, workspace: &Arc<Workspace>) {
        if !workspace.waits_for_names() {
            return;
        }
        let Some(Some((captured, (lender, false), _))) = self.live.recording_now() else { return };
        if Arc::ptr_eq(&captured, workspace) {
            let workbench = Arc::downgrade(self);
            // Whoever is too busy for it now is asked again with the next look.
            lender.try_lend(Box::new(move |writer| {
                captured.rename_as_followed(writer)?;
                if let Some(workbench) = workbench.upgrade() {
                    workbench.ticks.rows_changed();
                }
                Ok(())
            }));
        }
    }

    /// Has the open recording follow its file at once: by the thread that does so, or by whoever writes into it.
    fn follow_names(&self, current: &Current) -> Result<(), EngineError> {
        let workspace = &current.workspace;
        workspace.follow_config(true)?;
        if !workspace.is_following_names() || self.is_importing() {
            self.ticks.rows_changed();
            return Ok(());
        }
        let began = Instant::now();
        if let Some(Some((captured, (lender, false), _))) = self.live.recording_now()
            && Arc::ptr_eq(&captured, workspace)
        {
            let (done, is_done) = bounded(1);
            lender.lend(Box::new(move |writer| {
                captured.rename_as_followed(writer)?;
                // Nobody may be waiting any more.
                let _ = done.send(());
                Ok(())
            }))?;
            // What takes longer follows later, as it does without a word.
            let _ = is_done.recv_timeout(FOLLOW_PATIENCE);
        } else {
            self.tending.names.thread.wake();
            while workspace.is_following_names() && began.elapsed() < FOLLOW_PATIENCE {
                thread::sleep(FOLLOW_LOOK);
            }
        }
        self.ticks.rows_changed();
        Ok(())
    }

    pub(super) fn is_importing(&self) -> bool {
        lock(&self.import).as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Starts the thread that has names follow edits. It ends with the workbench.
    pub(super) fn start_following_names(self: &Arc<Self>) -> Result<(), EngineError> {
        let look = |workbench: &Arc<Self>| {
            workbench.follow_names_if_due();
            INTERVAL
        };
        let started = self.tending.names.thread.start("wr-names", self, INTERVAL, look);
        started.map_err(EngineError::io(&self.home))
    }

    fn follow_names_if_due(&self) {
        let busy = lock(&self.tending.names.busy);
        let Ok(current) = self.current() else { return };
        // An import names what it has read by itself. What stands in the way does so at the next look.
        let followed = !self.is_importing() && current.workspace.rename_if_due().unwrap_or(false);
        drop((current, busy));
        if followed {
            self.ticks.rows_changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wirereel_query::{
        customers::{NamingRules, ServiceName},
        workbench::ImportState,
    };
    use wirereel_testkit::Conversation;

    use super::*;

    fn wait_for(mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < Duration::from_secs(60), "waited in vain");
            thread::sleep(FOLLOW_LOOK);
        }
    }

    #[test]
    fn who_saves_is_answered_before_names_have_followed_and_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let packets = Conversation::tcp("203.0.113.1:20000", "10.0.0.1:80").handshake().client(b"x").close().packets();
        let path = folder.path().join("one.pcap");
        fs::write(&path, packets.pcap()).unwrap();
        let workbench = Workbench::open(&folder.path().join("home")).unwrap();
        workbench.open_paths(&[path]).unwrap();
        let state = || workbench.app_state("test").unwrap().import.map(|import| import.state);
        wait_for(|| state() == Some(ImportState::Done) && !workbench.is_importing());

        // Whoever has the writer stands for what takes long.
        let current = workbench.current().unwrap();
        let writer = current.workspace.store().writer().unwrap();
        let name = ServiceName { name: "till".into(), address: Some("10.0.0.1".into()), ..ServiceName::default() };
        let before = NamingRules::default();
        let after = NamingRules { names: vec![name], ..before.clone() };
        let saved = workbench.save_naming(&NamingSave { before, after: after.clone() }).unwrap();
        assert_eq!((saved.rules, saved.following), (after, true));
        assert!(!saved.services.contains(&"till".to_owned()), "everything is still called what it was");
        drop((writer, current));
        wait_for(|| !workbench.naming().unwrap().following);
        assert_eq!(workbench.naming().unwrap().services, ["till"]);
        workbench.shut_down();
    }
}
