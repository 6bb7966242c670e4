//! Collects the positions of a flow's packets until there are enough to hand out.

use crate::record::{FlowId, FlowSpan, Sink};

/// Positions not handed out yet.
#[derive(Debug, Default)]
pub(super) struct Span {
    first_ns: i64,
    last_ns: i64,
    positions: Vec<u64>,
}

impl Span {
    /// Adds packets seen at `at_ns`; hands out a span when `span_len` positions are there.
    pub(super) fn add(&mut self, flow: FlowId, positions: &[u64], at_ns: i64, span_len: usize, sink: &mut dyn Sink) {
        if self.positions.is_empty() {
            self.first_ns = at_ns;
        }
        self.last_ns = at_ns;
        self.positions.extend_from_slice(positions);
        if self.positions.len() >= span_len {
            self.flush(flow, sink);
        }
    }

    /// Hands out what there is.
    pub(super) fn flush(&mut self, flow: FlowId, sink: &mut dyn Sink) {
        if self.positions.is_empty() {
            return;
        }
        let mut positions = std::mem::take(&mut self.positions);
        // Fragments of one datagram may have come before packets that were added earlier.
        if !positions.is_sorted() {
            positions.sort_unstable();
        }
        sink.flow_span(FlowSpan { flow, first_ns: self.first_ns, last_ns: self.last_ns, positions });
    }
}
