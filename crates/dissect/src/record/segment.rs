//! One packet of a flow, looked at closely: only made when a flow is read again for its detail.

use super::Side;

/// What is wanted of a flow that is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DetailRequest {
    /// Hand out a [`SegmentSeen`] per packet.
    pub segments: bool,
    /// Hand out the reassembled bytes of both directions as [`StreamPiece`]s, at most this many per direction.
    pub stream_limit_bytes: usize,
}

/// What a segment turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// All of its captured payload, or its SYN or FIN, had been captured before (RFC 9293 §3.8.1).
    Retransmission,
    /// It fills a hole that later segments had left, or the newest one that was given up. A copy of a segment that was lost before
    /// the capture point cannot be told from one that was overtaken.
    OutOfOrder,
    /// It overlaps what was captured before and adds to it.
    Overlap,
    /// It overlaps what was captured before, with other bytes; held segments and the beginnings of the last few read are compared.
    ConflictingOverlap,
    /// A probe that asks whether the peer is still there: the last number sent again, without payload or with one byte that
    /// was acknowledged (RFC 9293 §3.8.4).
    KeepAlive,
    /// The answer to such a probe.
    KeepAliveAck,
    /// It says that the sender's receive window is closed (RFC 9293 §3.8.6).
    ZeroWindow,
    /// It asks whether a closed window is open again (RFC 9293 §3.8.6.1).
    ZeroWindowProbe,
    /// It opens a window that was closed.
    WindowUpdate,
    /// It acknowledges the same byte again, as receivers do for a segment out of order (RFC 5681 §2).
    DuplicateAck,
    /// It acknowledges bytes that were never captured.
    GapBefore,
    /// It lies outside anything the connection could carry: before its start, beyond the largest window (RFC 7323 §2.3), or in an
    /// earlier round of sequence numbers (RFC 7323 §5).
    OutOfWindow,
}

impl Verdict {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Retransmission => "retransmission",
            Self::OutOfOrder => "out of order",
            Self::Overlap => "overlap",
            Self::ConflictingOverlap => "conflicting overlap",
            Self::KeepAlive => "keep-alive",
            Self::KeepAliveAck => "keep-alive ack",
            Self::ZeroWindow => "zero window",
            Self::ZeroWindowProbe => "zero window probe",
            Self::WindowUpdate => "window update",
            Self::DuplicateAck => "duplicate ack",
            Self::GapBefore => "gap before",
            Self::OutOfWindow => "out of window",
        }
    }
}

/// One packet of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSeen {
    pub at_ns: i64,
    /// Position of the packet's record.
    pub position: u64,
    /// Who sent it.
    pub side: Side,
    /// TCP: number of the first payload byte, counted from this side's first byte; 0 for other transports and before it is known.
    pub sequence: u64,
    /// TCP: acknowledged byte, counted from the peer's first byte.
    pub acknowledgement: Option<u64>,
    /// TCP control bits as in the header (RFC 9293 §3.1), ECE and CWR included; 0 for other transports.
    pub flags: u8,
    /// Payload bytes on the wire.
    pub payload_bytes: u32,
    /// TCP: receive window in bytes, scaled where the handshake was seen.
    pub window_bytes: Option<u32>,
    /// In ascending order, each once.
    pub verdicts: Vec<Verdict>,
    /// Bytes of the peer that this segment shows to be missing from the capture.
    pub missed_bytes: u64,
}

/// Consecutive bytes of one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPiece {
    pub at_ns: i64,
    pub side: Side,
    pub bytes: Vec<u8>,
    /// Bytes missing before this piece.
    pub missed_bytes: u64,
}
