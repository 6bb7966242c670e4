//! The day as it passes: connections come, ask, pause and end, one thing after the other in order of time.

mod giving;
mod lives;

use std::{cmp::Reverse, collections::BinaryHeap};

use wirereel_dissect::record::{CloseReason, FlowEventKind, Sink};

use crate::{
    Plan,
    chance::Chance,
    faults::{Fault, FaultKind, Misfortunes},
    records::{Life, Outcome},
    shop::Shop,
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
}

#[cfg(test)]
mod tests;
