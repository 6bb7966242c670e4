//! One connection's handshake: the hellos, and the certificate where it is sent in clear.

use std::net::IpAddr;

use crate::app::FlowContext;
use crate::app::complaints::Complaints;
use crate::record::{Side, Sink, Stage, TlsHandshake};

use super::hello::{ClientHello, ServerHello};
use super::names;
use super::record::{Joiner, Kind, Next, RecordError, own_certificate};
use super::x509::{Certificate, MAX_NAMES, X509Error};

const SSL_2: u16 = 0x0002;

/// From here on a server sends its certificate encrypted (RFC 8446 §2).
const TLS_1_3: u16 = 0x0304;

/// Why reading ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum HandshakeError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Certificate(#[from] X509Error),
}

/// Whether there is more to come that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Wanting,
    Done,
}

/// Reads what one connection shows of its handshake, then lets go.
#[derive(Default)]
pub(crate) struct Handshake {
    begun_ns: Option<i64>,
    client: Joiner,
    /// Nothing more is read of the client.
    client_is_over: bool,
    /// The last one: after a HelloRetryRequest the second counts.
    client_hello: Option<ClientHello>,
    server: Joiner,
    retry_requested: bool,
    server_hello: Option<ServerHello>,
    certificate: Certificate,
    complaints: Complaints,
    over: bool,
}

impl Handshake {
    pub(crate) fn data(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        if self.over {
            return;
        }
        let begun_ns = *self.begun_ns.get_or_insert(at_ns);
        let read = match side {
            Side::Client => self.client_data(bytes),
            Side::Server => self.server_data(bytes),
        };
        if let Err(error) = read {
            self.complaints.report(ctx, Stage::Tls, begun_ns, error, sink);
        }
        if read != Ok(Reading::Wanting) {
            self.emit(ctx, sink);
        }
    }

    /// Bytes of `side` were never captured: what follows them cannot be told apart any more.
    pub(crate) fn gap(&mut self, ctx: &FlowContext, side: Side, sink: &mut dyn Sink) {
        match side {
            Side::Client if self.client_hello.is_some() => self.client_is_over = true,
            _ => self.emit(ctx, sink),
        }
    }

    /// No more will come, or not in one piece: the row is written with what there is.
    pub(crate) fn give_up(&mut self, ctx: &FlowContext, sink: &mut dyn Sink) {
        self.emit(ctx, sink);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The name the client asked for, unless it is an address.
    pub(crate) fn server_name(&self) -> Option<&str> {
        let name = self.client_hello.as_ref()?.server_name.as_deref()?;
        name.parse::<IpAddr>().is_err().then_some(name)
    }

    fn client_data(&mut self, mut bytes: &[u8]) -> Result<Reading, HandshakeError> {
        while !self.client_is_over {
            // Behind its hello a client may send early data, and says hello again only when it is asked to
            // (RFC 8446 §4.1.2). Anything else that it sends in clear comes after what is read here.
            let may_end = self.client_hello.is_some();
            match self.client.next(&mut bytes) {
                Ok(Next::Wanting) => break,
                Ok(Next::Message(Kind::ClientHello, body)) => match ClientHello::parse(&body) {
                    Some(hello) => self.client_hello = Some(hello),
                    None if may_end => self.client_is_over = true,
                    None => return Err(RecordError::FieldCutOff(Kind::ClientHello).into()),
                },
                Ok(Next::SslV2) => self.client_hello = Some(ClientHello::default()),
                Ok(Next::Alert) => return Ok(Reading::Done),
                Ok(Next::Opaque(_)) if may_end => {}
                _ if may_end => self.client_is_over = true,
                Ok(Next::Opaque(found)) => return Err(RecordError::NotHandshake { found }.into()),
                Ok(Next::Message(other, _)) => return Err(unexpected(Kind::ClientHello, other as u8)),
                Ok(Next::OtherMessage(found)) => return Err(unexpected(Kind::ClientHello, found)),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Reading::Wanting)
    }

    fn server_data(&mut self, mut bytes: &[u8]) -> Result<Reading, HandshakeError> {
        loop {
            let waits_for_hello = self.server_hello.is_none();
            match self.server.next(&mut bytes)? {
                Next::Wanting => return Ok(Reading::Wanting),
                Next::Message(Kind::ServerHello, body) if waits_for_hello => {
                    let hello = ServerHello::parse(&body).ok_or(RecordError::FieldCutOff(Kind::ServerHello))?;
                    let last_in_clear = hello.version >= TLS_1_3;
                    if hello.is_retry {
                        self.retry_requested = true;
                        continue;
                    }
                    self.server_hello = Some(hello);
                    if last_in_clear {
                        return Ok(Reading::Done);
                    }
                }
                Next::Message(Kind::Certificate, body) if !waits_for_hello => {
                    if let Some(certificate) = own_certificate(&body)? {
                        self.certificate = Certificate::parse(certificate)?;
                    }
                    return Ok(Reading::Done);
                }
                Next::SslV2 => {
                    self.server_hello = Some(ServerHello { version: SSL_2, cipher: None, is_retry: false, alpn: None });
                    return Ok(Reading::Done);
                }
                // A ChangeCipherSpec that means nothing, for boxes in between (RFC 8446 appendix D.4).
                Next::Opaque(_) if waits_for_hello && self.retry_requested => {}
                Next::Opaque(found) if waits_for_hello => return Err(RecordError::NotHandshake { found }.into()),
                Next::Message(other, _) if waits_for_hello => return Err(unexpected(Kind::ServerHello, other as u8)),
                Next::OtherMessage(found) if waits_for_hello => return Err(unexpected(Kind::ServerHello, found)),
                // A session that goes on, a suite without certificates, or an alert.
                _ => return Ok(Reading::Done),
            }
        }
    }

    fn emit(&mut self, ctx: &FlowContext, sink: &mut dyn Sink) {
        let Some(at_ns) = self.begun_ns.filter(|_| !self.over) else {
            return;
        };
        self.over = true;
        let certificate = std::mem::take(&mut self.certificate);
        if certificate.names_left_out > 0 {
            let all = certificate.names.len() + certificate.names_left_out;
            let message = format!("certificate is for {all} names, the first {MAX_NAMES} are kept");
            self.complaints.report(ctx, Stage::Tls, at_ns, message, sink);
        }
        let client = self.client_hello.as_ref();
        let offers = client.map(|hello| hello.alpn.join(",")).filter(|offers| !offers.is_empty());
        let server = self.server_hello.take();
        sink.tls_handshake(TlsHandshake {
            flow: ctx.flow,
            at_ns,
            sni: client.and_then(|hello| hello.server_name.clone()),
            version: server.as_ref().map(|hello| names::version(hello.version).into_owned()),
            cipher: server.as_ref().and_then(|hello| hello.cipher).map(|cipher| names::cipher(cipher).into_owned()),
            alpn: server.and_then(|hello| hello.alpn).or(offers),
            ja4: client.and_then(|hello| hello.ja4.clone()),
            certificate_subject: certificate.subject,
            certificate_issuer: certificate.issuer,
            certificate_names: certificate.names,
            certificate_not_before_ns: certificate.not_before_ns,
            certificate_not_after_ns: certificate.not_after_ns,
        });
    }
}

fn unexpected(expected: Kind, found: u8) -> HandshakeError {
    RecordError::OtherMessage { expected, found }.into()
}
