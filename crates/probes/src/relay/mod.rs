//! A relay: takes HTTP/2 calls on to the next hop frame by frame, and says in trailers how long it held those that are probes.
//!
//! ```text
//!  caller ──▶ Listener ──▶ forward ──▶ routes ──▶ pool ──▶ the next relay, gateway or service
//!    ▲                        │ visit, ring                     │
//!    └───── answer ◀──────────┴──────────── body ◀──────────────┘
//! ```
//!
//! Nothing is decoded: frames, metadata, deadlines, resets and the pace at which each side reads go through as they are. A gateway is a relay
//! whose routes lead to services.

mod answer;
mod body;
mod deadline;
mod delays;
mod forward;
mod limits;
mod options;
mod pool;
mod recall;
mod ring;
mod routes;
mod shared;
mod tasks;
mod visit;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{forward::forward, shared::Shared};
use crate::{
    net::{Caller, Listener, NoListener, NoTls},
    record::NoKey,
};

pub(crate) use delays::pause;
pub use options::{Delays, RelayOptions, RelayRole, Routes};
pub(crate) use tasks::{Ends, Tasks};

/// A relay that listens.
pub struct Relay {
    listener: Listener,
    shared: Arc<Shared>,
}

/// Why there is no relay.
#[derive(Debug, Error)]
pub enum NoRelay {
    #[error(transparent)]
    Listener(#[from] NoListener),
    #[error("{path}: {reason}", path = .path.display())]
    Key { path: PathBuf, reason: NoKey },
    #[error(transparent)]
    Tls(#[from] NoTls),
}

/// What to ask a relay and to change of it while it runs.
#[derive(Clone)]
pub struct RelayHandle(Arc<Shared>);

/// What a relay counted so far, and what it holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelayFigures {
    pub calls: u64,
    /// Of those, probes that get a record.
    pub probes: u64,
    /// Requests that say they are probes, and are unsigned, foreign or malformed: forwarded without a record.
    pub refused: u64,
    /// Calls without a route.
    pub unrouted: u64,
    /// Calls that found no connection, or lost it.
    pub unreachable: u64,
    /// Calls whose deadline was over and of which the next hop did not say so.
    pub late: u64,
    /// Connections of callers.
    pub callers: usize,
    /// Connections to next hops.
    pub connections: usize,
    /// Tasks that run for callers, calls and connections.
    pub tasks: usize,
}

impl Relay {
    /// Listens, and reads what the options name. Nobody is served before [`Relay::run`].
    ///
    /// # Errors
    /// When a file cannot be used, or the port not be had.
    pub async fn bind(options: RelayOptions) -> Result<Self, NoRelay> {
        let listener = Listener::bind(&options.listen, options.listen_tls.as_ref()).await?;
        Ok(Self { listener, shared: Arc::new(Shared::new(options)?) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What to ask it while it runs.
    pub fn handle(&self) -> RelayHandle {
        RelayHandle(Arc::clone(&self.shared))
    }

    /// Serves until it is cancelled; calls that run then have a second to end. Dropped, it ends at once.
    pub async fn run(self, cancellation: CancellationToken) {
        let ends = Ends(self.shared.tasks.clone());
        let callers = TaskTracker::new();
        let closing = cancellation.child_token();
        while let Some(accepted) = cancellation.run_until_cancelled(self.accept()).await {
            let Ok((caller, place)) = accepted else {
                // Too many files are open, say: it passes.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (shared, closing, served) = (Arc::clone(&self.shared), closing.clone(), callers.token());
            self.shared.tasks.spawn(async move {
                serve(caller, shared, closing).await;
                drop((place, served));
            });
        }
        drop(self.listener);
        callers.close();
        // Who is not done by then is broken off.
        let _ = timeout(limits::LINGER, callers.wait()).await;
        let tasks = ends.0.clone();
        drop(ends);
        tasks.ended().await;
    }

    /// A caller, and its place among those that there may be.
    async fn accept(&self) -> io::Result<(Caller, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.shared.room).acquire_owned().await.map_err(io::Error::other)?;
        Ok((self.listener.accept().await?, place))
    }
}

/// Serves one caller's connection.
async fn serve(caller: Caller, shared: Arc<Shared>, closing: CancellationToken) {
    let Ok(stream) = caller.begin().await else { return };
    let mut builder = http2::Builder::new(shared.tasks.clone());
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_send_buf_size(limits::SEND_BUFFER)
        .max_header_list_size(limits::HEADERS)
        .max_concurrent_streams(limits::STREAMS)
        .max_pending_accept_reset_streams(limits::EARLY_RESETS)
        .keep_alive_interval(limits::PING)
        .keep_alive_timeout(limits::PING);
    let service = service_fn(move |request| forward(Arc::clone(&shared), request));
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    // How a connection ended is the caller's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl RelayHandle {
    /// Sets all delays.
    pub fn delay(&self, delays: &Delays) {
        self.0.injected.set(delays);
    }

    pub fn figures(&self) -> RelayFigures {
        let counts = &self.0.counts;
        RelayFigures {
            calls: counts.calls.load(Ordering::Relaxed),
            probes: counts.probes.load(Ordering::Relaxed),
            refused: counts.refused.load(Ordering::Relaxed),
            unrouted: counts.unrouted.load(Ordering::Relaxed),
            unreachable: counts.unreachable.load(Ordering::Relaxed),
            late: counts.late.load(Ordering::Relaxed),
            callers: limits::CALLERS - self.0.room.available_permits(),
            connections: self.0.connections(),
            tasks: self.0.tasks.count(),
        }
    }
}
