//! What one end of a connection has sent.

use super::header::{Flags, Segment};
use super::reassembly::{Added, Piece, Reassembly};
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
    /// Where a FIN says the stream ends.
    pub(super) finish: Option<u64>,
    /// The reader has been told that the stream is at its end.
    pub(super) finish_told: bool,
    /// Acknowledgement number of its SYN-ACK.
    pub(super) syn_ack: Option<u32>,
    /// The first segment was no SYN: what was sent before it is unknown.
    pub(super) partial: bool,
}

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
        if segment.flags.syn() && segment.flags.ack() {
            self.syn_ack = Some(segment.acknowledgement);
        }
        self.order.offset(first_byte)
    }

    /// Takes in a segment's payload and FIN.
    pub(super) fn add(&mut self, offset: u64, segment: &Segment<'_>, deliver: &mut impl FnMut(Piece<'_>)) -> Added {
        let end = offset + segment.payload.len() as u64;
        if segment.flags.fin() {
            self.finish.get_or_insert(end);
        }
        let keep_alive = segment.payload.len() <= 1 && end <= self.order.next();
        if segment.payload.len() == 0 || keep_alive && !segment.flags.fin() {
            return Added::default();
        }
        self.reach = self.reach.max(end);
        let added = self.order.add(offset, segment.payload.bytes, deliver);
        self.figures.bytes += added.new_bytes;
        self.figures.retransmits += u64::from(added.repeated);
        added
    }

    /// The peer has acknowledged everything before `sequence`: what is still missing there will not come. Returns the
    /// bytes missed.
    pub(super) fn acknowledged(&mut self, sequence: u32, deliver: &mut impl FnMut(Piece<'_>)) -> u64 {
        let Some(mut offset) = self.order.offset(sequence) else { return 0 };
        if let Some(finish) = self.finish {
            offset = offset.min(finish);
        }
        if self.partial && self.reach == 0 && offset == 1 {
            // The first segment was a keep-alive probe: it names the byte before the next one (RFC 9293 §3.8.4).
            self.order = Reassembly::starting_at(sequence);
            return 0;
        }
        self.reach = self.reach.max(offset);
        let missed = self.order.skip_to(offset, deliver);
        self.figures.missed_bytes += missed;
        missed
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
