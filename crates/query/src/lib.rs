//! What a pane may ask and what it gets: plain questions and answers, and the filter language.
//!
//! Pure data: no database, no host. The store answers these, the api lists them as commands, and the TypeScript
//! types are generated from them. Times are microseconds since 1970-01-01 UTC (`_us`) so that they are exact as
//! JavaScript numbers; durations are microseconds, sizes bytes, rates per second.
#![forbid(unsafe_code)]

pub mod alerts;
pub mod answer;
pub mod checks;
pub mod customers;
pub mod filter;
pub mod health;
pub mod probes;
pub mod question;
pub mod reel;
pub mod whisperers;
pub mod workbench;
