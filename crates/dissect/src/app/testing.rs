//! A sink that keeps everything, and a flow to put into records.

use std::net::{IpAddr, Ipv4Addr};

use crate::record::{Body, DnsQuery, Endpoint, FlowId, HttpExchange, Problem, Sink, TlsHandshake};

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

/// Flow 7 between 10.0.0.1:40000 and 10.0.0.2:80.
pub(crate) fn context() -> FlowContext {
    FlowContext { flow: FlowId(7), client: endpoint(1, 40_000), server: endpoint(2, 80), position: 24 }
}

/// `10.0.0.<host>:<port>`.
pub(crate) fn endpoint(host: u8, port: u16) -> Endpoint {
    Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), port }
}
