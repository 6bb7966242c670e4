//! Counts per pair of peers and second, made while records come in: all that roll-ups are made of.
//!
//! A tally is additive. What belongs to a second long past adds another row for it, and whoever reads sums: nothing is updated, and late
//! packets count once. Which service a peer is is decided later, so renaming reads these few rows and no event.

use foldhash::HashMap;
use wirereel_dissect::record::{Flow, FlowEvent, FlowEventKind, HttpExchange, Transport};

use super::{PeerId, PeerLatencies, PeerSeconds, Pulses, push};
use crate::schema::PULSE_MS;

const SECOND_NS: i64 = 1_000_000_000;

/// A pair of peers in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    bucket_s: i64,
    client: PeerId,
    server: PeerId,
}

/// See [`crate::schema::COUNTERS`].
#[derive(Debug, Clone, Copy, Default)]
struct Counters {
    connects: i64,
    accepts: i64,
    closes: i64,
    resets: i64,
    refused: i64,
    open_delta: i64,
    requests: i64,
    errors_4xx: i64,
    errors_5xx: i64,
    failed: i64,
    bytes_up: i64,
    bytes_down: i64,
}

/// The tallies of one batch.
#[derive(Debug, Default)]
pub(super) struct Tally {
    seconds: HashMap<Place, Counters>,
    latencies: HashMap<(Place, u16), i64>,
    /// Requests and errors by [`PULSE_MS`].
    pulse: HashMap<i64, (i64, i64)>,
}

impl Tally {
    pub(super) fn exchange(&mut self, exchange: &HttpExchange, client: PeerId, server: PeerId) {
        let (failed, status) = (push::has_failed(exchange), exchange.status.unwrap_or(0));
        let at = self.at(exchange.started_ns, client, server);
        at.requests += 1;
        at.errors_4xx += i64::from((400..500).contains(&status) && !failed);
        at.errors_5xx += i64::from(status >= 500);
        at.failed += i64::from(failed);
        at.bytes_up += signed(exchange.request_body_bytes);
        at.bytes_down += signed(exchange.response_body_bytes);
        if let Some(class) = push::latency_class(exchange) {
            *self.latencies.entry((place(exchange.started_ns, client, server), class)).or_default() += 1;
        }
        let pulse = self.pulse.entry(exchange.started_ns.div_euclid(PULSE_MS * 1_000_000)).or_default();
        pulse.0 += 1;
        pulse.1 += i64::from(failed || status >= 500);
    }

    pub(super) fn event(&mut self, event: &FlowEvent, client: PeerId, server: PeerId) {
        let at = self.at(event.at_ns, client, server);
        match event.kind {
            FlowEventKind::Connect => at.connects += 1,
            FlowEventKind::Accept => at.accepts += 1,
            FlowEventKind::Established | FlowEventKind::Resume => at.open_delta += 1,
            FlowEventKind::Refused => at.refused += 1,
            FlowEventKind::Close => {
                at.closes += 1;
                at.open_delta -= 1;
            }
            FlowEventKind::Reset => {
                at.resets += 1;
                at.open_delta -= 1;
            }
            FlowEventKind::Idle => at.open_delta -= 1,
        }
    }

    /// The bytes of a TCP flow whose exchanges do not tell them.
    pub(super) fn flow(&mut self, flow: &Flow, client: PeerId, server: PeerId) {
        if flow.transport != Transport::Tcp {
            return;
        }
        let (up, down) = match (&flow.upgrade, flow.app_protocol) {
            (Some(upgrade), _) => (upgrade.client_bytes, upgrade.server_bytes),
            (None, Some("http" | "h2" | "grpc")) => return,
            (None, _) => (flow.from_client.bytes, flow.from_server.bytes),
        };
        let at = self.at(flow.closed_ns, client, server);
        at.bytes_up += signed(up);
        at.bytes_down += signed(down);
    }

    /// Hands the tallies over as rows in order of time, and starts anew.
    pub(super) fn take(
        &mut self,
        batch: u32,
        seconds: &mut PeerSeconds,
        latencies: &mut PeerLatencies,
        pulses: &mut Pulses,
    ) {
        let mut by_second: Vec<_> = self.seconds.drain().collect();
        by_second.sort_unstable_by_key(|(place, _)| *place);
        for (place, counters) in by_second {
            seconds.bucket_s.append_value(place.bucket_s);
            seconds.client_peer.append_value(place.client.0);
            seconds.server_peer.append_value(place.server.0);
            seconds.connects.append_value(counters.connects);
            seconds.accepts.append_value(counters.accepts);
            seconds.closes.append_value(counters.closes);
            seconds.resets.append_value(counters.resets);
            seconds.refused.append_value(counters.refused);
            seconds.open_delta.append_value(counters.open_delta);
            seconds.requests.append_value(counters.requests);
            seconds.errors_4xx.append_value(counters.errors_4xx);
            seconds.errors_5xx.append_value(counters.errors_5xx);
            seconds.failed.append_value(counters.failed);
            seconds.bytes_up.append_value(counters.bytes_up);
            seconds.bytes_down.append_value(counters.bytes_down);
            seconds.batch.append_value(batch);
        }
        let mut by_class: Vec<_> = self.latencies.drain().collect();
        by_class.sort_unstable_by_key(|(key, _)| *key);
        for ((place, class), n) in by_class {
            latencies.bucket_s.append_value(place.bucket_s);
            latencies.client_peer.append_value(place.client.0);
            latencies.server_peer.append_value(place.server.0);
            latencies.class.append_value(class);
            latencies.n.append_value(n);
            latencies.batch.append_value(batch);
        }
        let mut by_pulse: Vec<_> = self.pulse.drain().collect();
        by_pulse.sort_unstable();
        for (bucket, (requests, errors)) in by_pulse {
            pulses.bucket.append_value(bucket);
            pulses.requests.append_value(requests);
            pulses.errors.append_value(errors);
        }
    }

    fn at(&mut self, at_ns: i64, client: PeerId, server: PeerId) -> &mut Counters {
        self.seconds.entry(place(at_ns, client, server)).or_default()
    }
}

fn place(at_ns: i64, client: PeerId, server: PeerId) -> Place {
    Place { bucket_s: at_ns.div_euclid(SECOND_NS), client, server }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
