//! Sends what is to be told, on a thread of its own: a target that hangs holds up nothing but itself.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, bounded};
use tokio::{runtime, sync::Notify};
use wirereel_alerts::notify::{Attempt, Courier, Delivery, SendFailure, Sender, Senders, Sending, deliver};

/// What became of deliveries and waits to be saved.
const RECORDED: usize = 256;
const END_LOOK: Duration = Duration::from_millis(2);

/// A desktop that shows notifications. It may block for a moment.
pub trait Desktop: Send + Sync {
    /// Shows one.
    ///
    /// # Errors
    /// Why it cannot, in a sentence.
    fn show(&self, title: &str, message: &str) -> Result<(), String>;
}

/// The desktop, once there is one. Shared by all who send.
#[derive(Clone, Default)]
pub(crate) struct TheDesktop(Arc<Mutex<Option<Arc<dyn Desktop>>>>);

impl TheDesktop {
    pub(super) fn is(&self, desktop: Arc<dyn Desktop>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(desktop);
    }
}

impl Sender for TheDesktop {
    fn send<'a>(&'a self, attempt: &'a Attempt) -> Sending<'a> {
        let desktop = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let Some(desktop) = desktop else {
                return Err(SendFailure::lasting("this host has no desktop: only the window shows such notifications"));
            };
            let (title, message) = (attempt.notice.title(), attempt.notice.message.clone());
            let shown = tokio::task::spawn_blocking(move || desktop.show(&title, &message));
            match tokio::time::timeout(attempt.target.timeout.as_duration(), shown).await {
                Ok(Ok(shown)) => shown.map_err(SendFailure::passing),
                Ok(Err(_)) => Err(SendFailure::passing("what shows it broke down")),
                Err(_) => Err(SendFailure::passing("the desktop does not answer")),
            }
        })
    }
}

/// Everybody who sends.
pub(super) fn senders(desktop: &TheDesktop) -> Senders {
    Senders::new(Some(Arc::new(desktop.clone())))
}

/// Runs something that sends, and waits for it.
pub(super) fn wait_for<T>(work: impl Future<Output = T>) -> io::Result<T> {
    Ok(runtime::Builder::new_current_thread().enable_all().build()?.block_on(work))
}

/// The thread that sends.
pub(super) struct Teller {
    thread: Option<JoinHandle<()>>,
    ended: Arc<Notify>,
    recorded: Receiver<Vec<Delivery>>,
}

impl Teller {
    /// Starts it. `news` is called when [`recorded`](Self::recorded) has some.
    pub(super) fn start(
        courier: Arc<Courier>,
        sender: Senders,
        clock: fn() -> i64,
        news: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (records, recorded) = bounded(RECORDED);
        let ended = Arc::new(Notify::new());
        let told = Arc::clone(&ended);
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            let recorded = move |deliveries| {
                // Whoever saves them takes them soon, or has ended.
                let _ = records.send(deliveries);
                news();
            };
            runtime.block_on(async {
                tokio::select! {
                    () = deliver(courier, Arc::new(sender), clock, recorded) => {}
                    () = told.notified() => {}
                }
            });
            // A desktop that hangs does not hold up the end.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("wr-notify".into()).spawn(run)?;
        Ok(Self { thread: Some(thread), ended, recorded })
    }

    /// What became of deliveries since this was asked last.
    pub(super) fn recorded(&self) -> Vec<Delivery> {
        self.recorded.try_iter().flatten().collect()
    }

    /// Ends it; attempts under way end as well. The last records.
    pub(super) fn end(mut self) -> Vec<Delivery> {
        self.ended.notify_one();
        let mut last = self.recorded();
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                last.extend(self.recorded());
                thread::sleep(END_LOOK);
            }
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
        last.extend(self.recorded());
        last
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.ended.notify_one();
    }
}
