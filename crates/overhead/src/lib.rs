//! What watching costs: the same load again and again with Wirereel off, at its least and at its most, and what can be said of the differences.
//!
//! A [`Stage`] switches Wirereel and sends the load; [`measure`] has it do so in an order that drift cannot favour ([`Plan`]); [`Level::judge`]
//! makes paired differences of the runs, each with an interval, and holds them against what two runs without Wirereel differ by. *Not
//! measurable* is an answer. [`load`] is a load of its own for machines without a load tool. It knows neither the workbench nor a page.
#![forbid(unsafe_code)]

mod bootstrap;
mod chart;
mod judge;
pub mod load;
mod machine;
mod measure;
mod plan;
mod processor;
mod report;
mod run;
mod watched;

pub use bootstrap::{Interval, bootstrap};
pub use chart::{ChartError, draw};
pub use judge::{Bound, Cost, Difference, Held, Level, Measure, Verdict};
pub use machine::Machine;
pub use measure::{MeasureError, Spoiled, Stage, measure};
pub use plan::{Mode, Plan, Slot};
pub use processor::{Meter, ProcessCost};
pub use report::{Report, markdown, text};
pub use run::{Load, Own, Run};
pub use watched::{Ask, WatchError, Watched};
