//! The machine from outside: scenarios, times, a week, kills.
#![allow(clippy::unwrap_used, reason = "a test ends when something fails")]

mod kills;
mod play;
mod scenarios;
mod times;
mod week;
