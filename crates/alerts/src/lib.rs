//! Alerts: rules, a state for each rule and subject, events, and how they are sent.
//!
//! This room knows numbers, not where they came from. Whoever measures feeds readings, each with its time; the [`Machine`] says what
//! opened, what is to be said again and what is over. It has no clock and does no I/O, so a recorded week can be judged in a second, and
//! a program that was killed goes on from its last record as if it had never stopped.
//!
//! ```text
//!  readings ─▶ Machine ─▶ events ─▶ notify::Outbox ─▶ deliveries ─▶ notify::send
//!                │  ▲                    │  ▲
//!             changes, records        changes, records
//! ```
//!
//! - [`AlertConfig`], [`Rule`], [`Condition`], [`Maintenance`]: what `wirereel.json` says
//! - [`Machine`]: states, events, acknowledging, silencing; [`Record`]s that outlive the program
//! - [`Rolling`]: good and bad outcomes of a frame of time in bounded memory
//! - [`notify`]: what is sent to whom and when (pure), and the sending
#![forbid(unsafe_code)]

mod machine;
mod maintenance;
pub mod notify;
mod problem;
mod rolling;
mod rule;
mod text;

pub use machine::{
    Alert, Change, Event, Happening, Machine, NoSuchAlert, Observation, Quiet, RECORD_VERSION, Reading, Record,
    Refused, Restored, Standing, View,
};
pub use maintenance::{Maintenance, Schedule, Weekday};
pub use rolling::{Rolling, SLOTS};
pub use rule::{AlertConfig, BurnWindow, Condition, Reads, Rule, Selector, Series, Subject, json_schema};
pub use text::{MESSAGE_WORDS, duration, time};
pub use wirereel_settings::Problem;
pub use wirereel_span::Span;
