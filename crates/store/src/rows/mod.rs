//! Records become columns: what the dissecting thread collects and the writing thread appends.

mod checks;
mod columns;
mod openings;
mod pages;
mod peers;
mod positions;
mod probes;
mod pulse;
mod push;
mod seldom;
mod tables;
mod tally;

use duckdb::arrow::{array::Int32Array, record_batch::RecordBatch};
use foldhash::HashSet;

pub(crate) use checks::{CheckHours, CheckResults, CheckWebsites};
use openings::Handshakes;
use pages::PageTable;
pub use peers::{Owner, Peer, PeerId, PeerTable};
pub(crate) use positions::decode_into;
pub(crate) use probes::{ProbeHops, ProbeNames, ProbeObserved, ProbeResults};
use pulse::Pulse;
pub(crate) use push::{ENDINGS, OUTCOMES, PROTOCOLS};
pub(crate) use tables::{
    DnsQueries, Endings, FlowSpans, Flows, HttpExchanges, HttpPages, IngestErrors, Openings, PeerPairs, Peers, Pulses,
    TlsHandshakes,
};
pub(crate) use tally::{Counts, Tally};

use wirereel_dissect::record::FlowId;

/// Number of an opened file or recording in its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// Bits of a workspace-wide flow number that the dissector's own number takes.
const FLOW_BITS: u32 = 40;

/// The workspace-wide number of a source's flow.
pub fn flow_number(source: SourceId, flow: FlowId) -> u64 {
    (u64::from(source.0) << FLOW_BITS) | flow.0
}

/// The source and the dissector's flow number behind a workspace-wide one.
pub fn source_and_flow(flow_number: u64) -> (SourceId, FlowId) {
    (SourceId((flow_number >> FLOW_BITS) as u32), FlowId(flow_number & ((1 << FLOW_BITS) - 1)))
}

/// The time that rows of a source reach over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) source: u32,
    pub(crate) first_ns: i64,
    pub(crate) last_ns: i64,
}

/// Collects records of one source at a time as columns. Lives on the dissecting thread; [`Rows::take`] gives what the writer appends.
#[derive(Default)]
pub struct Rows {
    source: u32,
    next_exchange: u64,
    batch: u32,
    pages: PageTable,
    handshakes: Handshakes,
    pulse: Pulse,
    tally: Tally,
    /// Pairs that have a row already.
    pairs: HashSet<(PeerId, PeerId)>,
    len: usize,
    bytes: usize,
    reached: Vec<Reached>,
    flows: Flows,
    endings: Endings,
    http_exchanges: HttpExchanges,
    http_pages: HttpPages,
    peer_pairs: PeerPairs,
    pulses: Pulses,
    dns_queries: DnsQueries,
    tls_handshakes: TlsHandshakes,
    flow_spans: FlowSpans,
    ingest_errors: IngestErrors,
}

/// A full set of columns on its way to the writer. A clone shares the columns.
#[derive(Clone)]
pub struct Batch {
    pub(crate) next_exchange: u64,
    pub(crate) next_page: i32,
    pub(crate) number: u32,
    pub(crate) reached: Vec<Reached>,
    pub(crate) peers: Vec<(PeerId, Peer)>,
    /// Table names with the rows to append, none of them empty.
    pub(crate) tables: Vec<(&'static str, RecordBatch)>,
    /// What the rows add to edges, where that was counted.
    pub(crate) tally: Option<Tally>,
    rows: usize,
}

impl Batch {
    /// Who calls whom that no batch of its collector had before: pairs of client and server.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (PeerId, PeerId)> {
        let tables = self.tables.iter().filter(|(table, _)| *table == PeerPairs::TABLE);
        tables.flat_map(|(_, rows)| {
            let ids =
                |index: usize| rows.column(index).as_any().downcast_ref::<Int32Array>().expect("peers are INTEGER");
            ids(0).values().iter().zip(ids(1).values()).map(|(client, server)| (PeerId(*client), PeerId(*server)))
        })
    }

    /// Rows in all tables.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// True when there is nothing to append.
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.peers.is_empty()
    }
}

impl Rows {
    pub(crate) fn starting(source: SourceId, next_exchange: u64, next_page: i32, batch: u32) -> Self {
        Self { source: source.0, next_exchange, pages: PageTable::starting(next_page), batch, ..Self::default() }
    }

    /// What is pushed from now on is of this source. Sources that are captured at the same time share one collector, so that exchanges are
    /// numbered in the order in which they were completed.
    pub fn turn_to(&mut self, source: SourceId) {
        self.source = source.0;
    }

    /// Rows collected since the last [`Rows::take`].
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when nothing was collected since the last [`Rows::take`].
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// About how many bytes the collected rows take in memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Exchanges numbered so far in this workspace.
    pub fn exchanges(&self) -> u64 {
        self.next_exchange
    }

    /// Hands the collected rows over, with the peers that they name, and starts an empty batch.
    pub fn take(&mut self, peers: &mut PeerTable) -> Batch {
        self.pulse.take(&mut self.pulses);
        let mut openings = self.handshakes.take(self.batch);
        let tables = [
            (Flows::TABLE, self.flows.take()),
            (Openings::TABLE, openings.take()),
            (Endings::TABLE, self.endings.take()),
            (HttpExchanges::TABLE, self.http_exchanges.take()),
            (HttpPages::TABLE, self.http_pages.take()),
            (PeerPairs::TABLE, self.peer_pairs.take()),
            (Pulses::TABLE, self.pulses.take()),
            (DnsQueries::TABLE, self.dns_queries.take()),
            (TlsHandshakes::TABLE, self.tls_handshakes.take()),
            (FlowSpans::TABLE, self.flow_spans.take()),
            (IngestErrors::TABLE, self.ingest_errors.take()),
        ];
        let batch = Batch {
            next_exchange: self.next_exchange,
            next_page: self.pages.next(),
            number: self.batch,
            reached: std::mem::take(&mut self.reached),
            peers: peers.hand_over(),
            tables: tables.into_iter().filter_map(|(name, rows)| Some((name, rows?))).collect(),
            tally: self.tally.take(),
            rows: self.len,
        };
        self.batch += 1;
        (self.len, self.bytes) = (0, 0);
        batch
    }

    /// Remembers who calls whom.
    fn pair(&mut self, client: PeerId, server: PeerId) {
        if self.pairs.insert((client, server)) {
            self.peer_pairs.client_peer.append_value(client.0);
            self.peer_pairs.server_peer.append_value(server.0);
        }
    }

    /// Counts a pushed row and the time it reaches over.
    fn count(&mut self, fixed_bytes: usize, text_bytes: usize, from_ns: i64, to_ns: i64) {
        self.len += 1;
        self.bytes += fixed_bytes + text_bytes;
        match self.reached.iter_mut().rev().find(|reached| reached.source == self.source) {
            Some(reached) => {
                reached.first_ns = reached.first_ns.min(from_ns);
                reached.last_ns = reached.last_ns.max(to_ns);
            }
            None => self.reached.push(Reached { source: self.source, first_ns: from_ns, last_ns: to_ns }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_number_holds_its_source_and_its_own_number() {
        let number = flow_number(SourceId(3), FlowId(77));
        assert_eq!(source_and_flow(number), (SourceId(3), FlowId(77)));
    }
}
