//! Probes as `wirereel.json` says them.

mod probe;

pub use probe::{Call, HopConfig, HttpMethod, Mode, Probe, Tls, To};
