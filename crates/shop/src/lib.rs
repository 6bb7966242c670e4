//! A shop of 15 small HTTP services that talk to each other over real sockets.
//!
//! Samples, load tests and benchmarks run against it. Every service is its own process with its own address, every
//! connection is opened from the caller's address, and every request served is written to a log: what a capture
//! shows can be compared with what happened.
#![cfg(unix)]
#![forbid(unsafe_code)]

pub mod addresses;
pub mod connection;
pub mod control;
pub mod crowd;
pub mod dns;
pub mod fault;
pub mod goods;
pub mod hold;
pub mod journal;
pub mod namespace;
pub mod outbound;
pub mod payload;
pub mod record;
pub mod route;
pub mod service;
pub mod site;
pub mod supervisor;
pub mod topology;

/// Nanoseconds since 1970-01-01 UTC by this machine's clock.
pub(crate) fn wall_clock_ns() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
}
