//! TLS: what the first flight says in clear. Nothing is decrypted.

mod bytes;
mod hello;
mod names;
mod record;

use std::net::IpAddr;

use crate::record::{Side, Sink, Stage, TlsHandshake};

use super::FlowContext;
use super::complaints::Complaints;
use super::probe::Verdict;

use hello::{ClientHello, ServerHello};
use record::{HANDSHAKE, Hello, Joiner, Progress, RecordError};

/// What TLS says about a side's first bytes: a handshake record that starts with that side's hello.
pub(crate) fn probe(side: Side, bytes: &[u8]) -> Verdict {
    let hello = match side {
        Side::Client => Hello::Client,
        Side::Server => Hello::Server,
    } as u8;
    let matches = |at: usize, allowed: &dyn Fn(u8) -> bool| bytes.get(at).is_none_or(|byte| allowed(*byte));
    let mine = matches(0, &|kind| kind == HANDSHAKE)
        && matches(1, &|major| major == 3)
        && matches(2, &|minor| minor <= 4)
        && matches(3, &|high| high <= 0x48)
        && matches(5, &|kind| kind == hello);
    match (mine, bytes.len()) {
        (false, _) => Verdict::NotMine,
        (true, 0..6) => Verdict::Unsure,
        (true, _) => Verdict::Certain,
    }
}

/// Reads the two hellos of one connection, then lets go.
pub(crate) struct Handshake {
    at_ns: Option<i64>,
    client: Joiner,
    server: Joiner,
    client_hello: Option<ClientHello>,
    over: bool,
}

impl Default for Handshake {
    fn default() -> Self {
        Self {
            at_ns: None,
            client: Joiner::new(Hello::Client),
            server: Joiner::new(Hello::Server),
            client_hello: None,
            over: false,
        }
    }
}

impl Handshake {
    pub(crate) fn data(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        // What follows a hello on the same side (early data, a second hello) is not read.
        if self.over || (side == Side::Client && self.client_hello.is_some()) {
            return;
        }
        let begun_ns = *self.at_ns.get_or_insert(at_ns);
        let joiner = match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        let read = match joiner.push(bytes) {
            Ok(Progress::Wanting) => Ok(()),
            Ok(Progress::Whole(body)) => self.hello(ctx, side, &body, sink),
            Ok(Progress::Alert) => {
                self.emit(ctx, None, sink);
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            // The only complaint of this flow: after it, nothing more is read.
            Complaints::default().report(ctx, Stage::Tls, begun_ns, error, sink);
            self.emit(ctx, None, sink);
        }
    }

    fn hello(&mut self, ctx: &FlowContext, side: Side, body: &[u8], sink: &mut dyn Sink) -> Result<(), RecordError> {
        match side {
            Side::Client => {
                let hello = ClientHello::parse(body).ok_or(RecordError::FieldCutOff(Hello::Client))?;
                self.client_hello = Some(hello);
            }
            Side::Server => {
                let hello = ServerHello::parse(body).ok_or(RecordError::FieldCutOff(Hello::Server))?;
                self.emit(ctx, Some(hello), sink);
            }
        }
        Ok(())
    }

    /// No more will come, or not in one piece: the row is written with what there is.
    pub(crate) fn give_up(&mut self, ctx: &FlowContext, sink: &mut dyn Sink) {
        self.emit(ctx, None, sink);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The name the client asked for, unless it is an address.
    pub(crate) fn server_name(&self) -> Option<&str> {
        let name = self.client_hello.as_ref()?.server_name.as_deref()?;
        name.parse::<IpAddr>().is_err().then_some(name)
    }

    fn emit(&mut self, ctx: &FlowContext, server: Option<ServerHello>, sink: &mut dyn Sink) {
        let Some(at_ns) = self.at_ns.filter(|_| !self.over) else {
            return;
        };
        self.over = true;
        let offers = self.client_hello.as_ref().map(|hello| hello.alpn.join(",")).filter(|offers| !offers.is_empty());
        let (version, cipher, chosen) = match server {
            Some(ServerHello { version, cipher, alpn }) => {
                (Some(names::version(version).into_owned()), Some(names::cipher(cipher).into_owned()), alpn)
            }
            None => (None, None, None),
        };
        sink.tls_handshake(TlsHandshake {
            flow: ctx.flow,
            at_ns,
            sni: self.client_hello.as_ref().and_then(|hello| hello.server_name.clone()),
            alpn: chosen.or(offers),
            version,
            cipher,
            ja4: None,
            certificate_subject: None,
            certificate_issuer: None,
            certificate_names: Vec::new(),
            certificate_not_before_ns: None,
            certificate_not_after_ns: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Collected, context};

    fn message(kind: Hello, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        let message = [&[kind as u8][..], &length[1..], body].concat();
        [&[HANDSHAKE, 3, 1][..], &u16::try_from(message.len()).unwrap().to_be_bytes(), &message].concat()
    }

    fn row(sni: Option<&str>, alpn: Option<&str>, version: Option<&str>, cipher: Option<&str>) -> TlsHandshake {
        TlsHandshake {
            flow: context().flow,
            at_ns: 0,
            sni: sni.map(str::to_owned),
            alpn: alpn.map(str::to_owned),
            version: version.map(str::to_owned),
            cipher: cipher.map(str::to_owned),
            ja4: None,
            certificate_subject: None,
            certificate_issuer: None,
            certificate_names: Vec::new(),
            certificate_not_before_ns: None,
            certificate_not_after_ns: None,
        }
    }

    #[test]
    fn both_hellos_make_one_row_at_the_clients_first_byte_however_they_are_split() {
        let client = message(Hello::Client, &hello::tests::client_hello("shop.example"));
        let server = message(Hello::Server, &hello::tests::server_hello());
        for piece in [1, 7, 4096] {
            let (ctx, mut sink, mut handshake) = (context(), Collected::default(), Handshake::default());
            for (at, bytes) in client.chunks(piece).enumerate() {
                handshake.data(&ctx, Side::Client, bytes, i64::try_from(at).unwrap(), &mut sink);
            }
            assert_eq!(handshake.server_name(), Some("shop.example"));
            for bytes in server.chunks(piece) {
                handshake.data(&ctx, Side::Server, bytes, 1_000, &mut sink);
            }
            let expected =
                row(Some("shop.example"), Some("h2,http/1.1"), Some("TLS 1.3"), Some("TLS_AES_128_GCM_SHA256"));
            assert_eq!(sink, Collected { handshakes: vec![expected], ..Collected::default() });
            assert!(handshake.is_over());
        }
    }

    #[test]
    fn a_hello_that_is_answered_by_an_alert_or_never_has_no_version() {
        let client = message(Hello::Client, &hello::tests::client_hello("10.0.0.2"));
        for alert in [true, false] {
            let (ctx, mut sink, mut handshake) = (context(), Collected::default(), Handshake::default());
            handshake.data(&ctx, Side::Client, &client, 0, &mut sink);
            if alert {
                handshake.data(&ctx, Side::Server, &[21, 3, 3, 0, 2, 2, 40], 5, &mut sink);
            }
            handshake.give_up(&ctx, &mut sink);
            assert_eq!(sink.handshakes, [row(Some("10.0.0.2"), Some("h2,http/1.1"), None, None)]);
            assert_eq!(handshake.server_name(), None, "an address is no name");
        }
    }

    #[test]
    fn a_hello_that_lies_about_a_length_is_reported_and_still_makes_a_row() {
        let mut body = hello::tests::client_hello("shop.example");
        body[34] = 200;
        let (ctx, mut sink, mut handshake) = (context(), Collected::default(), Handshake::default());
        handshake.data(&ctx, Side::Client, &message(Hello::Client, &body), 0, &mut sink);
        assert_eq!(sink.handshakes, [row(None, None, None, None)]);
        assert_eq!(sink.problems[0].message, "ClientHello ends inside a field");
    }

    #[test]
    fn a_probe_is_certain_with_six_bytes() {
        let client = message(Hello::Client, &hello::tests::client_hello("a"));
        assert_eq!(probe(Side::Client, &client[..5]), Verdict::Unsure);
        assert_eq!(probe(Side::Client, &client[..6]), Verdict::Certain);
        assert_eq!(probe(Side::Server, &client), Verdict::NotMine);
        assert_eq!(probe(Side::Client, b"GET /"), Verdict::NotMine);
    }
}
