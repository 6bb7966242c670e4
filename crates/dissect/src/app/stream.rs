//! The application side of one TCP flow: probe, then parse.

mod becoming;

use std::sync::Arc;

use crate::record::{BodyRequest, Side, Sink, Upgrade};

use super::FlowContext;
use super::dns;
use super::h2;
use super::http::{Conversation, HttpReading, SimpleExchange};
use super::probing::Probing;
use super::tls::Handshake;

/// What one TCP flow carries, from its first payload byte to its end. Small when nothing is in flight.
pub(crate) struct Stream {
    body: Option<BodyRequest>,
    http: Arc<HttpReading>,
    state: State,
    server_name: Option<Arc<str>>,
    /// What HTTP turned the connection into, and what came since.
    upgrade: Option<Box<Upgrade>>,
}

enum State {
    Probing(Box<Probing>),
    Http(Box<Conversation>),
    H2(Box<h2::Conversation>),
    Simple(Box<SimpleExchange>),
    Tls(Box<Handshake>),
    Dns(Box<dns::Messages>),
    /// Nothing more to read: its bytes are counted by TCP.
    Counted(Option<&'static str>),
}

impl Stream {
    /// Reads HTTP on from between two exchanges.
    pub(super) fn of_http(conversation: Conversation, http: Arc<HttpReading>) -> Self {
        Self { body: None, http, state: State::Http(Box::new(conversation)), server_name: None, upgrade: None }
    }

    /// Its conversation when it reads plain HTTP/1 and nothing else is to be remembered.
    pub(super) fn plain_http(&mut self) -> Option<&mut Conversation> {
        match &mut self.state {
            State::Http(conversation) if self.upgrade.is_none() && self.body.is_none() => Some(&mut **conversation),
            _ => None,
        }
    }

    /// With `body`, the named exchange's body is kept and handed to [`Sink::body`].
    pub(crate) fn new(body: Option<BodyRequest>, http: &Arc<HttpReading>) -> Self {
        let state = State::Probing(Box::default());
        Self { body, http: Arc::clone(http), state, server_name: None, upgrade: None }
    }

    /// In-order payload of one side, each byte once.
    pub(crate) fn data(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        if let Some(upgrade) = &mut self.upgrade {
            match side {
                Side::Client => upgrade.client_bytes += bytes.len() as u64,
                Side::Server => upgrade.server_bytes += bytes.len() as u64,
            }
        }
        self.read(ctx, side, bytes, at_ns, sink);
    }

    /// Bytes that are counted.
    fn read(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Http(conversation) => {
                if let Some(after) = conversation.data(ctx, side, bytes, at_ns, sink) {
                    self.leave_http(ctx, after, at_ns, sink);
                }
            }
            State::Probing(probing) => {
                let guess = probing.look(side, bytes, at_ns);
                self.follow(ctx, guess, side, bytes, at_ns, sink);
            }
            State::H2(conversation) => conversation.data(ctx, side, bytes, at_ns, sink),
            State::Simple(exchange) => exchange.data(side, bytes, at_ns),
            State::Tls(handshake) => {
                handshake.data(ctx, side, bytes, at_ns, sink);
                self.after_handshake();
            }
            State::Dns(messages) => messages.data(ctx, side, bytes, at_ns, sink),
            State::Counted(_) => {}
        }
    }

    /// Payload that was sent but never captured.
    pub(crate) fn gap(&mut self, ctx: &FlowContext, side: Side, missed_bytes: u64, at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Probing(probing) => probing.forget(side),
            State::Http(conversation) => conversation.gap(ctx, side, missed_bytes, at_ns, sink),
            State::H2(conversation) => conversation.gap(ctx, side, missed_bytes, at_ns, sink),
            State::Simple(exchange) => exchange.gap(side, missed_bytes),
            State::Tls(handshake) => {
                handshake.gap(ctx, side, sink);
                self.after_handshake();
            }
            State::Dns(messages) => messages.gap(side),
            State::Counted(_) => {}
        }
    }

    /// That side sends no more.
    pub(crate) fn fin(&mut self, ctx: &FlowContext, side: Side, at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Http(conversation) => conversation.fin(ctx, side, at_ns, sink),
            State::H2(conversation) => conversation.fin(ctx, side, at_ns, sink),
            State::Simple(exchange) => exchange.fin(side, sink),
            State::Probing(_) | State::Tls(_) | State::Dns(_) | State::Counted(_) => {}
        }
    }

    /// That side reset the connection: nothing that is unfinished will be.
    pub(crate) fn reset(&mut self, ctx: &FlowContext, _side: Side, at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Http(conversation) => conversation.reset(ctx, at_ns, sink),
            State::H2(conversation) => conversation.reset(ctx, at_ns, sink),
            _ => self.end(ctx, at_ns, sink),
        }
    }

    /// The flow is over or the input has ended: emits what is pending.
    pub(crate) fn end(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Http(conversation) => conversation.end(ctx, at_ns, sink),
            State::H2(conversation) => conversation.end(ctx, at_ns, sink),
            State::Tls(handshake) => {
                handshake.give_up(ctx, sink);
                self.after_handshake();
            }
            State::Dns(messages) => messages.end(sink),
            State::Probing(_) | State::Simple(_) | State::Counted(_) => {}
        }
    }

    /// `http`, `h2`, `tls`, ... once its first bytes told. A connection that left HTTP/1 for something that is not read
    /// stays `http`.
    pub(crate) fn protocol(&self) -> Option<&'static str> {
        match &self.state {
            State::H2(conversation) => Some(conversation.protocol()),
            _ if self.upgrade.is_some() => Some("http"),
            State::Probing(_) => None,
            State::Http(_) | State::Simple(_) => Some("http"),
            State::Tls(_) => Some("tls"),
            State::Dns(_) => Some("dns"),
            State::Counted(name) => *name,
        }
    }

    /// What the client called the server: HTTP Host without port or TLS SNI, lower case, never an address.
    pub(crate) fn server_name(&self) -> Option<&str> {
        match &self.state {
            State::Http(conversation) => conversation.server_name(),
            State::H2(conversation) => self.server_name.as_deref().or(conversation.server_name()),
            _ => self.server_name.as_deref(),
        }
    }

    /// What an HTTP upgrade or CONNECT turned the connection into.
    pub(crate) fn upgrade(&self) -> Option<&Upgrade> {
        self.upgrade.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Collected, context};

    pub(super) fn stream(pieces: &[(Side, &[u8])]) -> (Stream, Collected) {
        let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(None, &Arc::default()));
        for (at, (side, bytes)) in pieces.iter().enumerate() {
            stream.data(&ctx, *side, bytes, i64::try_from(at).unwrap(), &mut sink);
        }
        (stream, sink)
    }

    #[test]
    fn a_banner_names_the_stream_and_nothing_is_read() {
        let (stream, sink) =
            stream(&[(Side::Server, b"SSH-2.0-OpenSSH_9.2p1\r\n"), (Side::Client, b"GET / HTTP/1.1\r\n\r\n")]);
        assert_eq!(stream.protocol(), Some("ssh"));
        assert!(sink.exchanges.is_empty());
    }

    fn simple(pieces: &[(Side, &[u8])]) -> (Stream, Collected) {
        let (mut stream, mut sink) = stream(pieces);
        stream.fin(&context(), Side::Server, 100, &mut sink);
        stream.end(&context(), 101, &mut sink);
        (stream, sink)
    }

    #[test]
    fn a_lone_line_answered_by_bare_bytes_until_close_is_http_0_9() {
        let (stream, sink) =
            simple(&[(Side::Client, b"GET /old?token=x\r\n"), (Side::Server, b"<html>"), (Side::Server, b"</html>")]);
        let [row] = sink.exchanges.try_into().unwrap();
        assert_eq!((row.protocol.name(), row.method.as_deref(), row.status), ("http/0.9", Some("GET"), None));
        assert_eq!((row.target.as_deref(), row.path.as_deref()), (Some("/old?token=<hidden>"), Some("/old")));
        assert_eq!((row.started_ns, row.response_ns, row.finished_ns), (0, Some(1), 2));
        assert_eq!((row.response_body_bytes, row.complete, row.error), (13, true, None));
        assert_eq!(stream.protocol(), Some("http"));
    }

    #[test]
    fn what_may_be_another_protocol_is_not_http_0_9() {
        let line: (Side, &[u8]) = (Side::Client, b"GET /old\r\n");
        let answer: (Side, &[u8]) = (Side::Server, b"<html>");
        assert_eq!(simple(&[line, (Side::Server, b"$3\r\nabc\r\n")]).1.exchanges, [], "Redis");
        assert_eq!(simple(&[line, answer, line]).1.exchanges, [], "the client goes on");
        assert_eq!(simple(&[answer, line]).1.exchanges, [], "the server spoke first");
        assert_eq!(simple(&[line, (Side::Client, b"Host: a\r\n"), answer]).1.exchanges, [], "no lone line");
        assert_eq!(stream(&[line, answer]).1.exchanges, [], "still open");
        let refused = simple(&[line, (Side::Server, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")]);
        assert_eq!(refused.1.exchanges[0].status, Some(400));
    }
}
