//! What a batch adds to its edges, counted while its rows are collected.
//!
//! A batch of live traffic is small: asking the database what is in it costs far more than counting along. One with too many pairs and
//! seconds is not counted here, and the database sums it up.

use std::collections::BTreeMap;

use foldhash::HashMap;
use wirereel_dissect::record::{Flow, FlowEvent, FlowEventKind, HttpExchange, Transport};

use super::{
    PeerId,
    push::{PROTOCOLS, code_of, outcome, split},
};
use crate::{latency::class_of, schema::COUNTERS};

/// Pairs and seconds that are counted at most.
const MOST_COUNTED: usize = 4_096;

/// Places in [`COUNTERS`].
mod place {
    pub(super) const CONNECTS: usize = 0;
    pub(super) const ACCEPTS: usize = 1;
    pub(super) const CLOSES: usize = 2;
    pub(super) const RESETS: usize = 3;
    pub(super) const REFUSED: usize = 4;
    pub(super) const OPEN_DELTA: usize = 5;
    pub(super) const REQUESTS: usize = 6;
    pub(super) const ERRORS_4XX: usize = 7;
    pub(super) const ERRORS_5XX: usize = 8;
    pub(super) const FAILED: usize = 9;
    pub(super) const BYTES_UP: usize = 10;
    pub(super) const BYTES_DOWN: usize = 11;
}

/// What an edge did in a second.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// In the order of [`COUNTERS`].
    pub(crate) counters: [i64; COUNTERS.len()],
    /// Answered requests by the class of their duration.
    pub(crate) classes: BTreeMap<u16, u32>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.counters.iter_mut().zip(other.counters) {
            *sum += more;
        }
        for (&class, &n) in &other.classes {
            *self.classes.entry(class).or_default() += n;
        }
    }
}

/// A protocol between two peers: its name, and whether exchanges or flows speak it.
pub(crate) type Spoken = (PeerId, PeerId, &'static str, bool);

/// The sums of one batch, or of several.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// By second since 1970, client and server.
    pub(crate) edges: HashMap<(i64, PeerId, PeerId), Counts>,
    /// Exchanges and flows by protocol.
    pub(crate) protocols: HashMap<Spoken, i64>,
    /// There was more than is counted.
    beyond: bool,
}

impl Tally {
    fn at(&mut self, us: i64, client: PeerId, server: PeerId) -> Option<&mut Counts> {
        self.beyond |= self.edges.len() >= MOST_COUNTED || self.protocols.len() >= MOST_COUNTED;
        if self.beyond {
            return None;
        }
        Some(self.edges.entry((us.div_euclid(1_000_000), client, server)).or_default())
    }

    pub(super) fn flow(&mut self, flow: &Flow, client: PeerId, server: PeerId) {
        if flow.transport != Transport::Tcp {
            return;
        }
        let told = flow.upgrade.is_none() && matches!(flow.app_protocol, Some("http" | "h2" | "grpc"));
        let (closed_us, _) = split(flow.closed_ns);
        let upgraded = |bytes: fn(&wirereel_dissect::record::Upgrade) -> u64| flow.upgrade.as_ref().map(bytes);
        let up = upgraded(|upgrade| upgrade.client_bytes).unwrap_or(flow.from_client.bytes);
        let down = upgraded(|upgrade| upgrade.server_bytes).unwrap_or(flow.from_server.bytes);
        if !told && let Some(counts) = self.at(closed_us, client, server) {
            counts.counters[place::BYTES_UP] += up as i64;
            counts.counters[place::BYTES_DOWN] += down as i64;
        }
        *self.protocols.entry((client, server, flow.app_protocol.unwrap_or("tcp"), false)).or_default() += 1;
    }

    pub(super) fn event(&mut self, event: &FlowEvent, client: PeerId, server: PeerId) {
        let (us, _) = split(event.at_ns);
        let Some(Counts { counters, .. }) = self.at(us, client, server) else { return };
        match event.kind {
            FlowEventKind::Connect => counters[place::CONNECTS] += 1,
            FlowEventKind::Accept => counters[place::ACCEPTS] += 1,
            FlowEventKind::Refused => counters[place::REFUSED] += 1,
            FlowEventKind::Established | FlowEventKind::Resume => counters[place::OPEN_DELTA] += 1,
            FlowEventKind::Close => {
                counters[place::CLOSES] += 1;
                counters[place::OPEN_DELTA] -= 1;
            }
            FlowEventKind::Reset => {
                counters[place::RESETS] += 1;
                counters[place::OPEN_DELTA] -= 1;
            }
            FlowEventKind::Idle => counters[place::OPEN_DELTA] -= 1,
        }
    }

    pub(super) fn exchange(&mut self, exchange: &HttpExchange, client: PeerId, server: PeerId) {
        let (started_us, _) = split(exchange.started_ns);
        let Some(counts) = self.at(started_us, client, server) else { return };
        let counters = &mut counts.counters;
        counters[place::REQUESTS] += 1;
        match outcome(exchange) {
            1 => counters[place::ERRORS_4XX] += 1,
            2 => counters[place::ERRORS_5XX] += 1,
            3.. => counters[place::FAILED] += 1,
            _ => {}
        }
        counters[place::BYTES_UP] += exchange.request_body_bytes as i64;
        counters[place::BYTES_DOWN] += exchange.response_body_bytes as i64;
        if exchange.status.is_some() {
            // Whole microseconds, rounded down as the database does; one that seems to go back took none.
            let duration_us = exchange.finished_ns.saturating_sub(exchange.started_ns).div_euclid(1_000);
            *counts.classes.entry(class_of(duration_us.max(0) as u64)).or_default() += 1;
        }
        if let Some(code) = code_of(exchange.protocol) {
            *self.protocols.entry((client, server, PROTOCOLS[usize::from(code)], true)).or_default() += 1;
        }
    }

    /// The sums so far, and starts anew; `None` when there was more than is counted.
    pub(super) fn take(&mut self) -> Option<Self> {
        let taken = std::mem::take(self);
        (!taken.beyond).then_some(taken)
    }

    /// Adds another batch's sums; `None` when both are more than is counted.
    pub(crate) fn with(mut self, more: Self) -> Option<Self> {
        for (key, counts) in more.edges {
            self.edges.entry(key).or_default().add(&counts);
        }
        for (key, n) in more.protocols {
            *self.protocols.entry(key).or_default() += n;
        }
        (self.edges.len() <= MOST_COUNTED && self.protocols.len() <= MOST_COUNTED).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_stand_where_the_tables_have_them() {
        let named = [
            (place::CONNECTS, "connects"),
            (place::ACCEPTS, "accepts"),
            (place::CLOSES, "closes"),
            (place::RESETS, "resets"),
            (place::REFUSED, "refused"),
            (place::OPEN_DELTA, "open_delta"),
            (place::REQUESTS, "requests"),
            (place::ERRORS_4XX, "errors_4xx"),
            (place::ERRORS_5XX, "errors_5xx"),
            (place::FAILED, "failed"),
            (place::BYTES_UP, "bytes_up"),
            (place::BYTES_DOWN, "bytes_down"),
        ];
        for (place, name) in named {
            assert_eq!(COUNTERS[place], name);
        }
    }

    #[test]
    fn more_than_is_counted_is_left_to_the_database() {
        let mut tally = Tally::default();
        for second in 0..=MOST_COUNTED as i64 {
            tally.at(second * 1_000_000, PeerId(1), PeerId(2));
        }
        assert!(tally.take().is_none());
        assert!(tally.take().is_some_and(|tally| tally.edges.is_empty()), "it starts anew");
    }
}
