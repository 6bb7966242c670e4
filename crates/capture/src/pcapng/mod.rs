//! pcapng: a file of blocks, in sections that each have their byte order and interfaces.
//!
//! Source: draft-ietf-opsawg-pcapng.

mod block;
mod interface;
mod names;
mod options;
mod packet;
mod secrets;
mod sections;
mod statistics;
mod stream;

pub(crate) use block::{BlockHeader, HEADER_BYTES, LEAST_SECTION_BYTES, kind};
pub(crate) use packet::read_packet;
pub use secrets::Secrets;
pub(crate) use sections::Sections;
pub(crate) use stream::Stream;
