//! Website checks: schedule, measure, summarise. A library without storage, page or engine.
#![forbid(unsafe_code)]

pub mod config;

pub use config::{Problem, Website};
