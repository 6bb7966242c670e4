//! A gRPC service that answers with its times and plays load on request: what stands at the end of a path when there is no service yet,
//! and what tests stand on. Its health and its methods can be asked for as of any gRPC service.

mod echo;
mod options;
mod recording;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::record::{Key, NoKey};
use echo::Echo;
pub use options::{Load, ResponderOptions};
use proto::probe_server::ProbeServer;
use recording::Hop;

/// What is made of `proto/probe.proto`.
#[allow(unreachable_pub, unused_qualifications, missing_docs, clippy::all, reason = "made by a program")]
pub(crate) mod proto {
    include!(concat!(env!("OUT_DIR"), "/wirereel.probe.v1.rs"));
    /// Encoded as a `FileDescriptorSet`.
    pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/probe.descriptors"));
}

/// Why there is no responder.
#[derive(Debug, Error)]
pub enum ResponderError {
    #[error("it cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: io::Error },
    #[error(transparent)]
    Key(#[from] NoKey),
    #[error("its own methods cannot be told: {0}")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

/// How long calls may still take once it is to end.
const GRACE: Duration = Duration::from_millis(500);
/// How long a connection that was accepted may stay silent before its first frames.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After a failed accept, so that being out of files does not take a whole processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A responder that listens.
#[derive(Debug)]
pub struct Responder {
    listener: TcpListener,
    hop: Arc<Hop>,
    routes: Routes,
}

impl Responder {
    /// Reads its key and listens.
    ///
    /// # Errors
    /// What is missing for that.
    pub async fn bind(options: ResponderOptions) -> Result<Self, ResponderError> {
        let key = options.key_file.as_deref().map(Key::read).transpose()?;
        let address = options.listen;
        let listener = TcpListener::bind(address).await.map_err(|reason| ResponderError::Listen { address, reason })?;
        let clock_offset_ns = options.wall_clock_offset_ms.saturating_mul(1_000_000);
        let hop = Arc::new(Hop { name: options.name, region: options.region, key, clock_offset_ns });
        let routes = routes(Arc::clone(&hop), options.load).await?;
        Ok(Self { listener, hop, routes })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is cancelled; calls that go on then have half a second.
    pub async fn run(self, cancellation: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = cancellation.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (hop, routes) = (Arc::clone(&self.hop), self.routes.clone());
                        connections.spawn(connection(stream, hop, routes, cancellation.clone()));
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        drop(self.listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        drop(tokio::time::timeout(GRACE, ended).await);
        connections.shutdown().await;
    }
}

async fn routes(hop: Arc<Hop>, load: Load) -> Result<Routes, tonic_reflection::server::Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<ProbeServer<Echo>>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = Routes::new(ProbeServer::new(Echo { hop, load }))
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok(routes.prepare())
}

async fn connection(stream: TcpStream, hop: Arc<Hop>, routes: Routes, cancellation: CancellationToken) {
    // Without this, the end of an answer could wait for the acknowledgement of its beginning.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| recording::answer(routes.clone(), Arc::clone(&hop), request));
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(HANDSHAKE).keep_alive_timeout(HANDSHAKE);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        _ = &mut serving => return,
        () = cancellation.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    drop(serving.await);
}
