//! One push per kind of record: the record's fields into its table's columns.

use wirereel_dissect::record::{
    DnsAnswer, DnsQuery, Flow, FlowEvent, FlowEventKind, FlowId, FlowSpan, Handshake, HttpExchange, Problem, Protocol,
    TlsHandshake,
};

use super::{PeerId, Rows, SourceId, flow_number, pages::Place, positions};

/// About what the fixed-width columns of each table take per row.
mod fixed_bytes {
    pub(super) const FLOW: usize = 280;
    pub(super) const FLOW_EVENT: usize = 44;
    pub(super) const EXCHANGE: usize = 100;
    pub(super) const DNS_QUERY: usize = 60;
    pub(super) const TLS_HANDSHAKE: usize = 60;
    pub(super) const SPAN: usize = 32;
    pub(super) const PROBLEM: usize = 40;
}

impl Rows {
    fn flow_number(&self, flow: FlowId) -> u64 {
        flow_number(SourceId(self.source), flow)
    }

    /// A finished flow between two interned peers.
    pub fn push_flow(&mut self, flow: &Flow, client: PeerId, server: PeerId) {
        let number = self.flow_number(flow.id);
        let batch = self.batch;
        let (opened_us, opened_rest) = split(flow.opened_ns);
        let (closed_us, closed_rest) = split(flow.closed_ns);
        self.tally.flow(flow, client, server);
        let t = &mut self.flows;
        t.flow_id.append_value(number);
        t.transport.append_value(flow.transport.name());
        t.client_peer.append_value(client.0);
        t.client_port.append_value(flow.client.port);
        t.server_peer.append_value(server.0);
        t.vlan.append_option(flow.vlan);
        t.tunnel.append_option(flow.tunnel);
        t.app_protocol.append_option(flow.app_protocol);
        t.opened_us.append_value(opened_us);
        t.opened_rest.append_value(opened_rest);
        t.closed_us.append_value(closed_us);
        t.closed_rest.append_value(closed_rest);
        t.close_reason.append_value(flow.close_reason.name());
        t.handshake.append_value(handshake_name(flow.handshake));
        t.direction_known.append_value(flow.direction_known);
        t.rtt_us.append_option(flow.rtt_us);
        t.rtt_min_us.append_option(flow.life_rtt.map(|rtt| rtt.min_us));
        t.rtt_mean_us.append_option(flow.life_rtt.map(|rtt| rtt.mean_us));
        t.rtt_max_us.append_option(flow.life_rtt.map(|rtt| rtt.max_us));
        t.upgraded_to.append_option(flow.upgrade.as_ref().map(|upgrade| &*upgrade.protocol));
        t.upgraded_client_bytes.append_option(flow.upgrade.as_ref().map(|upgrade| upgrade.client_bytes));
        t.upgraded_server_bytes.append_option(flow.upgrade.as_ref().map(|upgrade| upgrade.server_bytes));
        t.client_packets.append_value(flow.from_client.packets);
        t.server_packets.append_value(flow.from_server.packets);
        t.client_bytes.append_value(flow.from_client.bytes);
        t.server_bytes.append_value(flow.from_server.bytes);
        t.client_missed_bytes.append_value(flow.from_client.missed_bytes);
        t.server_missed_bytes.append_value(flow.from_server.missed_bytes);
        t.client_retransmits.append_value(flow.from_client.retransmits);
        t.server_retransmits.append_value(flow.from_server.retransmits);
        t.client_out_of_order.append_value(flow.from_client.out_of_order);
        t.server_out_of_order.append_value(flow.from_server.out_of_order);
        t.client_keep_alives.append_value(flow.from_client.keep_alives);
        t.server_keep_alives.append_value(flow.from_server.keep_alives);
        t.client_zero_windows.append_value(flow.from_client.zero_windows);
        t.server_zero_windows.append_value(flow.from_server.zero_windows);
        t.client_conflicting_bytes.append_value(flow.from_client.conflicting_bytes);
        t.server_conflicting_bytes.append_value(flow.from_server.conflicting_bytes);
        t.history.append_value(&flow.history);
        t.server_name.append_option(flow.server_name.as_deref());
        t.batch.append_value(batch);
        self.count(fixed_bytes::FLOW, flow.history.len(), flow.opened_ns, flow.closed_ns);
    }

    /// A lifecycle event.
    pub fn push_event(&mut self, event: &FlowEvent, client: PeerId, server: PeerId) {
        let number = self.flow_number(event.flow);
        self.pair(client, server);
        self.tally.event(event, client, server);
        if !self.handshakes.add(event, number, client, server) {
            let (us, rest) = split(event.at_ns);
            let t = &mut self.endings;
            t.happened_us.append_value(us);
            t.happened_rest.append_value(rest);
            t.flow_id.append_value(number);
            t.kind.append_value(ending(event.kind));
            t.client_peer.append_value(client.0);
            t.server_peer.append_value(server.0);
            t.batch.append_value(self.batch);
        }
        self.count(fixed_bytes::FLOW_EVENT, 0, event.at_ns, event.at_ns);
    }

    /// An exchange; it gets the workspace's next exchange number, which is returned.
    pub fn push_exchange(&mut self, exchange: &HttpExchange, client: PeerId, server: PeerId) -> u64 {
        let id = self.next_exchange;
        self.next_exchange += 1;
        let number = self.flow_number(exchange.flow);
        let Place { page, whole, date_s } = self.pages.place(exchange, &mut self.http_pages);
        self.pair(client, server);
        self.pulse.add(exchange);
        self.tally.exchange(exchange, client, server);
        let (started_us, started_rest) = split(exchange.started_ns);
        let response = exchange.response_ns.map(split);
        let (finished_us, finished_rest) = split(exchange.finished_ns);
        let finished_after_us = finished_us.saturating_sub(response.map_or(started_us, |(us, _)| us));
        let t = &mut self.http_exchanges;
        t.exchange_id.append_value(id);
        t.flow_id.append_value(number);
        t.ordinal.append_value(exchange.ordinal);
        t.client_peer.append_value(client.0);
        t.client_port.append_value(exchange.client.port);
        t.server_peer.append_value(server.0);
        t.started_us.append_value(started_us);
        t.started_rest.append_value(started_rest);
        t.response_us.append_option(response.map(|(us, _)| us));
        t.response_rest.append_value(response.map_or(0, |(_, rest)| rest));
        t.finished_after_us.append_value(finished_after_us);
        t.finished_rest.append_value(finished_rest);
        t.page_id.append_value(page);
        t.outcome.append_value(outcome(exchange));
        let of_its_own = whole.is_none().then_some(exchange);
        t.target.append_option(of_its_own.and_then(|exchange| exchange.target.as_deref()));
        t.decoded_target.append_option(of_its_own.and_then(HttpExchange::decoded_target).as_deref());
        t.path.append_option(of_its_own.and_then(path_unless_plain));
        t.status.append_option(of_its_own.and_then(|exchange| exchange.status));
        t.request_headers.append_option(of_its_own.map(|exchange| &*exchange.request_headers));
        t.response_headers.append_option(of_its_own.map(|exchange| &*exchange.response_headers));
        let responded_s = response.map_or(started_us, |(us, _)| us).div_euclid(1_000_000);
        t.date_after_s.append_option(date_s.and_then(|date_s| i32::try_from(date_s - responded_s).ok()));
        let sent = [exchange.request_body_bytes, exchange.response_body_bytes];
        let [request_body, response_body] =
            [0, 1].map(|side| Some(sent[side]).filter(|bytes| whole.is_none_or(|page| page[side] != *bytes)));
        t.request_body_bytes.append_option(request_body);
        t.response_body_bytes.append_option(response_body);
        t.complete.append_option(of_its_own.map(|exchange| exchange.complete));
        t.error.append_option(of_its_own.and_then(|exchange| exchange.error.as_deref()));
        t.grpc_status.append_option(exchange.grpc_status);
        t.request_messages.append_option(exchange.request_messages);
        t.response_messages.append_option(exchange.response_messages);
        t.stream_id.append_option(exchange.stream_id);
        t.x_forwarded_for.append_option(exchange.x_forwarded_for.as_deref());
        t.origin_ip.append_option(exchange.origin_ip.as_deref());
        t.identity.append_option(exchange.identity.as_deref());
        t.trace_id.append_option(exchange.trace_id.as_deref());
        t.batch.append_value(self.batch);
        let text = of_its_own.map_or(0, |exchange| exchange.request_headers.len() + exchange.response_headers.len());
        self.count(fixed_bytes::EXCHANGE, text, exchange.started_ns, exchange.finished_ns);
        id
    }

    /// A DNS question with its answer.
    pub fn push_dns(&mut self, query: &DnsQuery, client: PeerId, server: PeerId) {
        let t = &mut self.dns_queries;
        t.source_id.append_value(self.source);
        t.happened_at.append_value(query.at_ns);
        t.answered_at.append_option(query.answered_ns);
        t.client_peer.append_value(client.0);
        t.client_port.append_value(query.client.port);
        t.server_peer.append_value(server.0);
        t.carrier.append_value(query.carrier.name());
        t.name.append_value(&query.name);
        t.kind.append_value(&query.kind);
        t.rcode.append_option(query.rcode.as_deref());
        for answer in &query.answers {
            match answer {
                DnsAnswer::Address(ip) => t.answers.values().append_value(ip.to_string()),
                DnsAnswer::Name(name) => t.answers.values().append_value(name),
            }
        }
        t.answers.append(true);
        let text = query.name.len() + 16 * query.answers.len();
        self.count(fixed_bytes::DNS_QUERY, text, query.at_ns, query.answered_ns.unwrap_or(query.at_ns));
    }

    /// A TLS handshake.
    pub fn push_tls(&mut self, handshake: &TlsHandshake) {
        let number = self.flow_number(handshake.flow);
        let t = &mut self.tls_handshakes;
        t.flow_id.append_value(number);
        t.happened_at.append_value(handshake.at_ns);
        t.sni.append_option(handshake.sni.as_deref());
        t.alpn.append_option(handshake.alpn.as_deref());
        t.version.append_option(handshake.version.as_deref());
        t.cipher.append_option(handshake.cipher.as_deref());
        t.ja4.append_option(handshake.ja4.as_deref());
        t.certificate_subject.append_option(handshake.certificate_subject.as_deref());
        t.certificate_issuer.append_option(handshake.certificate_issuer.as_deref());
        for name in &handshake.certificate_names {
            t.certificate_names.values().append_value(name);
        }
        t.certificate_names.append(true);
        t.certificate_not_before.append_option(handshake.certificate_not_before_ns);
        t.certificate_not_after.append_option(handshake.certificate_not_after_ns);
        self.count(fixed_bytes::TLS_HANDSHAKE, 64, handshake.at_ns, handshake.at_ns);
    }

    /// Where packets of a flow are.
    pub fn push_span(&mut self, span: &FlowSpan) {
        let number = self.flow_number(span.flow);
        let encoded = positions::encode(&span.positions);
        let t = &mut self.flow_spans;
        t.flow_id.append_value(number);
        t.first_at.append_value(span.first_ns);
        t.last_at.append_value(span.last_ns);
        t.positions.append_value(&encoded);
        self.count(fixed_bytes::SPAN, encoded.len(), span.first_ns, span.last_ns);
    }

    /// Something that could not be read.
    pub fn push_problem(&mut self, problem: &Problem) {
        let number = problem.flow.map(|flow| self.flow_number(flow));
        let t = &mut self.ingest_errors;
        t.happened_at.append_value(problem.at_ns);
        t.source_id.append_value(self.source);
        t.stage.append_value(problem.stage.name());
        t.position.append_value(problem.position);
        t.flow_id.append_option(number);
        t.message.append_value(&problem.message);
        self.len += 1;
        self.bytes += fixed_bytes::PROBLEM + problem.message.len();
    }
}

/// Whole microseconds, and the nanoseconds that are left.
pub(super) fn split(at_ns: i64) -> (i64, u16) {
    (at_ns.div_euclid(1_000), at_ns.rem_euclid(1_000) as u16)
}

/// Kinds of events that are no step of a handshake; rows hold their place in this list. New ones go to its end.
pub(crate) const ENDINGS: [&str; 5] = ["refused", "close", "reset", "idle", "resume"];

fn ending(kind: FlowEventKind) -> u8 {
    ENDINGS.iter().position(|name| *name == kind.name()).map_or(u8::MAX, |place| place as u8)
}

/// What exchanges ended with; rows hold their place in this list, which the conditions of [`crate::schema`] know.
pub(crate) const OUTCOMES: [&str; 5] = ["answered", "4xx", "5xx", "broken off", "no status"];

pub(super) fn outcome(exchange: &HttpExchange) -> u8 {
    match exchange.status {
        None => 4,
        Some(_) if has_failed(exchange) => 3,
        Some(500..) => 2,
        Some(400..) => 1,
        Some(_) => 0,
    }
}

/// Names of protocols; rows hold their place in this list. New ones go to its end.
pub(crate) const PROTOCOLS: [&str; 6] = ["http/0.9", "http/1.0", "http/1.1", "h2", "grpc", "websocket"];

pub(super) fn code_of(protocol: Protocol) -> Option<u8> {
    PROTOCOLS.iter().position(|name| *name == protocol.name()).map(|place| place as u8)
}

/// A path that is not simply the target up to its query, which `raw.exchanges` makes of the target itself. Empty when there is a target
/// without path.
pub(super) fn path_unless_plain(exchange: &HttpExchange) -> Option<&str> {
    let path = exchange.path.as_deref().unwrap_or("");
    let plain = exchange.target.as_deref()?.split('?').next();
    (plain != Some(path)).then_some(path)
}

/// How much of a handshake was seen, as it is written in rows.
fn handshake_name(handshake: Handshake) -> &'static str {
    match handshake {
        Handshake::Full => "full",
        Handshake::MidStream => "mid_stream",
        Handshake::None => "none",
    }
}

/// No response, or one that a reset or the end of the connection cut off. A 5xx is an error already and not failed too.
pub(super) fn has_failed(exchange: &HttpExchange) -> bool {
    match exchange.status {
        None => true,
        Some(status) => status < 500 && matches!(exchange.error.as_deref(), Some("reset" | "cut off")),
    }
}
