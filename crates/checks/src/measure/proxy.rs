//! Through an HTTP proxy: CONNECT (RFC 9110 §9.3.6) for everything but plain HTTP, which proxies forward themselves.

use hyper::header::HeaderValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use super::{
    Failure, Phase,
    check::{endpoint_of, login},
    connect::io_failure,
    trace::Trace,
};
use crate::config::Endpoint;

/// Longest answer to CONNECT.
const MAX_ANSWER_BYTES: usize = 16_384;

/// A proxy and who one is to it.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) at: Endpoint,
    pub(crate) login: Option<HeaderValue>,
}

impl Proxy {
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self { at: endpoint_of(url)?, login: login(url) })
    }

    /// Asks for a tunnel on a connection to the proxy.
    pub(crate) async fn tunnel(&self, stream: &mut TcpStream, to: &Endpoint, trace: &mut Trace) -> Result<(), Failure> {
        trace.enter(Phase::Proxy);
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n").into_bytes();
        if let Some(login) = &self.login {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(login.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await.map_err(|error| io_failure(Phase::Proxy, &error))?;
        let mut answer = Vec::new();
        // The other end speaks only when spoken to, so nothing of it can follow the proxy's answer yet.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= MAX_ANSWER_BYTES {
                return Err(Failure::Protocol { reason: "the proxy's answer has no end".into() });
            }
            if stream.read_buf(&mut answer).await.map_err(|error| io_failure(Phase::Proxy, &error))? == 0 {
                return Err(Failure::Closed { phase: Phase::Proxy });
            }
            // A refusal may have a body: its first line says enough.
            if let Some(status) = status(&answer)
                && !(200..300).contains(&status)
            {
                return Err(Failure::ProxyRefused { status });
            }
        }
        if status(&answer).is_none() {
            return Err(Failure::Protocol { reason: "the proxy does not speak HTTP".into() });
        }
        trace.leave();
        Ok(())
    }
}

/// The status of an answer whose first line is there.
fn status(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(2).position(|pair| pair == b"\r\n")?;
    let line = std::str::from_utf8(answer.get(..end)?).ok()?;
    let mut words = line.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_status_is_that_of_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\nX: 5"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407 Proxy Authentication Required\r\n\r\n"), Some(407));
        assert_eq!(status(b"HTTP/1.1 200 OK"), None);
        assert_eq!(status(b"SSH-2.0-x\r\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            status(&bytes);
        }
    }
}
