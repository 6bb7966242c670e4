//! One request and its whole answer on a connection that was made for it, or kept from the check before.

use std::{
    error::Error as _,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, ready},
};

use bytes::Bytes;
use futures_util::future::poll_fn;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode, Version,
    body::Incoming,
    client::conn::{http1, http2},
    rt::Executor,
};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use url::Host;
use wirereel_dial::{TlsFault, quoted};

use super::{
    Failure, Phase, SpokenHttp,
    connect::io_failure,
    dial::Stream,
    observed::{Marks, Observed},
    tls::tls_failure,
    trace::Trace,
};

/// Longest head of an answer.
const MAX_HEAD_BYTES: usize = 65_536;

/// An answer with as much of its body as is read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Empty when nobody looks into it.
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

/// How much of a body is read, and whether somebody looks into it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyUse {
    pub(crate) limit_bytes: u64,
    pub(crate) kept: bool,
}

type Io = TokioIo<Observed<Stream>>;
type Outgoing = Request<Full<Bytes>>;

/// A connection of HTTP/1.1 that is kept for the next check.
pub(crate) struct Kept {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Driver<http1::Connection<Io, Full<Bytes>>>,
    marks: Arc<Marks>,
    /// Where it goes, and where it comes from.
    ends: (Option<SocketAddr>, Option<SocketAddr>),
}

impl Kept {
    /// Makes the connection ready for requests.
    pub(crate) async fn begin(stream: Stream, trace: &mut Trace) -> Result<Self, Failure> {
        let marks = Arc::new(Marks::default());
        trace.exchange(&marks);
        let io = TokioIo::new(Observed::http1(stream, Arc::clone(&marks)));
        let mut builder = http1::Builder::new();
        let (sender, connection) = builder
            .max_buf_size(MAX_HEAD_BYTES)
            .handshake(io)
            .await
            .map_err(|error| Failure::Protocol { reason: quoted(&error.to_string()) })?;
        let ends = (trace.known.remote, trace.known.local);
        Ok(Self { sender, driver: Driver::of(connection), marks, ends })
    }

    /// Whether it can take another request, as far as can be told: what came meanwhile is looked at.
    pub(crate) async fn is_ready(&mut self) -> bool {
        self.driver.drive(std::future::ready(())).await;
        !self.driver.ended && self.sender.is_ready()
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn exchange(
        &mut self,
        request: Outgoing,
        host: &Host,
        body: BodyUse,
        trace: &mut Trace,
    ) -> Result<Answer, Failure> {
        self.marks.forget();
        (trace.known.remote, trace.known.local) = self.ends;
        trace.exchange(&self.marks);
        let sent = self.sender.send_request(request);
        let response = self.driver.drive(sent).await.map_err(|error| http_failure(&error, host, trace))?;
        read(response, &mut self.driver, host, body, trace).await
    }
}

/// Sends a request over HTTP/2 and reads the answer.
pub(crate) async fn exchange_http2(
    stream: Stream,
    request: Outgoing,
    host: &Host,
    body: BodyUse,
    trace: &mut Trace,
) -> Result<Answer, Failure> {
    let marks = Arc::new(Marks::default());
    trace.exchange(&marks);
    let io = TokioIo::new(Observed::http2(stream, marks));
    let beside = Beside::default();
    let ends_with_the_check = EndBeside(&beside);
    let mut builder = http2::Builder::new(beside.clone());
    builder.max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX));
    let (mut sender, connection) = builder.handshake(io).await.map_err(|error| http_failure(&error, host, trace))?;
    let mut driver = Driver::of(connection);
    let response =
        driver.drive(sender.send_request(request)).await.map_err(|error| http_failure(&error, host, trace))?;
    let answer = read(response, &mut driver, host, body, trace).await;
    drop(ends_with_the_check);
    answer
}

async fn read<C>(
    response: Response<Incoming>,
    driver: &mut Driver<C>,
    host: &Host,
    body_use: BodyUse,
    trace: &mut Trace,
) -> Result<Answer, Failure>
where
    C: Future<Output = hyper::Result<()>>,
{
    let (head, mut body) = response.into_parts();
    trace.known.status = Some(head.status.as_u16());
    trace.known.http_version = Some(match head.version {
        Version::HTTP_2 => SpokenHttp::Http2,
        Version::HTTP_10 => SpokenHttp::Http10,
        _ => SpokenHttp::Http11,
    });
    let mut answer = Answer { status: head.status, headers: head.headers, body: Vec::new(), trailers: None };
    let mut bytes: u64 = 0;
    (trace.known.body_bytes, trace.known.body_cut) = (Some(0), false);
    while let Some(frame) = driver.drive(body.frame()).await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                return Err(match http_failure(&error, host, trace) {
                    Failure::Closed { .. } => Failure::Incomplete { bytes },
                    other => other,
                });
            }
        };
        match frame.into_data() {
            Ok(data) => {
                let room = body_use.limit_bytes - bytes;
                let taken = data.len().min(usize::try_from(room).unwrap_or(usize::MAX));
                if body_use.kept {
                    answer.body.extend_from_slice(data.get(..taken).unwrap_or_default());
                }
                bytes += taken as u64;
                trace.known.body_bytes = Some(bytes);
                if taken < data.len() {
                    trace.known.body_cut = true;
                    break;
                }
            }
            Err(frame) => answer.trailers = frame.into_trailers().ok().or(answer.trailers),
        }
    }
    trace.exchanged();
    Ok(answer)
}

/// A connection that moves only while somebody waits for something on it: no task of its own, so that it ends with its check.
struct Driver<C> {
    connection: Pin<Box<C>>,
    ended: bool,
}

impl<C: Future<Output = hyper::Result<()>>> Driver<C> {
    fn of(connection: C) -> Self {
        Self { connection: Box::pin(connection), ended: false }
    }

    async fn drive<F: Future>(&mut self, wanted: F) -> F::Output {
        let mut wanted = pin!(wanted);
        poll_fn(|cx| {
            if !self.ended {
                // An error of the connection comes to whoever waits for an answer as well.
                self.ended = self.connection.as_mut().poll(cx).is_ready();
            }
            let output = ready!(wanted.as_mut().poll(cx));
            Poll::Ready(output)
        })
        .await
    }
}

/// Runs what HTTP/2 wants run beside a connection.
#[derive(Clone, Default)]
struct Beside {
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Beside {
    fn execute(&self, task: F) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }
}

/// Ends all of it, also when the check is stopped.
struct EndBeside<'a>(&'a Beside);

impl Drop for EndBeside<'_> {
    fn drop(&mut self) {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// What the HTTP library says, as a failure of a check.
fn http_failure(error: &hyper::Error, host: &Host, trace: &Trace) -> Failure {
    let phase = trace.phase().unwrap_or(Phase::Write);
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return match TlsFault::in_io(io) {
                Some(fault) => tls_failure(fault, host),
                None if matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
                    Failure::Protocol { reason: quoted(&io.to_string()) }
                }
                None => io_failure(phase, io),
            };
        }
        source = inner.source();
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return Failure::Closed { phase };
    }
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Failure::Protocol { reason: quoted(&reason) }
}
