//! Packet bytes to typed records.
//!
//! A pure library: no I/O, no threads, no wall clock. Time is the capture's own.
//!
//! A packet passes through the rooms in this order: `link` finds the IP packet in a frame, `net` finds the transport
//! payload in it (and joins fragments), `tunnel` opens encapsulations and starts over, `flow` finds the conversation,
//! `tcp` puts its bytes in order, and `app` reads what they say.
//!
//! # Compared with zeek
//!
//! Connections are cut, counted and directed by zeek's rules (time-outs in [`Limits`]), except on purpose:
//! - a flow of a single packet has byte counts; zeek logs none for a connection without duration;
//! - the captured part of a segment cut by the snap length is read; zeek leaves out the whole segment. Only the rest is
//!   missed, once the peer has acknowledged it;
//! - gaps of connections picked up mid-stream count as missed; zeek counts them only after a captured handshake;
//! - a hole that nobody acknowledged is neither delivered nor missed; zeek counts it into the payload span;
//! - of tunnelled traffic only the inner flow is a flow;
//! - any system port (below 1024) and the first bytes of a request tell a direction, not only ports with an analyser.
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

pub use app::{HttpOptions, NetworkError, TrustedProxies};
pub use dissector::Dissector;
pub use figures::{Figures, LimitsHit};
pub use flow::Listening;
pub use limits::Limits;
pub use packet::{LinkType, Packet};
