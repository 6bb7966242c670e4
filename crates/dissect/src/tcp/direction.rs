//! What one end of a connection has sent.

use super::header::{Flags, Segment, Timestamps};
use super::reassembly::{Added, Piece, Reassembly};
use super::window::Window;
use crate::record::DirectionFigures;

/// How far an end has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum End {
    /// Nothing captured from it.
    #[default]
    Silent,
    /// SYN or SYN-ACK, nothing after it.
    Opening,
    Open,
    /// FIN sent.
    Finished,
    /// RST sent.
    Reset,
}

/// One end's side of a connection.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) end: End,
    pub(super) figures: DirectionFigures,
    pub(super) order: Reassembly,
    /// One past the furthest byte sent or acknowledged.
    pub(super) reach: u64,
    /// The peer has acknowledged everything before this offset, if it has acknowledged anything.
    pub(super) acked: Option<u64>,
    /// Where a FIN says the stream ends.
    pub(super) finish: Option<u64>,
    /// The reader has been told that the stream is at its end.
    pub(super) finish_told: bool,
    /// Acknowledgement number of its SYN-ACK.
    pub(super) syn_ack: Option<u32>,
    /// The first segment was no SYN: what was sent before it is unknown.
    pub(super) partial: bool,
    /// What it was last ready to receive.
    pub(super) window: Window,
    /// Its last segment was a keep-alive probe.
    pub(super) probed: bool,
    /// TSval of the newest segment in order.
    clock: Option<u32>,
}

/// One end's side of a connection that says nothing.
#[derive(Debug)]
pub(super) struct RestingEnd {
    end: End,
    partial: bool,
    probed: bool,
    was_acknowledged: bool,
    window: Window,
    syn_ack: Option<u32>,
    clock: Option<u32>,
    start: u32,
    /// All that was sent, and all of it was acknowledged.
    reach: u32,
    packets: u32,
    bytes: u32,
    /// What most ends have none of.
    seldom: Option<Box<DirectionFigures>>,
}

/// What an acknowledgement told about the direction that it acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Acknowledged {
    /// `None` when it lies outside the stream.
    pub(super) offset: Option<u64>,
    /// Bytes that will not come any more.
    pub(super) missed: u64,
}

/// Sequence numbers come round after 4 GiB; before a stream is half as long, no segment can be one of an earlier round.
const FIRST_ROUND: u64 = 1 << 31;

impl Direction {
    /// Counts a segment and places its first payload byte; `None` when it lies before the start or beyond any window.
    pub(super) fn arrive(&mut self, segment: &Segment<'_>) -> Option<u64> {
        self.figures.packets += 1;
        let first_byte = segment.first_byte();
        let restart = segment.flags.syn() && self.reach == 0 && self.order.start() != first_byte;
        if self.end == End::Silent || restart {
            self.order = Reassembly::starting_at(first_byte);
            self.partial = !segment.flags.syn();
        }
        if segment.flags.syn() {
            self.window.scale = segment.window_scale();
            if segment.flags.ack() {
                self.syn_ack = Some(segment.acknowledgement);
            }
        }
        self.order.offset(first_byte)
    }

    /// Takes in a segment's payload and FIN.
    pub(super) fn add(&mut self, offset: u64, segment: &Segment<'_>, deliver: &mut impl FnMut(Piece<'_>)) -> Added {
        let end = offset + segment.payload.len() as u64;
        if segment.flags.fin() {
            self.finish.get_or_insert(end);
        }
        if segment.payload.len() == 0 {
            return Added::default();
        }
        self.reach = self.reach.max(end);
        let added = self.order.add(offset, segment.payload.bytes, deliver);
        self.figures.bytes += added.new_bytes;
        self.figures.retransmits += u64::from(added.repeated && !added.late);
        self.figures.out_of_order += u64::from(added.late);
        self.figures.conflicting_bytes += added.differing;
        added
    }

    /// The peer has acknowledged everything before `sequence`: what is still missing there will not come.
    pub(super) fn acknowledged(&mut self, sequence: u32, deliver: &mut impl FnMut(Piece<'_>)) -> Acknowledged {
        let Some(mut offset) = self.order.offset(sequence) else { return Acknowledged::default() };
        if let Some(finish) = self.finish {
            offset = offset.min(finish);
        }
        if self.partial && self.reach == 0 && offset == 1 {
            // The first segment was a keep-alive probe: it names the byte before the next one (RFC 9293 §3.8.4).
            self.order = Reassembly::starting_at(sequence);
            self.figures.keep_alives += 1;
            self.acked = Some(0);
            return Acknowledged { offset: Some(0), missed: 0 };
        }
        self.reach = self.reach.max(offset);
        self.acked = self.acked.max(Some(offset));
        let missed = if offset > self.order.next() { self.order.skip_to(offset, deliver) } else { 0 };
        self.figures.missed_bytes += missed;
        Acknowledged { offset: Some(offset), missed }
    }

    /// A segment that repeats the last number sent, with that byte or without any: a probe of a peer that is silent or has
    /// no room (RFC 9293 §3.8.4, §3.8.6.1). Where the peer could have acknowledged that byte and has not, it is simply sent
    /// again.
    pub(super) fn is_probe(&self, segment: &Segment<'_>, peer: &Self) -> bool {
        let len = segment.payload.len();
        if len > 1 || !segment.flags.is_plain() {
            return false;
        }
        let last = self.order.end().wrapping_sub(1);
        let names_last = self.order.distance(segment.sequence) == last.wrapping_sub(self.order.next()) as i64;
        names_last
            && (len == 0 || peer.end == End::Silent || peer.window.is_closed() || self.acked >= Some(self.order.end()))
    }

    /// Whether a segment is left over from an earlier round of sequence numbers: its clock value is older than that of
    /// what has come since (RFC 7323 §5.2).
    pub(super) fn is_from_earlier_round(&mut self, offset: u64, stamps: Option<Timestamps>) -> bool {
        let Some(Timestamps { value, .. }) = stamps else { return false };
        if self.clock.is_some_and(|clock| (value.wrapping_sub(clock) as i32) < 0) {
            return self.order.next() > FIRST_ROUND;
        }
        if offset <= self.order.next() {
            self.clock = Some(value);
        }
        false
    }

    /// Gives up waiting for what is missing before the bytes held. Returns the bytes missed.
    pub(super) fn skip_waiting(&mut self, deliver: &mut impl FnMut(Piece<'_>)) -> u64 {
        let missed = self.order.skip_all(deliver);
        self.figures.missed_bytes += missed;
        missed
    }

    /// Its stream has been read to the end that its FIN announced.
    pub(super) fn is_read(&self) -> bool {
        self.finish.is_some_and(|finish| self.order.next() >= finish)
    }

    /// What must be kept of it while it says nothing; `None` while something is under way or not acknowledged, and where it counted beyond
    /// 32 bits.
    pub(super) fn at_rest(&self) -> Option<RestingEnd> {
        let is_under_way =
            self.finish.is_some() || self.finish_told || self.window.is_closed() || !self.order.is_whole();
        let is_acknowledged = self.acked.unwrap_or(0) == self.reach && self.order.next() == self.reach;
        if is_under_way || !is_acknowledged || matches!(self.end, End::Finished | End::Reset) {
            return None;
        }
        let DirectionFigures { packets, bytes, .. } = self.figures;
        let seldom = DirectionFigures { packets: 0, bytes: 0, ..self.figures };
        Some(RestingEnd {
            end: self.end,
            partial: self.partial,
            probed: self.probed,
            was_acknowledged: self.acked.is_some(),
            window: self.window,
            syn_ack: self.syn_ack,
            clock: self.clock,
            start: self.order.start(),
            reach: u32::try_from(self.reach).ok()?,
            packets: u32::try_from(packets).ok()?,
            bytes: u32::try_from(bytes).ok()?,
            seldom: (seldom != DirectionFigures::default()).then(|| Box::new(seldom)),
        })
    }

    /// It goes on as it was, but for the beginnings of its last segments.
    pub(super) fn woken(rest: RestingEnd) -> Self {
        let seldom = rest.seldom.map_or_else(DirectionFigures::default, |seldom| *seldom);
        let reach = rest.reach.into();
        Self {
            end: rest.end,
            figures: DirectionFigures { packets: rest.packets.into(), bytes: rest.bytes.into(), ..seldom },
            order: Reassembly::going_on(rest.start, reach),
            reach,
            acked: rest.was_acknowledged.then_some(reach),
            finish: None,
            finish_told: false,
            syn_ack: rest.syn_ack,
            partial: rest.partial,
            window: rest.window,
            probed: rest.probed,
            clock: rest.clock,
        }
    }

    /// Moves on after a segment.
    pub(super) fn advance(&mut self, flags: Flags) {
        self.end = match self.end {
            End::Finished | End::Reset => self.end,
            _ if flags.rst() => End::Reset,
            _ if flags.fin() => End::Finished,
            End::Silent | End::Opening if flags.syn() => End::Opening,
            _ => End::Open,
        };
    }
}
