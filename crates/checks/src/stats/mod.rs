//! Figures of a website: rolling ones over the past minutes and hours, and hours and days for what is longer ago.
//!
//! Availability counts only checks that tell about the website: instants at which a check was left out, or at which this machine had no
//! network, are counted beside it. A response time is that of a whole answer, whatever the answer says.

mod greatest;
mod histogram;
mod outcome;
mod ring;
mod rolling;
mod rollup;
mod summary;

pub use histogram::Histogram;
pub use outcome::Outcome;
pub use rolling::{Frame, RollingStats};
pub use rollup::{OpenHours, RollUp, Width, roll_up};
pub use summary::{Sample, Summary, Times};
