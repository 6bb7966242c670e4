//! Pairs the requests of one direction with the responses of the other (RFC 9112 §9).

mod losses;
mod messages;

use std::sync::Arc;

use crate::app::FlowContext;
use crate::app::complaints::Complaints;
use crate::record::{BodyRequest, Side, Sink};

use super::exchange::{Asked, Pending};
use super::health::Health;
use super::kept::KeptBody;
use super::leaving::{Departure, H2C};
use super::options::HttpReading;
use super::outstanding::{AtRest, Outstanding};
use super::reader::{Close, Item, Loss, Reader};

/// Everything HTTP about one connection.
pub(crate) struct Conversation {
    client: Reader,
    server: Reader,
    outstanding: Outstanding,
    off: bool,
    health: Health,
    complaints: Complaints,
    kept: Option<Box<KeptBody>>,
    server_name: Option<Arc<str>>,
    http: Arc<HttpReading>,
    /// What the connection speaks from now on, once it is no longer HTTP/1.
    left_for: Option<String>,
    /// What the client sent into a tunnel before it was granted.
    early_bytes: u64,
}

/// A conversation between two exchanges.
pub(crate) struct RestingConversation {
    at_rest: AtRest,
    health: Health,
    complaints: Complaints,
    server_name: Option<Arc<str>>,
    http: Arc<HttpReading>,
}

impl RestingConversation {
    pub(crate) fn reading(&self) -> Arc<HttpReading> {
        Arc::clone(&self.http)
    }

    /// The conversation as it was.
    pub(crate) fn woken(self) -> Conversation {
        Conversation {
            outstanding: Outstanding::woken(self.at_rest),
            health: self.health,
            complaints: self.complaints,
            server_name: self.server_name,
            ..Conversation::new(None, self.http)
        }
    }
}

impl Conversation {
    /// What must be kept while nothing is said; `None` while something is under way. It is empty then, and the rest is to be woken.
    pub(crate) fn at_rest(&mut self) -> Option<RestingConversation> {
        let is_between = self.client.is_between_messages() && self.server.is_between_messages();
        if !is_between || self.off || self.kept.is_some() || self.left_for.is_some() || self.early_bytes > 0 {
            return None;
        }
        Some(RestingConversation {
            at_rest: self.outstanding.at_rest()?,
            health: std::mem::take(&mut self.health),
            complaints: std::mem::take(&mut self.complaints),
            server_name: self.server_name.take(),
            http: Arc::clone(&self.http),
        })
    }

    pub(crate) fn new(body: Option<BodyRequest>, http: Arc<HttpReading>) -> Self {
        Self {
            client: Reader::new(Side::Client),
            server: Reader::new(Side::Server),
            outstanding: Outstanding::default(),
            off: false,
            health: Health::default(),
            complaints: Complaints::default(),
            kept: body.map(|wanted| Box::new(KeptBody::new(wanted))),
            server_name: None,
            http,
            left_for: None,
            early_bytes: 0,
        }
    }

    pub(crate) fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Reads what `side` sent. When the connection leaves HTTP/1 here, gives the server's bytes that are no longer HTTP/1;
    /// then [`Self::depart`] is next.
    pub(crate) fn data<'a>(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        bytes: &'a [u8],
        at_ns: i64,
        sink: &mut dyn Sink,
    ) -> Option<&'a [u8]> {
        if self.off {
            return None;
        }
        let after = match side {
            Side::Client => {
                self.read_client(ctx, bytes, at_ns, sink);
                None
            }
            Side::Server => self.read_server(ctx, bytes, at_ns, sink),
        };
        self.emit_finished(sink);
        if self.health.is_hopeless() {
            self.switch_off(ctx, at_ns, sink);
        }
        after
    }

    /// Ends HTTP/1 on this connection and hands over what goes with it into its next protocol.
    pub(in crate::app) fn depart(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) -> Departure {
        let protocol = self.left_for.take().unwrap_or_default();
        let upgraded = if protocol == H2C { self.outstanding.take_answered_next() } else { None };
        self.finish(ctx, at_ns, "cut off", "no response", sink);
        Departure {
            protocol,
            upgraded,
            next_ordinal: self.outstanding.next_ordinal(),
            kept: self.kept.take(),
            server_name: self.server_name.take(),
            early_client_bytes: self.early_bytes,
        }
    }

    /// `missed` bytes of `side` were never captured: a body goes on by its length, anything else waits for the next start line.
    pub(crate) fn gap(&mut self, ctx: &FlowContext, side: Side, missed: u64, at_ns: i64, sink: &mut dyn Sink) {
        if self.off {
            return;
        }
        match self.reader(side).gap(missed) {
            Loss::Inside { body_bytes } => {
                self.lose_body_bytes(side, body_bytes, at_ns);
                // The lost bytes may have been the body's last.
                self.data(ctx, side, &[], at_ns, sink);
            }
            Loss::Beyond { body_bytes, head } => {
                self.lose_body_bytes(side, body_bytes, at_ns);
                self.cut_off(ctx, side, &head, at_ns, "gap", sink);
                if side == Side::Server {
                    self.outstanding.lose_server();
                }
                self.emit_finished(sink);
            }
            Loss::Nothing => {}
        }
    }

    pub(crate) fn fin(&mut self, ctx: &FlowContext, side: Side, at_ns: i64, sink: &mut dyn Sink) {
        if self.off {
            return;
        }
        match self.reader(side).close() {
            Close::Clean => {}
            Close::EndsBody => self.end_response(&[], at_ns),
            Close::CutOff(head) => self.cut_off(ctx, side, &head, at_ns, "cut off", sink),
        }
        if side == Side::Server {
            self.outstanding.end_unanswered();
        }
        self.emit_finished(sink);
    }

    pub(crate) fn reset(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        self.finish(ctx, at_ns, "reset", "reset", sink);
    }

    pub(crate) fn end(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        self.finish(ctx, at_ns, "cut off", self.outstanding.why_unanswered(), sink);
    }

    fn read_client(&mut self, ctx: &FlowContext, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        self.end_omitted_body(bytes);
        let mut rest = bytes;
        while !self.awaits_tunnel()
            && let Some(item) = self.client.next(&mut rest, at_ns)
        {
            match item {
                Item::Head { block, started_ns } => {
                    self.begin_request(ctx, &block, started_ns, at_ns, sink);
                }
                Item::Body(piece) => self.body_piece(Side::Client, piece, at_ns),
                Item::End { .. } => self.end_request(at_ns),
                Item::Broken(broken) => self.break_off(ctx, Side::Client, broken, at_ns, sink),
            }
        }
        self.early_bytes += rest.len() as u64;
    }

    fn read_server<'a>(
        &mut self,
        ctx: &FlowContext,
        bytes: &'a [u8],
        at_ns: i64,
        sink: &mut dyn Sink,
    ) -> Option<&'a [u8]> {
        let mut rest = bytes;
        while let Some(item) = self.server.next(&mut rest, at_ns) {
            match item {
                Item::Head { block, started_ns } => {
                    self.begin_response(ctx, &block, started_ns, at_ns, sink);
                    if self.left_for.is_some() {
                        return Some(rest);
                    }
                }
                Item::Body(piece) => self.body_piece(Side::Server, piece, at_ns),
                Item::End { trailers } => self.end_response(&trailers, at_ns),
                Item::Broken(broken) => self.break_off(ctx, Side::Server, broken, at_ns, sink),
            }
        }
        None
    }

    /// After CONNECT, nothing the client sends is HTTP until the server has refused (RFC 9110 §9.3.6).
    fn awaits_tunnel(&mut self) -> bool {
        self.outstanding
            .newest()
            .is_some_and(|last| last.asked == Asked::Connect && last.request.ended && last.is_waiting())
    }

    fn emit_finished(&mut self, sink: &mut dyn Sink) {
        while let Some(over) = self.outstanding.pop_over() {
            self.emit(over, sink);
        }
    }

    fn emit(&mut self, pending: Box<Pending>, sink: &mut dyn Sink) {
        if let Some(kept) = &mut self.kept {
            kept.deliver(&pending, sink);
        }
        sink.http_exchange(pending.into_record());
    }

    fn reader(&mut self, side: Side) -> &mut Reader {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}
