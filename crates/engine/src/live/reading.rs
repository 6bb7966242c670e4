//! A source's packets through its dissector, with what they add up to.

use wirereel_dissect::{Dissector, HttpOptions, Limits, LinkType, Packet};
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
        self.dissector.push(packet, &mut self.waiting);
    }

    /// Collects the records that need not wait any longer for what the host's sockets say.
    pub(crate) fn let_go(&mut self, collector: &mut Collector) {
        let looked_ns = collector.sockets().looked_ns();
        self.waiting.let_go(looked_ns, collector);
    }

    /// Takes in what changed about the host's sockets.
    pub(crate) fn sockets(&mut self, changes: &SocketChanges, collector: &mut Collector) {
        tell_listening(changes, self.dissector.listening());
        collector.sockets().apply(changes);
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
