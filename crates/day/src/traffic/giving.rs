//! What a sink is given of a connection: only what the present source has seen.

use wirereel_dissect::record::{CloseReason, FlowEvent, FlowEventKind, Sink};

use super::{Day, Waiting};
use crate::records::Life;

impl Day {
    pub(super) fn give_event(&mut self, slot: u32, kind: FlowEventKind, sink: &mut dyn Sink) {
        let at_ns = self.seen_at(self.now_ns);
        let Some(connection) = self.connections[slot as usize].as_ref().filter(|connection| connection.seen) else {
            return;
        };
        let Life { flow, client, server, .. } = connection.life;
        self.counts.lifecycle += 1;
        sink.flow_event(FlowEvent { at_ns, flow, kind, client, server });
    }

    pub(super) fn give_exchange(&mut self, slot: u32, sink: &mut dyn Sink) {
        let Some(connection) = self.connections[slot as usize].as_mut() else { return };
        let Some(Waiting { page, outcome, seen: true }) = connection.waiting.take() else { return };
        let service = &self.shop.services[self.shop.edges[connection.edge].server];
        self.counts.exchanges += 1;
        sink.http_exchange(connection.life.exchange(service, &service.pages[page], &outcome));
    }

    pub(super) fn give_flow(&mut self, slot: usize, reason: CloseReason, sink: &mut dyn Sink) {
        let Some(connection) = self.connections[slot].as_ref().filter(|connection| connection.seen) else { return };
        let service = &self.shop.services[self.shop.edges[connection.edge].server];
        self.counts.flows += 1;
        sink.flow(connection.life.flow(service, self.seen_at(connection.last_ns), reason));
    }

    /// Ends a connection and frees its slot.
    pub(super) fn end(&mut self, slot: u32, reason: CloseReason, sink: &mut dyn Sink) {
        if let Some(connection) = self.connections[slot as usize].as_mut() {
            connection.last_ns = self.now_ns;
        }
        self.give_flow(slot as usize, reason, sink);
        self.connections[slot as usize] = None;
        self.free.push(slot);
    }
}
