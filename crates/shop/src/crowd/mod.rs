//! The shop's customers: planned from a seed, then let loose from many addresses.

mod customer;
mod plan;
mod visit;

pub use customer::Customer;
pub use plan::{LoadCurve, LoadPoint, Step, Visit, Wish, plan};
pub use visit::{Seen, run};
