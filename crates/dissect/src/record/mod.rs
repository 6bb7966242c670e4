//! What comes out of dissection: one plain struct per kind of row.
//!
//! Times are nanoseconds since 1970-01-01 UTC in capture time (`_ns`), durations microseconds (`_us`), sizes
//! bytes (`_bytes`). Records own their strings; the store turns them into columns.

mod dns;
mod flow;
mod http;
mod problem;
mod segment;
mod tls;

pub use dns::{DnsAnswer, DnsCarrier, DnsQuery};
pub use flow::{
    CloseReason, DirectionFigures, Endpoint, Flow, FlowEvent, FlowEventKind, FlowId, FlowSpan, Handshake, LifeRtt,
    Side, Transport, Upgrade,
};
pub use http::{Body, BodyRequest, HttpExchange, IdentityKind, Protocol};
pub use problem::{Problem, Stage};
pub use segment::{DetailRequest, SegmentSeen, StreamPiece, Verdict};
pub use tls::TlsHandshake;

/// Where records go, in the order in which dissection completes them.
///
/// Every method has an empty default, so a sink implements only what it wants. Called on the dissecting thread;
/// a sink that blocks holds dissection back, which is how back-pressure works for files.
pub trait Sink {
    /// A flow has ended (or the input has): its complete row.
    fn flow(&mut self, _flow: Flow) {}
    /// A lifecycle event, in capture order.
    fn flow_event(&mut self, _event: FlowEvent) {}
    /// Positions of packets of one flow; a long flow gives several.
    fn flow_span(&mut self, _span: FlowSpan) {}
    /// A request with its response, once both are complete or no more can come.
    fn http_exchange(&mut self, _exchange: HttpExchange) {}
    /// A DNS question with its answer, or without one after the time-out.
    fn dns_query(&mut self, _query: DnsQuery) {}
    /// A TLS handshake, as far as it could be seen in clear.
    fn tls_handshake(&mut self, _handshake: TlsHandshake) {}
    /// Something that could not be read. Dissection went on after it.
    fn problem(&mut self, _problem: Problem) {}
    /// A body that a [`BodyRequest`] asked for. Only called by [`crate::Dissector::with_body`].
    fn body(&mut self, _body: Body) {}
    /// A packet of a flow, in order. Only called by [`crate::Dissector::with_detail`].
    fn segment(&mut self, _segment: SegmentSeen) {}
    /// Reassembled bytes of one direction, in the order in which they could be read. Only called by
    /// [`crate::Dissector::with_detail`].
    fn stream(&mut self, _piece: StreamPiece) {}
}
