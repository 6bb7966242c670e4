//! Website checks: schedule, measure, summarise. A library without storage, page or engine.
#![forbid(unsafe_code)]

pub mod config;
pub mod measure;

pub use config::{Problem, Website};
pub use measure::{Check, Checker, Failure, Measurement, Phase, Phases};
