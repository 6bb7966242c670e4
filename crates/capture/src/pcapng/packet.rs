//! The three kinds of packet blocks (§4.3, §4.4, appendix A).

use std::ops::Range;

use wirereel_dissect::LinkType;

use super::{block::kind, interface::Section};
use crate::{error::RecordProblem, limits::MAX_PACKET_BYTES};

/// A packet inside its block.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// `None` for simple packet blocks, which have no time.
    pub(crate) at_ns: Option<i64>,
    /// Number of its interface in the section.
    pub(crate) interface: u32,
    pub(crate) link_type: LinkType,
    pub(crate) wire_len: u32,
    /// Where the packet's bytes are in the block's contents.
    pub(crate) range: Range<usize>,
}

/// Reads the contents of a packet block of type `block`.
#[inline]
pub(crate) fn read_packet(section: &Section, block: u32, contents: &[u8]) -> Result<Found, RecordProblem> {
    match block {
        kind::ENHANCED_PACKET => read_timed(section, contents, |contents| section.order.u32(contents, 0)),
        kind::OLD_PACKET => read_timed(section, contents, |contents| u32::from(section.order.u16(contents, 0))),
        kind::SIMPLE_PACKET => read_simple(section, contents),
        kind => Err(RecordProblem::NotAPacket { kind }),
    }
}

/// Enhanced and old packet blocks differ in how wide the interface number is, and in nothing else that matters here.
#[inline]
fn read_timed(section: &Section, contents: &[u8], id: impl Fn(&[u8]) -> u32) -> Result<Found, RecordProblem> {
    const FIXED: usize = 20;
    if contents.len() < FIXED {
        return Err(RecordProblem::BlockTooShort { total: contents.len() as u32 + 12, least: FIXED as u32 + 12 });
    }
    let id = id(contents);
    let interface = section.interfaces.get(id as usize).ok_or(RecordProblem::NoInterface { id })?;
    let order = section.order;
    let captured = order.u32(contents, 12);
    let range = placed(captured, FIXED, contents)?;
    let at_ns = interface.resolution.nanoseconds(order.ticks(contents, 4), interface.offset_s);
    let wire_len = order.u32(contents, 16).max(captured);
    Ok(Found { at_ns: Some(at_ns), interface: id, link_type: interface.link_type, wire_len, range })
}

/// A simple packet block belongs to the first interface and tells only the length on the wire.
fn read_simple(section: &Section, contents: &[u8]) -> Result<Found, RecordProblem> {
    const FIXED: usize = 4;
    if contents.len() < FIXED {
        return Err(RecordProblem::BlockTooShort { total: contents.len() as u32 + 12, least: FIXED as u32 + 12 });
    }
    let interface = section.interfaces.first().ok_or(RecordProblem::NoInterface { id: 0 })?;
    let wire_len = section.order.u32(contents, 0);
    let captured = match interface.snap_len {
        0 => wire_len,
        snap_len => wire_len.min(snap_len),
    };
    let range = placed(captured, FIXED, contents)?;
    Ok(Found { at_ns: None, interface: 0, link_type: interface.link_type, wire_len, range })
}

#[inline]
fn placed(captured: u32, from: usize, contents: &[u8]) -> Result<Range<usize>, RecordProblem> {
    let room = (contents.len() - from) as u32;
    if captured > MAX_PACKET_BYTES {
        Err(RecordProblem::PacketTooLong { captured })
    } else if captured > room {
        Err(RecordProblem::PacketExceedsBlock { captured, room })
    } else {
        Ok(from..from + captured as usize)
    }
}
