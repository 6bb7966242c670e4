//! What an intended instant came to.

use std::sync::Arc;

use serde::Serialize;

/// What is known of a target at an intended instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Everything that is expected was seen.
    Up,
    /// Something was not.
    Down,
    /// Nothing was measured: the one before still ran, or this machine was too late for it.
    Overrun,
    /// This machine slept, had no network or lacked what is needed: nothing is known about the target.
    SelfOffline,
}

/// One outcome. Every intended instant is in exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<M> {
    pub name: Arc<str>,
    /// When it was to begin, in nanoseconds since 1970.
    pub intended_at_ns: i64,
    /// When it began, or when it was seen that it does not, in nanoseconds since 1970.
    pub at_ns: i64,
    /// How many intended instants this stands for: one, but for a time in which nothing was measured.
    pub instants: u32,
    pub state: State,
    /// Why nothing was measured, or why it does not count; a sentence without its period.
    pub reason: Option<String>,
    pub measured: Option<M>,
}
