//! A connection as a check needs it: resolved, connected, through the proxy, with TLS; each step timed.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::{Checker, Failure, check::Check, connect::connect, resolve::resolve, tls, trace::Trace};
use crate::config::Endpoint;

/// A connection with or without TLS.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Whether HTTP/2 was agreed on in the handshake.
    pub(crate) fn agreed_on_http2(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

/// How far a connection is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layer<'a> {
    /// TCP, through the proxy's tunnel if there is one.
    Tcp,
    /// TCP to the proxy if there is one, which forwards requests itself.
    Forwarded,
    /// TLS on TCP, offering these protocols.
    Tls(&'a [&'a [u8]]),
}

impl Checker {
    /// Connects.
    pub(crate) async fn dial(
        &self,
        check: &Check,
        to: &Endpoint,
        layer: Layer<'_>,
        trace: &mut Trace,
    ) -> Result<Stream, Failure> {
        let at = check.proxy.as_ref().map_or(to, |proxy| &proxy.at);
        let addresses = resolve(at, check.website.address_family, check.resolver, self.lookups(), trace).await?;
        let mut stream = connect(&addresses, trace).await?;
        if let (Some(proxy), Layer::Tcp | Layer::Tls(_)) = (&check.proxy, layer) {
            proxy.tunnel(&mut stream, to, trace).await?;
        }
        match layer {
            Layer::Tcp | Layer::Forwarded => Ok(Stream::Plain(stream)),
            Layer::Tls(alpn) => {
                let stream = tls::handshake(stream, &to.host, alpn, check, self.trust(), trace).await?;
                Ok(Stream::Tls(Box::new(stream)))
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
