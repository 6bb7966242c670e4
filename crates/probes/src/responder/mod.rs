//! A gRPC service that answers with its times and plays load on request: what stands at the end of a path when there is no service yet,
//! and what tests stand on. Its health and its methods can be asked for as of any gRPC service.

mod echo;
mod options;
mod recording;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{
    net::{Caller, Listener, NoListener},
    record::{Key, NoKey},
};
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
pub enum NoResponder {
    #[error(transparent)]
    Listener(#[from] NoListener),
    #[error("{path}: {reason}", path = .path.display())]
    Key { path: PathBuf, reason: NoKey },
    #[error("its own methods cannot be told: {0}")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

/// How long calls may still take once it is to end.
const GRACE: Duration = Duration::from_millis(500);
/// A caller of whom nothing is heard for so long is asked whether it is there, and has as long to answer.
const PING: Duration = Duration::from_secs(20);
/// After a failed accept, so that being out of files does not take a whole processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A responder that listens.
pub struct Responder {
    listener: Listener,
    hop: Arc<Hop>,
    routes: Routes,
}

impl Responder {
    /// Listens, and reads what the options name. Nobody is served before [`Responder::run`].
    ///
    /// # Errors
    /// When a file cannot be used, or the port not be had.
    pub async fn bind(options: ResponderOptions) -> Result<Self, NoResponder> {
        let read = |path: &PathBuf| Key::read(path).map_err(|reason| NoResponder::Key { path: path.clone(), reason });
        let key = options.key_file.as_ref().map(read).transpose()?;
        let listener = Listener::bind(&options.listen, options.listen_tls.as_ref()).await?;
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
                    Ok(caller) => {
                        let (hop, routes) = (Arc::clone(&self.hop), self.routes.clone());
                        connections.spawn(serve(caller, hop, routes, cancellation.clone()));
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

/// Serves one caller's connection.
async fn serve(caller: Caller, hop: Arc<Hop>, routes: Routes, cancellation: CancellationToken) {
    let begun = cancellation.run_until_cancelled(caller.begin()).await;
    let Some(Ok(stream)) = begun else { return };
    let service = service_fn(move |request| recording::answer(routes.clone(), Arc::clone(&hop), request));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).auto_date_header(false).keep_alive_interval(PING).keep_alive_timeout(PING);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = cancellation.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    // How a connection ended is the caller's affair.
    drop(connection.await);
}
