//! What is handed out when a flow is read again in detail: a row per packet, and the bytes in reading order.
//!
//! Until it is certain which end is the client, rows wait (a bounded number), so that none names the wrong end.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::table::Seen;
use crate::record::{DetailRequest, FlowId, SegmentSeen, Side, Sink, StreamPiece};
use crate::tcp::{Findings, Piece, Segment};
use crate::wire::Wire;

/// Rows that wait for one flow's direction.
const MAX_WAITING: usize = 4_096;

/// What was asked for, and what was given of each open flow.
#[derive(Debug)]
pub(crate) struct Detail {
    request: DetailRequest,
    flows: HashMap<FlowId, Given, RandomState>,
}

/// What was given of one flow.
#[derive(Debug, Default)]
struct Given {
    /// Bytes of each side.
    bytes: [usize; 2],
    /// Bytes missing since the last piece of each side.
    missed: [u64; 2],
    certain: bool,
    waiting: Vec<Row>,
}

#[derive(Debug)]
enum Row {
    Segment(SegmentSeen),
    Piece(StreamPiece),
}

impl Detail {
    pub(crate) fn new(request: DetailRequest) -> Self {
        Self { request, flows: HashMap::default() }
    }

    /// A packet of `flow`.
    pub(super) fn segment(&mut self, flow: FlowId, segment: SegmentSeen, sink: &mut dyn Sink) {
        if self.request.segments {
            self.flows.entry(flow).or_default().hand_out(Row::Segment(segment), sink);
        }
    }

    /// Bytes that `side` sent, or a hole in them.
    pub(crate) fn piece(&mut self, flow: FlowId, side: Side, piece: Piece<'_>, at_ns: i64, sink: &mut dyn Sink) {
        let limit = self.request.stream_limit_bytes;
        let given = self.flows.entry(flow).or_default();
        let room = limit.saturating_sub(given.bytes[side as usize]);
        match piece {
            _ if room == 0 => {}
            Piece::Gap(missed) => given.missed[side as usize] += missed,
            Piece::Bytes([]) => {}
            Piece::Bytes(bytes) => {
                let bytes = bytes[..bytes.len().min(room)].to_vec();
                given.bytes[side as usize] += bytes.len();
                let missed_bytes = std::mem::take(&mut given.missed[side as usize]);
                given.hand_out(Row::Piece(StreamPiece { at_ns, side, bytes, missed_bytes }), sink);
            }
        }
    }

    /// It is certain now which end of `flow` is the client.
    pub(super) fn certain(&mut self, flow: FlowId, sink: &mut dyn Sink) {
        let given = self.flows.entry(flow).or_default();
        given.certain = true;
        given.release(sink);
    }

    /// The ends of `flow` were taken for each other until now.
    pub(super) fn flip(&mut self, flow: FlowId) {
        let given = self.flows.entry(flow).or_default();
        given.bytes.swap(0, 1);
        given.missed.swap(0, 1);
        for row in &mut given.waiting {
            let (Row::Segment(SegmentSeen { side, .. }) | Row::Piece(StreamPiece { side, .. })) = row;
            *side = side.other();
        }
    }

    /// The flow has ended: hands out what waits. A hole at the end of a stream is a piece without bytes.
    pub(super) fn end(&mut self, flow: FlowId, at_ns: i64, sink: &mut dyn Sink) {
        let Some(mut given) = self.flows.remove(&flow) else { return };
        given.release(sink);
        for side in [Side::Client, Side::Server] {
            let missed_bytes = given.missed[side as usize];
            if missed_bytes > 0 {
                sink.stream(StreamPiece { at_ns, side, bytes: Vec::new(), missed_bytes });
            }
        }
    }
}

impl Given {
    fn hand_out(&mut self, row: Row, sink: &mut dyn Sink) {
        self.waiting.push(row);
        if self.certain || self.waiting.len() >= MAX_WAITING {
            self.release(sink);
        }
    }

    fn release(&mut self, sink: &mut dyn Sink) {
        for row in self.waiting.drain(..) {
            match row {
                Row::Segment(segment) => sink.segment(segment),
                Row::Piece(piece) => sink.stream(piece),
            }
        }
    }
}

/// A TCP segment's row.
pub(super) fn segment_seen(side: Side, segment: &Segment<'_>, findings: &Findings, seen: &Seen<'_>) -> SegmentSeen {
    SegmentSeen {
        at_ns: seen.at_ns,
        position: seen.position,
        side,
        sequence: findings.offset,
        acknowledgement: findings.acknowledged,
        flags: segment.flags.0,
        payload_bytes: segment.payload.len() as u32,
        window_bytes: Some(findings.window_bytes),
        verdicts: findings.verdicts.list(),
        missed_bytes: findings.missed,
    }
}

/// The row of a packet without sequence numbers.
pub(super) fn message_seen(side: Side, payload: Wire<'_>, seen: &Seen<'_>) -> SegmentSeen {
    SegmentSeen {
        at_ns: seen.at_ns,
        position: seen.position,
        side,
        sequence: 0,
        acknowledgement: None,
        flags: 0,
        payload_bytes: payload.len() as u32,
        window_bytes: None,
        verdicts: Vec::new(),
        missed_bytes: 0,
    }
}
