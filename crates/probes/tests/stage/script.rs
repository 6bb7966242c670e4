//! A server that does what a script says: in the clear or in TLS, byte by byte or as HTTP/2.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    HeaderMap, Request, Response,
    body::{Frame, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// One step of a connection.
#[derive(Clone)]
pub(crate) enum Act {
    /// Reads the head of an HTTP/1.1 request.
    Head,
    /// Reads something.
    Some,
    Say(String),
    Bytes(Vec<u8>),
    Reset,
    Stall,
}

/// Serves every connection by the script, each one in a task of its own.
pub(crate) async fn raw(script: Vec<Act>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, script.clone()));
        }
    });
    address
}

async fn connection(mut stream: TcpStream, script: Vec<Act>) -> std::io::Result<()> {
    for act in script {
        match act {
            Act::Head => {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
            }
            Act::Some => drop(stream.read_u8().await?),
            Act::Say(text) => stream.write_all(text.as_bytes()).await?,
            Act::Bytes(bytes) => stream.write_all(&bytes).await?,
            Act::Reset => return stream.set_zero_linger(),
            Act::Stall => while stream.read_u8().await.is_ok() {},
        }
    }
    stream.shutdown().await
}

/// What an HTTP/2 server answers.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(&'static str, String)>,
    pub(crate) after: Duration,
}

impl Answer {
    /// An empty message, and this status.
    pub(crate) fn grpc(code: &str) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "application/grpc".into())],
            body: vec![0; 5],
            trailers: vec![("grpc-status", code.into())],
            after: Duration::ZERO,
        }
    }

    /// A health check's answer: it serves.
    pub(crate) fn serving() -> Self {
        Self { body: vec![0, 0, 0, 0, 2, 8, 1], ..Self::grpc("0") }
    }

    pub(crate) fn trailer(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.trailers.push((name, value.into()));
        self
    }
}

/// Serves HTTP/2 by a function of the request.
pub(crate) async fn http2<F>(tls: Option<Arc<ServerConfig>>, answer: F) -> SocketAddr
where
    F: Fn(&Request<Bytes>) -> Answer + Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, answer) = (tls.clone(), answer.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| respond(request, answer.clone()));
                let builder = http2::Builder::new(TokioExecutor::new());
                match tls {
                    None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                    Some(config) => {
                        if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
                            drop(builder.serve_connection(TokioIo::new(stream), service).await);
                        }
                    }
                }
            });
        }
    });
    address
}

type Body = BoxBody<Bytes, Infallible>;

async fn respond<F>(request: Request<Incoming>, answer: F) -> Result<Response<Body>, Infallible>
where
    F: Fn(&Request<Bytes>) -> Answer,
{
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let answer = answer(&Request::from_parts(head, body));
    tokio::time::sleep(answer.after).await;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let mut trailers = HeaderMap::new();
    for (name, value) in answer.trailers {
        trailers.append(name, value.parse().unwrap());
    }
    let mut frames = Vec::new();
    if !answer.body.is_empty() {
        frames.push(Ok(Frame::data(Bytes::from(answer.body))));
    }
    if !trailers.is_empty() {
        frames.push(Ok(Frame::trailers(trailers)));
    }
    Ok(response.body(BodyExt::boxed(StreamBody::new(stream::iter(frames)))).unwrap())
}
