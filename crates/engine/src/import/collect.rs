//! The sink of an import: gives each record its peers and collects rows.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use wirereel_dissect::record::{
    DnsQuery, Endpoint, Flow, FlowEvent, FlowEventKind, FlowId, FlowSpan, HttpExchange, Problem, Sink, TlsHandshake,
};
use wirereel_store::{Batch, PeerId, PeerTable, Rows};

use super::dns_names::DnsNames;

/// Rows of a batch. DuckDB's row groups hold 122,880 rows; half of one keeps memory low and the appender quick.
pub(super) const BATCH_ROWS: usize = 61_440;

/// Bytes of a batch, for rows with long headers.
const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// What was collected so far in this file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) flows: u64,
    pub(super) exchanges: u64,
    pub(super) dns_queries: u64,
    pub(super) problems: u64,
}

/// Collects rows on the dissecting thread.
pub(crate) struct Collector {
    rows: Rows,
    peers: PeerTable,
    dns: DnsNames,
    /// When the flows that are open now were opened: a DNS answer names a flow only if it came before.
    opened: HashMap<FlowId, i64>,
    /// The host of the last exchange that named one, and the server's name in it: most exchanges name the one before.
    host: Option<(Arc<str>, Option<String>)>,
    counts: Counts,
}

impl Collector {
    pub(super) fn new(rows: Rows, peers: PeerTable) -> Self {
        Self { rows, peers, dns: DnsNames::default(), opened: HashMap::new(), host: None, counts: Counts::default() }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.rows.bytes() >= BATCH_BYTES
    }

    pub(crate) fn take(&mut self) -> Batch {
        self.rows.take(&mut self.peers)
    }

    /// A problem with the file itself, found by its reader.
    pub(super) fn problem_of_file(&mut self, problem: Problem) {
        self.problem(problem);
    }

    fn client(&mut self, client: Endpoint, opened_ns: i64) -> PeerId {
        self.peers.intern(client.ip, 0, self.dns.name_at(client.ip, opened_ns), None)
    }

    fn server(&mut self, server: Endpoint, opened_ns: i64, host: Option<&str>) -> PeerId {
        self.peers.intern(server.ip, server.port, self.dns.name_at(server.ip, opened_ns), host)
    }

    /// The server of an exchange, by the name that its client used.
    fn asked(&mut self, exchange: &HttpExchange, opened_ns: i64) -> PeerId {
        let host = exchange.host.as_ref();
        if host.is_some() && self.host.as_ref().map(|(known, _)| known) != host {
            self.host = host.map(|host| (Arc::clone(host), exchange.server_name()));
        }
        let name = host.and(self.host.as_ref()).and_then(|(_, name)| name.as_deref());
        let server = exchange.server;
        self.peers.intern(server.ip, server.port, self.dns.name_at(server.ip, opened_ns), name)
    }

    /// When a flow was opened, as far as known; `else_ns` for flows without lifecycle.
    fn opened_ns(&self, flow: FlowId, else_ns: i64) -> i64 {
        self.opened.get(&flow).copied().unwrap_or(else_ns)
    }
}

impl Sink for Collector {
    fn flow(&mut self, flow: Flow) {
        self.counts.flows += 1;
        let opened_ns = self.opened.remove(&flow.id).unwrap_or(flow.opened_ns);
        let client = self.client(flow.client, opened_ns);
        let server = self.server(flow.server, opened_ns, flow.server_name.as_deref());
        self.rows.push_flow(&flow, client, server);
    }

    fn flow_event(&mut self, event: FlowEvent) {
        if matches!(event.kind, FlowEventKind::Connect | FlowEventKind::Accept | FlowEventKind::Established) {
            self.opened.entry(event.flow).or_insert(event.at_ns);
        }
        let opened_ns = self.opened_ns(event.flow, event.at_ns);
        let client = self.client(event.client, opened_ns);
        let server = self.server(event.server, opened_ns, None);
        self.rows.push_event(&event, client, server);
    }

    fn flow_span(&mut self, span: FlowSpan) {
        self.rows.push_span(&span);
    }

    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.counts.exchanges += 1;
        let opened_ns = self.opened_ns(exchange.flow, exchange.started_ns);
        let client = self.client(exchange.client, opened_ns);
        let server = self.asked(&exchange, opened_ns);
        self.rows.push_exchange(&exchange, client, server);
    }

    fn dns_query(&mut self, query: DnsQuery) {
        self.counts.dns_queries += 1;
        self.dns.learn(&query);
        let client = self.client(query.client, query.at_ns);
        let server = self.server(query.server, query.at_ns, None);
        self.rows.push_dns(&query, client, server);
    }

    fn tls_handshake(&mut self, handshake: TlsHandshake) {
        self.rows.push_tls(&handshake);
    }

    fn problem(&mut self, problem: Problem) {
        self.counts.problems += 1;
        self.rows.push_problem(&problem);
    }
}
