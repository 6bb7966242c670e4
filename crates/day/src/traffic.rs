//! The day as it passes: connections come, ask, pause and end, one thing after the other in order of time.

use std::{cmp::Reverse, collections::BinaryHeap};

use wirereel_dissect::record::{
    CloseReason, DirectionFigures, Endpoint, FlowEvent, FlowEventKind, FlowId, Handshake, Sink,
};

use crate::{
    Plan,
    chance::Chance,
    faults::{Fault, FaultKind, Misfortunes},
    records::{Life, Outcome},
    shop::{Shop, customer},
};

const SECOND_NS: i64 = 1_000_000_000;
const DAY_NS: i64 = 86_400 * SECOND_NS;
/// After so long without a packet a connection is idle, as the dissector has it by default.
const IDLE_NS: i64 = 30 * SECOND_NS;
/// Pauses end before the dissector would take the connection for over.
const LONGEST_PAUSE_S: f64 = 280.0;
/// How long callers wait for a frozen service.
const PATIENCE_NS: i64 = 5 * SECOND_NS;
/// Share of exchanges that take very long.
const LATE: f64 = 0.000_02;
/// The most that a burst multiplies.
const LARGEST_BURST: f64 = 4.0;
/// Mean of [`tide`] over the day.
pub(crate) const MEAN_TIDE: f64 = 0.625;

/// How busy an hour is; least at 4 o'clock, 1 at 16.
fn tide(at_ns: i64) -> f64 {
    let turn = (at_ns - 4 * 3_600 * SECOND_NS) as f64 / DAY_NS as f64;
    0.25 + 0.75 * (0.5 - 0.5 * (std::f64::consts::TAU * turn).cos())
}

/// What was given so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lifecycle events of connections.
    pub lifecycle: u64,
    pub exchanges: u64,
    pub flows: u64,
}

impl Counts {
    /// Lifecycle events and exchanges.
    pub fn events(&self) -> u64 {
        self.lifecycle + self.exchanges
    }
}

/// What happens next to whom. Connections are named by their slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A connection of an edge is tried.
    Arrive(u32),
    Accept(u32),
    Establish(u32),
    Refuse(u32),
    GiveUp(u32),
    Ask(u32),
    /// Nothing has happened since the connection did its n-th thing.
    Idle(u32, u32),
    Answer(u32),
    Close(u32),
    /// A service's process dies.
    Die(u32),
}

/// A connection.
#[derive(Debug)]
struct Connection {
    edge: usize,
    life: Life,
    /// Whether the present source has seen it.
    seen: bool,
    established: bool,
    idle: bool,
    left: u32,
    /// Things it has done; tells a stale [`Next::Idle`].
    done: u32,
    last_ns: i64,
    waiting: Option<Waiting>,
}

/// A request under way.
#[derive(Debug)]
struct Waiting {
    page: usize,
    outcome: Outcome,
    /// The request was captured.
    seen: bool,
}

/// Makes the records of a plan, source by source.
pub struct Day {
    plan: Plan,
    shop: Shop,
    misfortunes: Misfortunes,
    chance: Chance,
    next: BinaryHeap<Reverse<(i64, u64, Next)>>,
    order: u64,
    connections: Vec<Option<Connection>>,
    free: Vec<u32>,
    opened: u64,
    next_flow: u64,
    /// Sources begun.
    sources: usize,
    counts: Counts,
    now_ns: i64,
}

impl Day {
    /// The beginning of a day.
    pub fn new(plan: &Plan) -> Self {
        let shop = Shop::new(plan);
        let misfortunes = Misfortunes::new(plan, &shop);
        let mut day = Self {
            plan: plan.clone(),
            chance: Chance::new(plan.seed ^ 0xda1),
            next: BinaryHeap::new(),
            order: 0,
            connections: Vec::new(),
            free: Vec::new(),
            opened: 0,
            next_flow: 0,
            sources: 0,
            counts: Counts::default(),
            now_ns: 0,
            shop,
            misfortunes,
        };
        for edge in 0..day.shop.edges.len() {
            let at_ns = day.gap_to_next(edge);
            day.plan_for(at_ns, Next::Arrive(edge as u32));
        }
        for outage in 0..day.misfortunes.outages.len() {
            let at_ns = day.misfortunes.outages[outage].from_ns;
            if day.misfortunes.outages[outage].kind == FaultKind::Crash {
                day.plan_for(at_ns, Next::Die(outage as u32));
            }
        }
        day
    }

    /// What goes wrong, and when.
    pub fn faults(&self) -> Vec<Fault> {
        self.misfortunes.log(&self.plan, &self.shop)
    }

    /// What was given so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Begins the next source and gives its name; `None` after the last. The one before must have been taken to its end.
    pub fn next_source(&mut self) -> Option<String> {
        let from_ns = match self.sources.checked_sub(1) {
            None => 0,
            Some(gap) => self.misfortunes.gaps.get(gap)?.1,
        };
        // What happens in a gap happens unseen.
        struct Unseen;
        impl Sink for Unseen {}
        let counts = self.counts;
        self.run_to(from_ns, i64::MAX, &mut Unseen);
        self.counts = counts;
        for connection in self.connections.iter_mut().flatten() {
            connection.seen = false;
        }
        self.next_flow = 0;
        self.sources += 1;
        Some(format!("day-{}.pcapng", self.sources))
    }

    /// Gives some records; false at the end of the source.
    pub fn step(&mut self, sink: &mut dyn Sink) -> bool {
        let to_ns = self.misfortunes.gaps.get(self.sources.saturating_sub(1)).map_or(DAY_NS, |gap| gap.0);
        if self.run_to(to_ns, 256, sink) {
            return true;
        }
        self.now_ns = to_ns;
        for slot in 0..self.connections.len() {
            if self.connections[slot].as_ref().is_some_and(|connection| connection.seen) {
                self.give_flow(slot, CloseReason::Open, sink);
            }
        }
        false
    }

    /// Does what is next, at most so many things; false when nothing is left before an instant.
    fn run_to(&mut self, to_ns: i64, most: i64, sink: &mut dyn Sink) -> bool {
        for _ in 0..most {
            match self.next.peek() {
                Some(Reverse((at_ns, ..))) if *at_ns < to_ns => {}
                _ => return false,
            }
            if let Some(Reverse((at_ns, _, next))) = self.next.pop() {
                self.now_ns = at_ns;
                self.happen(next, sink);
            }
        }
        true
    }

    fn plan_for(&mut self, at_ns: i64, next: Next) {
        self.order += 1;
        self.next.push(Reverse((at_ns, self.order, next)));
    }

    /// A true time as the capturing machine's clock tells it.
    fn seen_at(&self, at_ns: i64) -> i64 {
        // Whole microseconds: what capturing programs write by default.
        (self.plan.start_ns + at_ns + self.misfortunes.clock_off(at_ns)).div_euclid(1_000) * 1_000
    }

    fn gap_to_next(&mut self, edge: usize) -> i64 {
        let edge = &self.shop.edges[edge];
        let most = edge.rate * if edge.client.is_none() { LARGEST_BURST } else { 1.0 };
        self.now_ns + (self.chance.exponential(1.0 / most).min(1e5) * SECOND_NS as f64) as i64
    }

    fn happen(&mut self, next: Next, sink: &mut dyn Sink) {
        match next {
            Next::Arrive(edge) => self.arrive(edge as usize, sink),
            Next::Die(outage) => self.die(self.misfortunes.outages[outage as usize].service, sink),
            Next::Accept(slot) => self.give_event(slot, FlowEventKind::Accept, sink),
            Next::Establish(slot) => {
                self.give_event(slot, FlowEventKind::Established, sink);
                if let Some(connection) = self.connections[slot as usize].as_mut() {
                    connection.established = true;
                }
                let at_ns = self.now_ns + 50_000 + self.chance.exponential(300_000.0) as i64;
                self.plan_for(at_ns, Next::Ask(slot));
            }
            Next::Refuse(slot) => {
                self.give_event(slot, FlowEventKind::Refused, sink);
                self.end(slot, CloseReason::Refused, sink);
            }
            Next::GiveUp(slot) => self.end(slot, CloseReason::Unanswered, sink),
            Next::Ask(slot) => self.ask(slot, sink),
            Next::Idle(slot, done) => {
                if let Some(connection) = self.connections[slot as usize].as_mut()
                    && connection.done == done
                {
                    connection.idle = true;
                    if connection.seen {
                        self.give_event(slot, FlowEventKind::Idle, sink);
                    }
                }
            }
            Next::Answer(slot) => self.answer(slot, sink),
            Next::Close(slot) => {
                self.wake(slot, sink);
                self.give_event(slot, FlowEventKind::Close, sink);
                self.end(slot, CloseReason::Fin, sink);
            }
        }
    }

    fn arrive(&mut self, edge: usize, sink: &mut dyn Sink) {
        let at_ns = self.gap_to_next(edge);
        self.plan_for(at_ns, Next::Arrive(edge as u32));
        let crate::shop::Edge { client, server, habit, .. } = self.shop.edges[edge];
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

    fn ask(&mut self, slot: u32, sink: &mut dyn Sink) {
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

    fn answer(&mut self, slot: u32, sink: &mut dyn Sink) {
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
    fn die(&mut self, service: usize, sink: &mut dyn Sink) {
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
    fn wake(&mut self, slot: u32, sink: &mut dyn Sink) {
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

    fn give_event(&mut self, slot: u32, kind: FlowEventKind, sink: &mut dyn Sink) {
        let at_ns = self.seen_at(self.now_ns);
        let Some(connection) = self.connections[slot as usize].as_ref().filter(|connection| connection.seen) else {
            return;
        };
        let Life { flow, client, server, .. } = connection.life;
        self.counts.lifecycle += 1;
        sink.flow_event(FlowEvent { at_ns, flow, kind, client, server });
    }

    fn give_exchange(&mut self, slot: u32, sink: &mut dyn Sink) {
        let Some(connection) = self.connections[slot as usize].as_mut() else { return };
        let Some(Waiting { page, outcome, seen: true }) = connection.waiting.take() else { return };
        let service = &self.shop.services[self.shop.edges[connection.edge].server];
        self.counts.exchanges += 1;
        sink.http_exchange(connection.life.exchange(service, &service.pages[page], &outcome));
    }

    fn give_flow(&mut self, slot: usize, reason: CloseReason, sink: &mut dyn Sink) {
        let Some(connection) = self.connections[slot].as_ref().filter(|connection| connection.seen) else { return };
        let service = &self.shop.services[self.shop.edges[connection.edge].server];
        self.counts.flows += 1;
        sink.flow(connection.life.flow(service, self.seen_at(connection.last_ns), reason));
    }

    /// Ends a connection and frees its slot.
    fn end(&mut self, slot: u32, reason: CloseReason, sink: &mut dyn Sink) {
        if let Some(connection) = self.connections[slot as usize].as_mut() {
            connection.last_ns = self.now_ns;
        }
        self.give_flow(slot as usize, reason, sink);
        self.connections[slot as usize] = None;
        self.free.push(slot);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use wirereel_dissect::record::{Flow, HttpExchange};

    use super::*;

    /// What a sink was given.
    #[derive(Debug, Default, PartialEq)]
    struct Given {
        events: Vec<FlowEvent>,
        exchanges: Vec<HttpExchange>,
        flows: Vec<Flow>,
    }

    impl Sink for Given {
        fn flow(&mut self, flow: Flow) {
            self.flows.push(flow);
        }
        fn flow_event(&mut self, event: FlowEvent) {
            self.events.push(event);
        }
        fn http_exchange(&mut self, exchange: HttpExchange) {
            self.exchanges.push(exchange);
        }
    }

    /// The records of each source.
    fn given(plan: &Plan) -> Vec<Given> {
        let mut day = Day::new(plan);
        let mut sources = Vec::new();
        while day.next_source().is_some() {
            let mut given = Given::default();
            while day.step(&mut given) {}
            sources.push(given);
        }
        let events: usize = sources.iter().map(|given| given.events.len() + given.exchanges.len()).sum();
        assert_eq!(day.counts().events(), events as u64);
        sources
    }

    #[test]
    fn a_plan_gives_about_its_number_of_events_and_the_same_ones_again() {
        let plan = Plan::of_15_services(60_000);
        let sources = given(&plan);
        let events: usize = sources.iter().map(|given| given.events.len() + given.exchanges.len()).sum();
        assert!((45_000..75_000).contains(&events), "{events}");
        assert_eq!(sources.len(), 3);
        assert_eq!(sources, given(&plan));
    }

    #[test]
    fn every_connection_lives_as_connections_do() {
        for plan in [Plan::of_15_services(60_000), Plan::of_500_services(60_000)] {
            for source in given(&plan) {
                let mut lives: HashMap<u64, Vec<FlowEventKind>> = HashMap::new();
                for event in &source.events {
                    lives.entry(event.flow.0).or_default().push(event.kind);
                }
                assert_eq!(lives.len(), source.flows.len());
                for flow in &source.flows {
                    check_life(flow.close_reason, &lives[&flow.id.0]);
                    assert!(flow.opened_ns <= flow.closed_ns + 1_200_000_000, "{flow:?}");
                }
                let mut ordinals: HashMap<u64, u32> = HashMap::new();
                for exchange in &source.exchanges {
                    let next = ordinals.entry(exchange.flow.0).or_default();
                    assert_eq!(exchange.ordinal, *next);
                    *next += 1;
                }
            }
        }
    }

    fn check_life(reason: CloseReason, events: &[FlowEventKind]) {
        use FlowEventKind::{Accept, Close, Connect, Established, Idle, Refused, Reset, Resume};
        let last = events.last().copied();
        match reason {
            CloseReason::Refused => {
                assert!(matches!(events, [Connect, Refused] | [Connect, Accept, Refused]), "{events:?}")
            }
            CloseReason::Unanswered => assert_eq!(events, [Connect]),
            CloseReason::Fin => assert_eq!(last, Some(Close)),
            CloseReason::Rst => assert_eq!(last, Some(Reset)),
            _ => assert!(!matches!(last, Some(Close | Reset | Refused)), "{events:?}"),
        }
        let mut active = 0;
        for kind in events {
            active += match kind {
                Established | Resume => 1,
                Close | Reset | Idle => -1,
                Connect | Accept | Refused => 0,
            };
            assert!((0..=1).contains(&active), "{events:?}");
        }
    }

    #[test]
    fn nobody_answers_for_a_service_that_is_out() {
        let plan = Plan::of_15_services(400_000);
        let faults = Day::new(&plan).faults();
        let sources = given(&plan);
        for fault in faults.iter().filter(|fault| matches!(fault.kind, FaultKind::Crash | FaultKind::Freeze)) {
            let inside = |at_ns: i64| (fault.from_ns..fault.to_ns).contains(&at_ns);
            let exchanges = || sources.iter().flat_map(|given| &given.exchanges);
            let answered = exchanges().filter(|x| x.host == fault.service && x.response_ns.is_some_and(inside)).count();
            let bad_gateways = exchanges().filter(|x| x.status == Some(502) && inside(x.started_ns)).count();
            // A frozen service's answers that were under way are on the wire already.
            assert!(answered <= if fault.kind == FaultKind::Crash { 0 } else { 3 }, "{fault:?}: {answered} answers");
            assert!(bad_gateways > 0, "{fault:?}");
        }
    }
}
