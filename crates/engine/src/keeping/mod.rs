//! What is captured live survives, and does not grow for ever.
//!
//! - [`runs`]: the folders of segments, and which of them rows are missing of.
//! - [`plan`](mod@plan): which segments are to go, and from when on rows stay.
//! - [`pass`]: one pass of retention: segments first, then rows in slices between whatever else is written.
//! - [`space`]: capture pauses before the disk is full.
//! - [`ledger`]: which captures a workspace was made of, in a file beside its database.
//! - [`rebuild`](mod@rebuild): rows made anew from packets.

mod clock;
pub(crate) mod ledger;
mod pass;
mod plan;
mod rebuild;
mod retaining;
mod runs;
pub(crate) mod space;

pub use pass::Removed;
pub(crate) use pass::{HasWriter, WriterWork};
pub use rebuild::{Rebuilt, rebuild};
pub(crate) use rebuild::{captures_of, complete, import_again};
pub(crate) use retaining::Retaining;
pub use retaining::retain;
pub(crate) use runs::RUNS;
