//! One connection to a target, HTTP/2 or HTTP/1.1, and one exchange on it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode, Uri,
    body::Incoming,
    client::conn::{http1, http2},
    header::{HOST, HeaderValue},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_util::task::AbortOnDropHandle;

use crate::net::H2;

use super::{
    connect::connect,
    failure::{Failure, Phase, call_failed},
    prepared::PreparedProbe,
    trace::{Trace, nanos},
};

/// Longest answer that is read; of a longer one, nothing is known.
const MAX_ANSWER_BYTES: usize = 4 << 20;
const STREAM_WINDOW_BYTES: u32 = 1 << 20;

/// A connection and the task that drives it, which ends with it.
pub(super) struct Connection {
    speaks: Speaks,
    pub(super) local: Option<std::net::SocketAddr>,
    pub(super) remote: Option<std::net::SocketAddr>,
    _driver: AbortOnDropHandle<()>,
}

enum Speaks {
    /// Any number of calls at a time.
    Http2(http2::SendRequest<Full<Bytes>>),
    /// One call at a time: who makes it has the connection to itself.
    Http1(Mutex<http1::SendRequest<Full<Bytes>>>),
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) trailers: HeaderMap,
}

impl Connection {
    async fn open(probe: &PreparedProbe, trace: &mut Trace) -> Result<Self, Failure> {
        let begun = Instant::now();
        let stream = connect(probe, trace).await?;
        let http2 = probe.target().is_grpc() || stream.alpn() == Some(H2);
        let io = TokioIo::new(stream);
        let (speaks, driver) = if http2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.initial_stream_window_size(STREAM_WINDOW_BYTES);
            let made = builder.handshake(io).await.map_err(|error| call_failed(Phase::Connect, &error))?;
            let (sender, connection) = made;
            (Speaks::Http2(sender), tokio::spawn(async move { drop(connection.await) }))
        } else {
            let made = http1::handshake(io).await.map_err(|error| call_failed(Phase::Connect, &error))?;
            let (sender, connection) = made;
            (Speaks::Http1(Mutex::new(sender)), tokio::spawn(async move { drop(connection.await) }))
        };
        trace.connect_ns = Some(nanos(begun.elapsed()));
        let (local, remote) = (trace.local, trace.remote);
        Ok(Self { speaks, local, remote, _driver: AbortOnDropHandle::new(driver) })
    }

    /// Whether a call can be made on it now.
    fn is_ready(&self) -> bool {
        match &self.speaks {
            Speaks::Http2(sender) => sender.is_ready(),
            Speaks::Http1(sender) => lock(sender).is_ready(),
        }
    }

    /// Sends a request. What was surely not sent comes back, for another connection.
    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unsent> {
        let unsent = |back: Option<Request<Full<Bytes>>>, error: &hyper::Error| Unsent {
            request: back.map(Box::new),
            failure: call_failed(Phase::Call, error),
        };
        match &self.speaks {
            Speaks::Http2(sender) => {
                let sent = sender.clone().try_send_request(request).await;
                sent.map_err(|mut error| unsent(error.take_message(), error.error()))
            }
            Speaks::Http1(sender) => {
                as_http1(&mut request);
                let sending = lock(sender).try_send_request(request);
                sending.await.map_err(|mut error| unsent(error.take_message(), error.error()))
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On HTTP/1.1 a request names only its path, and `host` says the rest (RFC 9112 §3.2.1).
fn as_http1(request: &mut Request<Full<Bytes>>) {
    let uri = request.uri().clone();
    let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    request.headers_mut().extend(host.map(|host| (HOST, host)));
    if let Some(path) = uri.path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
}

struct Unsent {
    request: Option<Box<Request<Full<Bytes>>>>,
    failure: Failure,
}

/// The connection that is kept, or a new one.
async fn connected(probe: &PreparedProbe, trace: &mut Trace) -> Result<(Arc<Connection>, bool), Failure> {
    if let Some(kept) = taken(probe) {
        (trace.local, trace.remote) = (kept.local, kept.remote);
        return Ok((kept, true));
    }
    let opened = Arc::new(Connection::open(probe, trace).await?);
    if let Speaks::Http2(_) = opened.speaks {
        *probe.connection() = Some(Arc::clone(&opened));
    }
    Ok((opened, false))
}

fn taken(probe: &PreparedProbe) -> Option<Arc<Connection>> {
    let mut slot = probe.connection();
    match slot.as_ref().filter(|kept| kept.is_ready()).map(|kept| &kept.speaks) {
        Some(Speaks::Http2(_)) => slot.clone(),
        Some(Speaks::Http1(_)) | None => slot.take().filter(|kept| kept.is_ready()),
    }
}

/// Sends a request and reads its whole answer. The probe's own call is timed, other questions are not.
pub(super) async fn exchange(
    probe: &PreparedProbe,
    mut request: Request<Full<Bytes>>,
    timed: bool,
    trace: &mut Trace,
) -> Result<Answer, Failure> {
    let phase = trace.phase;
    loop {
        let (connection, kept) = connected(probe, trace).await?;
        trace.phase = phase;
        let sent_at = Instant::now();
        if timed {
            trace.sent_at = Some(sent_at);
        }
        let ended = match connection.send(request).await {
            Ok(response) => whole(response).await.map_err(|failure| (None, failure)),
            Err(unsent) => Err((unsent.request, unsent.failure)),
        };
        if timed {
            trace.total_ns = Some(nanos(sent_at.elapsed()));
        }
        match ended {
            Ok(answer) => {
                if let Speaks::Http1(_) = connection.speaks {
                    *probe.connection() = Some(connection);
                }
                return Ok(answer);
            }
            // The target closed a kept connection before anything was sent on it: that is no failure of the path.
            Err((Some(back), _)) if kept => {
                forget(probe, &connection);
                trace.sent_at = trace.sent_at.filter(|_| !timed);
                trace.total_ns = trace.total_ns.filter(|_| !timed);
                request = *back;
            }
            Err((_, failure)) => {
                forget(probe, &connection);
                return Err(failure);
            }
        }
    }
}

/// A connection on which a call failed is not used again.
fn forget(probe: &PreparedProbe, connection: &Arc<Connection>) {
    let mut kept = probe.connection();
    if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, connection)) {
        *kept = None;
    }
}

async fn whole(response: Response<Incoming>) -> Result<Answer, Failure> {
    let (parts, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| call_failed(Phase::Call, &error))?;
        match frame.into_data() {
            Ok(data) if body.len() + data.len() > MAX_ANSWER_BYTES => {
                return Err(Failure::Protocol { reason: format!("it is longer than {MAX_ANSWER_BYTES} bytes") });
            }
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
    }
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.freeze(), trailers })
}
