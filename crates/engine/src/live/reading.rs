//! A source's packets through its dissector, with what they add up to.

use wirereel_dissect::{Dissector, HttpOptions, Limits, LinkType, Packet};
use wirereel_store::SourceFigures;

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
    limits: Limits,
    pub(crate) figures: SourceFigures,
    link_types: Vec<LinkType>,
}

impl Reading {
    pub(crate) fn new(parsing: Parsing) -> Self {
        let dissector = Dissector::new(parsing.limits.clone()).with_http(parsing.http);
        Self { dissector, limits: parsing.limits, figures: SourceFigures::default(), link_types: Vec::new() }
    }

    pub(crate) fn push(&mut self, packet: &Packet<'_>, collector: &mut Collector) {
        self.figures.packets += 1;
        self.figures.bytes += packet.bytes.len() as u64;
        self.reach(packet.at_ns);
        if !self.link_types.contains(&packet.link_type) {
            self.link_types.push(packet.link_type);
        }
        self.dissector.push(packet, collector);
    }

    /// It was listened to at this time, whether or not anything came.
    pub(crate) fn reach(&mut self, at_ns: i64) {
        let figures = &mut self.figures;
        figures.started_ns = Some(figures.started_ns.map_or(at_ns, |first| first.min(at_ns)));
        figures.ended_ns = Some(figures.ended_ns.map_or(at_ns, |last| last.max(at_ns)));
    }

    /// Connections end in silence as well.
    pub(crate) fn advance(&mut self, at_ns: i64, collector: &mut Collector) {
        self.dissector.advance(at_ns, collector);
    }

    /// Nothing more comes.
    pub(crate) fn finish(mut self, collector: &mut Collector) -> SourceFigures {
        self.dissector.finish(collector);
        let names: Vec<_> = self.link_types.iter().map(|link| link.name()).collect();
        self.figures.link_type = names.join(",");
        self.figures.warnings.extend(self.dissector.figures().limits_hit.sentences(&self.limits));
        self.figures
    }
}
