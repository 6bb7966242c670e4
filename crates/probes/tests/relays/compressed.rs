//! gRPC of another maker with real compression, directly and through two relays: each end must see the same bytes.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Request, Response,
    body::{Frame, Incoming},
    client::conn::http2::{Builder, SendRequest},
    header::{HeaderName, HeaderValue},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tonic::{body::Body, codec::CompressionEncoding::Gzip, codegen::Service, service::Routes};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient, health_server::HealthServer};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use wirereel_probes::{
    ProbeId,
    config::To,
    record::{HOP, request_metadata},
};

use crate::path::Path;

/// A long name that compresses well.
fn long_name() -> String {
    "shop.Catalog.".repeat(400)
}

/// Health and reflection that compress what they say to whoever takes it.
struct Compressing {
    addr: SocketAddr,
    _serving: JoinSet<()>,
}

impl Compressing {
    async fn start() -> Self {
        let reporter = tonic_health::server::HealthReporter::new();
        reporter.set_service_status(long_name(), tonic_health::ServingStatus::Serving).await;
        let health = HealthServer::new(tonic_health::server::HealthService::from_health_reporter(reporter));
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .expect("its own methods");
        let routes = Routes::new(health.accept_compressed(Gzip).send_compressed(Gzip))
            .add_service(reflection.accept_compressed(Gzip).send_compressed(Gzip))
            .prepare();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let routes = routes.clone();
                let service = service_fn(move |request: Request<Incoming>| routes.clone().call(request));
                let connection = http2::Builder::new(TokioExecutor::new())
                    .auto_date_header(false)
                    .serve_connection(TokioIo::new(tcp), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        Self { addr, _serving: serving }
    }
}

/// All that a client said and was told, as it was on the wire.
#[derive(Debug, Clone, Default, PartialEq)]
struct Notes {
    encoding: Option<HeaderValue>,
    sent: Vec<u8>,
    answered: HeaderMap,
    received: Vec<u8>,
    trailers: HeaderMap,
}

/// A connection that writes down what goes over it.
#[derive(Clone)]
struct Wire {
    sender: SendRequest<Body>,
    metadata: Arc<Vec<(&'static str, String)>>,
    notes: Arc<Mutex<Notes>>,
}

impl Wire {
    async fn connect(addr: SocketAddr, metadata: Vec<(&'static str, String)>) -> Self {
        let tcp = TcpStream::connect(addr).await.expect("it listens");
        let handshake = Builder::new(TokioExecutor::new()).handshake(TokioIo::new(tcp)).await;
        let (sender, connection) = handshake.expect("HTTP/2");
        tokio::spawn(connection);
        Self { sender, metadata: Arc::new(metadata), notes: Arc::default() }
    }

    /// What went over it since this was asked last.
    fn take(&self) -> Notes {
        std::mem::take(&mut self.notes.lock().expect("whole"))
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, hyper::Error>> + Send>>;

impl Service<Request<Body>> for Wire {
    type Response = Response<Body>;
    type Error = hyper::Error;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.sender.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Answering {
        for (name, value) in self.metadata.iter() {
            let value = HeaderValue::from_str(value).expect("visible ASCII");
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        let (sending, receiving) = (Arc::clone(&self.notes), Arc::clone(&self.notes));
        sending.lock().expect("whole").encoding = request.headers().get("grpc-encoding").cloned();
        let request = request.map(|body| {
            Body::new(body.map_frame(move |frame: Frame<bytes::Bytes>| {
                let data = frame.data_ref().map(|data| data.to_vec()).unwrap_or_default();
                sending.lock().expect("whole").sent.extend(data);
                frame
            }))
        });
        let answer = self.sender.send_request(request);
        Box::pin(async move {
            let answer = answer.await?;
            receiving.lock().expect("whole").answered = answer.headers().clone();
            Ok(answer.map(|body| {
                Body::new(body.map_frame(move |frame: Frame<bytes::Bytes>| {
                    let mut notes = receiving.lock().expect("whole");
                    notes.received.extend(frame.data_ref().map(|data| data.to_vec()).unwrap_or_default());
                    notes.trailers.extend(frame.trailers_ref().cloned().unwrap_or_default());
                    drop(notes);
                    frame
                }))
            }))
        })
    }
}

/// Asks about health, and in a conversation for all methods.
async fn talk(wire: &Wire) -> (i32, Vec<MessageResponse>, [Notes; 2]) {
    let origin: hyper::Uri = "http://test.example".parse().expect("a URI");
    let mut health =
        HealthClient::with_origin(wire.clone(), origin.clone()).send_compressed(Gzip).accept_compressed(Gzip);
    let answer = health.check(HealthCheckRequest { service: long_name() }).await.expect("an answer");
    let status = answer.into_inner().status;
    let unary = wire.take();
    let mut reflection =
        ServerReflectionClient::with_origin(wire.clone(), origin).send_compressed(Gzip).accept_compressed(Gzip);
    let ask = |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("grpc.health.v1.Health".into())),
        ask(MessageRequest::FileContainingSymbol("grpc.reflection.v1.ServerReflection".into())),
    ];
    let answers = reflection.server_reflection_info(futures_util::stream::iter(questions)).await.expect("answers");
    let answers: Vec<MessageResponse> = answers
        .into_inner()
        .filter_map(|answer| async { answer.ok().and_then(|answer| answer.message_response) })
        .collect()
        .await;
    (status, answers, [unary, wire.take()])
}

/// Whether all messages are compressed ones of gRPC: a flag, a length and a gzip member each (RFC 1952 §2.3.1).
fn all_compressed(mut messages: &[u8]) -> usize {
    let mut count = 0;
    while let [flag, a, b, c, d, rest @ ..] = messages {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        assert!(*flag == 1 && rest[..2] == [0x1f, 0x8b], "a message that is not compressed");
        (messages, count) = (&rest[length..], count + 1);
    }
    count
}

#[tokio::test]
async fn messages_that_are_compressed_by_their_sender_arrive_as_they_were_sent() {
    let service = Compressing::start().await;
    let (a, _b) = Path::relays(service.addr, |_| {}).await;
    let to = To { region: "eu".into(), service: "echo".into() };
    let direct = talk(&Wire::connect(service.addr, Vec::new()).await).await;
    let through = talk(&Wire::connect(a.addr, Vec::new()).await).await;
    assert_eq!(direct, through);
    let mut probed = talk(&Wire::connect(a.addr, request_metadata(ProbeId::random(), &to, None)).await).await;
    for notes in &mut probed.2 {
        assert_eq!(notes.trailers.get_all(HOP).iter().count(), 2);
        notes.trailers.remove(HOP);
    }
    assert_eq!(direct, probed, "records are all that a probe's answer has more");

    let (status, answers, [unary, conversation]) = direct;
    assert_eq!((status, answers.len()), (1, 3));
    for (notes, messages) in [(&unary, 1), (&conversation, 3)] {
        assert_eq!(notes.encoding.as_ref().map(HeaderValue::as_bytes), Some(&b"gzip"[..]));
        assert_eq!(notes.answered["grpc-encoding"], "gzip");
        assert_eq!((all_compressed(&notes.sent), all_compressed(&notes.received)), (messages, messages));
    }
    assert!(unary.sent.len() < long_name().len() / 10, "{} bytes", unary.sent.len());
}
