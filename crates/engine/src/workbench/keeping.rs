//! What is looked after so that the live recording neither grows for ever nor fills the disk, and captures imported again whose database could
//! not be read.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use super::{Workbench, lock};
use crate::{
    clock::now_us,
    keeping::{HasWriter, Retaining},
};

/// The thread that removes what is old, while it does.
#[derive(Default)]
pub(super) struct Keeping {
    thread: Mutex<Option<JoinHandle<()>>>,
    retaining: Arc<Mutex<Retaining>>,
    stop: Arc<AtomicBool>,
}

impl Keeping {
    /// Has the thread end soon, and waits for it: it uses a workspace that is to be closed.
    pub(super) fn let_go(&self) {
        self.stop.store(true, Ordering::Relaxed);
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
        self.stop.store(false, Ordering::Relaxed);
    }
}

impl Workbench {
    /// Removes what is old of the live recording, when it is time: on a thread of its own, since it takes turns with whoever writes.
    pub(super) fn keep_if_due(self: &Arc<Self>) {
        // Before the thread's lock is taken: whoever ends a recording takes them in this order.
        let Some((workspace, lender)) = self.to_be_kept() else { return };
        let mut running = lock(&self.keeping.thread);
        if running.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        if !lock(&self.keeping.retaining).is_due() {
            return;
        }
        let (retaining, stop) = (Arc::clone(&self.keeping.retaining), Arc::clone(&self.keeping.stop));
        let workbench = Arc::downgrade(self);
        let thread = thread::Builder::new().name("wr-keep".into()).spawn(move || {
            let has_writer: &dyn HasWriter = match &lender {
                Some(lender) => lender,
                None => &*workspace,
            };
            // What stands in the way does so for a minute: the next pass comes.
            let passed = lock(&retaining).pass(&workspace, has_writer, &stop);
            let Some(workbench) = workbench.upgrade() else { return };
            // One that was told to end has not failed.
            if passed.is_ok() || !stop.load(Ordering::Relaxed) {
                workbench.gauges().kept(now_us(), passed.as_ref().ok());
            }
            if passed.is_ok_and(|removed| removed.rows > 0) {
                workbench.ticks.rows_changed();
            }
        });
        *running = thread.ok();
    }
}

/// Takes the index of a recording out of the way, whose database could not be read. Its captures are imported anew.
pub(super) fn set_index_aside(folder: &Path) -> std::io::Result<()> {
    let mut number = 1;
    loop {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".aside-{number}"));
        if !Path::new(&name).exists() {
            return std::fs::rename(folder, name);
        }
        number += 1;
    }
}
