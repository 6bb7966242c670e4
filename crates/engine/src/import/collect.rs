//! The sink of an import: gives each record its peers and collects rows.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use wirereel_dissect::record::{
    DnsQuery, Endpoint, Flow, FlowEvent, FlowEventKind, FlowId, FlowSpan, HttpExchange, Problem, Sink, Stage,
    TlsHandshake, Transport,
};
use wirereel_store::{Batch, PeerId, PeerTable, Rows, SourceId};

use super::dns_names::DnsNames;
use crate::live::SocketTable;

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

/// What is known about a source while it is read.
struct Known {
    dns: DnsNames,
    /// When the flows that are open now were opened: a DNS answer names a flow only if it came before.
    opened: HashMap<FlowId, i64>,
    /// Whose sockets are whose on the capturing host; empty for files.
    sockets: SocketTable,
}

impl Known {
    fn nothing() -> Self {
        Self { dns: DnsNames::default(), opened: HashMap::new(), sockets: SocketTable::default() }
    }
}

/// Collects rows on the dissecting thread: of one source, or of several in turns.
pub(crate) struct Collector {
    rows: Rows,
    peers: PeerTable,
    /// Of the source whose turn it is.
    known: Known,
    turn: Option<SourceId>,
    /// Of the others.
    apart: HashMap<SourceId, Known>,
    /// The host of the last exchange that named one, and the server's name in it: most exchanges name the one before.
    host: Option<(Arc<str>, Option<String>)>,
    counts: Counts,
    /// Problems above the transport since they were told last, by stage.
    unread: HashMap<Stage, u64>,
}

impl Collector {
    /// Collects records of the source that `rows` were begun for.
    pub(crate) fn new(rows: Rows, peers: PeerTable) -> Self {
        Self {
            rows,
            peers,
            known: Known::nothing(),
            turn: None,
            apart: HashMap::new(),
            host: None,
            counts: Counts::default(),
            unread: HashMap::new(),
        }
    }

    /// What comes from now on is of this source. Names that DNS gave and flows that are open are known by source.
    pub(crate) fn turn_to(&mut self, source: SourceId) {
        if self.turn == Some(source) {
            return;
        }
        let next = self.apart.remove(&source).unwrap_or_else(Known::nothing);
        let last = std::mem::replace(&mut self.known, next);
        if let Some(turn) = self.turn {
            self.apart.insert(turn, last);
        }
        self.turn = Some(source);
        self.rows.turn_to(source);
    }

    /// The source whose turn it is has ended: what is known about it is of no use any more.
    pub(crate) fn forget(&mut self) {
        self.known = Known::nothing();
        self.turn = None;
    }

    /// Whose sockets are whose on the host of the source whose turn it is.
    pub(crate) fn sockets(&mut self) -> &mut SocketTable {
        &mut self.known.sockets
    }

    /// Problems above the transport, and of files, since this was asked last.
    pub(crate) fn take_unread(&mut self) -> impl Iterator<Item = (Stage, u64)> {
        std::mem::take(&mut self.unread).into_iter()
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.rows.bytes() >= BATCH_BYTES
    }

    /// Rows collected since they were taken last.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn take(&mut self) -> Batch {
        self.rows.take(&mut self.peers)
    }

    /// A problem with the file itself, found by its reader.
    pub(super) fn problem_of_file(&mut self, problem: Problem) {
        self.problem(problem);
    }

    fn client(&mut self, transport: Transport, client: Endpoint, opened_ns: i64) -> PeerId {
        let owner = self.known.sockets.owner(transport, client, false, opened_ns);
        self.peers.intern(client.ip, 0, self.known.dns.name_at(client.ip, opened_ns), None, owner)
    }

    fn server(&mut self, transport: Transport, server: Endpoint, opened_ns: i64, host: Option<&str>) -> PeerId {
        let owner = self.known.sockets.owner(transport, server, true, opened_ns);
        self.peers.intern(server.ip, server.port, self.known.dns.name_at(server.ip, opened_ns), host, owner)
    }

    /// The server of an exchange, by the name that its client used.
    fn asked(&mut self, exchange: &HttpExchange, opened_ns: i64) -> PeerId {
        let host = exchange.host.as_ref();
        if host.is_some() && self.host.as_ref().map(|(known, _)| known) != host {
            self.host = host.map(|host| (Arc::clone(host), exchange.server_name()));
        }
        let name = host.and(self.host.as_ref()).and_then(|(_, name)| name.as_deref());
        let server = exchange.server;
        let owner = self.known.sockets.owner(Transport::Tcp, server, true, opened_ns);
        self.peers.intern(server.ip, server.port, self.known.dns.name_at(server.ip, opened_ns), name, owner)
    }

    /// When a flow was opened, as far as known; `else_ns` for flows without lifecycle.
    fn opened_ns(&self, flow: FlowId, else_ns: i64) -> i64 {
        self.known.opened.get(&flow).copied().unwrap_or(else_ns)
    }
}

impl Sink for Collector {
    fn flow(&mut self, flow: Flow) {
        self.counts.flows += 1;
        let opened_ns = self.known.opened.remove(&flow.id).unwrap_or(flow.opened_ns);
        let client = self.client(flow.transport, flow.client, opened_ns);
        let server = self.server(flow.transport, flow.server, opened_ns, flow.server_name.as_deref());
        self.rows.push_flow(&flow, client, server);
    }

    fn flow_event(&mut self, event: FlowEvent) {
        if matches!(event.kind, FlowEventKind::Connect | FlowEventKind::Accept | FlowEventKind::Established) {
            self.known.opened.entry(event.flow).or_insert(event.at_ns);
        }
        let opened_ns = self.opened_ns(event.flow, event.at_ns);
        let client = self.client(Transport::Tcp, event.client, opened_ns);
        let server = self.server(Transport::Tcp, event.server, opened_ns, None);
        self.rows.push_event(&event, client, server);
    }

    fn flow_span(&mut self, span: FlowSpan) {
        self.rows.push_span(&span);
    }

    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.counts.exchanges += 1;
        let opened_ns = self.opened_ns(exchange.flow, exchange.started_ns);
        let client = self.client(Transport::Tcp, exchange.client, opened_ns);
        let server = self.asked(&exchange, opened_ns);
        self.rows.push_exchange(&exchange, client, server);
    }

    fn dns_query(&mut self, query: DnsQuery) {
        self.counts.dns_queries += 1;
        self.known.dns.learn(&query);
        let client = self.client(Transport::Udp, query.client, query.at_ns);
        let server = self.server(Transport::Udp, query.server, query.at_ns, None);
        self.rows.push_dns(&query, client, server);
    }

    fn tls_handshake(&mut self, handshake: TlsHandshake) {
        self.rows.push_tls(&handshake);
    }

    fn problem(&mut self, problem: Problem) {
        self.counts.problems += 1;
        // Of packets only the first of a stage become problems: they are counted where they are read.
        if !matches!(problem.stage, Stage::Link | Stage::Network | Stage::Transport) {
            *self.unread.entry(problem.stage).or_default() += 1;
        }
        self.rows.push_problem(&problem);
    }
}
