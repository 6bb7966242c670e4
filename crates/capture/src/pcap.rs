//! Classic pcap: one header, then records.
//!
//! Source: draft-ietf-opsawg-pcap §4 and §5.

use std::io::{self, Read};

use wirereel_dissect::LinkType;

use crate::{
    error::RecordProblem,
    format::{ByteOrder, Container, link_type},
    limits::MAX_PACKET_BYTES,
    step::{Located, Step},
    time::Resolution,
    window::Window,
};

/// Length of the file header.
pub(crate) const HEADER_BYTES: usize = 24;

/// How the records of one file are laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    order: ByteOrder,
    resolution: Resolution,
    pub(crate) link_type: LinkType,
    /// Length of a record's header.
    record_header: usize,
}

/// One record's header.
struct Record {
    at_ns: i64,
    captured: u32,
    wire_len: u32,
}

impl Layout {
    /// Reads the file header of at least [`HEADER_BYTES`]; `None` for pcapng.
    ///
    /// The snap length is not looked at: tools that merge or rewrite captures leave it too small.
    pub(crate) fn read(container: Container, header: &[u8]) -> Option<Self> {
        let (order, resolution, record_header) = match container {
            Container::Pcap { order } => (order, Resolution::MICROSECONDS, 16),
            Container::PcapNanoseconds { order } => (order, Resolution::NANOSECONDS, 16),
            Container::PcapModified { order } => (order, Resolution::MICROSECONDS, 24),
            Container::Pcapng => return None,
        };
        Some(Self { order, resolution, link_type: link_type(order.u32(header, 20)), record_header })
    }

    /// Reads a record's header from at least `record_header` bytes.
    #[inline]
    fn record(&self, header: &[u8]) -> Result<Record, RecordProblem> {
        let captured = self.order.u32(header, 8);
        if captured > MAX_PACKET_BYTES {
            return Err(RecordProblem::PacketTooLong { captured });
        }
        let seconds = i64::from(self.order.u32(header, 0)) * 1_000_000_000;
        let fraction = self.resolution.nanoseconds(u64::from(self.order.u32(header, 4)), 0);
        let wire_len = self.order.u32(header, 12).max(captured);
        Ok(Record { at_ns: seconds + fraction, captured, wire_len })
    }
}

/// Goes on to the next packet and leaves the window at the start of its record.
#[inline]
pub(crate) fn next<R: Read>(layout: &Layout, window: &mut Window<R>) -> io::Result<Step> {
    let header = layout.record_header;
    if window.fill(header)? < header {
        return Ok(Step::out_of_bytes(window, header as u64));
    }
    let record = match layout.record(window.bytes()) {
        Ok(record) => record,
        Err(problem) => return Ok(Step::damaged(window.position(), problem)),
    };
    let needed = header + record.captured as usize;
    if window.fill(needed)? < needed {
        return Ok(Step::out_of_bytes(window, needed as u64));
    }
    Ok(Step::Packet(Located {
        at_ns: Some(record.at_ns),
        link_type: layout.link_type,
        wire_len: record.wire_len,
        range: header..needed,
        record: needed,
    }))
}
