//! When what recurs is measured: website checks, probes.
//!
//! Each has its own moment of its interval, found from its name and target, so that a thousand are spread evenly and every start of the
//! program finds the same moments. Deadlines are on a clock that nobody sets. Every intended instant has an outcome: a measurement, or
//! why there was none.
//!
//! ```text
//!  heap of instants ─▶ due ─▶ (waits for room) ─▶ measured in a task of its own ─▶ judged ─▶ results
//!                       └──▶ the one before still runs, or nothing ran here: an outcome that says so
//! ```
//!
//! What is measured, and how, is the business of who implements [`Planned`] and [`Measure`].
#![forbid(unsafe_code)]

mod clock;
mod offline;
mod outcome;
mod queue;
mod runner;

use std::{future::Future, sync::Arc};

pub use clock::{Clock, Now, SystemClock};
pub use offline::{Connectivity, Reference, SystemReference, Verdict};
pub use outcome::{Outcome, State};
pub use runner::{Schedule, ScheduleOptions};

/// What recurs, made ready to be measured.
pub trait Planned: Send + Sync + 'static {
    /// What a measurement tells.
    type Measured: Send + 'static;
    /// What is handed on of every outcome.
    type Result: From<Outcome<Self::Measured>> + Send + 'static;
    /// What one measurement is called in sentences, such as `check`.
    const NOUN: &'static str;

    /// What tells it from all others of its schedule.
    fn name(&self) -> &str;
    /// With the name, what its moment of the interval is found from: it is moved when this is changed.
    fn target(&self) -> &str;
    /// Nanoseconds from one intended instant to the next; more than zero.
    fn interval_ns(&self) -> i64;
    /// Whether it is to rest.
    fn is_paused(&self) -> bool;
    /// Whether another of the same name is measured just like this one.
    fn is_same(&self, other: &Self) -> bool;
    /// What a measurement says about it and about this machine.
    fn verdict(&self, measured: &Self::Measured) -> Verdict;
}

/// Measures. Tests have one that only says that it does.
pub trait Measure<P: Planned>: Send + Sync + 'static {
    fn measure(&self, planned: &Arc<P>) -> impl Future<Output = P::Measured> + Send;
}
