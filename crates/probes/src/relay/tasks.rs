//! What runs for a relay or a responder, counted, and ended with it.

use std::future::Future;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that runs for one of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    ended: CancellationToken,
}

impl Tasks {
    /// Runs it until it is done or all are ended.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        self.tracker.spawn(async move {
            ended.run_until_cancelled(task).await;
        });
    }

    /// How many run.
    pub(crate) fn count(&self) -> usize {
        self.tracker.len()
    }

    /// Ends all of them; also those that come later end at once.
    pub(crate) fn end(&self) {
        self.ended.cancel();
    }

    /// Waits until none runs.
    pub(crate) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Ends what runs when it is dropped.
pub(crate) struct Ends(pub(crate) Tasks);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}
