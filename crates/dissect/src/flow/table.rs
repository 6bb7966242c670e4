//! The table of open flows: one hash look-up per packet, ends by time-out in capture time.

use std::net::IpAddr;

use super::Outlet;
use super::detail::{message_seen, segment_seen};
use super::direction::{Direction, direction_of_message, direction_of_segment};
use super::entry::{Entry, Kind, number_of};
use super::history::History;
use super::key::{Index, Key};
use super::listening::Listening;
use super::span::Span;
use super::timers::{Timer, Timers};
use crate::app::{Datagrams, FlowContext, looks_like_client};
use crate::net::protocol;
use crate::record::{CloseReason, Endpoint, FlowEventKind, FlowId, Problem, Side, Stage, Transport};
use crate::tcp::{Due, Piece, Segment, Surroundings};
use crate::wire::Wire;

/// So many times as long as it takes to rest, a flow that was woken stays awake.
const RESTS_AWAKE: i64 = 10;

/// Where and when a packet was seen, and what it came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) at_ns: i64,
    pub(crate) position: u64,
    /// Positions of all packets that carried it: several when it was fragmented.
    pub(crate) positions: &'a [u64],
    pub(crate) vlan: Option<u16>,
    pub(crate) tunnel: Option<&'static str>,
}

/// A datagram of a transport without connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) source: Endpoint,
    pub(crate) destination: Endpoint,
    pub(crate) transport: Transport,
    pub(crate) payload: Wire<'a>,
    /// Whether the message itself says that its source is the client.
    pub(crate) from_client: Option<bool>,
}

/// The open flows.
#[derive(Default)]
pub(crate) struct Flows {
    by_key: Index,
    slots: Vec<Option<Box<Entry>>>,
    free: Vec<u32>,
    timers: Timers,
    listening: Listening,
    begun: u64,
    /// Out-of-order bytes held by all flows.
    waiting_total: usize,
    /// Flows of which it was reported that bytes came again with other contents.
    conflicts: u64,
}

/// What a new flow begins with.
struct Beginning {
    source: Endpoint,
    destination: Endpoint,
    source_is_low: bool,
    transport: Transport,
    /// The source of the first packet is the server.
    flipped: bool,
    direction: Direction,
    kind: Kind,
}

impl Flows {
    /// The sockets that are known to listen, to be kept up to date.
    pub(crate) fn listening(&mut self) -> &mut Listening {
        &mut self.listening
    }

    /// Flows begun so far.
    pub(crate) fn begun(&self) -> u64 {
        self.begun
    }

    /// Flows open now.
    pub(crate) fn open(&self) -> usize {
        self.by_key.len()
    }

    /// Out-of-order bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        self.waiting_total
    }

    /// Takes in a TCP segment.
    pub(crate) fn segment(
        &mut self,
        from: IpAddr,
        to: IpAddr,
        segment: &Segment<'_>,
        seen: &Seen<'_>,
        outlet: &mut Outlet<'_>,
    ) {
        let source = Endpoint { ip: from, port: segment.source_port };
        let destination = Endpoint { ip: to, port: segment.destination_port };
        let (key, source_is_low) = Key::of(source, destination, protocol::TCP);
        let mut slot = self.by_key.get(&key);
        let has_rested = slot.is_some_and(|slot| self.entry(slot).wake());
        if let Some(used) = slot.filter(|_| segment.flags.syn()) {
            let entry = self.entry(used);
            let side = entry.side(source_is_low);
            if matches!(&entry.kind, Kind::Tcp(connection) if connection.is_reused_by(side, segment)) {
                self.end(used, None, outlet);
                slot = None;
            }
        }
        let slot = slot.unwrap_or_else(|| {
            let (flipped, direction) = direction_of_segment(segment, source, destination, &self.listening);
            let kind = Kind::Tcp(Box::default());
            let transport = Transport::Tcp;
            self.begin(
                key,
                Beginning { source, destination, source_is_low, transport, flipped, direction, kind },
                seen,
                outlet,
            )
        });

        let (entry, waiting_total) = self.entry_and_waiting(slot);
        // Only these bring the time at which a flow is due forward; every other packet puts it off.
        let is_due_earlier = entry.timer_ns == i64::MAX || entry.idle || !segment.flags.is_plain();
        let is_awake_again = has_rested || entry.restless;
        if entry.direction != Direction::Certain && !segment.payload.bytes.is_empty() {
            judge_by_payload(entry, source_is_low, segment.payload.bytes, waiting_total, outlet);
        }
        entry.note_packet(seen, outlet);
        let side = entry.side(source_is_low);
        let mut around = Surroundings { context: &entry.context, at_ns: seen.at_ns, outlet, waiting_total };
        if let Kind::Tcp(connection) = &mut entry.kind {
            let findings = connection.segment(side, segment, &mut entry.history, &mut around);
            if let Some(detail) = &mut outlet.detail {
                detail.segment(entry.id(), segment_seen(side, segment, &findings, seen), outlet.sink);
            }
            if findings.first_conflict {
                self.report_conflict(slot, seen, outlet);
            }
        }
        if is_due_earlier {
            self.schedule(slot, outlet);
        } else if is_awake_again {
            self.look_again(slot, seen.at_ns, outlet);
        }
    }

    /// Takes in a datagram of any other transport.
    pub(crate) fn message(
        &mut self,
        message: &Message<'_>,
        seen: &Seen<'_>,
        datagrams: &mut Datagrams,
        outlet: &mut Outlet<'_>,
    ) {
        let Message { source, destination, transport, payload, .. } = *message;
        let (key, source_is_low) = Key::of(source, destination, number_of(transport));
        let slot = self.by_key.get(&key).unwrap_or_else(|| {
            let (flipped, direction) = direction_of_message(message, &self.listening);
            let kind = Kind::Messages(Box::default());
            self.begin(
                key,
                Beginning { source, destination, source_is_low, transport, flipped, direction, kind },
                seen,
                outlet,
            )
        });

        let (entry, _) = self.entry_and_waiting(slot);
        entry.note_packet(seen, outlet);
        let side = entry.side(source_is_low);
        if payload.len() > 0 {
            entry.history.data(side);
        }
        let is_due_earlier = entry.timer_ns == i64::MAX;
        if let Kind::Messages(messages) = &mut entry.kind {
            let figures = &mut messages.figures[side as usize];
            figures.packets += 1;
            figures.bytes += payload.len() as u64;
            if let Some(detail) = &mut outlet.detail {
                let flow = entry.context.flow;
                detail.segment(flow, message_seen(side, payload, seen), outlet.sink);
                detail.piece(flow, side, Piece::Bytes(payload.bytes), seen.at_ns, outlet.sink);
                if payload.cut > 0 {
                    detail.piece(flow, side, Piece::Gap(payload.cut as u64), seen.at_ns, outlet.sink);
                }
            }
            if transport == Transport::Udp {
                let spoken = datagrams.packet(&entry.context, side, payload.bytes, seen.at_ns, outlet.sink);
                messages.app_protocol = messages.app_protocol.or(spoken);
            }
        }
        if is_due_earlier {
            self.schedule(slot, outlet);
        }
    }

    /// An ICMP message quotes a SYN that `source` sent to `destination` and says that it could not be delivered.
    pub(crate) fn unreachable(
        &mut self,
        source: Endpoint,
        destination: Endpoint,
        sequence: u32,
        seen: &Seen<'_>,
        outlet: &mut Outlet<'_>,
    ) {
        let (key, source_is_low) = Key::of(source, destination, protocol::TCP);
        let Some(slot) = self.by_key.get(&key) else { return };
        let (entry, waiting_total) = self.entry_and_waiting(slot);
        if entry.side(source_is_low) != Side::Client {
            return;
        }
        // One that rests was accepted: no word about its SYN is about an attempt any more.
        let mut around = Surroundings { context: &entry.context, at_ns: seen.at_ns, outlet, waiting_total };
        let Kind::Tcp(connection) = &mut entry.kind else { return };
        connection.unreachable(sequence, &mut around);
        self.schedule(slot, outlet);
    }

    /// Tells and ends what is due by `now_ns`.
    pub(crate) fn expire(&mut self, now_ns: i64, outlet: &mut Outlet<'_>) {
        while let Some(timer) = self.timers.pop_due(now_ns) {
            let Some(entry) = self.owner(timer) else { continue };
            match entry.due(outlet.limits) {
                due if due.at_ns() > now_ns => {}
                // Whoever reads one flow again wants it as it was, and soon.
                Due::Rest { .. } if outlet.detail.is_some() || outlet.body.is_some() => entry.restless = true,
                Due::Rest { .. } => entry.rest(),
                Due::Idle { at_ns } => {
                    entry.idle = true;
                    entry.tell(FlowEventKind::Idle, at_ns, outlet);
                }
                Due::End { reason, .. } => {
                    self.end(timer.slot, Some(reason), outlet);
                    continue;
                }
            }
            self.set_timer(timer.slot, outlet);
        }
    }

    /// The input has ended: ends every flow, in the order in which they began.
    pub(crate) fn finish(&mut self, outlet: &mut Outlet<'_>) {
        let mut slots: Vec<(FlowId, u32)> = (0u32..)
            .zip(&self.slots)
            .filter_map(|(slot, entry)| entry.as_ref().map(|entry| (entry.id(), slot)))
            .collect();
        slots.sort_unstable();
        for (_, slot) in slots {
            self.end(slot, None, outlet);
        }
        self.timers = Timers::default();
    }

    fn begin(&mut self, key: Key, beginning: Beginning, seen: &Seen<'_>, outlet: &mut Outlet<'_>) -> u32 {
        while self.by_key.len() >= outlet.limits.max_flows.max(1) {
            outlet.hits.flows += 1;
            self.end_nearest(outlet);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        let Beginning { source, destination, source_is_low, transport, flipped, direction, kind } = beginning;
        let mut entry = Box::new(Entry {
            context: FlowContext {
                flow: FlowId(self.begun),
                client: source,
                server: destination,
                position: seen.position,
            },
            transport,
            client_is_low: source_is_low,
            direction,
            vlan: seen.vlan,
            tunnel: seen.tunnel,
            opened_ns: seen.at_ns,
            last_ns: seen.at_ns,
            idle: false,
            restless: false,
            timer_ns: i64::MAX,
            history: History::default(),
            span: Span::default(),
            kind,
        });
        if flipped {
            entry.flip(&mut self.waiting_total, outlet);
        }
        // Only TCP's first bytes can still tell otherwise.
        if let Some(detail) = &mut outlet.detail
            && (transport != Transport::Tcp || direction == Direction::Certain)
        {
            detail.certain(entry.id(), outlet.sink);
        }
        self.begun += 1;
        self.slots[slot as usize] = Some(entry);
        self.by_key.insert(key, slot);
        slot
    }

    fn end(&mut self, slot: u32, reason: Option<CloseReason>, outlet: &mut Outlet<'_>) {
        if let Some(entry) = self.slots[slot as usize].take() {
            self.by_key.remove(&entry.key());
            self.free.push(slot);
            entry.end(reason, &mut self.waiting_total, outlet);
        }
    }

    fn end_nearest(&mut self, outlet: &mut Outlet<'_>) {
        while let Some(timer) = self.timers.pop_first() {
            if self.owner(timer).is_some() {
                self.end(timer.slot, None, outlet);
                return;
            }
        }
    }

    /// Says once per flow that bytes came again with other contents.
    fn report_conflict(&mut self, slot: u32, seen: &Seen<'_>, outlet: &mut Outlet<'_>) {
        if self.conflicts >= outlet.limits.problems_per_stage {
            outlet.hits.problems += 1;
            return;
        }
        self.conflicts += 1;
        let flow = Some(self.entry(slot).id());
        let message = "TCP bytes were sent again with other contents; the first ones are read".to_owned();
        let (at_ns, position) = (seen.at_ns, seen.position);
        outlet.sink.problem(Problem { at_ns, stage: Stage::Transport, position, flow, message });
    }

    /// Makes sure that the flow comes up when it is due.
    fn schedule(&mut self, slot: u32, outlet: &Outlet<'_>) {
        let entry = self.entry(slot);
        if entry.due(outlet.limits).at_ns() < entry.timer_ns {
            self.set_timer(slot, outlet);
        }
    }

    /// Has a flow that rested before come up soon. One that speaks every few seconds does not rest between: each time would leave a timer.
    fn look_again(&mut self, slot: u32, now_ns: i64, outlet: &Outlet<'_>) {
        let entry = self.entry(slot);
        let look_ns = now_ns.saturating_add(outlet.limits.rest_ns.saturating_mul(RESTS_AWAKE));
        if look_ns < entry.timer_ns {
            entry.timer_ns = look_ns;
            let flow = entry.id();
            self.timers.set(look_ns, flow, slot);
        }
    }

    fn set_timer(&mut self, slot: u32, outlet: &Outlet<'_>) {
        let entry = self.entry(slot);
        let (due_ns, flow) = (entry.due(outlet.limits).at_ns(), entry.id());
        entry.timer_ns = due_ns;
        self.timers.set(due_ns, flow, slot);
    }

    /// The flow that a timer is for, unless the timer has been replaced or the flow is gone.
    fn owner(&mut self, timer: Timer) -> Option<&mut Entry> {
        let entry = self.slots.get_mut(timer.slot as usize)?.as_deref_mut()?;
        (entry.id() == timer.flow && entry.timer_ns == timer.due_ns).then_some(entry)
    }

    fn entry(&mut self, slot: u32) -> &mut Entry {
        self.entry_and_waiting(slot).0
    }

    fn entry_and_waiting(&mut self, slot: u32) -> (&mut Entry, &mut usize) {
        let entry = self.slots[slot as usize].as_deref_mut();
        (entry.expect("a slot in by_key is occupied until `end` removes both"), &mut self.waiting_total)
    }
}

/// Lets the first bytes of a connection picked up mid-stream say who its client is.
fn judge_by_payload(
    entry: &mut Entry,
    source_is_low: bool,
    payload: &[u8],
    waiting_total: &mut usize,
    outlet: &mut Outlet<'_>,
) {
    let Kind::Tcp(connection) = &entry.kind else { return };
    // Known ports are overruled by the very first bytes only; a mere guess by any.
    if entry.direction == Direction::Ports && connection.stream().is_some() {
        return;
    }
    let Some(is_client) = looks_like_client(payload) else { return };
    entry.direction = Direction::Certain;
    if is_client != (entry.side(source_is_low) == Side::Client) {
        entry.flip(waiting_total, outlet);
    }
    if let Some(detail) = &mut outlet.detail {
        detail.certain(entry.id(), outlet.sink);
    }
}
