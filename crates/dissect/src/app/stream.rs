//! The application side of one TCP flow: probe, then parse.

use std::sync::Arc;

use crate::record::{BodyRequest, Side, Sink, Upgrade};

use super::FlowContext;
use super::dns;
use super::h2;
use super::http::{Conversation, H2C, HttpReading, SimpleExchange, TUNNEL};
use super::probe::{Guess, Verdict};
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

    /// Goes on with a protocol that is now certain.
    fn follow(&mut self, ctx: &FlowContext, guess: Guess, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        let State::Probing(probing) = &mut self.state else { return };
        let guess = match guess {
            Guess::Unknown if dns::probe_on_its_port(ctx, side, bytes) == Verdict::Certain => Guess::Dns,
            guess => guess,
        };
        if self.upgrade.is_some() && !matches!(guess, Guess::Tls | Guess::Unsure) {
            // Inside a tunnel only a handshake is looked for: rows of anything else would be taken for the proxy's own.
            self.state = State::Counted(None);
            return;
        }
        let next = match guess {
            Guess::Unsure => return,
            Guess::Unknown if !probing.is_in_vain() => return,
            Guess::Unknown => State::Counted(None),
            Guess::Named(name) => State::Counted(Some(name)),
            Guess::Http => State::Http(Box::new(Conversation::new(self.body, Arc::clone(&self.http)))),
            Guess::H2 => State::H2(Box::new(h2::Conversation::from_preface(self.body, Arc::clone(&self.http)))),
            Guess::H2Frames => State::H2(Box::new(h2::Conversation::mid_stream(self.body, Arc::clone(&self.http)))),
            Guess::Simple => {
                let (request, started_ns) = probing.client_bytes();
                State::Simple(Box::new(SimpleExchange::new(ctx, request, started_ns, self.body, &self.http)))
            }
            Guess::Tls => State::Tls(Box::default()),
            Guess::Dns => State::Dns(Box::default()),
        };
        let held = std::mem::take(&mut **probing);
        self.state = next;
        if matches!(self.state, State::Counted(_)) {
            return;
        }
        if !matches!(self.state, State::Simple(_)) {
            for (held_side, bytes, at_ns) in held.into_pieces() {
                self.read(ctx, held_side, &bytes, at_ns, sink);
            }
        }
        self.read(ctx, side, bytes, at_ns, sink);
    }

    /// HTTP/1 is over on this connection; `after` is what the server has sent behind it.
    fn leave_http(&mut self, ctx: &FlowContext, after: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        let State::Http(conversation) = &mut self.state else { return };
        let mut departure = conversation.depart(ctx, at_ns, sink);
        let upgrade = Upgrade {
            protocol: departure.protocol.clone(),
            client_bytes: departure.early_client_bytes,
            server_bytes: 0,
        };
        self.upgrade = Some(Box::new(upgrade));
        self.server_name = departure.server_name.take();
        self.state = match departure.protocol.as_str() {
            H2C => State::H2(Box::new(h2::Conversation::upgraded(departure, Arc::clone(&self.http)))),
            TUNNEL => State::Probing(Box::default()),
            _ => State::Counted(None),
        };
        self.data(ctx, Side::Server, after, at_ns, sink);
    }

    fn after_handshake(&mut self) {
        if let State::Tls(handshake) = &mut self.state {
            // The name inside a tunnel is not the proxy's.
            if self.server_name.is_none() && self.upgrade.is_none() {
                self.server_name = handshake.server_name().map(Into::into);
            }
            if handshake.is_over() {
                self.state = State::Counted(Some("tls"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::probing::{MAX_HELD_BYTES, MAX_PROBES};
    use crate::app::testing::{Collected, context};
    use crate::record::Protocol;

    fn stream(pieces: &[(Side, &[u8])]) -> (Stream, Collected) {
        let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(None, &Arc::default()));
        for (at, (side, bytes)) in pieces.iter().enumerate() {
            stream.data(&ctx, *side, bytes, i64::try_from(at).unwrap(), &mut sink);
        }
        (stream, sink)
    }

    #[test]
    fn a_request_line_in_pieces_is_held_until_it_is_certain_and_starts_with_its_first_byte() {
        let (stream, sink) = stream(&[
            (Side::Client, b"G"),
            (Side::Client, b"ET / HT"),
            (Side::Client, b"TP/1.1\r\nHost: Shop.Example:8080\r\n\r\n"),
            (Side::Server, b"HTTP/1.1 204 No Content\r\n\r\n"),
        ]);
        assert_eq!(stream.protocol(), Some("http"));
        assert_eq!(stream.server_name(), Some("shop.example"));
        assert_eq!(sink.exchanges[0].started_ns, 0);
        assert_eq!(sink.exchanges[0].finished_ns, 3);
    }

    #[test]
    fn http_is_found_after_the_rest_of_a_body_that_began_before_the_capture() {
        let (stream, sink) = stream(&[
            (Side::Server, b"...tail of a body"),
            (Side::Server, b"another piece"),
            (Side::Client, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"),
            (Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ]);
        assert_eq!(stream.protocol(), Some("http"));
        assert_eq!(sink.exchanges.len(), 1);
        assert!(sink.exchanges[0].complete);
    }

    #[test]
    fn a_side_that_tells_nothing_is_probed_a_bounded_number_of_times() {
        let noise = |side, times: u8| (0..times).map(move |_| (side, &b"\x01\x02\x03\x04\x05\x06"[..]));
        let request: (Side, &[u8]) = (Side::Client, b"GET / HTTP/1.1\r\n\r\n");
        let protocol = |pieces: Vec<(Side, &[u8])>| stream(&pieces).0.protocol();
        let long_response: Vec<_> = noise(Side::Server, 100).chain([request]).collect();
        assert_eq!(protocol(long_response), Some("http"));
        let long_upload: Vec<_> = noise(Side::Client, MAX_PROBES).chain([request]).collect();
        assert_eq!(protocol(long_upload), None);
        let both: Vec<_> = noise(Side::Client, MAX_PROBES).chain(noise(Side::Server, MAX_PROBES)).collect();
        assert!(matches!(stream(&both).0.state, State::Counted(None)));
    }

    #[test]
    fn a_request_line_without_end_is_not_held_for_ever() {
        let long = [b"GET /".to_vec(), vec![b'a'; MAX_HELD_BYTES]].concat();
        let (stream, _) = stream(&[(Side::Client, &long)]);
        let State::Probing(probing) = &stream.state else { panic!("not certain of anything") };
        assert!(probing.client_bytes().0.is_empty());
    }

    #[test]
    fn a_banner_names_the_stream_and_nothing_is_read() {
        let (stream, sink) =
            stream(&[(Side::Server, b"SSH-2.0-OpenSSH_9.2p1\r\n"), (Side::Client, b"GET / HTTP/1.1\r\n\r\n")]);
        assert_eq!(stream.protocol(), Some("ssh"));
        assert!(sink.exchanges.is_empty());
    }

    const WEBSOCKET: &[(Side, &[u8])] = &[
        (Side::Client, b"GET /live HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\r\n"),
        (Side::Server, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n\x81\x02"),
        (Side::Server, b"hi"),
        (Side::Client, b"GET / HTTP/1.1\r\n\r\n"),
    ];

    #[test]
    fn what_follows_an_upgrade_is_counted_and_never_read_as_http() {
        let (stream, sink) = stream(WEBSOCKET);
        assert_eq!(sink.exchanges.len(), 1);
        assert_eq!((sink.exchanges[0].protocol, sink.exchanges[0].complete), (Protocol::WebSocket, true));
        let upgrade = Upgrade { protocol: "websocket".into(), client_bytes: 18, server_bytes: 4 };
        assert_eq!(stream.upgrade(), Some(&upgrade));
        assert_eq!((stream.protocol(), stream.server_name()), (Some("http"), Some("a.example")));
    }

    #[test]
    fn a_connection_that_stays_http_has_no_upgrade() {
        assert_eq!(stream(&WEBSOCKET[..1]).0.upgrade(), None);
    }

    /// A ClientHello of TLS 1.2 that names a server.
    fn client_hello(host: &str) -> Vec<u8> {
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let name = [&[0][..], &length(host.as_bytes()), host.as_bytes()].concat();
        let names = [&length(&name)[..], &name].concat();
        let extension = [&[0, 0][..], &length(&names), &names].concat();
        let ciphers = [0, 2, 0x13, 0x01, 1, 0];
        let body = [&[3, 3][..], &[7; 32], &[0], &ciphers, &length(&extension), &extension].concat();
        let handshake = [&[1, 0][..], &length(&body), &body].concat();
        [&[0x16, 3, 1][..], &length(&handshake), &handshake].concat()
    }

    #[test]
    fn a_tunnel_is_counted_and_a_handshake_inside_it_read_without_naming_the_proxy() {
        let hello = client_hello("origin.example");
        let (stream, sink) = stream(&[
            (Side::Client, b"CONNECT origin.example:443 HTTP/1.1\r\nHost: origin.example:443\r\n\r\n"),
            (Side::Server, b"HTTP/1.1 200 Connection established\r\n\r\n"),
            (Side::Client, &hello[..4]),
            (Side::Client, &hello[4..]),
            (Side::Server, b"\x15\x03\x03\0\x02\x02\x28"),
        ]);
        assert_eq!(sink.handshakes.len(), 1);
        let upgrade = Upgrade { protocol: "tunnel".into(), client_bytes: hello.len() as u64, server_bytes: 7 };
        assert_eq!(stream.upgrade(), Some(&upgrade));
        assert_eq!((stream.protocol(), stream.server_name()), (Some("http"), None));
    }

    #[test]
    fn http_inside_a_tunnel_is_counted_only_and_early_bytes_are_too() {
        let (stream, sink) = stream(&[
            (Side::Client, b"CONNECT a:80 HTTP/1.1\r\n\r\nGET"),
            (Side::Server, b"HTTP/1.1 200 OK\r\n\r\n"),
            (Side::Client, b" / HTTP/1.1\r\n\r\n"),
            (Side::Server, b"HTTP/1.1 204 x\r\n\r\n"),
        ]);
        assert_eq!(sink.exchanges.len(), 1);
        let upgrade = Upgrade { protocol: "tunnel".into(), client_bytes: 18, server_bytes: 18 };
        assert_eq!(stream.upgrade(), Some(&upgrade));
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
