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
//! - [`sender`]: one probe is one call;
//! - [`net`]: connections, in the clear and by TLS;
//! - [`relay`]: takes calls on to the next hop, and records how long it held them;
//! - [`responder`]: a service that answers with its times;
//! - [`path`]: records in, parts of the total out;
//! - [`discovery`]: where targets come from.
#![forbid(unsafe_code)]

pub mod config;
pub mod discovery;
pub mod net;
pub mod path;
pub mod record;
pub mod relay;
pub mod responder;
mod result;
pub mod sender;

pub use config::{Probe, Problem};
pub use path::{Hop, Observation, Parts, Reported, observe, split};
pub use record::{HopRecord, ProbeId, Role};
pub use result::{Measured, ProbeResult, State};
