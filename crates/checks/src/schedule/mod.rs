//! When each website is checked.
//!
//! Each has its own moment of its interval, found from its name and URL, so that a thousand websites are spread evenly and every start of
//! the program finds the same moments. Deadlines are on a clock that nobody sets. Every intended instant has a result: a check, or why
//! there was none.
//!
//! ```text
//!  heap of instants ─▶ due ─▶ (waits for room) ─▶ check in a task of its own ─▶ judged ─▶ results
//!                       └──▶ the one before still runs, or nothing ran here: a result that says so
//! ```

mod clock;
mod offline;
mod queue;
mod runner;

use std::{future::Future, sync::Arc};

pub use clock::{Clock, Now, SystemClock};
pub use offline::{Connectivity, Reference, SystemReference};
pub use runner::{Schedule, ScheduleOptions};

use crate::{Check, Checker, Measurement};

/// Checks a website. Tests have one that only says that it does.
pub trait Measure: Send + Sync + 'static {
    fn measure(&self, check: &Arc<Check>) -> impl Future<Output = Measurement> + Send;
}

impl Measure for Checker {
    async fn measure(&self, check: &Arc<Check>) -> Measurement {
        Self::measure(self, check).await
    }
}
