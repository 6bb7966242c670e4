//! What is captured live survives, and does not grow for ever.
//!
//! - [`runs`]: the folders of segments, and which of them rows are missing of.
//! - [`plan`](mod@plan): which segments are to go, and from when on rows stay.
//! - [`pass`]: one pass of retention: segments first, then rows in slices between whatever else is written.
//! - [`space`]: capture pauses before the disk is full.
//! - [`ledger`]: which captures a workspace was made of, in a file beside its database.
//! - [`rebuild`](mod@rebuild): rows made anew from packets.

pub(crate) mod ledger;
mod pass;
mod plan;
mod rebuild;
mod retaining;
pub(crate) mod runs;
pub(crate) mod space;

#[cfg(test)]
mod fortnight;
#[cfg(test)]
mod space_tests;
#[cfg(test)]
mod station;

pub use pass::Removed;
pub(crate) use pass::{HasWriter, WriterWork};
pub(crate) use rebuild::import_again;
pub use rebuild::{Rebuilt, make_anew, rebuild};
pub(crate) use retaining::Retaining;
pub use retaining::retain;
