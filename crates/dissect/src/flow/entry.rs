//! One flow of the table.

use super::Outlet;
use super::history::History;
use super::key::Key;
use super::span::Span;
use crate::app::FlowContext;
use crate::limits::Limits;
use crate::record::{
    CloseReason, DirectionFigures, Endpoint, Flow, FlowEvent, FlowEventKind, FlowId, Handshake, Side, Transport,
};
use crate::tcp::{Connection, Due, Surroundings};

/// How sure it is which end is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// A handshake, an application's first bytes or an ICMP type said so.
    Certain,
    /// One of the ports did.
    Ports,
    /// The end that was seen first is taken for the client.
    FirstSeen,
}

pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) id: FlowId,
    pub(super) transport: Transport,
    pub(super) client: Endpoint,
    pub(super) server: Endpoint,
    /// The client is the lower end of the key.
    pub(super) client_is_low: bool,
    pub(super) direction: Direction,
    pub(super) vlan: Option<u16>,
    pub(super) tunnel: Option<&'static str>,
    pub(super) opened_ns: i64,
    pub(super) last_ns: i64,
    pub(super) last_position: u64,
    pub(super) idle: bool,
    /// Earliest entry in the timer queue.
    pub(super) timer_ns: i64,
    pub(super) history: History,
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// What a flow keeps besides its endpoints.
#[expect(clippy::large_enum_variant, reason = "entries are boxed as a whole, and most flows are TCP")]
pub(super) enum Kind {
    Tcp(Connection),
    Messages { figures: [DirectionFigures; 2], app_protocol: Option<&'static str> },
}

impl Entry {
    /// Which end sent a packet whose source is the lower end of the key, or not.
    pub(super) fn side(&self, source_is_low: bool) -> Side {
        if source_is_low == self.client_is_low { Side::Client } else { Side::Server }
    }

    pub(super) fn context(&self) -> FlowContext {
        FlowContext { flow: self.id, client: self.client, server: self.server, position: self.last_position }
    }

    /// What happens next if no packet comes.
    pub(super) fn due(&self, limits: &Limits) -> Due {
        match &self.kind {
            Kind::Tcp(connection) => connection.due(self.last_ns, self.idle, limits),
            Kind::Messages { .. } => {
                Due::End { at_ns: self.last_ns.saturating_add(limits.udp_end_ns), reason: CloseReason::Idle }
            }
        }
    }

    /// Exchanges client and server.
    pub(super) fn flip(&mut self, waiting_total: &mut usize, outlet: &mut Outlet<'_>) {
        let context = self.context();
        if let Kind::Tcp(connection) = &mut self.kind {
            connection.flip(&mut Surroundings { context, at_ns: self.last_ns, outlet, waiting_total });
        }
        std::mem::swap(&mut self.client, &mut self.server);
        self.client_is_low = !self.client_is_low;
        self.history.flip();
    }

    pub(super) fn tell(&self, kind: FlowEventKind, at_ns: i64, outlet: &mut Outlet<'_>) {
        outlet.sink.flow_event(FlowEvent { at_ns, flow: self.id, kind, client: self.client, server: self.server });
    }

    /// Hands out everything that is known; `None` as reason when it is the input that ends.
    pub(super) fn end(mut self, reason: Option<CloseReason>, waiting_total: &mut usize, outlet: &mut Outlet<'_>) {
        let context = self.context();
        let mut row = Flow {
            id: self.id,
            transport: self.transport,
            client: self.client,
            server: self.server,
            vlan: self.vlan,
            tunnel: self.tunnel,
            opened_ns: self.opened_ns,
            closed_ns: self.last_ns,
            close_reason: reason.unwrap_or(CloseReason::Open),
            handshake: Handshake::None,
            direction_known: self.direction != Direction::FirstSeen,
            rtt_us: None,
            life_rtt: None,
            upgrade: None,
            from_client: DirectionFigures::default(),
            from_server: DirectionFigures::default(),
            app_protocol: None,
            history: self.history.text(),
            server_name: None,
        };
        match self.kind {
            Kind::Tcp(mut connection) => {
                connection.end(&mut Surroundings { context, at_ns: self.last_ns, outlet, waiting_total });
                row.close_reason = reason.unwrap_or_else(|| connection.reason_at_end_of_input());
                row.handshake = connection.handshake();
                row.rtt_us = connection.rtt_us();
                row.from_client = connection.figures(Side::Client);
                row.from_server = connection.figures(Side::Server);
                row.app_protocol = connection.stream().and_then(|stream| stream.protocol());
                row.upgrade = connection.stream().and_then(|stream| stream.upgrade()).cloned();
                row.server_name = connection.stream().and_then(|stream| stream.server_name()).map(str::to_owned);
            }
            Kind::Messages { figures: [client, server], app_protocol } => {
                (row.from_client, row.from_server, row.app_protocol) = (client, server, app_protocol);
            }
        }
        self.span.flush(self.id, outlet.sink);
        outlet.sink.flow(row);
    }
}
