//! A TCP connection: both directions, its life, and the application that reads it.

use super::direction::{Direction, End};
use super::header::{Flags, Segment};
use super::reassembly::Piece;
use super::round_trips::RoundTrips;
use super::stages::{Stages, Step};
use super::verdicts::{Findings, Verdicts};
use super::window::Change;
use crate::app::{FlowContext, Stream};
use crate::flow::{History, Outlet};
use crate::limits::Limits;
use crate::record::{CloseReason, DirectionFigures, FlowEvent, FlowEventKind, Handshake, LifeRtt, Side, Verdict};

/// State of one connection.
#[derive(Default)]
pub(crate) struct Connection {
    pub(super) client: Direction,
    pub(super) server: Direction,
    pub(super) stages: Stages,
    pub(super) round_trips: RoundTrips,
    /// It was said that bytes were sent again with other contents.
    pub(super) conflict_told: bool,
    /// Made at the first payload byte.
    pub(super) stream: Option<Box<Stream>>,
}

/// Where and when a segment was met, and where its records go.
pub(crate) struct Surroundings<'a, 'o> {
    pub(crate) context: &'a FlowContext,
    pub(crate) at_ns: i64,
    pub(crate) outlet: &'a mut Outlet<'o>,
    /// Out-of-order bytes held by all connections.
    pub(crate) waiting_total: &'a mut usize,
}

/// What happens to a connection next if no packet comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It may be kept in less room.
    Rest {
        at_ns: i64,
    },
    Idle {
        at_ns: i64,
    },
    End {
        at_ns: i64,
        reason: CloseReason,
    },
}

impl Due {
    pub(crate) fn at_ns(self) -> i64 {
        match self {
            Self::Rest { at_ns } | Self::Idle { at_ns } | Self::End { at_ns, .. } => at_ns,
        }
    }
}

impl Surroundings<'_, '_> {
    fn tell(&mut self, kind: FlowEventKind) {
        let FlowContext { flow, client, server, .. } = *self.context;
        self.outlet.sink.flow_event(FlowEvent { at_ns: self.at_ns, flow, kind, client, server });
    }

    /// Hands pieces of one direction to the application.
    fn reader<'r>(&'r mut self, stream: &'r mut Option<Box<Stream>>, side: Side) -> impl FnMut(Piece<'_>) + 'r {
        move |piece| {
            let stream = stream.get_or_insert_with(|| Box::new(Stream::new(self.outlet.body, self.outlet.http)));
            if let Some(detail) = &mut self.outlet.detail {
                detail.piece(self.context.flow, side, piece, self.at_ns, self.outlet.sink);
            }
            match piece {
                Piece::Bytes(bytes) => stream.data(self.context, side, bytes, self.at_ns, self.outlet.sink),
                Piece::Gap(missed) => stream.gap(self.context, side, missed, self.at_ns, self.outlet.sink),
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
    ) -> Findings {
        let flags = segment.flags;
        let stamps = segment.timestamps();
        let waiting_before = self.waiting_bytes();
        let reset_before = self.stages.is_reset();
        let stream = &mut self.stream;
        let (own, peer) = match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        };
        let end_before = own.end;
        let offset = own.arrive(segment);
        let is_probe = own.is_probe(segment, peer);
        history.segment(side, segment);
        let step = Step { side, flags, has_payload: segment.payload.len() > 0, at_ns: around.at_ns, peer: peer.end };
        self.stages.step(step, |kind| around.tell(kind));
        own.advance(flags);

        let mut findings = Findings { offset: offset.unwrap_or(0), ..Findings::default() };
        let verdicts = &mut findings.verdicts;
        if !flags.rst() {
            tell_windows(own, peer, segment, end_before, verdicts);
            if verdicts.contains(Verdict::ZeroWindow) {
                history.zero_window(side);
            }
            tell_probes(own, peer, segment, is_probe, verdicts);
        }
        findings.window_bytes = own.window.bytes(segment, peer.window.scale);

        // The acknowledgement of a RST means nothing, and after one nothing is owed any more.
        if flags.ack() && !flags.rst() && !reset_before && peer.end != End::Silent {
            let acknowledged = peer.acknowledged(segment.acknowledgement, &mut around.reader(stream, side.other()));
            findings.acknowledged = acknowledged.offset;
            findings.missed = acknowledged.missed;
            if acknowledged.missed > 0 {
                findings.verdicts.insert(Verdict::GapBefore);
                history.gap(side.other(), acknowledged.missed);
            }
            if let Some(offset) = acknowledged.offset {
                self.round_trips.acknowledged(side.other(), offset, around.at_ns, stamps);
            }
        }
        let takes_room = segment.payload.len() > 0 || flags.0 & (Flags::SYN | Flags::FIN) != 0;
        match offset {
            _ if flags.rst() || is_probe => {}
            Some(offset) if takes_room && own.is_from_earlier_round(offset, stamps) => {
                findings.verdicts.insert(Verdict::OutOfWindow);
            }
            Some(offset) if takes_room => {
                let end = offset + segment.payload.len() as u64;
                let is_new = segment.payload.len() > 0 && offset >= own.reach;
                let is_new_syn = flags.syn() && end_before == End::Silent && is_expected_syn(segment, peer.end);
                let finish_repeated = flags.fin() && own.finish == Some(end);
                let syn_repeated = flags.syn() && end_before != End::Silent;
                let added = own.add(offset, segment, &mut around.reader(stream, side));
                if is_new || is_new_syn {
                    self.round_trips.sent(side, end, around.at_ns, stamps);
                } else if segment.payload.len() > 0 || syn_repeated {
                    self.round_trips.sent_again(side, stamps);
                }
                findings.judge(added, segment, finish_repeated || syn_repeated);
                if findings.verdicts.contains(Verdict::Retransmission) && added.repeated {
                    history.retransmission(side, own.figures.retransmits);
                }
                if own.order.waiting_bytes() > 0 {
                    let others = *around.waiting_total - waiting_before;
                    let total = others + own.order.waiting_bytes() + peer.order.waiting_bytes();
                    if is_full(own, total, around.outlet) {
                        let missed = own.skip_waiting(&mut around.reader(stream, side));
                        history.gap(side, missed);
                    }
                }
            }
            None if takes_room => findings.verdicts.insert(Verdict::OutOfWindow),
            _ => {}
        }
        if findings.verdicts.contains(Verdict::ConflictingOverlap) && !self.conflict_told {
            self.conflict_told = true;
            findings.first_conflict = true;
        }
        let waiting = self.waiting_bytes();
        if waiting != waiting_before {
            *around.waiting_total = *around.waiting_total - waiting_before + waiting;
        }
        self.tell_stream_ends(side, reset_before, around);
        findings
    }

    fn tell_stream_ends(&mut self, side: Side, reset_before: bool, around: &mut Surroundings<'_, '_>) {
        let Some(stream) = &mut self.stream else { return };
        for (side, direction) in [(Side::Client, &mut self.client), (Side::Server, &mut self.server)] {
            if direction.is_read() && !direction.finish_told {
                direction.finish_told = true;
                stream.fin(around.context, side, around.at_ns, around.outlet.sink);
            }
        }
        if self.stages.is_reset() && !reset_before {
            stream.reset(around.context, side, around.at_ns, around.outlet.sink);
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
            stream.end(around.context, around.at_ns, around.outlet.sink);
        }
        std::mem::swap(&mut self.client, &mut self.server);
        self.round_trips.flip();
    }

    /// No more packets will come: holes become gaps and the application hands out what it still holds.
    pub(crate) fn end(&mut self, around: &mut Surroundings<'_, '_>) {
        *around.waiting_total -= self.waiting_bytes();
        for (side, direction) in [(Side::Client, &mut self.client), (Side::Server, &mut self.server)] {
            // Nobody acknowledged what is missing here, so it does not count as missed.
            direction.order.skip_all(&mut around.reader(&mut self.stream, side));
        }
        if let Some(stream) = &mut self.stream {
            stream.end(around.context, around.at_ns, around.outlet.sink);
        }
    }

    /// What happens next if no packet comes after `last_ns`; `restless` when it was found not to be at rest.
    pub(crate) fn due(&self, last_ns: i64, idle: bool, restless: bool, limits: &Limits) -> Due {
        if let Some((closed_ns, reason)) = self.stages.closed {
            return Due::End { at_ns: closed_ns.saturating_add(limits.linger_ns), reason };
        }
        let silence = Due::End { at_ns: last_ns.saturating_add(limits.tcp_end_ns), reason: self.reason_of_silence() };
        let attempt = self.stages.attempted_ns().filter(|_| self.server.end == End::Silent).map(|attempted_ns| {
            Due::End { at_ns: attempted_ns.saturating_add(limits.attempt_ns), reason: self.reason_of_silence() }
        });
        let idle = (!idle).then_some(Due::Idle { at_ns: last_ns.saturating_add(limits.idle_ns) });
        let rest = (!restless).then_some(Due::Rest { at_ns: last_ns.saturating_add(limits.rest_ns) });
        [Some(silence), attempt, idle, rest].into_iter().flatten().min_by_key(|due| due.at_ns()).unwrap_or(silence)
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

    pub(crate) fn life_rtt(&self) -> Option<LifeRtt> {
        self.round_trips.summary()
    }

    pub(crate) fn stream(&self) -> Option<&Stream> {
        self.stream.as_deref()
    }

    fn waiting_bytes(&self) -> usize {
        self.client.order.waiting_bytes() + self.server.order.waiting_bytes()
    }
}

/// What a segment, no RST, tells about the room of its sender.
///
/// An end whose peer has finished, or that has reset the connection, offers a window that nobody will use.
fn tell_windows(own: &mut Direction, peer: &Direction, segment: &Segment<'_>, before: End, verdicts: &mut Verdicts) {
    let is_pure = segment.flags.is_plain() && segment.payload.len() == 0;
    // RFC 5681 §2: nothing but an acknowledgement, of what was acknowledged before, while more is under way.
    let is_duplicate = is_pure
        && own.window.says_the_same(segment)
        && peer.acked.is_some_and(|acked| acked < peer.reach)
        && peer.order.offset(segment.acknowledgement) == peer.acked;
    if is_duplicate {
        verdicts.insert(Verdict::DuplicateAck);
    }
    let counts = peer.end != End::Finished && before != End::Reset;
    match own.window.tell(segment, counts) {
        Change::Closed { first } => {
            verdicts.insert(Verdict::ZeroWindow);
            own.figures.zero_windows += u64::from(first);
        }
        Change::Opened => verdicts.insert(Verdict::WindowUpdate),
        Change::None => {}
    }
}

/// Whether a segment probes its peer, or answers a probe.
fn tell_probes(
    own: &mut Direction,
    peer: &mut Direction,
    segment: &Segment<'_>,
    is_probe: bool,
    verdicts: &mut Verdicts,
) {
    let len = segment.payload.len();
    let is_new_byte = len == 1 && segment.flags.is_plain() && own.order.distance(segment.sequence) == 0;
    if peer.window.is_closed() && (is_probe || is_new_byte) {
        verdicts.insert(Verdict::ZeroWindowProbe);
    } else if is_probe {
        verdicts.insert(Verdict::KeepAlive);
        own.figures.keep_alives += 1;
    } else if peer.probed && len == 0 && segment.flags.is_plain() && segment.flags.ack() {
        verdicts.insert(Verdict::KeepAliveAck);
    }
    own.probed = verdicts.contains(Verdict::KeepAlive);
    peer.probed = false;
}

/// Whether a direction holds more than it may, alone or with `total` of all connections; counts which of both.
fn is_full(own: &Direction, total: usize, outlet: &mut Outlet<'_>) -> bool {
    if own.order.is_over(outlet.limits.reorder_bytes_per_flow) {
        outlet.hits.reorder_per_flow += 1;
        return true;
    }
    let is_over = total > outlet.limits.reorder_bytes_total;
    outlet.hits.reorder_total += u64::from(is_over);
    is_over
}

/// A SYN that nothing has answered yet, or the answer to one that was captured: its acknowledgement can be timed.
fn is_expected_syn(segment: &Segment<'_>, peer: End) -> bool {
    peer == if segment.flags.ack() { End::Opening } else { End::Silent }
}
