//! What happens in the life of a connection: it is tried, asks, is answered, or loses the one that it talks to.

use std::cmp::Reverse;

use wirereel_dissect::record::{CloseReason, DirectionFigures, Endpoint, FlowEventKind, FlowId, Handshake, Sink};

use super::{
    Connection, Day, IDLE_NS, LARGEST_BURST, LATE, LONGEST_PAUSE_S, Next, PATIENCE_NS, SECOND_NS, Waiting, tide,
};
use crate::{
    faults::FaultKind,
    records::{Life, Outcome},
    shop::{Edge, customer},
};

impl Day {
    pub(super) fn arrive(&mut self, edge: usize, sink: &mut dyn Sink) {
        let at_ns = self.gap_to_next(edge);
        self.plan_for(at_ns, Next::Arrive(edge as u32));
        let Edge { client, server, habit, .. } = self.shop.edges[edge];
        let (busy, most) = match client {
            None => (tide(self.now_ns) * self.misfortunes.burst(self.now_ns), LARGEST_BURST),
            Some(client) if self.misfortunes.outage(client, self.now_ns).is_some() => return,
            Some(_) => (tide(self.now_ns), 1.0),
        };
        if !self.chance.happens(busy / most) {
            return;
        }
        self.opened += 1;
        let (ip, agent, rtt_ns) = match client {
            None => {
                let number = (self.chance.share() * self.chance.share() * self.plan.customers as f64) as usize;
                (customer(number), Some(number % 7), self.chance.around(22e6, 0.6))
            }
            Some(client) => (self.shop.services[client].socket.ip, None, self.chance.around(280e3, 0.25)),
        };
        let life = Life {
            flow: FlowId(self.next_flow),
            client: Endpoint { ip, port: 32_768 + (self.opened % 28_000) as u16 },
            server: self.shop.services[server].socket,
            agent,
            opened_ns: self.seen_at(self.now_ns),
            rtt_us: (rtt_ns / 1e3) as i64,
            handshake: Handshake::Full,
            exchanges: 0,
            from_client: DirectionFigures::default(),
            from_server: DirectionFigures::default(),
        };
        self.next_flow += 1;
        let left = self.chance.count(habit.exchanges);
        let last_ns = self.now_ns;
        let connection = Connection {
            edge,
            life,
            seen: true,
            established: false,
            idle: false,
            left,
            done: 0,
            last_ns,
            waiting: None,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.connections[slot as usize] = Some(connection);
                slot
            }
            None => {
                self.connections.push(Some(connection));
                (self.connections.len() - 1) as u32
            }
        };
        self.give_event(slot, FlowEventKind::Connect, sink);
        let rtt_ns = rtt_ns as i64;
        match self.misfortunes.outage(server, self.now_ns).map(|outage| outage.kind) {
            Some(FaultKind::Freeze) => self.plan_for(self.now_ns + PATIENCE_NS, Next::GiveUp(slot)),
            Some(_) => self.plan_for(self.now_ns + rtt_ns, Next::Refuse(slot)),
            None => {
                let half_ns = (rtt_ns as f64 * (0.05 + 0.1 * self.chance.share())) as i64;
                self.plan_for(self.now_ns + half_ns, Next::Accept(slot));
                self.plan_for(self.now_ns + rtt_ns, Next::Establish(slot));
            }
        }
    }

    pub(super) fn ask(&mut self, slot: u32, sink: &mut dyn Sink) {
        self.wake(slot, sink);
        let Some(edge) = self.connections[slot as usize].as_ref().map(|connection| connection.edge) else { return };
        let server = self.shop.edges[edge].server;
        let service = &self.shop.services[server];
        let pages = service.pages.len();
        let page = (self.chance.share() * self.chance.share() * pages as f64) as usize;
        let mut took_ns = (self.chance.around(service.takes_s, 0.7) * 1e9) as i64;
        if self.chance.happens(LATE) {
            took_ns = ((20.0 + 70.0 * self.chance.share()) * 1e9) as i64;
        }
        let mut status = match self.chance.share() {
            x if x < 0.000_4 => Some(500),
            x if x < 0.012 => Some(404),
            _ => Some(200),
        };
        let mut error = None;
        let now_ns = self.now_ns;
        if let Some(outage) = self.misfortunes.outage(server, now_ns) {
            // A process that is gone has no connections; this one is frozen.
            debug_assert_eq!(outage.kind, FaultKind::Freeze, "connections of a dead process were reset");
            (took_ns, status, error) = (PATIENCE_NS, None, Some("no response"));
        } else if let Some(kind) = self.called_and_out(server) {
            status = Some(502);
            took_ns = if kind == FaultKind::Freeze { PATIENCE_NS } else { took_ns / 4 };
        }
        let after_ns = (self.chance.around(90e3, 0.6)) as i64;
        let outcome = Outcome {
            started_ns: self.seen_at(now_ns),
            response_ns: status.map(|_| self.seen_at(now_ns + took_ns)),
            finished_ns: self.seen_at(now_ns + took_ns + after_ns),
            status,
            error,
        };
        if let Some(connection) = self.connections[slot as usize].as_mut() {
            connection.waiting = Some(Waiting { page, outcome, seen: connection.seen });
            if took_ns > IDLE_NS {
                let done = connection.done;
                self.plan_for(now_ns + IDLE_NS, Next::Idle(slot, done));
            }
        }
        self.plan_for(now_ns + took_ns + after_ns, Next::Answer(slot));
    }

    /// By chance one of the services that this one needs for a request, when it is out.
    fn called_and_out(&mut self, service: usize) -> Option<FaultKind> {
        let now_ns = self.now_ns;
        if !self.misfortunes.outages.iter().any(|outage| (outage.from_ns..outage.to_ns).contains(&now_ns)) {
            return None;
        }
        let called: Vec<usize> = self.shop.called_by(service).collect();
        let needed = *called.get(self.chance.below(called.len()))?;
        self.misfortunes.outage(needed, now_ns).map(|outage| outage.kind)
    }

    pub(super) fn answer(&mut self, slot: u32, sink: &mut dyn Sink) {
        self.wake(slot, sink);
        self.give_exchange(slot, sink);
        let Some(connection) = self.connections[slot as usize].as_mut() else { return };
        connection.left = connection.left.saturating_sub(1);
        let (left, edge, done) = (connection.left, connection.edge, connection.done);
        let server = self.shop.edges[edge].server;
        let now_ns = self.now_ns;
        if self.misfortunes.outage(server, now_ns).is_some() {
            self.give_event(slot, FlowEventKind::Reset, sink);
            self.end(slot, CloseReason::Rst, sink);
        } else if left == 0 {
            let at_ns = now_ns + 100_000 + self.chance.exponential(2e6) as i64;
            self.plan_for(at_ns, Next::Close(slot));
        } else {
            let pause_s = self.chance.exponential(self.shop.edges[edge].habit.pause_s).min(LONGEST_PAUSE_S);
            let pause_ns = (pause_s * SECOND_NS as f64) as i64;
            if pause_ns > IDLE_NS {
                self.plan_for(now_ns + IDLE_NS, Next::Idle(slot, done));
            }
            self.plan_for(now_ns + pause_ns, Next::Ask(slot));
        }
    }

    /// All connections to a service are reset.
    pub(super) fn die(&mut self, service: usize, sink: &mut dyn Sink) {
        for slot in 0..self.connections.len() as u32 {
            let to_it = |connection: &Connection| self.shop.edges[connection.edge].server == service;
            if !self.connections[slot as usize].as_ref().is_some_and(to_it) {
                continue;
            }
            if !self.connections[slot as usize].as_ref().is_some_and(|connection| connection.established) {
                self.give_event(slot, FlowEventKind::Refused, sink);
                self.end(slot, CloseReason::Refused, sink);
                continue;
            }
            self.wake(slot, sink);
            let now_ns = self.seen_at(self.now_ns);
            if let Some(waiting) = self.connections[slot as usize].as_mut().and_then(|c| c.waiting.as_mut()) {
                let started_ns = waiting.outcome.started_ns;
                waiting.outcome =
                    Outcome { started_ns, response_ns: None, finished_ns: now_ns, status: None, error: Some("reset") };
                self.give_exchange(slot, sink);
            }
            self.give_event(slot, FlowEventKind::Reset, sink);
            self.end(slot, CloseReason::Rst, sink);
        }
        // What was planned for them finds nothing: their slots must not be taken by others before.
        let planned: Vec<_> = std::mem::take(&mut self.next).into_vec();
        let alive = |next: &Next| match next {
            Next::Arrive(_) | Next::Die(_) => true,
            Next::Accept(slot)
            | Next::Establish(slot)
            | Next::Refuse(slot)
            | Next::GiveUp(slot)
            | Next::Ask(slot)
            | Next::Idle(slot, _)
            | Next::Answer(slot)
            | Next::Close(slot) => self.connections[*slot as usize].is_some(),
        };
        self.next = planned.into_iter().filter(|Reverse((_, _, next))| alive(next)).collect();
    }

    /// A packet of the connection is captured: a new source meets it in its middle, an idle one goes on.
    pub(super) fn wake(&mut self, slot: u32, sink: &mut dyn Sink) {
        let (now_ns, next_flow) = (self.now_ns, self.next_flow);
        let at_ns = self.seen_at(now_ns);
        let Some(connection) = self.connections[slot as usize].as_mut() else { return };
        connection.done += 1;
        connection.last_ns = now_ns;
        let was_idle = std::mem::take(&mut connection.idle);
        if !connection.seen {
            connection.seen = true;
            let life = &mut connection.life;
            (life.flow, life.opened_ns, life.handshake, life.exchanges) =
                (FlowId(next_flow), at_ns, Handshake::MidStream, 0);
            (life.from_client, life.from_server) = (DirectionFigures::default(), DirectionFigures::default());
            self.next_flow += 1;
            self.give_event(slot, FlowEventKind::Established, sink);
        } else if was_idle {
            self.give_event(slot, FlowEventKind::Resume, sink);
        }
    }
}
