//! A thread that looks after something of the workbench again and again, and ends with it.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{Workbench, lock};

#[derive(Default)]
pub(super) struct Recurring {
    thread: Mutex<Option<JoinHandle<()>>>,
    ended: Arc<AtomicBool>,
}

impl Recurring {
    /// Starts it. The first look comes after `wait`, the next ones after what each gives.
    pub(super) fn start(
        &self,
        name: &str,
        workbench: &Arc<Workbench>,
        mut wait: Duration,
        look: fn(&Arc<Workbench>) -> Duration,
    ) -> io::Result<()> {
        let (workbench, ended) = (Arc::downgrade(workbench), Arc::clone(&self.ended));
        let run = move || {
            loop {
                thread::park_timeout(wait);
                let Some(workbench) = workbench.upgrade() else { return };
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                wait = look(&workbench);
            }
        };
        *lock(&self.thread) = Some(thread::Builder::new().name(name.into()).spawn(run)?);
        Ok(())
    }

    /// Has it look at once.
    pub(super) fn wake(&self) {
        if let Some(thread) = lock(&self.thread).as_ref() {
            thread.thread().unpark();
        }
    }

    /// Ends it, and waits for that.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
    }
}
