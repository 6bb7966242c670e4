//! A source's packets through its dissector, with what they add up to.

use wirereel_dissect::{Dissector, HttpOptions, Limits, LinkType, Packet, record::Stage};
use wirereel_store::SourceFigures;

use wirereel_whisper::SocketChanges;

use super::{sockets::tell_listening, waiting::Waiting};
use crate::import::Collector;

/// What the user decided about reading a source.
#[derive(Debug, Clone)]
pub(crate) struct Parsing {
    pub(crate) limits: Limits,
    pub(crate) http: HttpOptions,
}

/// One source being read, as it is captured or again from its segments.
pub(crate) struct Reading {
    dissector: Dissector,
    waiting: Waiting,
    limits: Limits,
    pub(crate) figures: SourceFigures,
    link_types: Vec<LinkType>,
    /// What could not be read when that was told last: at the link, the network and the transport.
    told_unread: [u64; 3],
}

/// What a reading holds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held {
    /// Records that wait for what the host's sockets say.
    pub(crate) records: u64,
    /// Bytes of segments that wait for those before them.
    pub(crate) bytes: u64,
    pub(crate) flows: u64,
}

impl Reading {
    pub(crate) fn new(parsing: Parsing) -> Self {
        let dissector = Dissector::new(parsing.limits.clone()).with_http(parsing.http);
        Self {
            dissector,
            waiting: Waiting::default(),
            limits: parsing.limits,
            figures: SourceFigures::default(),
            link_types: Vec::new(),
            told_unread: [0; 3],
        }
    }

    /// Takes a packet in. Its records are collected by [`Reading::let_go`].
    pub(crate) fn push(&mut self, packet: &Packet<'_>) {
        self.figures.packets += 1;
        self.figures.bytes += packet.bytes.len() as u64;
        self.reach(packet.at_ns);
        if !self.link_types.contains(&packet.link_type) {
            self.link_types.push(packet.link_type);
        }
        self.waiting.packet();
        self.dissector.push(packet, &mut self.waiting);
    }

    /// Packets so far, and up to which of them records were collected.
    pub(crate) fn reached(&self) -> (u64, u64) {
        self.waiting.reached()
    }

    /// Collects the records of the first so many packets.
    pub(crate) fn let_go_of(&mut self, packets: u64, collector: &mut Collector) {
        self.waiting.let_go_of(packets, collector);
    }

    /// Collects the records that need not wait any longer for what the host's sockets say.
    pub(crate) fn let_go(&mut self, collector: &mut Collector) {
        let looked_ns = collector.sockets().looked_ns();
        self.waiting.let_go(looked_ns, collector);
    }

    /// Takes in what changed about the host's sockets; no record goes for it.
    pub(crate) fn sockets_again(&mut self, changes: &SocketChanges, collector: &mut Collector) {
        tell_listening(changes, self.dissector.listening());
        collector.sockets().apply(changes);
    }

    /// Takes in what changed about the host's sockets.
    pub(crate) fn sockets(&mut self, changes: &SocketChanges, collector: &mut Collector) {
        self.sockets_again(changes, collector);
        self.waiting.set_now(changes.at_ns);
        self.let_go(collector);
    }

    /// It was listened to at this time, whether or not anything came.
    pub(crate) fn reach(&mut self, at_ns: i64) {
        self.waiting.set_now(at_ns);
        let figures = &mut self.figures;
        figures.started_ns = Some(figures.started_ns.map_or(at_ns, |first| first.min(at_ns)));
        figures.ended_ns = Some(figures.ended_ns.map_or(at_ns, |last| last.max(at_ns)));
    }

    /// Connections end in silence as well.
    pub(crate) fn advance(&mut self, at_ns: i64, collector: &mut Collector) {
        self.dissector.advance(at_ns, &mut self.waiting);
        self.let_go(collector);
    }

    /// What it holds now.
    pub(crate) fn held(&self) -> Held {
        let flows = self.dissector.figures().flows_open;
        Held { records: self.waiting.len() as u64, bytes: self.dissector.held_bytes() as u64, flows }
    }

    /// Packets that could not be read, by stage, since this was asked last. Later stages tell by records.
    pub(crate) fn take_unread(&mut self) -> [(Stage, u64); 3] {
        let unread = unread_packets(&self.dissector);
        let told = std::mem::replace(&mut self.told_unread, unread.map(|(_, packets)| packets));
        std::array::from_fn(|at| (unread[at].0, unread[at].1.saturating_sub(told[at])))
    }

    /// Nothing more comes.
    pub(crate) fn finish(mut self, collector: &mut Collector) -> SourceFigures {
        self.dissector.finish(&mut self.waiting);
        self.waiting.let_all_go(collector);
        let names: Vec<_> = self.link_types.iter().map(|link| link.name()).collect();
        self.figures.link_type = names.join(",");
        self.figures.warnings.extend(self.dissector.figures().limits_hit.sentences(&self.limits));
        self.figures
    }
}

/// Packets that a dissector could not read, by stage.
pub(crate) fn unread_packets(dissector: &Dissector) -> [(Stage, u64); 3] {
    let figures = dissector.figures();
    [
        (Stage::Link, figures.malformed_link + figures.unsupported_link),
        (Stage::Network, figures.malformed_network),
        (Stage::Transport, figures.malformed_transport),
    ]
}
