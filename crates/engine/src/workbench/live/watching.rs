//! What whoever watches the workbench sees of live capture. Nothing here waits for a lock that is held for long: who watches must not stand
//! still when what is watched does.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use super::Live;
use crate::{
    Workspace,
    health::SeenWhisperer,
    live::{Lender, Space},
    workbench::Workbench,
};

/// What is captured into: its workspace, whoever lends its writer and whether that has failed, and the room it has.
pub(in crate::workbench) type RecordingNow = (Arc<Workspace>, (Lender, bool), Space);

impl Live {
    /// What is captured into, if anything is; `None` while that is about to change.
    pub(in crate::workbench) fn recording_now(&self) -> Option<Option<RecordingNow>> {
        let recording = try_lock(&self.recording)?;
        Some(recording.as_ref().map(super::Recording::now))
    }

    /// Room on the disk of a folder; `None` where the system does not tell.
    pub(in crate::workbench) fn free_bytes(&self, folder: &Path) -> Option<u64> {
        self.probe.0.free_bytes(folder).ok()
    }
}

impl Workbench {
    /// Ids and names.
    pub(in crate::workbench) fn whisperers_by_name(&self) -> Vec<(String, String)> {
        let all = self.members();
        all.iter().map(|member| (member.id.clone(), member.standing().entry.name.clone())).collect()
    }

    pub(in crate::workbench) fn seen_whisperers(&self) -> Vec<SeenWhisperer> {
        let seen = self.members().into_iter().map(|member| {
            let orders =
                try_lock(&member.driver).and_then(|driver| driver.as_ref().map(super::driving::Driver::waiting));
            let standing = member.standing();
            SeenWhisperer {
                id: member.id.clone(),
                state: standing.state,
                runs: standing.running.is_some(),
                figures: standing.figures.clone(),
                dropped: standing.dropped,
                orders,
            }
        });
        seen.collect()
    }
}

fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(PoisonError::into_inner(poisoned)),
        Err(TryLockError::WouldBlock) => None,
    }
}
