//! Pairs the requests of one direction with the responses of the other (RFC 9112 §9).

use std::sync::Arc;

use crate::app::FlowContext;
use crate::app::complaints::Complaints;
use crate::record::{BodyRequest, Side, Sink, Stage};

use super::exchange::{Asked, Pending};
use super::head::{HeadError, starts};
use super::health::Health;
use super::kept::KeptBody;
use super::leaving::{Departure, H2C, TUNNEL, token_of_upgrade};
use super::options::HttpReading;
use super::outstanding::{AtRest, Outstanding};
use super::reader::{Broken, Close, Framing, Item, Loss, PartialHead, Reader};
use super::{request, response, text};

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

    fn begin_request(&mut self, ctx: &FlowContext, head: &[u8], started_ns: i64, at_ns: i64, sink: &mut dyn Sink) {
        self.health.message();
        let read = || {
            let mut pending = Pending::new(ctx, 0, started_ns);
            let request = request::read(&text(head), &mut pending, &self.http.options)?;
            Ok::<_, HeadError>((pending, request))
        };
        let known = match self.http.known.request(head, read) {
            Ok(known) => known,
            Err(error) => {
                self.health.unreadable();
                self.complaints.report(ctx, Stage::Http, at_ns, error, sink);
                self.client.begin_body(Framing::Unknown);
                return;
            }
        };
        let (pending, request) = &*known;
        let mut pending = Box::new(pending.again(ctx, self.outstanding.next_ordinal(), started_ns));
        pending.record.finished_ns = at_ns;
        let (framing, oddity) = request.body;
        if let Some(oddity) = oddity {
            pending.note(oddity);
        }
        if framing == Framing::Unknown {
            pending.request.end_broken();
        }
        self.client.begin_body(framing);
        if self.server_name.is_none() {
            self.server_name.clone_from(&request.server_name);
        }
        self.add(pending, sink);
    }

    fn begin_response(&mut self, ctx: &FlowContext, head: &[u8], started_ns: i64, at_ns: i64, sink: &mut dyn Sink) {
        self.health.message();
        let read = || response::read(&text(head), self.http.options.secrets());
        let response = match self.http.known.response(head, read) {
            Ok(response) => response,
            Err(error) => {
                self.health.unreadable();
                self.complaints.report(ctx, Stage::Http, at_ns, error, sink);
                self.outstanding.note_unanswered(format!("malformed: {error}"));
                self.server.begin_body(Framing::Unknown);
                return;
            }
        };
        let status = response.line.status;
        if matches!(status, 100 | 102..=199) {
            // Interim: the final response is still to come (RFC 9110 §15.2).
            self.server.begin_body(Framing::Length(0));
            return;
        }
        let switches_to =
            (status == 101).then(|| token_of_upgrade(text(head).split_once('\n').map_or("", |(_, lines)| lines)));
        if switches_to.as_deref() == Some(H2C) {
            // The response comes in HTTP/2, on stream 1 (RFC 7540 §3.2).
            self.left_for = switches_to;
            return;
        }
        let answered = match self.outstanding.answered_next() {
            Some(index) => self.outstanding.get(index),
            None => {
                let mut orphan = Box::new(Pending::new(ctx, self.outstanding.next_ordinal(), started_ns));
                orphan.request.ended = true;
                orphan.note("no request");
                self.add(orphan, sink);
                self.outstanding.newest()
            }
        };
        let Some(pending) = answered else { return };
        pending.record.response_ns = Some(started_ns);
        pending.record.finished_ns = at_ns;
        let (framing, oddity) = response.fill(pending);
        if let Some(oddity) = oddity {
            pending.note(oddity);
        }
        let is_tunnel = pending.asked == Asked::Connect && (200..300).contains(&status);
        if status == 101 || is_tunnel {
            // The rest of the connection is another protocol's (RFC 9110 §7.8, §9.3.6).
            pending.response.ended = true;
            self.client.stop();
            self.server.stop();
            self.left_for = switches_to.or_else(|| Some(TUNNEL.to_owned()));
        } else {
            if framing == Framing::Unknown {
                pending.response.end_broken();
            }
            self.early_bytes = 0;
            self.server.begin_body(framing);
        }
    }

    fn add(&mut self, pending: Box<Pending>, sink: &mut dyn Sink) {
        if let Some(given_up) = self.outstanding.add(pending) {
            self.emit(given_up, sink);
        }
    }

    fn body_piece(&mut self, side: Side, piece: &[u8], at_ns: i64) {
        let Some(pending) = self.outstanding.reading(side) else {
            return;
        };
        match side {
            Side::Client => {
                pending.record.request_body_bytes += piece.len() as u64;
                if !pending.response.began {
                    pending.record.finished_ns = at_ns;
                }
            }
            Side::Server => {
                pending.record.response_body_bytes += piece.len() as u64;
                pending.record.finished_ns = at_ns;
            }
        }
        let ordinal = pending.record.ordinal;
        if let Some(kept) = &mut self.kept {
            kept.take(ordinal, side, piece);
        }
    }

    fn end_request(&mut self, at_ns: i64) {
        if let Some(pending) = self.outstanding.reading(Side::Client) {
            pending.request.ended = true;
            if !pending.response.began {
                pending.record.finished_ns = at_ns;
            }
        }
    }

    fn end_response(&mut self, trailers: &[u8], at_ns: i64) {
        if let Some(pending) = self.outstanding.reading(Side::Server) {
            pending.response.ended = true;
            pending.record.finished_ns = at_ns;
            if !trailers.is_empty() {
                response::read_trailers(&text(trailers), pending, self.http.options.secrets());
            }
        }
    }

    /// A client that was answered before it sent its body may go on with the next request (RFC 9110 §10.1.1).
    fn end_omitted_body(&mut self, bytes: &[u8]) {
        if let Some(pending) = self.outstanding.reading(Side::Client)
            && pending.may_omit_body()
            && starts(Side::Client, bytes)
        {
            pending.request.ended = true;
            self.client.expect_message();
        }
    }

    /// After CONNECT, nothing the client sends is HTTP until the server has refused (RFC 9110 §9.3.6).
    fn awaits_tunnel(&mut self) -> bool {
        self.outstanding
            .newest()
            .is_some_and(|last| last.asked == Asked::Connect && last.request.ended && last.is_waiting())
    }

    fn lose_body_bytes(&mut self, side: Side, bytes: u64, at_ns: i64) {
        let Some(pending) = self.outstanding.reading(side) else {
            return;
        };
        pending.note("gap");
        pending.half(side).broken = true;
        match side {
            Side::Client => pending.record.request_body_bytes += bytes,
            Side::Server => {
                pending.record.response_body_bytes += bytes;
                pending.record.finished_ns = at_ns;
            }
        }
    }

    /// The message of `side` that was being read ends here. Whole lines of a head that had come are read.
    fn cut_off(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        head: &PartialHead,
        at_ns: i64,
        why: &str,
        sink: &mut dyn Sink,
    ) {
        if let Some(last_line_end) = memchr::memrchr(b'\n', &head.bytes) {
            let lines = &head.bytes[..=last_line_end];
            match side {
                Side::Client => self.begin_request(ctx, lines, head.started_ns, at_ns, sink),
                Side::Server => self.begin_response(ctx, lines, head.started_ns, at_ns, sink),
            }
            self.reader(side).begin_body(Framing::Unknown);
            // The rest of the head is lost, and with it where another protocol would begin.
            self.left_for = None;
        }
        if let Some(pending) = self.outstanding.reading(side) {
            pending.interrupt(side, why);
        }
    }

    fn break_off(&mut self, ctx: &FlowContext, side: Side, broken: Broken, at_ns: i64, sink: &mut dyn Sink) {
        if !matches!(broken, Broken::Chunk(_)) {
            self.health.message();
        }
        self.health.unreadable();
        self.complaints.report(ctx, Stage::Http, at_ns, broken, sink);
        let oddity = format!("malformed: {broken}");
        if side == Side::Server {
            self.outstanding.lose_server();
        }
        match self.outstanding.reading(side) {
            Some(pending) => pending.interrupt(side, oddity),
            None if side == Side::Server => self.outstanding.note_unanswered(oddity),
            None => {}
        }
    }

    fn switch_off(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        let message = format!("{}: this flow is no longer read as HTTP", self.health);
        // Said even by a flow that has complained enough.
        Complaints::default().report(ctx, Stage::Http, at_ns, message, sink);
        self.finish(ctx, at_ns, "cut off", "no response", sink);
        self.off = true;
    }

    fn finish(&mut self, ctx: &FlowContext, at_ns: i64, why: &str, unanswered: &str, sink: &mut dyn Sink) {
        if self.off {
            return;
        }
        for side in [Side::Client, Side::Server] {
            if let Close::CutOff(head) = self.reader(side).close() {
                self.cut_off(ctx, side, &head, at_ns, why, sink);
            }
        }
        while let Some(mut pending) = self.outstanding.pop() {
            pending.give_up(why, unanswered);
            self.emit(pending, sink);
        }
        self.client.stop();
        self.server.stop();
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
