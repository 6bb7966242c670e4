//! A caller that writes down all of an answer.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use h2::Reason;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Request, Response,
    body::{Frame, Incoming},
    client::conn::http2::{Builder, SendRequest},
    header::{HeaderName, HeaderValue},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle, time::timeout};

use crate::service::reason;

type Sent = UnsyncBoxBody<Bytes, h2::Error>;

/// A connection to a relay or service; dropped, it is closed.
pub(crate) struct Caller {
    sender: SendRequest<Sent>,
    driver: JoinHandle<()>,
}

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Whether the answer ended with its headers.
    pub(crate) headers_only: bool,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) broken: Option<Reason>,
}

impl Outcome {
    /// Metadata of the end: of trailers, or of headers where there are only those.
    pub(crate) fn end(&self) -> &HeaderMap {
        self.trailers.as_ref().unwrap_or(&self.headers)
    }

    pub(crate) fn grpc_status(&self) -> Option<&str> {
        self.end().get("grpc-status")?.to_str().ok()
    }

    pub(crate) fn message(&self) -> &str {
        self.end().get("grpc-message").and_then(|text| text.to_str().ok()).unwrap_or_default()
    }
}

/// A request to a method of the service.
pub(crate) struct Call {
    path: &'static str,
    headers: HeaderMap,
    frames: Vec<Frame<Bytes>>,
}

impl Call {
    pub(crate) fn to(path: &'static str) -> Self {
        let headers = HeaderMap::new();
        let call = Self { path, headers, frames: Vec::new() };
        call.with("content-type", "application/grpc").with("te", "trailers")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        let value = HeaderValue::from_str(value.as_ref()).expect("visible ASCII");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn with_all(self, metadata: Vec<(&'static str, String)>) -> Self {
        metadata.into_iter().fold(self, |call, (name, value)| call.with(name, value))
    }

    pub(crate) fn message(mut self, data: impl Into<Bytes>) -> Self {
        self.frames.push(Frame::data(data.into()));
        self
    }

    pub(crate) fn trailer(mut self, name: &'static str, value: &'static str) -> Self {
        let trailers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
        self.frames.push(Frame::trailers(trailers));
        self
    }
}

/// A call whose messages are sent one by one.
pub(crate) struct Open {
    pub(crate) send: mpsc::Sender<Result<Frame<Bytes>, h2::Error>>,
    pub(crate) answer: Incoming,
}

impl Open {
    /// Sends a message and waits for the next frame of the answer.
    pub(crate) async fn ping(&mut self, data: &'static [u8]) -> Option<Bytes> {
        self.send.send(Ok(Frame::data(Bytes::from_static(data)))).await.ok()?;
        self.answer.frame().await?.ok()?.into_data().ok()
    }

    /// Ends the request, and the answer's end.
    pub(crate) async fn finish(self) -> Outcome {
        drop(self.send);
        whole(Response::new(self.answer)).await
    }
}

impl Caller {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let tcp = TcpStream::connect(addr).await.expect("it listens");
        tcp.set_nodelay(true).expect("set");
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_max_send_streams(20_000).max_header_list_size(64 * 1024);
        // What one call does not read leaves room for others.
        builder.initial_stream_window_size(64 * 1024).initial_connection_window_size(16 << 20);
        let (sender, connection) = builder.handshake(TokioIo::new(tcp)).await.expect("HTTP/2");
        Self { sender, driver: tokio::spawn(async move { drop(connection.await) }) }
    }

    fn request(path: &str, headers: HeaderMap, body: Sent) -> Request<Sent> {
        let mut request = Request::post(format!("http://test.example{path}")).body(body).expect("a request");
        *request.headers_mut() = headers;
        request
    }

    /// Makes a call and takes all of its answer.
    pub(crate) async fn call(&self, call: Call) -> Outcome {
        let body = if call.frames.is_empty() {
            http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync()
        } else {
            StreamBody::new(futures_util::stream::iter(call.frames.into_iter().map(Ok))).boxed_unsync()
        };
        let sent = self.sender.clone().send_request(Self::request(call.path, call.headers, body));
        match timeout(Duration::from_secs(20), sent).await.expect("an answer in time") {
            Ok(response) => whole(response).await,
            Err(error) => Outcome { broken: reason(&error), ..Outcome::default() },
        }
    }

    /// Begins a call; its messages follow.
    pub(crate) async fn open(&self, call: Call) -> Open {
        let (send, mut frames) = mpsc::channel(1);
        let body = StreamBody::new(futures_util::stream::poll_fn(move |cx| frames.poll_recv(cx))).boxed_unsync();
        let request = Self::request(call.path, call.headers, body);
        let response = self.sender.clone().send_request(request).await.expect("an answer begins");
        Open { send, answer: response.into_body() }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn whole(response: Response<Incoming>) -> Outcome {
    let (parts, mut body) = response.into_parts();
    let headers_only = hyper::body::Body::is_end_stream(&body);
    let mut outcome =
        Outcome { status: parts.status.as_u16(), headers: parts.headers, headers_only, ..Outcome::default() };
    while let Some(frame) = timeout(Duration::from_secs(20), body.frame()).await.expect("an end in time") {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => outcome.body.extend_from_slice(&data),
            Ok(Err(frame)) => outcome.trailers = frame.into_trailers().ok(),
            Err(error) => {
                outcome.broken = reason(&error);
                break;
            }
        }
    }
    outcome
}
