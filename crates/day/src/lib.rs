//! A made-up day: what dissection would have made of 24 hours between services, with any number of events.
//!
//! The same plan gives the same records. They come in the order in which a dissector would give them: events when they happen, exchanges
//! when they end, flows when they are over. Among them are crashes whose callers get 502, bursts, steps of the capturing machine's clock
//! and gaps in which nothing was captured; [`Day::faults`] tells which and when, so that others can be held against it.
//!
//! An *event* is a lifecycle event of a connection or an exchange.
//!
//! ```
//! use wirereel_day::{Day, Plan, Sink};
//! use wirereel_dissect::record::HttpExchange;
//!
//! #[derive(Default)]
//! struct Count(u64);
//! impl Sink for Count {
//!     fn http_exchange(&mut self, _: HttpExchange) {
//!         self.0 += 1;
//!     }
//! }
//!
//! let (mut day, mut count) = (Day::new(&Plan::of_15_services(20_000)), Count::default());
//! while day.next_source().is_some() {
//!     while day.step(&mut count) {}
//! }
//! assert!(count.0 > 8_000);
//! ```
#![forbid(unsafe_code)]

mod chance;
mod crowd;
mod faults;
mod records;
mod shop;
mod traffic;

pub use crowd::Crowd;
pub use faults::{Fault, FaultKind};
pub use traffic::{Counts, Day};
/// What a day gives its records to.
pub use wirereel_dissect::record::Sink;

/// Changes when the same plan gives other records.
pub const EDITION: u32 = 2;

/// What a day is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    /// Services, the customers not among them.
    pub services: usize,
    /// Who calls whom, customers included.
    pub edges: usize,
    /// Addresses that customers come from.
    pub customers: usize,
    /// About how many events the day has.
    pub events: u64,
    /// Midnight; nanoseconds since 1970 UTC.
    pub start_ns: i64,
}

/// 2026-11-20 00:00:00 UTC.
const MIDNIGHT_NS: i64 = 1_795_132_800_000_000_000;

impl Plan {
    /// A shop: 15 services, 60 edges.
    pub fn of_15_services(events: u64) -> Self {
        Self { seed: 15, services: 15, edges: 60, customers: 5_000, events, start_ns: MIDNIGHT_NS }
    }

    /// A company: 500 services, 3,000 edges.
    pub fn of_500_services(events: u64) -> Self {
        Self { seed: 500, services: 500, edges: 3_000, customers: 8_000, events, start_ns: MIDNIGHT_NS }
    }
}
