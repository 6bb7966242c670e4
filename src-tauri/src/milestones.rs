//! How long the window took: two lines in the log, each once.

use std::{
    sync::Once,
    time::{Duration, Instant},
};

/// Watches the answers that the page gets.
pub(crate) struct Milestones {
    started: Instant,
    page: Once,
    graph: Once,
}

impl Milestones {
    /// Starts the clock.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), page: Once::new(), graph: Once::new() }
    }

    /// Notes that the page got an answer to `command`. The graph counts once the import is through: before, it is a part of it.
    pub(crate) fn answered(&self, command: &str, importing: bool) {
        let since = || ms(self.started.elapsed());
        match command {
            "app_state" => self.page.call_once(|| tracing::info!(after_ms = since(), "the page is up")),
            "topology" if !importing => {
                self.graph.call_once(|| tracing::info!(after_ms = since(), "the graph is answered"))
            }
            _ => {}
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
