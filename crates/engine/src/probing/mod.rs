//! Probes are sent: when each is due, what came of it, and the figures that roll.
//!
//! ```text
//!  wirereel.json ─listing─▶ runner ─results─▶ keeper ─▶ store, then board, then whoever judges alerts
//!                                                          └─▶ figures: what hosts ask
//! ```
//!
//! Threads and batches are those of [`results`](crate::results).
//!
//! | file | what it does |
//! |---|---|
//! | `send` | what sends a probe; tests have one that only says that it does |
//! | `ready` | a probe made ready, as the schedule has it |
//! | `listing` | the probes of a file, made ready |
//! | `sources` | who is asked for targets, and the probes of those |
//! | `runner` | probing as it goes on |
//! | `keeper` | where results go: stored, counted |
//! | `board` | every probe with its latest results, in memory; restored after a start |
//! | `figures` | figures of a time |
//! | `result` | a result as a row, and as readings for rules |
//! | `once` | a probe sent outside of any schedule |
//! | `observed` | what packets tell of hops that say nothing |
//! | `observer` | the thread that writes that down |

mod board;
mod figures;
mod keeper;
mod listing;
mod observed;
mod observer;
mod once;
mod ready;
mod result;
mod runner;
mod send;
mod sources;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use board::{Board, HELD_US, Site, state_at};
pub(crate) use figures::{Sample, figures, percentiles, sample_of};
pub(crate) use listing::{PROBES_KEY, make_ready, read_listing};
pub(crate) use observed::observe;
pub(crate) use once::once;
pub use once::send_once;
pub(crate) use ready::ReadyProbe;
pub(crate) use result::{run_of, told};
pub(crate) use runner::Running;
pub(crate) use send::{Probing, TheSender};
pub(crate) use sources::{Finding, SOURCES_KEY, all_answered, by_probe, found, read_sources, shown};

/// The kind of subject that probes are to rules.
pub(crate) const KIND: &str = "probe";

/// The kind of failure of which nothing follows about the path: this machine lacks what a probe needs.
const OWN_LIMITS: &str = "own_limits";

/// The id of the queue of results.
const QUEUE: &str = "probes";

/// A lock whose holder panicked guards figures that are at most one result behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
