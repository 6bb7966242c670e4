//! What runs for a relay, counted, and ended with it.

use std::future::Future;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that runs for one relay.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    ended: CancellationToken,
}

impl Tasks {
    /// Runs it until it is done or the relay ends.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        self.tracker.spawn(async move {
            ended.run_until_cancelled(task).await;
        });
    }

    /// How many run.
    pub(super) fn count(&self) -> usize {
        self.tracker.len()
    }

    /// Ends all of them; also those that come later end at once.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// Waits until none runs.
    pub(super) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}
