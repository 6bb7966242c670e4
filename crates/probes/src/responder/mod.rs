//! A gRPC service that answers with its times and plays load on request: what stands at the end of a path when there is no service yet,
//! and what tests stand on. Its health and its methods can be asked for as of any gRPC service.

mod echo;
mod options;
mod recording;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::service::Routes;

use crate::{
    net::{Caller, Listener, NoListener},
    record::{Key, NoKey},
    relay::{Ends, Tasks},
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

/// When it is to end, calls that run have so long.
const LINGER: Duration = Duration::from_secs(1);
/// A caller that answers no ping for so long is gone.
const PING: Duration = Duration::from_secs(20);

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

    /// Answers until it is cancelled; calls that run then have a second to end. Dropped, it ends at once.
    pub async fn run(self, cancellation: CancellationToken) {
        let ends = Ends(Tasks::default());
        let callers = TaskTracker::new();
        while let Some(accepted) = cancellation.run_until_cancelled(self.listener.accept()).await {
            let (Ok(caller), served) = (accepted, callers.token()) else {
                // Too many files are open, say: it passes.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (hop, routes) = (Arc::clone(&self.hop), self.routes.clone());
            let (tasks, closing) = (ends.0.clone(), cancellation.child_token());
            ends.0.spawn(async move {
                serve(caller, hop, routes, tasks, closing).await;
                drop(served);
            });
        }
        drop(self.listener);
        callers.close();
        // Who is not done by then is broken off.
        drop(tokio::time::timeout(LINGER, callers.wait()).await);
        let tasks = ends.0.clone();
        drop(ends);
        tasks.ended().await;
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
async fn serve(caller: Caller, hop: Arc<Hop>, routes: Routes, tasks: Tasks, closing: CancellationToken) {
    let begun = closing.run_until_cancelled(caller.begin()).await;
    let Some(Ok(stream)) = begun else { return };
    let service = service_fn(move |request| recording::answer(routes.clone(), Arc::clone(&hop), request));
    let mut builder = http2::Builder::new(tasks);
    builder.timer(TokioTimer::new()).auto_date_header(false).keep_alive_interval(PING).keep_alive_timeout(PING);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    // How a connection ended is the caller's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    drop(connection.await);
}
