//! The frame around every block: type, length, contents, length again (§3.1).

use crate::{error::RecordProblem, format::ByteOrder};

/// Block types (§11.1).
pub(crate) mod kind {
    pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
    pub(crate) const INTERFACE: u32 = 1;
    /// The obsolete packet block (appendix A), still met in old files.
    pub(crate) const OLD_PACKET: u32 = 2;
    pub(crate) const SIMPLE_PACKET: u32 = 3;
    pub(crate) const NAMES: u32 = 4;
    pub(crate) const STATISTICS: u32 = 5;
    pub(crate) const ENHANCED_PACKET: u32 = 6;
    /// TLS key logs and the like: nothing is decrypted, they are only handed on with exported packets.
    pub(crate) const DECRYPTION_SECRETS: u32 = 10;

    /// Types that carry a packet.
    #[inline]
    pub(crate) fn is_packet(kind: u32) -> bool {
        matches!(kind, ENHANCED_PACKET | SIMPLE_PACKET | OLD_PACKET)
    }
}

/// Bytes that tell a block's type and length.
pub(crate) const HEADER_BYTES: usize = 8;

/// Bytes that tell a section's byte order and version as well.
pub(crate) const SECTION_BYTES: usize = 16;

/// A shortest block: type and two lengths.
const LEAST_BYTES: u32 = 12;

/// Section header: type, length, byte order mark, version, section length, length.
pub(crate) const LEAST_SECTION_BYTES: u32 = 28;

/// Type and length of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockHeader {
    pub(crate) kind: u32,
    /// Length of the whole block, a multiple of four.
    pub(crate) total: u32,
}

impl BlockHeader {
    /// Whether the first [`HEADER_BYTES`] begin a section: its type is the same in either byte order.
    pub(crate) fn begins_section(bytes: &[u8]) -> bool {
        ByteOrder::Little.u32(bytes, 0) == kind::SECTION
    }

    /// Reads the first [`HEADER_BYTES`] of a block that does not begin a section.
    #[inline]
    pub(crate) fn read(order: ByteOrder, bytes: &[u8]) -> Result<Self, RecordProblem> {
        Self { kind: order.u32(bytes, 0), total: order.u32(bytes, 4) }.checked(LEAST_BYTES)
    }

    /// Reads the first [`SECTION_BYTES`] of a section header block, whose byte order its own mark tells.
    pub(crate) fn read_section(bytes: &[u8]) -> Result<(ByteOrder, Self), RecordProblem> {
        let order = match ByteOrder::Little.u32(bytes, 8) {
            0x1a2b_3c4d => ByteOrder::Little,
            0x4d3c_2b1a => ByteOrder::Big,
            found => return Err(RecordProblem::ByteOrderMark { found }),
        };
        let (major, minor) = (order.u16(bytes, 12), order.u16(bytes, 14));
        if major != 1 {
            return Err(RecordProblem::Version { major, minor });
        }
        let header = Self { kind: kind::SECTION, total: order.u32(bytes, 4) };
        Ok((order, header.checked(LEAST_SECTION_BYTES)?))
    }

    #[inline]
    fn checked(self, least: u32) -> Result<Self, RecordProblem> {
        let total = self.total;
        if total < least {
            return Err(RecordProblem::BlockTooShort { total, least });
        }
        if !total.is_multiple_of(4) {
            return Err(RecordProblem::BlockUnaligned { total });
        }
        Ok(self)
    }

    /// Contents of the whole block in `bytes`, after checking that the length at its end is the one at its beginning.
    #[inline]
    pub(crate) fn contents(self, order: ByteOrder, bytes: &[u8]) -> Result<&[u8], RecordProblem> {
        let end = self.total as usize - 4;
        match order.u32(bytes, end) {
            back if back != self.total => Err(RecordProblem::LengthsDiffer { front: self.total, back }),
            _ => Ok(&bytes[HEADER_BYTES..end]),
        }
    }
}
