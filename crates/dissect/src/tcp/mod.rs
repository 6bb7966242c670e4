//! TCP: segments, the order of their bytes, and the life of a connection.

mod connection;
mod direction;
mod header;
mod reassembly;
mod stages;

pub(crate) use connection::{Connection, Due, Surroundings};
pub(crate) use header::{Flags, Segment};
