//! A crowd: one customer after the other, each new, with one connection and one request to one service.

use std::net::{IpAddr, Ipv4Addr};

use wirereel_dissect::record::{
    CloseReason, DirectionFigures, Endpoint, FlowEvent, FlowEventKind, FlowId, Handshake, Sink,
};

use crate::{
    records::{Life, Outcome},
    shop::{Page, Service},
};

/// First address; others follow it.
const FIRST_ADDRESS: u32 = 0x1700_0000;
const FIRST_PORT: u16 = 40_000;
const RTT_US: i64 = 100;

/// What a crowd is made of.
#[derive(Debug)]
pub struct Crowd {
    service: Service,
    page: Page,
    start_ns: i64,
    step_ns: i64,
}

impl Crowd {
    /// A crowd whose first comes at an instant (nanoseconds since 1970 UTC), and the others one by one after so many nanoseconds.
    pub fn new(start_ns: i64, step_ns: i64) -> Self {
        let page =
            Page { method: "GET", target: "/".into(), content_type: "text/plain", request_bytes: 0, response_bytes: 2 };
        let socket = Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), port: 80 };
        let service = Service { name: "shop".into(), socket, pages: Vec::new(), takes_s: 0.0 };
        Self { service, page, start_ns, step_ns }
    }

    /// When somebody comes; nanoseconds since 1970 UTC.
    pub fn comes_ns(&self, number: u32) -> i64 {
        self.start_ns + i64::from(number) * self.step_ns
    }

    /// Gives all records of one customer, whose connection is the number'th of its source.
    pub fn visit(&self, number: u32, sink: &mut dyn Sink) {
        let opened_ns = self.comes_ns(number);
        let ip = IpAddr::V4(Ipv4Addr::from_bits(FIRST_ADDRESS + number));
        let mut life = Life {
            flow: FlowId(number.into()),
            client: Endpoint { ip, port: FIRST_PORT },
            server: self.service.socket,
            agent: Some(number as usize),
            opened_ns,
            rtt_us: RTT_US,
            handshake: Handshake::Full,
            exchanges: 0,
            from_client: DirectionFigures::default(),
            from_server: DirectionFigures::default(),
        };
        let mut event = |after_ns: i64, kind| {
            let Life { flow, client, server, .. } = life;
            sink.flow_event(FlowEvent { at_ns: opened_ns + after_ns, flow, kind, client, server });
        };
        event(0, FlowEventKind::Connect);
        event(RTT_US * 500, FlowEventKind::Accept);
        event(RTT_US * 1_000, FlowEventKind::Established);
        let outcome = Outcome {
            started_ns: opened_ns + 110_000,
            response_ns: Some(opened_ns + 500_000),
            finished_ns: opened_ns + 600_000,
            status: Some(200),
            error: None,
        };
        let closed_ns = opened_ns + 700_000;
        let exchange = life.exchange(&self.service, &self.page, &outcome);
        sink.http_exchange(exchange);
        let Life { flow, client, server, .. } = life;
        sink.flow_event(FlowEvent { at_ns: closed_ns, flow, kind: FlowEventKind::Close, client, server });
        sink.flow(life.flow(&self.service, closed_ns, CloseReason::Fin));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use wirereel_dissect::record::{Flow, HttpExchange};

    use super::*;

    #[derive(Default)]
    struct Seen {
        addresses: HashSet<IpAddr>,
        events: usize,
        exchanges: usize,
        flows: Vec<FlowId>,
    }

    impl Sink for Seen {
        fn flow_event(&mut self, event: FlowEvent) {
            self.addresses.insert(event.client.ip);
            self.events += 1;
        }

        fn http_exchange(&mut self, exchange: HttpExchange) {
            assert!(exchange.response_ns > Some(exchange.started_ns) && exchange.complete);
            self.exchanges += 1;
        }

        fn flow(&mut self, flow: Flow) {
            self.flows.push(flow.id);
        }
    }

    #[test]
    fn everybody_is_new_and_asks_once() {
        let (crowd, mut seen) = (Crowd::new(0, 1_000), Seen::default());
        (0..1_000).for_each(|number| crowd.visit(number, &mut seen));
        assert_eq!((seen.addresses.len(), seen.events, seen.exchanges), (1_000, 4_000, 1_000));
        assert_eq!(seen.flows, (0..1_000).map(FlowId).collect::<Vec<_>>());
        assert_eq!(crowd.comes_ns(7), 7_000);
    }
}
