//! Packet bytes to typed records.
//!
//! A pure library: no I/O, no threads, no wall clock. Time is the capture's own.
//!
//! A packet passes through the rooms in this order: `link` finds the IP packet in a frame, `net` finds the transport
//! payload in it (and joins fragments), `tunnel` opens encapsulations and starts over, `flow` finds the conversation,
//! `tcp` puts its bytes in order, and `app` reads what they say.
#![forbid(unsafe_code)]

mod app;
mod dissector;
mod figures;
mod flow;
mod icmp;
mod limits;
mod link;
mod net;
mod packet;
pub mod record;
mod tcp;
mod tunnel;
mod wire;

pub use dissector::Dissector;
pub use figures::{Figures, LimitsHit};
pub use limits::Limits;
pub use packet::{LinkType, Packet};
