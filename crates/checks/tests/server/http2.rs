//! A server of HTTP/2, with and without TLS, which also answers health checks.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    HeaderMap, Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// Waits before it answers, and again before the end of the body.
#[derive(Clone, Copy, Default)]
pub(crate) struct Waits {
    pub(crate) first_byte_ms: u64,
    pub(crate) last_byte_ms: u64,
}

pub(crate) async fn serve(waits: Waits, tls: Option<Arc<ServerConfig>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let service = service_fn(move |request| answer(request, waits));
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

type Pieces = Vec<(u64, Frame<Bytes>)>;

async fn answer(
    request: Request<Incoming>,
    waits: Waits,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let path = request.uri().path().to_owned();
    let sent = request.into_body().collect().await.unwrap().to_bytes();
    tokio::time::sleep(Duration::from_millis(waits.first_byte_ms)).await;
    let data = |bytes: &[u8]| Frame::data(Bytes::copy_from_slice(bytes));
    let (kind, pieces): (_, Pieces) = if path == "/grpc.health.v1.Health/Check" {
        let (message, code): (&[u8], _) = match sent.get(7..) {
            Some(b"asleep") => (&[0, 0, 0, 0, 2, 8, 2], "0"),
            Some(b"unknown") => (&[], "5"),
            _ => (&[0, 0, 0, 0, 2, 8, 1], "0"),
        };
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", code.parse().unwrap());
        trailers.insert("grpc-message", "so it is".parse().unwrap());
        ("application/grpc", vec![(0, data(message)), (waits.last_byte_ms, Frame::trailers(trailers))])
    } else {
        ("text/plain", vec![(0, data(b"first ")), (waits.last_byte_ms, data(b"last"))])
    };
    let body = StreamBody::new(futures_util::stream::unfold(pieces.into_iter(), |mut pieces| async move {
        let (wait_ms, piece) = pieces.next()?;
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        Some((Ok(piece), pieces))
    }));
    Ok(Response::builder().header("content-type", kind).body(body).unwrap())
}
