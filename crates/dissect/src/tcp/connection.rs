//! A TCP connection: both directions, its life, and the application that reads it.

use super::direction::{Direction, End};
use super::header::Segment;
use super::reassembly::Piece;
use super::stages::{Stages, Step};
use crate::app::{FlowContext, Stream};
use crate::flow::{History, Outlet};
use crate::limits::Limits;
use crate::record::{CloseReason, DirectionFigures, FlowEvent, FlowEventKind, Handshake, Side};

/// State of one connection.
#[derive(Default)]
pub(crate) struct Connection {
    client: Direction,
    server: Direction,
    stages: Stages,
    /// Made at the first payload byte.
    stream: Option<Box<Stream>>,
}

/// Where and when a segment was met, and where its records go.
pub(crate) struct Surroundings<'a, 'o> {
    pub(crate) context: FlowContext,
    pub(crate) at_ns: i64,
    pub(crate) outlet: &'a mut Outlet<'o>,
    /// Out-of-order bytes held by all connections.
    pub(crate) waiting_total: &'a mut usize,
}

/// What happens to a connection next if no packet comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Idle { at_ns: i64 },
    End { at_ns: i64, reason: CloseReason },
}

impl Due {
    pub(crate) fn at_ns(self) -> i64 {
        match self {
            Self::Idle { at_ns } | Self::End { at_ns, .. } => at_ns,
        }
    }
}

impl Surroundings<'_, '_> {
    fn tell(&mut self, kind: FlowEventKind) {
        let FlowContext { flow, client, server, .. } = self.context;
        self.outlet.sink.flow_event(FlowEvent { at_ns: self.at_ns, flow, kind, client, server });
    }

    /// Hands pieces of one direction to the application.
    fn reader<'r>(&'r mut self, stream: &'r mut Option<Box<Stream>>, side: Side) -> impl FnMut(Piece<'_>) + 'r {
        move |piece| {
            let stream = stream.get_or_insert_with(|| Box::new(Stream::new(self.outlet.body, self.outlet.http)));
            match piece {
                Piece::Bytes(bytes) => stream.data(&self.context, side, bytes, self.at_ns, self.outlet.sink),
                Piece::Gap(missed) => stream.gap(&self.context, side, missed, self.at_ns, self.outlet.sink),
            }
        }
    }
}

impl Connection {
    /// Takes in a segment sent by `side`.
    pub(crate) fn segment(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        history: &mut History,
        around: &mut Surroundings<'_, '_>,
    ) {
        let flags = segment.flags;
        let waiting_before = self.waiting_bytes();
        let reset_before = self.stages.is_reset();
        let stream = &mut self.stream;
        let (own, peer) = match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        };
        let offset = own.arrive(segment);
        history.segment(side, flags, segment.payload.len() > 0);
        let step = Step { side, flags, has_payload: segment.payload.len() > 0, at_ns: around.at_ns, peer: peer.end };
        self.stages.step(step, |kind| around.tell(kind));
        own.advance(flags);

        // The acknowledgement of a RST means nothing, and after one nothing is owed any more.
        if flags.ack() && !flags.rst() && !reset_before && peer.end != End::Silent {
            let missed = peer.acknowledged(segment.acknowledgement, &mut around.reader(stream, side.other()));
            history.gap(side.other(), missed);
        }
        if let (Some(offset), false) = (offset, flags.rst()) {
            let added = own.add(offset, segment, &mut around.reader(stream, side));
            if added.repeated {
                history.retransmission(side, own.figures.retransmits);
            }
            let total = *around.waiting_total - waiting_before + own.order.waiting_bytes() + peer.order.waiting_bytes();
            let hits = &mut around.outlet.hits;
            let full = if own.order.waiting_bytes() > around.outlet.limits.reorder_bytes_per_flow {
                hits.reorder_per_flow += 1;
                true
            } else if total > around.outlet.limits.reorder_bytes_total && own.order.waiting_bytes() > 0 {
                hits.reorder_total += 1;
                true
            } else {
                false
            };
            if full {
                let missed = own.skip_waiting(&mut around.reader(stream, side));
                history.gap(side, missed);
            }
        }
        *around.waiting_total = *around.waiting_total - waiting_before + self.waiting_bytes();
        self.tell_stream_ends(side, reset_before, around);
    }

    fn tell_stream_ends(&mut self, side: Side, reset_before: bool, around: &mut Surroundings<'_, '_>) {
        let Some(stream) = &mut self.stream else { return };
        for (side, direction) in [(Side::Client, &mut self.client), (Side::Server, &mut self.server)] {
            if direction.is_read() && !direction.finish_told {
                direction.finish_told = true;
                stream.fin(&around.context, side, around.at_ns, around.outlet.sink);
            }
        }
        if self.stages.is_reset() && !reset_before {
            stream.reset(&around.context, side, around.at_ns, around.outlet.sink);
        }
    }

    /// A SYN that cannot belong to this connection: its endpoints are being used again.
    ///
    /// zeek's rule: the same initial sequence number is a retransmission as long as one end is open, any other is new.
    pub(crate) fn is_reused_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        if !segment.flags.syn() || segment.flags.rst() {
            return false;
        }
        let (own, peer) = match side {
            Side::Client => (&self.client, &self.server),
            Side::Server => (&self.server, &self.client),
        };
        let same_start = own.end != End::Silent && own.order.start() == segment.first_byte();
        if segment.flags.ack() {
            return peer.end == End::Silent && own.end != End::Silent && !same_start;
        }
        let both_finished = own.end == End::Finished && peer.end == End::Finished;
        if both_finished || own.end != End::Silent {
            return both_finished || !same_start;
        }
        match peer.syn_ack {
            // The answer was captured before the question.
            Some(acknowledgement) => acknowledgement != segment.first_byte(),
            // Both ends open at once (RFC 9293 §3.5), or a connection picked up mid-stream has ended unseen.
            None => peer.end != End::Opening,
        }
    }

    /// An ICMP message says that the client's segment with this sequence number could not be delivered: if it was our
    /// SYN, the attempt is over.
    pub(crate) fn unreachable(&mut self, sequence: u32, around: &mut Surroundings<'_, '_>) {
        if self.stages.is_attempt() && self.client.order.start() == sequence.wrapping_add(1) {
            self.stages.refuse(around.at_ns, |kind| around.tell(kind));
        }
    }

    /// Exchanges the roles of the ends. What the application has read so far was read the wrong way round: it ends.
    pub(crate) fn flip(&mut self, around: &mut Surroundings<'_, '_>) {
        if let Some(mut stream) = self.stream.take() {
            stream.end(&around.context, around.at_ns, around.outlet.sink);
        }
        std::mem::swap(&mut self.client, &mut self.server);
    }

    /// No more packets will come: holes become gaps and the application hands out what it still holds.
    pub(crate) fn end(&mut self, around: &mut Surroundings<'_, '_>) {
        *around.waiting_total -= self.waiting_bytes();
        for (side, direction) in [(Side::Client, &mut self.client), (Side::Server, &mut self.server)] {
            // Nobody acknowledged what is missing here, so it does not count as missed.
            direction.order.skip_all(&mut around.reader(&mut self.stream, side));
        }
        if let Some(stream) = &mut self.stream {
            stream.end(&around.context, around.at_ns, around.outlet.sink);
        }
    }

    /// What happens next if no packet comes after `last_ns`.
    pub(crate) fn due(&self, last_ns: i64, idle: bool, limits: &Limits) -> Due {
        if let Some((closed_ns, reason)) = self.stages.closed {
            return Due::End { at_ns: closed_ns.saturating_add(limits.linger_ns), reason };
        }
        let silence = Due::End { at_ns: last_ns.saturating_add(limits.tcp_end_ns), reason: self.reason_of_silence() };
        let attempt = self.stages.attempted_ns().filter(|_| self.server.end == End::Silent).map(|attempted_ns| {
            Due::End { at_ns: attempted_ns.saturating_add(limits.attempt_ns), reason: self.reason_of_silence() }
        });
        let idle = (!idle).then_some(Due::Idle { at_ns: last_ns.saturating_add(limits.idle_ns) });
        [Some(silence), attempt, idle].into_iter().flatten().min_by_key(|due| due.at_ns()).unwrap_or(silence)
    }

    fn reason_of_silence(&self) -> CloseReason {
        if self.stages.is_attempt() { CloseReason::Unanswered } else { CloseReason::Idle }
    }

    /// Why the row is written when the input ends here.
    pub(crate) fn reason_at_end_of_input(&self) -> CloseReason {
        match self.stages.closed {
            Some((_, reason)) => reason,
            None if self.client.end == End::Finished || self.server.end == End::Finished => CloseReason::Fin,
            None if self.stages.is_attempt() => CloseReason::Unanswered,
            None => CloseReason::Open,
        }
    }

    pub(crate) fn figures(&self, side: Side) -> DirectionFigures {
        match side {
            Side::Client => self.client.figures,
            Side::Server => self.server.figures,
        }
    }

    pub(crate) fn handshake(&self) -> Handshake {
        self.stages.handshake()
    }

    pub(crate) fn rtt_us(&self) -> Option<i64> {
        self.stages.rtt_us
    }

    pub(crate) fn stream(&self) -> Option<&Stream> {
        self.stream.as_deref()
    }

    fn waiting_bytes(&self) -> usize {
        self.client.order.waiting_bytes() + self.server.order.waiting_bytes()
    }
}
