//! Website checks: schedule, measure, summarise. A library without storage, page or engine.
//!
//! ```text
//!  Website ──prepare──▶ Check ──▶ Schedule ──▶ CheckResult ──▶ RollingStats, OpenHours
//!  (wirereel.json,                   │  ▲
//!   or an imported list)             ▼  │
//!                             Checker::measure ─▶ Measurement, phase by phase
//! ```
//!
//! - [`config`]: what a website is and everything that is wrong with one;
//! - [`import`]: lists of websites from elsewhere;
//! - [`measure`]: one check;
//! - [`schedule`]: when each website is checked, and whose fault it is when one is not;
//! - [`stats`]: figures that roll, hours and days.
#![forbid(unsafe_code)]

pub mod config;
pub mod import;
pub mod measure;
mod result;
pub mod schedule;
pub mod stats;

pub use config::{Problem, Website};
pub use measure::{Check, Checker, Failure, Measurement, Phase, Phases};
pub use result::{CheckResult, State};
pub use schedule::{Schedule, ScheduleOptions};
pub use stats::{Frame, RollingStats, Summary};
