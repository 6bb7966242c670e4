//! The application side of one TCP flow: probe, then parse.

use crate::record::{BodyRequest, Side, Sink};

use super::FlowContext;
use super::dns;
use super::http::Conversation;
use super::probe::{Guess, Verdict, identify};
use super::tls::Handshake;

/// Segments of one side that told nothing before that side is no longer looked at: a long binary stream costs nothing then,
/// and a client's next request is still found when the capture began inside a long response.
const MAX_PROBES: u8 = 16;

/// First bytes held while a protocol is unsure. A request target of 8000 bytes must be supported by every server
/// (RFC 9112 §3), so a request line that has not ended after this many bytes is not one.
const MAX_HELD_BYTES: usize = 8192;

/// What one TCP flow carries, from its first payload byte to its end. Small when nothing is in flight.
pub(crate) struct Stream {
    body: Option<BodyRequest>,
    state: State,
    server_name: Option<Box<str>>,
}

enum State {
    Probing(Box<Probing>),
    Http(Box<Conversation>),
    Tls(Box<Handshake>),
    Dns(Box<dns::Messages>),
    /// Nothing more to read: its bytes are counted by TCP.
    Counted(Option<&'static str>),
}

#[derive(Default)]
struct Probing {
    client: Held,
    server: Held,
}

/// Bytes of one side that are not yet enough to tell the protocol.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    at_ns: i64,
    /// How often this side told nothing.
    misses: u8,
}

impl Stream {
    /// With `body`, the named exchange's body is kept and handed to [`Sink::body`].
    pub(crate) fn new(body: Option<BodyRequest>) -> Self {
        Self { body, state: State::Probing(Box::default()), server_name: None }
    }

    /// In-order payload of one side, each byte once.
    pub(crate) fn data(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        match &mut self.state {
            State::Probing(probing) => match probing.look(side, bytes, at_ns) {
                Guess::Http => {
                    let held = std::mem::take(&mut **probing);
                    self.state = State::Http(Box::new(Conversation::new(self.body)));
                    self.replay(ctx, held, side, bytes, at_ns, sink);
                }
                Guess::Tls => {
                    let held = std::mem::take(&mut **probing);
                    self.state = State::Tls(Box::default());
                    self.replay(ctx, held, side, bytes, at_ns, sink);
                }
                Guess::Dns => {
                    let held = std::mem::take(&mut **probing);
                    self.state = State::Dns(Box::default());
                    self.replay(ctx, held, side, bytes, at_ns, sink);
                }
                Guess::Unknown if dns::probe_on_its_port(ctx, side, bytes) == Verdict::Certain => {
                    self.state = State::Dns(Box::default());
                    self.data(ctx, side, bytes, at_ns, sink);
                }
                Guess::Named(name) => self.state = State::Counted(Some(name)),
                Guess::Unknown if probing.is_in_vain() => self.state = State::Counted(None),
                Guess::Unknown | Guess::Unsure => {}
            },
            State::Http(conversation) => conversation.data(ctx, side, bytes, at_ns, sink),
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
            State::Probing(probing) => probing.held(side).bytes = Vec::new(),
            State::Http(conversation) => conversation.gap(ctx, side, missed_bytes, at_ns, sink),
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
        if let State::Http(conversation) = &mut self.state {
            conversation.fin(ctx, side, at_ns, sink);
        }
    }

    /// That side reset the connection: nothing that is unfinished will be.
    pub(crate) fn reset(&mut self, ctx: &FlowContext, _side: Side, at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Http(conversation) => conversation.reset(ctx, at_ns, sink),
            _ => self.end(ctx, at_ns, sink),
        }
    }

    /// The flow is over or the input has ended: emits what is pending.
    pub(crate) fn end(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        match &mut self.state {
            State::Http(conversation) => conversation.end(ctx, at_ns, sink),
            State::Tls(handshake) => {
                handshake.give_up(ctx, sink);
                self.after_handshake();
            }
            State::Dns(messages) => messages.end(sink),
            State::Probing(_) | State::Counted(_) => {}
        }
    }

    /// `http`, `tls`, ... once its first bytes told.
    pub(crate) fn protocol(&self) -> Option<&'static str> {
        match &self.state {
            State::Probing(_) => None,
            State::Http(_) => Some("http"),
            State::Tls(_) => Some("tls"),
            State::Dns(_) => Some("dns"),
            State::Counted(name) => *name,
        }
    }

    /// What the client called the server: HTTP Host without port or TLS SNI, lower case, never an address.
    pub(crate) fn server_name(&self) -> Option<&str> {
        match &self.state {
            State::Http(conversation) => conversation.server_name(),
            _ => self.server_name.as_deref(),
        }
    }

    /// Gives what was held to the parser that is now certain, then the bytes that made it so.
    fn replay(&mut self, ctx: &FlowContext, held: Probing, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        for (held_side, Held { bytes, at_ns, .. }) in [(Side::Client, held.client), (Side::Server, held.server)] {
            self.data(ctx, held_side, &bytes, at_ns, sink);
        }
        self.data(ctx, side, bytes, at_ns, sink);
    }

    fn after_handshake(&mut self) {
        if let State::Tls(handshake) = &mut self.state {
            if self.server_name.is_none() {
                self.server_name = handshake.server_name().map(Into::into);
            }
            if handshake.is_over() {
                self.state = State::Counted(Some("tls"));
            }
        }
    }
}

impl Probing {
    fn held(&mut self, side: Side) -> &mut Held {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Asks the protocols about what `side` has sent so far; holds it when they are unsure.
    fn look(&mut self, side: Side, bytes: &[u8], at_ns: i64) -> Guess {
        let held = self.held(side);
        if held.misses >= MAX_PROBES {
            return Guess::Unknown;
        }
        let before = held.bytes.len();
        let guess = if before == 0 {
            held.at_ns = at_ns;
            identify(side, bytes)
        } else {
            held.bytes.extend_from_slice(bytes);
            identify(side, &held.bytes)
        };
        match guess {
            Guess::Unsure if before + bytes.len() <= MAX_HELD_BYTES => {
                if before == 0 {
                    held.bytes.extend_from_slice(bytes);
                }
                Guess::Unsure
            }
            Guess::Unsure | Guess::Unknown => {
                held.bytes = Vec::new();
                held.misses += 1;
                Guess::Unknown
            }
            certain => {
                // The newest bytes are given to the parser separately, with their own time.
                held.bytes.truncate(before);
                certain
            }
        }
    }

    fn is_in_vain(&self) -> bool {
        self.client.misses >= MAX_PROBES && self.server.misses >= MAX_PROBES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Collected, context};

    fn stream(pieces: &[(Side, &[u8])]) -> (Stream, Collected) {
        let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(None));
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
        assert!(probing.client.bytes.is_empty());
    }

    #[test]
    fn a_banner_names_the_stream_and_nothing_is_read() {
        let (stream, sink) =
            stream(&[(Side::Server, b"SSH-2.0-OpenSSH_9.2p1\r\n"), (Side::Client, b"GET / HTTP/1.1\r\n\r\n")]);
        assert_eq!(stream.protocol(), Some("ssh"));
        assert!(sink.exchanges.is_empty());
    }
}
