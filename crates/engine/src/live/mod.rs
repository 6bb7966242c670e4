//! Live capture: whisperers' packets into segments first, then through a dissector each into rows.
//!
//! ```text
//!   agent ── pipe ──▶ listening thread ──▶ whoever drives it ──┐
//!                                                              ├──▶ recorder: segments, dissectors ──▶ writing thread: rows
//!   agent ── pipe ──▶ listening thread ──▶ whoever drives it ──┘
//! ```
//!
//! Every arrow is a short queue. When anything is slow the pipe fills, the agent's queue takes what comes, and what does not fit there is
//! counted: nothing here grows.

mod again;
mod agent;
mod backoff;
mod command_line;
mod figures;
mod notes;
mod programs;
mod reading;
mod rebuild;
mod recorder;
mod run;
mod socket_notes;
mod sockets;
mod space;
mod storing;
mod taking;
mod waiting;

pub(crate) use agent::{Agent, Heard};
pub(crate) use backoff::Backoff;
pub(crate) use command_line::read as read_command_line;
pub(crate) use figures::{Rates, component};
pub(crate) use notes::{Begun, begun};
pub(crate) use programs::local_agent;
pub(crate) use reading::{Parsing, unread_packets};
pub(crate) use rebuild::rebuild;
pub(crate) use recorder::{Lender, Onlooker, Recorder, RunSender, writer_of};
pub(crate) use run::NewRun;
pub(crate) use socket_notes::sockets_beside;
pub(crate) use sockets::SocketTable;
pub(crate) use space::Space;
pub(crate) use waiting::MOST_RECORDS as MOST_WAITING_RECORDS;
