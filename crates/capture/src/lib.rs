//! Where packets come from: capture files read from start to end, and read back by position.
//!
//! - [`CaptureFile`] gives the packets of a pcap or pcapng file, also compressed, in file order.
//! - [`PacketReader`] gives single packets by [`Packet::position`](wirereel_dissect::Packet::position).
//! - [`PcapngWriter`] writes packets out again.
//! - [`SegmentWriter`] keeps live packets in files that survive a crash.
//!
//! A malformed file is an ordinary input: what can be read is given, the rest becomes a [`Warning`] with its position.
#![forbid(unsafe_code)]

mod byte_order;
mod error;
mod file;
mod format;
mod layers;
mod limits;
mod looks_like;
mod notes;
mod pcap;
mod pcapng;
mod reader;
mod segments;
mod step;
mod time;
mod window;
mod writer;

pub use error::{CaptureError, EndCause, Ending, RecordProblem, Warning};
pub use file::CaptureFile;
pub use format::{ByteOrder, Compression, Container, Format};
pub use layers::{compression, decompress_to};
pub use limits::{MAX_BLOCK_BYTES, MAX_PACKET_BYTES};
pub use pcapng::Secrets;
pub use reader::PacketReader;
pub use segments::{
    Begun, Place, Recovered, Segment, SegmentLimits, SegmentWriter, begins_ns, recover, segment_path, segments, span_ns,
};
pub use writer::{CapturedOn, PcapngWriter};
