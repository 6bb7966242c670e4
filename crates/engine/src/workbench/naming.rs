//! What the user calls addresses, and where customers arrive: looked at, tried, and written into the open recording's `wirereel.json`, from
//! where it takes effect at once. Rows do not change, and what was captured before follows.

use std::{net::IpAddr, sync::Arc, time::Duration};

use crossbeam_channel::bounded;
use wirereel_query::customers::{
    NamingChecked, NamingDraft, NamingSave, NamingState, UnresolvedPage, UnresolvedQuestion,
};

use super::{Current, Workbench, lock};
use crate::{
    EngineError, Workspace,
    config::{self, check_naming, naming_rules, replace_naming},
    keeping::HasWriter,
};

/// How long whoever captures may take to follow new names until the answer comes without them.
const FOLLOW_PATIENCE: Duration = Duration::from_secs(20);

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

    /// Saves rules in the place of others, and has everything follow.
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

    /// Has the open recording follow its file at once: by itself, or by whoever writes into it.
    fn follow_names(&self, current: &Current) -> Result<(), EngineError> {
        let importing = lock(&self.import).as_ref().is_some_and(|thread| !thread.is_finished());
        let workspace = &current.workspace;
        workspace.follow_config(importing)?;
        if workspace.waits_for_names()
            && let Some(Some((captured, (lender, false), _))) = self.live.recording_now()
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
        }
        self.ticks.rows_changed();
        Ok(())
    }
}
