//! A gRPC service that answers with its times and plays load on request: what stands at the end of a path when there is no service yet,
//! and what tests stand on. Its health and its methods can be asked for as of any gRPC service.

mod echo;
mod health;
mod options;
mod recording;
mod work;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::service::Routes;
use tonic_health::{
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use crate::{
    net::{Caller, Listener, NoListener},
    record::{Key, NoKey},
    relay::{Ends, Ring, Tasks},
};
use echo::Echo;
use health::PlayedHealth;
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
    #[error("its load is none: errors_per_mille is at most 1000, error_code from 1 to 16")]
    Load,
    #[error("its own methods cannot be told: {0}")]
    Descriptors(#[from] tonic_reflection::server::Error),
}

/// When it is to end, calls that run have so long.
const LINGER: Duration = Duration::from_secs(1);
/// Callers at once.
const CALLERS: usize = 4_096;
/// Probes that it remembers.
const RING: usize = 4_096;
/// A caller that answers no ping for so long is gone.
const PING: Duration = Duration::from_secs(20);

/// A responder that listens.
pub struct Responder {
    listener: Listener,
    hop: Arc<Hop>,
    routes: Routes,
    load: Arc<Mutex<Load>>,
}

/// What to change of a responder while it runs.
#[derive(Clone)]
pub struct ResponderHandle(Arc<Mutex<Load>>);

impl ResponderHandle {
    /// Sets what it does where a request does not say.
    pub fn play(&self, load: Load) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = load;
    }
}

impl Responder {
    /// Listens, and reads what the options name. Nobody is served before [`Responder::run`].
    ///
    /// # Errors
    /// When a file cannot be used, or the port not be had.
    pub async fn bind(options: ResponderOptions) -> Result<Self, NoResponder> {
        if options.load.errors_per_mille > 1_000 || !(1..=16).contains(&options.load.error_code) {
            return Err(NoResponder::Load);
        }
        let read = |path: &PathBuf| Key::read(path).map_err(|reason| NoResponder::Key { path: path.clone(), reason });
        let key = options.key_file.as_ref().map(read).transpose()?;
        let listener = Listener::bind(&options.listen, options.listen_tls.as_ref()).await?;
        let clock_offset_ns = options.wall_clock_offset_ms.saturating_mul(1_000_000);
        let hop =
            Arc::new(Hop { name: options.name, region: options.region, key, clock_offset_ns, ring: Ring::new(RING) });
        let load = Arc::new(Mutex::new(options.load));
        let routes = routes(Arc::clone(&hop), Arc::clone(&load)).await?;
        Ok(Self { listener, hop, routes, load })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What to change of it while it runs.
    pub fn handle(&self) -> ResponderHandle {
        ResponderHandle(Arc::clone(&self.load))
    }

    /// Answers until it is cancelled; calls that run then have a second to end. Dropped, it ends at once.
    pub async fn run(self, cancellation: CancellationToken) {
        let ends = Ends(Tasks::default());
        let callers = TaskTracker::new();
        let room = Arc::new(Semaphore::new(CALLERS));
        while let Some(accepted) = cancellation.run_until_cancelled(self.accept(&room)).await {
            let (Ok((caller, place)), served) = (accepted, callers.token()) else {
                // Too many files are open, say: it passes.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (hop, routes) = (Arc::clone(&self.hop), self.routes.clone());
            let (tasks, closing) = (ends.0.clone(), cancellation.child_token());
            ends.0.spawn(async move {
                serve(caller, hop, routes, tasks, closing).await;
                drop((place, served));
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

    async fn accept(&self, room: &Arc<Semaphore>) -> io::Result<(Caller, OwnedSemaphorePermit)> {
        let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
        Ok((self.listener.accept().await?, place))
    }
}

async fn routes(hop: Arc<Hop>, load: Arc<Mutex<Load>>) -> Result<Routes, tonic_reflection::server::Error> {
    let health = HealthReporter::new();
    health.set_serving::<ProbeServer<Echo>>().await;
    let told = HealthService::from_health_reporter(health);
    let health_service = HealthServer::new(PlayedHealth { told, load: Arc::clone(&load) });
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
