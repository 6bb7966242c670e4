//! What the workbench and its capture agents, the whisperers, say to each other.
//!
//! Both ends speak frames over a pair of pipes: the agent's stdin and stdout, whether it runs here, behind `ssh HOST` or inside a
//! container. Control messages are JSON, packets are binary. There is no network code here and no libpcap.
//!
//! ```text
//!             workbench                          whisperer
//!                 │── Hello ──────────────────────▶│
//!                 │◀──────────────────────── Hello ─│  version, interfaces, whether it may capture
//!                 │── Configure ──────────────────▶│
//!                 │◀──────── Configured or Refused ─│
//!                 │── Start ──────────────────────▶│
//!                 │◀─────────── State, then packets ─│  with a Status every second, and Sockets
//!                 │── Stop ───────────────────────▶│
//!                 │◀── packets still queued, State ─│
//! ```
#![forbid(unsafe_code)]

mod config;
mod frame;
mod message;
mod packets;
mod sockets;

pub use config::{CaptureConfig, ConfigProblem, LeaveOut, MAX_SNAP_LENGTH, Mode};
pub use frame::{Frame, FrameError, FrameReader, MAX_FRAME_BYTES, write_frame};
pub use message::{
    Address, AgentState, AgentStatus, Breaker, FromAgent, Interface, Loss, LostWhere, OpenInterface, PROTOCOL, ToAgent,
};
pub use packets::{PacketBatch, PacketsError, SentPacket, packets};
pub use sockets::{Socket, SocketChanges, SocketEnd, SocketOwner, SocketTransport};
