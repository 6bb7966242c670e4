//! One flow of the table.

use super::Outlet;
use super::direction::Direction;
use super::history::History;
use super::key::Key;
use super::span::Span;
use super::table::Seen;
use crate::app::FlowContext;
use crate::limits::Limits;
use crate::net::protocol;
use crate::record::{
    CloseReason, DirectionFigures, Flow, FlowEvent, FlowEventKind, FlowId, Handshake, Side, Transport,
};
use crate::tcp::{Connection, Due, Resting, Surroundings};

pub(super) struct Entry {
    /// Which flow this is, between whom, and where its last packet's record stands.
    pub(super) context: FlowContext,
    pub(super) transport: Transport,
    /// The client is the lower end of the key.
    pub(super) client_is_low: bool,
    pub(super) direction: Direction,
    pub(super) vlan: Option<u16>,
    pub(super) tunnel: Option<&'static str>,
    pub(super) opened_ns: i64,
    pub(super) last_ns: i64,
    pub(super) idle: bool,
    /// It was found to have something under way since its last packet, so it is not at rest.
    pub(super) restless: bool,
    /// Earliest entry in the timer queue.
    pub(super) timer_ns: i64,
    pub(super) history: History,
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// What a flow keeps besides its endpoints.
pub(super) enum Kind {
    Tcp(Box<Connection>),
    /// A TCP connection of which nothing has come for a while.
    Resting(Box<Resting>),
    Messages(Box<Messages>),
}

/// What was said without a connection.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) figures: [DirectionFigures; 2],
    pub(super) app_protocol: Option<&'static str>,
}

/// The number of a transport in the IP header; one stands for both versions of ICMP.
pub(super) fn number_of(transport: Transport) -> u8 {
    match transport {
        Transport::Tcp => protocol::TCP,
        Transport::Udp => protocol::UDP,
        Transport::Icmp => protocol::ICMP,
        Transport::Other(number) => number,
    }
}

impl Entry {
    /// Which end sent a packet whose source is the lower end of the key, or not.
    pub(super) fn side(&self, source_is_low: bool) -> Side {
        if source_is_low == self.client_is_low { Side::Client } else { Side::Server }
    }

    /// What it is found by.
    pub(super) fn key(&self) -> Key {
        Key::of(self.context.client, self.context.server, number_of(self.transport)).0
    }

    /// Keeps in less room what says nothing; otherwise remembers that it is not at rest.
    pub(super) fn rest(&mut self) {
        let Kind::Tcp(connection) = &mut self.kind else { return };
        match connection.at_rest() {
            Some(resting) => self.kind = Kind::Resting(Box::new(resting)),
            None => self.restless = true,
        }
    }

    /// A packet comes, or the end: it is as it was before it rested. Tells whether it had rested.
    pub(super) fn wake(&mut self) -> bool {
        let Kind::Resting(_) = &self.kind else { return false };
        let resting = std::mem::replace(&mut self.kind, Kind::Messages(Box::default()));
        if let Kind::Resting(resting) = resting {
            self.kind = Kind::Tcp(Box::new(resting.woken()));
        }
        true
    }

    pub(super) fn id(&self) -> FlowId {
        self.context.flow
    }

    /// A packet of it was seen.
    pub(super) fn note_packet(&mut self, seen: &Seen<'_>, outlet: &mut Outlet<'_>) {
        if self.idle {
            self.idle = false;
            self.tell(FlowEventKind::Resume, seen.at_ns, outlet);
        }
        self.restless = false;
        self.last_ns = self.last_ns.max(seen.at_ns);
        self.context.position = seen.position;
        self.span.add(self.context.flow, seen.positions, seen.at_ns, outlet.limits.span_len, outlet.sink);
    }

    /// What happens next if no packet comes.
    pub(super) fn due(&self, limits: &Limits) -> Due {
        match &self.kind {
            Kind::Tcp(connection) => connection.due(self.last_ns, self.idle, self.restless, limits),
            Kind::Resting(_) => Resting::due(self.last_ns, self.idle, limits),
            Kind::Messages(_) => {
                Due::End { at_ns: self.last_ns.saturating_add(limits.udp_end_ns), reason: CloseReason::Idle }
            }
        }
    }

    /// Exchanges client and server.
    pub(super) fn flip(&mut self, waiting_total: &mut usize, outlet: &mut Outlet<'_>) {
        let context = &self.context;
        if let Kind::Tcp(connection) = &mut self.kind {
            connection.flip(&mut Surroundings { context, at_ns: self.last_ns, outlet, waiting_total });
        }
        if let Some(detail) = &mut outlet.detail {
            detail.flip(context.flow);
        }
        std::mem::swap(&mut self.context.client, &mut self.context.server);
        self.client_is_low = !self.client_is_low;
        self.history.flip();
    }

    pub(super) fn tell(&self, kind: FlowEventKind, at_ns: i64, outlet: &mut Outlet<'_>) {
        let FlowContext { flow, client, server, .. } = self.context;
        outlet.sink.flow_event(FlowEvent { at_ns, flow, kind, client, server });
    }

    /// Hands out everything that is known; `None` as reason when it is the input that ends.
    pub(super) fn end(mut self, reason: Option<CloseReason>, waiting_total: &mut usize, outlet: &mut Outlet<'_>) {
        self.wake();
        let context = &self.context;
        let mut row = Flow {
            id: context.flow,
            transport: self.transport,
            client: context.client,
            server: context.server,
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
                row.life_rtt = connection.life_rtt();
                row.from_client = connection.figures(Side::Client);
                row.from_server = connection.figures(Side::Server);
                row.app_protocol = connection.stream().and_then(|stream| stream.protocol());
                row.upgrade = connection.stream().and_then(|stream| stream.upgrade()).cloned();
                row.server_name = connection.stream().and_then(|stream| stream.server_name()).map(str::to_owned);
            }
            Kind::Messages(messages) => {
                [row.from_client, row.from_server] = messages.figures;
                row.app_protocol = messages.app_protocol;
            }
            // It was woken.
            Kind::Resting(_) => {}
        }
        if let Some(detail) = &mut outlet.detail {
            detail.end(context.flow, self.last_ns, outlet.sink);
        }
        self.span.flush(context.flow, outlet.sink);
        outlet.sink.flow(row);
    }
}
