//! Packet bytes to typed records.
//!
//! A pure library: no I/O, no threads, no wall clock. Time is the capture's own.
#![forbid(unsafe_code)]

mod packet;
pub mod record;

pub use packet::{LinkType, Packet};
