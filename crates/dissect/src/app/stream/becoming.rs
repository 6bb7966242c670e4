//! What a connection turns out to be, and what HTTP/1 or a handshake turns it into.

use std::sync::Arc;

use crate::app::FlowContext;
use crate::app::dns;
use crate::app::h2;
use crate::app::http::{Conversation, H2C, SimpleExchange, TUNNEL};
use crate::app::probe::{Guess, Verdict};
use crate::record::{Side, Sink, Upgrade};

use super::{State, Stream};

impl Stream {
    /// Goes on with a protocol that is now certain.
    pub(super) fn follow(
        &mut self,
        ctx: &FlowContext,
        guess: Guess,
        side: Side,
        bytes: &[u8],
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
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
    pub(super) fn leave_http(&mut self, ctx: &FlowContext, after: &[u8], at_ns: i64, sink: &mut dyn Sink) {
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

    pub(super) fn after_handshake(&mut self) {
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
    use super::super::tests::stream;
    use super::*;
    use crate::app::probing::{MAX_HELD_BYTES, MAX_PROBES};
    use crate::record::Protocol;

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
}
