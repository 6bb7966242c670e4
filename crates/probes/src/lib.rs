//! Synthetic probes: where the time goes on a path through gateways and relays. A library without storage, page or engine.
//!
//! ```text
//!  Probe ──▶ sender ──▶ relay ──▶ relay ──▶ gateway ──▶ responder, or any gRPC or HTTP service
//!              ▲          │         │          │           │
//!              └──────────┴── one record each, in trailers ┘        ─▶ ProbeResult: hops, links, what is not split
//! ```
//!
//! - [`config`]: what a probe is;
//! - [`record`]: what a hop says of itself, and how it is signed;
//! - [`path`]: records in, parts of the total out;
//! - [`discovery`]: where targets come from.
#![forbid(unsafe_code)]

pub mod config;
pub mod discovery;
pub mod path;
pub mod record;
mod result;

pub use config::Probe;
pub use path::{Hop, Reported};
pub use record::{HopRecord, ProbeId, Role};
pub use result::{Measured, ProbeResult, State};
