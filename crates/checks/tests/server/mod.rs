//! A server that does what a script says, on loopback.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails where something is missing"
)]

pub(crate) mod authority;
pub(crate) mod dns;
pub(crate) mod http2;
pub(crate) mod proxy;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// One step of a connection.
#[derive(Clone)]
pub(crate) enum Act {
    Wait(u64),
    /// Reads a request with its body to the end.
    Request,
    /// Reads the head of a request and leaves the body.
    Head,
    /// Reads the body of a request whose head was read.
    Body,
    Say(&'static str),
    Bytes(Vec<u8>),
    /// Says a piece so many times, so many milliseconds apart.
    Slowly(&'static str, usize, u64),
    /// Repeats what it was sent as the body of an answer.
    Echo,
    Reset,
    Stall,
    /// Everything from here on happens inside TLS.
    Tls(Arc<ServerConfig>),
}

use Act::{Body, Bytes, Echo, Head, Request, Reset, Say, Slowly, Stall, Tls, Wait};

/// Serves every connection by the script, each one in a task of its own.
pub(crate) async fn serve(script: Vec<Act>) -> SocketAddr {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), script)
}

pub(crate) fn serve_on(listener: TcpListener, script: Vec<Act>) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, script.clone()));
        }
    });
    address
}

async fn connection(mut stream: TcpStream, script: Vec<Act>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut before = Vec::new();
    let mut acts = script.into_iter();
    while let Some(act) = acts.next() {
        match act {
            Tls(config) => {
                let mut inside = TlsAcceptor::from(config).accept(stream).await?;
                for act in acts {
                    if matches!(act, Reset) {
                        inside.get_ref().0.set_zero_linger()?;
                        return Ok(());
                    }
                    one(&mut inside, &act, &mut before).await?;
                }
                return inside.shutdown().await;
            }
            Reset => return stream.set_zero_linger(),
            act => one(&mut stream, &act, &mut before).await?,
        }
    }
    stream.shutdown().await
}

async fn one<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    act: &Act,
    request: &mut Vec<u8>,
) -> std::io::Result<()> {
    match act {
        Wait(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Request | Head | Body => {
            if !matches!(act, Body) {
                request.clear();
            }
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await?);
            }
            let text = String::from_utf8_lossy(request).to_lowercase();
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            if let (Request | Body, Some(length)) = (act, length) {
                let mut body = vec![0; length];
                stream.read_exact(&mut body).await?;
                request.extend(body);
            }
        }
        Say(text) => stream.write_all(text.as_bytes()).await?,
        Bytes(bytes) => stream.write_all(bytes).await?,
        Slowly(text, times, apart_ms) => {
            for _ in 0..*times {
                tokio::time::sleep(Duration::from_millis(*apart_ms)).await;
                stream.write_all(text.as_bytes()).await?;
                stream.flush().await?;
            }
        }
        Echo => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.len());
            stream.write_all(&[head.as_bytes(), request].concat()).await?;
        }
        Stall => while stream.read_u8().await.is_ok() {},
        Reset | Tls(_) => unreachable!("the connection's own"),
    }
    stream.flush().await
}

/// An answer with a body.
pub(crate) fn ok(body: &'static str) -> Act {
    Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

/// An answer that redirects.
pub(crate) fn to(status: u16, location: &str) -> Act {
    Bytes(format!("HTTP/1.1 {status} There\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

/// An answer without a body.
pub(crate) fn bare(status: u16) -> Act {
    Bytes(format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n").into_bytes())
}
