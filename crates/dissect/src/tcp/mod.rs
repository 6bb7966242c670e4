//! TCP: segments, the order of their bytes, and the life of a connection.

mod connection;
mod direction;
mod header;
mod reassembly;
mod recent;
mod resting;
mod round_trips;
mod stages;
mod verdicts;
mod window;

pub(crate) use connection::{Connection, Due, Surroundings};
pub(crate) use header::Segment;
pub(crate) use reassembly::Piece;
pub(crate) use resting::Resting;
pub(crate) use verdicts::Findings;
