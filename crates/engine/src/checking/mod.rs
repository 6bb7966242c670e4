//! Websites are checked: when each is due, what came of it, and the figures that roll.
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
//! | `listing` | the websites of a file, made ready to be checked |
//! | `runner` | checking as it goes on |
//! | `keeper` | where results go: stored, counted; hours closed |
//! | `board` | every website with its figures, in memory |
//! | `restore` | the same from what is stored, after a start |
//! | `figures`, `strip`, `periods` | how figures are told |
//! | `result` | a result as a row, and as readings for rules |

mod board;
mod figures;
mod keeper;
mod listing;
mod periods;
mod restore;
mod result;
mod runner;
mod strip;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use board::{Board, FrameNow, Listed, Site, Standing, range_us};
pub(crate) use figures::{figures, hour_summary, sample_of};
pub(crate) use listing::{FRAMES_KEY, WEBSITES_KEY, read_listing};
pub(crate) use periods::periods;
pub(crate) use result::run_of;
pub(crate) use runner::Running;
pub(crate) use strip::{strip, width_us};

/// The kind of subject that websites are to rules.
pub(crate) const KIND: &str = "website";

/// A lock whose holder panicked guards figures that are at most one result behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
