//! Reading settings so that a wrong value costs only itself, and saying of each what was found and what is allowed.
#![forbid(unsafe_code)]

mod problem;
mod read;

pub use problem::Problem;
pub use read::{read, tell_also};
