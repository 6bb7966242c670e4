//! Runs packets through a dissector and keeps what comes out.

use wirereel_dissect::record::{
    Body, Endpoint, Flow, FlowEvent, FlowSpan, HttpExchange, Problem, SegmentSeen, Sink, StreamPiece,
};
use wirereel_dissect::{Dissector, Figures, Limits, LinkType, Packet};
use wirereel_testkit::Packets;

/// Everything a dissector handed out.
#[derive(Default, Debug)]
pub(crate) struct Collected {
    pub(crate) flows: Vec<Flow>,
    pub(crate) events: Vec<FlowEvent>,
    pub(crate) spans: Vec<FlowSpan>,
    pub(crate) exchanges: Vec<HttpExchange>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) segments: Vec<SegmentSeen>,
    pub(crate) pieces: Vec<StreamPiece>,
    pub(crate) figures: Figures,
}

impl Sink for Collected {
    fn flow(&mut self, flow: Flow) {
        self.flows.push(flow);
    }
    fn flow_event(&mut self, event: FlowEvent) {
        self.events.push(event);
    }
    fn flow_span(&mut self, span: FlowSpan) {
        self.spans.push(span);
    }
    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.exchanges.push(exchange);
    }
    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
    fn body(&mut self, body: Body) {
        self.bodies.push(body);
    }
    fn segment(&mut self, segment: SegmentSeen) {
        self.segments.push(segment);
    }
    fn stream(&mut self, piece: StreamPiece) {
        self.pieces.push(piece);
    }
}

impl Collected {
    /// The names of all events, in order.
    pub(crate) fn event_names(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.name()).collect()
    }

    /// The only flow.
    pub(crate) fn flow(&self) -> &Flow {
        assert_eq!(self.flows.len(), 1, "{:#?}", self.flows);
        &self.flows[0]
    }
}

/// Pushes packets, the n-th at position n, and ends the input.
pub(crate) fn read(packets: &Packets) -> Collected {
    read_within(Limits::default(), packets)
}

pub(crate) fn read_within(limits: Limits, packets: &Packets) -> Collected {
    read_with(Dissector::new(limits), packets)
}

pub(crate) fn read_with(mut dissector: Dissector, packets: &Packets) -> Collected {
    let mut collected = Collected::default();
    for (position, packet) in (0..).zip(&packets.0) {
        let packet = Packet {
            at_ns: packet.at_ns,
            link_type: LinkType(packet.link_type),
            bytes: &packet.bytes,
            wire_len: packet.wire_len,
            position,
        };
        dissector.push(&packet, &mut collected);
    }
    dissector.finish(&mut collected);
    collected.figures = dissector.figures();
    collected
}

pub(crate) fn endpoint(text: &str) -> Endpoint {
    let address: std::net::SocketAddr = text.parse().expect("an address with a port");
    Endpoint { ip: address.ip(), port: address.port() }
}
