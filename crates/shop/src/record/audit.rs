//! Counts HTTP exchanges straight from the packets, to hold them against the services' own log.
//!
//! It leans on what is known about the shop – every head fits into one segment, nothing is pipelined, nothing is lost –
//! and so needs no reassembly and shares no code with the product that reads the samples.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::{Frame, RouteCount, Truth};
use crate::addresses::Plan;
use crate::journal::Served;
use crate::route;
use crate::topology::{CUSTOMERS, Edge, Service};

/// What is counted apart: service, method, route, status.
pub type Key = (Service, String, String, Option<u16>);

/// Exchanges per service, method, route and status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<Key, u64>);

impl Tally {
    /// What a truth file counts.
    pub fn of_truth(truth: &Truth) -> Self {
        let row = |c: &RouteCount| ((c.service, c.method.clone(), c.route.clone(), c.status), c.count);
        Self(truth.counts.iter().map(row).collect())
    }

    /// Counts the lines of a log.
    pub fn of_log(served: &[Served]) -> Self {
        let mut tally = Self::default();
        for request in served {
            tally.add(request.service, &request.method, &request.route, request.status);
        }
        tally
    }

    fn add(&mut self, service: Service, method: &str, route: &str, status: Option<u16>) {
        *self.0.entry((service, method.to_owned(), route.to_owned(), status)).or_default() += 1;
    }
}

/// Where capture and log count differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Disagreement(Vec<(Key, u64, u64)>);

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((service, method, route, status), captured, logged) in &self.0 {
            let status = status.map_or_else(|| "no response".to_owned(), |s| s.to_string());
            writeln!(f, "{service} {method} {route} {status}: {captured} captured, {logged} logged")?;
        }
        Ok(())
    }
}

/// Holds a capture against a log.
///
/// # Errors
/// Every key whose counts differ.
pub fn compare(captured: &Tally, logged: &Tally) -> Result<(), Disagreement> {
    let keys: BTreeSet<_> = captured.0.keys().chain(logged.0.keys()).collect();
    let count = |tally: &Tally, key: &Key| tally.0.get(key).copied().unwrap_or(0);
    let rows = keys.into_iter().map(|key| (key.clone(), count(captured, key), count(logged, key)));
    let different: Vec<_> = rows.filter(|(_, captured, logged)| captured != logged).collect();
    if different.is_empty() { Ok(()) } else { Err(Disagreement(different)) }
}

/// What the packets show.
#[derive(Debug, Default)]
pub struct Audit {
    pub tally: Tally,
    /// Who sent a request to whom; whoever is no service is a customer.
    pub edges: BTreeSet<Edge>,
    /// When each exchange was under way: indices of the frames of its first and last byte (or of the connection's end).
    pub(super) in_flight: Vec<Range<usize>>,
}

struct Waiting {
    service: Service,
    method: String,
    route: String,
    frame: usize,
}

/// Reads every exchange out of the frames.
pub fn read(frames: &[Frame], plan: Plan) -> Audit {
    let mut audit = Audit::default();
    let mut waiting: HashMap<(SocketAddr, SocketAddr), VecDeque<Waiting>> = HashMap::new();
    for (index, frame) in frames.iter().enumerate() {
        let Some(segment) = segment(&frame.bytes) else { continue };
        let forward = (segment.from, segment.to);
        let backward = (segment.to, segment.from);
        if let Some((method, target)) = request_line(segment.payload)
            && let Some(service) = plan.service_at(segment.to.ip())
        {
            let client = plan.service_at(segment.from.ip()).map_or(CUSTOMERS, Service::name);
            audit.edges.insert(Edge { client, server: service.name() });
            let request = Waiting { service, method: method.into(), route: route::fold(target), frame: index };
            waiting.entry(forward).or_default().push_back(request);
        } else if let Some(status) = status_line(segment.payload)
            && let Some(request) = waiting.get_mut(&backward).and_then(VecDeque::pop_front)
        {
            audit.tally.add(request.service, &request.method, &request.route, Some(status));
            audit.in_flight.push(request.frame..index);
        } else if segment.ends
            && let Some(requests) = waiting.get_mut(&backward)
        {
            for request in requests.drain(..) {
                audit.tally.add(request.service, &request.method, &request.route, None);
                audit.in_flight.push(request.frame..index);
            }
        }
    }
    for request in waiting.into_values().flatten() {
        audit.tally.add(request.service, &request.method, &request.route, None);
    }
    audit
}

struct Segment<'a> {
    from: SocketAddr,
    to: SocketAddr,
    payload: &'a [u8],
    /// FIN or RST.
    ends: bool,
}

fn segment(bytes: &[u8]) -> Option<Segment<'_>> {
    let packet = SlicedPacket::from_ethernet(bytes).ok()?;
    let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Tcp(tcp))) = (packet.net, packet.transport) else {
        return None;
    };
    Some(Segment {
        from: (ip.header().source_addr(), tcp.source_port()).into(),
        to: (ip.header().destination_addr(), tcp.destination_port()).into(),
        payload: tcp.payload(),
        ends: tcp.fin() || tcp.rst(),
    })
}

/// Method and target of a segment that begins with a request line.
fn request_line(payload: &[u8]) -> Option<(&str, &str)> {
    let line = payload.split(|b| *b == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?.strip_suffix(" HTTP/1.1")?;
    line.split_once(' ')
}

/// Status of a segment that begins with a status line.
fn status_line(payload: &[u8]) -> Option<u16> {
    let rest = payload.strip_prefix(b"HTTP/1.1 ")?;
    std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;

    const CLIENT: [u8; 4] = [127, 198, 51, 10];

    fn frame(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8], fin: bool) -> Frame {
        let builder = PacketBuilder::ethernet2([0; 6], [0; 6]).ipv4(from.0, to.0, 64).tcp(from.1, to.1, 1, 1000);
        let builder = if fin { builder.fin() } else { builder };
        let mut bytes = Vec::new();
        builder.write(&mut bytes, payload).unwrap();
        Frame { at_ns: 0, wire_len: bytes.len() as u32, bytes }
    }

    #[test]
    fn answered_and_unanswered_requests_are_counted_and_a_difference_is_told() {
        let cart = (Plan::Loopback.service_ip(Service::Cart).octets(), 8080);
        let client = (CLIENT, 40_000);
        let frames = [
            frame(client, cart, b"GET /carts/ada1 HTTP/1.1\r\nHost: x\r\n\r\n", false),
            frame(cart, client, b"HTTP/1.1 200 OK\r\n\r\n", false),
            frame(client, cart, b"GET /carts/ada1?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", false),
            frame(cart, client, b"", true),
        ];
        let audit = read(&frames, Plan::Loopback);
        let key = |status| (Service::Cart, "GET".to_owned(), "/carts/:id".to_owned(), status);
        assert_eq!(audit.tally.0, [(key(None), 1), (key(Some(200)), 1)].into());
        assert_eq!(audit.in_flight, [0..1, 2..3]);
        assert_eq!(audit.edges, [Edge { client: "customers", server: "cart-service" }].into());
        assert_eq!(compare(&audit.tally, &audit.tally), Ok(()));
        let text = compare(&audit.tally, &Tally::default()).unwrap_err().to_string();
        assert!(text.starts_with("cart-service GET /carts/:id no response: 1 captured, 0 logged\n"), "{text}");
    }
}
