//! Wirereel watches itself: what its parts count, looked at once a second, kept, judged and shown.
//!
//! | file | what it does |
//! |---|---|
//! | `gauges` | what the parts count as they work |
//! | `recent` | how long something took lately |
//! | `queue` | bounded queues, by name |
//! | `unseen` | how long packets wait until their rows can be seen |
//! | `process` | CPU and memory of this process |
//! | `snapshot` | all figures of one moment |
//! | `sampling` | makes snapshots of gauges and of what is looked at beside them |
//! | `ring` | the last snapshots |
//! | `written` | which figures of a snapshot become rows of `self_metrics` |
//! | `rules`, `findings` | what is wrong, since when |
//! | `spans` | when something was wrong, from rows |
//! | `whisperers` | their states as figures |
//! | `words` | what is wrong and what to do, in sentences |
//! | `shown`, `history` | a snapshot, and figures over time, as the pane shows them |
//!
//! Figures become rows of the live recording only, and only while something is captured into it: what is merely looked at does not grow.

mod findings;
mod gauges;
mod history;
mod process;
mod queue;
mod recent;
mod ring;
mod rules;
mod sampling;
mod shown;
mod snapshot;
mod spans;
mod unseen;
mod whisperers;
mod words;
mod written;

pub(crate) use findings::{Findings, Now};
pub use gauges::Answered;
pub(crate) use gauges::Gauges;
pub(crate) use history::{CHARTED, history};
pub(crate) use queue::QueueWatch;
pub(crate) use ring::Ring;
pub(crate) use rules::conditions;
pub(crate) use sampling::{Disk, Sampler, Seen, SeenWhisperer};
pub(crate) use shown::{findings_shown, shown};
pub(crate) use snapshot::{Figure, Snapshot};
pub(crate) use spans::{Span, spans};
pub(crate) use unseen::Unseen;
pub(crate) use words::Names;
pub(crate) use written::{Row, Unwritten, Written};

/// The component under which it is recorded what is wrong.
pub(crate) const FINDINGS: &str = "health";
/// All figures are written so often; those that change, whenever they are looked at.
pub(crate) const FULL_EVERY_US: i64 = 60_000_000;
/// So far back a figure still counts at an instant: a whole writing of all, and some patience.
pub(crate) const COUNTS_FOR_US: i64 = FULL_EVERY_US + 10_000_000;
