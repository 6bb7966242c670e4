//! Website checks: schedule, measure, summarise. A library without storage, page or engine.
#![forbid(unsafe_code)]

pub mod config;
pub mod measure;
mod result;
pub mod schedule;
pub mod stats;

pub use config::{Problem, Website};
pub use measure::{Check, Checker, Failure, Measurement, Phase, Phases};
pub use result::{CheckResult, State};
pub use schedule::{Schedule, ScheduleOptions};
pub use stats::{Frame, RollingStats, Summary};
