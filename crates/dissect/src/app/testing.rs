//! A sink that keeps everything, what may happen on the wire, and a flow to put into records.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::record::{Body, DnsQuery, Endpoint, FlowId, HttpExchange, Problem, Protocol, Side, Sink, TlsHandshake};

use super::FlowContext;

/// Every record that was handed over, by kind, in order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Collected {
    pub exchanges: Vec<HttpExchange>,
    pub queries: Vec<DnsQuery>,
    pub handshakes: Vec<TlsHandshake>,
    pub problems: Vec<Problem>,
    pub bodies: Vec<Body>,
}

impl Sink for Collected {
    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.exchanges.push(exchange);
    }

    fn dns_query(&mut self, query: DnsQuery) {
        self.queries.push(query);
    }

    fn tls_handshake(&mut self, handshake: TlsHandshake) {
        self.handshakes.push(handshake);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn body(&mut self, body: Body) {
        self.bodies.push(body);
    }
}

/// What happens on the wire.
pub(crate) enum Step<Bytes> {
    Client(Bytes),
    Server(Bytes),
    /// Bytes of a side that were not captured.
    Gap(Side, u64),
    Fin(Side),
    Reset,
}

/// Flow 7 between 10.0.0.1:40000 and 10.0.0.2:80.
pub(crate) fn context() -> FlowContext {
    FlowContext { flow: FlowId(7), client: endpoint(1, 40_000), server: endpoint(2, 80), position: 24 }
}

/// `10.0.0.<host>:<port>`.
pub(crate) fn endpoint(host: u8, port: u16) -> Endpoint {
    Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), port }
}

/// The row of an exchange in the flow of [`context`] of which nothing but its place is known. Written out, so that no row
/// is held against what its reader began with.
pub(crate) fn blank_exchange() -> HttpExchange {
    let FlowContext { flow, client, server, .. } = context();
    HttpExchange {
        flow,
        ordinal: 0,
        client,
        server,
        started_ns: 0,
        response_ns: None,
        finished_ns: 0,
        protocol: Protocol::Http11,
        method: None,
        scheme: "http",
        host: None,
        target: None,
        path: None,
        status: None,
        grpc_status: None,
        request_messages: None,
        response_messages: None,
        stream_id: None,
        request_headers: Arc::default(),
        response_headers: Arc::default(),
        request_body_bytes: 0,
        response_body_bytes: 0,
        request_content_encoding: None,
        response_content_encoding: None,
        content_type: None,
        user_agent: None,
        x_forwarded_for: None,
        origin_ip: None,
        identity: None,
        identity_kind: None,
        trace_id: None,
        complete: true,
        error: None,
    }
}
