//! Live capture: a whisperer's packets into segments first, then through the dissector into rows.
//!
//! One thread takes frames from the agent, appends packets to the segments and dissects them; the writing thread of imports stores the rows.
//! When either is slow the pipe fills, the agent's queue takes what comes, and what does not fit there is counted: nothing here grows.

mod agent;
mod ingest;
mod notes;
mod programs;
mod sockets;
mod waiting;

pub(crate) use agent::{Agent, look};
pub(crate) use ingest::{LiveWatch, Run, ingest, rebuild};
pub(crate) use programs::local_agent;
pub(crate) use sockets::SocketTable;
