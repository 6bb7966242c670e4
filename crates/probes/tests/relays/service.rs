//! A service that does what the method's name says, and writes down what came.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use h2::Reason;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Request, Response,
    body::{Frame, Incoming},
    header::{HeaderName, HeaderValue},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};

/// A request as the service saw it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// How its body broke off.
    pub(crate) broken: Option<Reason>,
}

type Answer = UnsyncBoxBody<Bytes, h2::Error>;

#[derive(Default)]
struct Notes {
    seen: Mutex<Vec<Seen>>,
    /// Calls that run, and the most at once of one connection.
    running: AtomicUsize,
    most: AtomicUsize,
    /// Bytes of endless answers that were taken.
    poured: AtomicU64,
    connections: AtomicUsize,
    /// Set when held calls may answer.
    released: watch::Sender<bool>,
}

/// A service that listens on loopback; killed when it is dropped.
pub(crate) struct Service {
    pub(crate) addr: SocketAddr,
    notes: Arc<Notes>,
    serving: JoinSet<()>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0", 20_000).await
    }

    /// At an address, letting each connection carry so many calls.
    pub(crate) async fn start_at(address: &str, streams: u32) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let notes = Arc::new(Notes::default());
        let (own, mut serving) = (Arc::clone(&notes), JoinSet::new());
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).expect("set");
                own.connections.fetch_add(1, Ordering::SeqCst);
                let (notes, calls) = (Arc::clone(&own), Arc::new(AtomicUsize::new(0)));
                let service = service_fn(move |request| answer(Arc::clone(&notes), Arc::clone(&calls), request));
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.max_concurrent_streams(streams).auto_date_header(false).max_header_list_size(64 * 1024);
                let connection = builder.serve_connection(TokioIo::new(tcp), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        Self { addr, notes, serving }
    }

    /// Requests so far, once there are so many whose bodies ended.
    pub(crate) async fn seen(&self, at_least: usize) -> Vec<Seen> {
        for _ in 0..500 {
            let seen = self.notes.seen.lock().expect("whole").clone();
            if seen.len() >= at_least {
                return seen;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{at_least} requests did not come: {:?}", self.notes.seen.lock());
    }

    /// Calls that run now.
    pub(crate) fn running(&self) -> usize {
        self.notes.running.load(Ordering::SeqCst)
    }

    /// The most calls at once that one connection carried, and how many connections there were.
    pub(crate) fn most_at_once(&self) -> (usize, usize) {
        (self.notes.most.load(Ordering::SeqCst), self.notes.connections.load(Ordering::SeqCst))
    }

    pub(crate) fn poured(&self) -> u64 {
        self.notes.poured.load(Ordering::SeqCst)
    }

    /// Lets `/Held` answer.
    pub(crate) fn release(&self) {
        self.notes.released.send_replace(true);
    }

    /// Ends it as a crash would; its connections break.
    pub(crate) async fn kill(mut self) {
        self.serving.shutdown().await;
    }
}

/// Counts a call for as long as it lives.
struct Running(Arc<Notes>, Arc<AtomicUsize>);

impl Running {
    fn new(notes: &Arc<Notes>, calls: &Arc<AtomicUsize>) -> Self {
        notes.running.fetch_add(1, Ordering::SeqCst);
        notes.most.fetch_max(calls.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Self(Arc::clone(notes), Arc::clone(calls))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(
    notes: Arc<Notes>,
    calls: Arc<AtomicUsize>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, h2::Error> {
    let running = Running::new(&notes, &calls);
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut seen = Seen {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        headers: parts.headers.clone(),
        ..Seen::default()
    };
    let mut response = Response::builder().header("content-type", "application/grpc");
    for name in ["x-text", "x-bytes-bin", "grpc-encoding"] {
        for value in parts.headers.get_all(name) {
            response = response.header(name, value);
        }
    }
    let answered = |body: Answer| response.body(body).expect("a response");
    match path.as_str() {
        "/test/Unary" | "/test/ClientStream" => {
            read(body, &mut seen).await;
            let echoed = Bytes::from(seen.body.clone());
            note(&notes, seen);
            Ok(answered(said(vec![Frame::data(echoed), Frame::trailers(ok())], running)))
        }
        "/test/ServerStream" => {
            read(body, &mut seen).await;
            note(&notes, seen);
            let mut frames: Vec<_> = (0..20_u8).map(|n| Frame::data(Bytes::from(vec![n; 1_000]))).collect();
            frames.push(Frame::trailers(ok()));
            Ok(answered(said(frames, running)))
        }
        "/test/Bidi" => Ok(answered(echo(notes, body, seen, running))),
        "/test/Fail" => {
            read(body, &mut seen).await;
            note(&notes, seen);
            let mut trailers = ok();
            trailers.insert("grpc-status", HeaderValue::from_static("9"));
            trailers.insert("grpc-message", HeaderValue::from_static("not now %E2%9C%97"));
            trailers.insert("grpc-status-details-bin", HeaderValue::from_static("CAkSB25vdCBub3c"));
            let frames = vec![Frame::data(Bytes::from_static(b"some")), Frame::trailers(trailers)];
            Ok(answered(said(frames, running)))
        }
        "/test/TrailersOnly" => {
            read(body, &mut seen).await;
            note(&notes, seen);
            let mut response = answered(said(Vec::new(), running));
            response.headers_mut().insert("grpc-status", HeaderValue::from_static("5"));
            response.headers_mut().insert("grpc-message", HeaderValue::from_static("nobody by that name"));
            Ok(response)
        }
        // Answers before it has read, as a server that has seen enough.
        "/test/Early" => {
            note(&notes, Seen { headers: HeaderMap::new(), ..seen });
            Ok(answered(said(vec![Frame::data(Bytes::from_static(b"enough")), Frame::trailers(ok())], running)))
        }
        "/test/Refuse" => Err(Reason::REFUSED_STREAM.into()),
        "/test/BreakOff" => {
            let data = Frame::data(Bytes::from_static(b"some"));
            let broken = [Ok(data), Err(h2::Error::from(Reason::ENHANCE_YOUR_CALM))];
            Ok(answered(counted(futures_util::stream::iter(broken), running)))
        }
        // Frames of 16 KB without end.
        "/test/Pour" => Ok(answered(counted(
            futures_util::stream::repeat_with(move || {
                notes.poured.fetch_add(16_384, Ordering::SeqCst);
                Ok(Frame::data(Bytes::from(vec![7; 16_384])))
            }),
            running,
        ))),
        "/test/Held" => {
            let mut released = notes.released.subscribe();
            let body = async move {
                released.wait_for(|released| *released).await.expect("the service lives");
                Ok(Frame::trailers(ok()))
            };
            Ok(answered(counted(futures_util::stream::once(body), running)))
        }
        // No gRPC: an answer that ends without trailers.
        "/test/Plain" => {
            read(body, &mut seen).await;
            note(&notes, seen);
            Ok(answered(said(vec![Frame::data(Bytes::from_static(b"plain"))], running)))
        }
        "/test/Hang" => {
            read(body, &mut seen).await;
            note(&notes, seen);
            std::future::pending::<Infallible>().await;
            unreachable!("nothing ends it but its caller")
        }
        "/test/Slow" => {
            sleep(Duration::from_millis(20)).await;
            Ok(answered(said(vec![Frame::trailers(ok())], running)))
        }
        // As a service that does not know the method.
        _ => {
            let mut response = answered(said(Vec::new(), running));
            response.headers_mut().insert("grpc-status", HeaderValue::from_static("12"));
            Ok(response)
        }
    }
}

fn note(notes: &Notes, seen: Seen) {
    notes.seen.lock().expect("whole").push(seen);
}

fn ok() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    for value in ["one", "two"] {
        trailers.append(HeaderName::from_static("x-after"), HeaderValue::from_static(value));
    }
    trailers
}

fn said(frames: Vec<Frame<Bytes>>, running: Running) -> Answer {
    if frames.is_empty() {
        return http_body_util::Empty::new().map_err(|never: Infallible| match never {}).boxed_unsync();
    }
    counted(futures_util::stream::iter(frames.into_iter().map(Ok)), running)
}

fn counted(
    frames: impl futures_util::Stream<Item = Result<Frame<Bytes>, h2::Error>> + Send + 'static,
    running: Running,
) -> Answer {
    use futures_util::StreamExt as _;
    let frames = frames.map(move |frame| {
        let _alive = &running;
        frame
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Each message back as it comes.
fn echo(notes: Arc<Notes>, mut body: Incoming, mut seen: Seen, running: Running) -> Answer {
    let (send, mut frames) = mpsc::channel(1);
    tokio::spawn(async move {
        let _running = running;
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                // The end of the request.
                Ok(Ok(data)) if data.is_empty() => {}
                Ok(Ok(data)) => {
                    seen.body.extend_from_slice(&data);
                    if send.send(Ok(Frame::data(data))).await.is_err() {
                        break;
                    }
                }
                Ok(Err(frame)) => seen.trailers = frame.into_trailers().ok(),
                Err(error) => {
                    seen.broken = reason(&error);
                    break;
                }
            }
        }
        note(&notes, seen);
        drop(send.send(Ok(Frame::trailers(ok()))).await);
    });
    StreamBody::new(futures_util::stream::poll_fn(move |cx| frames.poll_recv(cx))).boxed_unsync()
}

async fn read(mut body: Incoming, seen: &mut Seen) {
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => seen.body.extend_from_slice(&data),
            Ok(Err(frame)) => seen.trailers = frame.into_trailers().ok(),
            Err(error) => {
                seen.broken = reason(&error);
                break;
            }
        }
    }
}

/// The code of a stream's reset.
pub(crate) fn reason(error: &hyper::Error) -> Option<Reason> {
    std::error::Error::source(error)?.downcast_ref::<h2::Error>()?.reason()
}
