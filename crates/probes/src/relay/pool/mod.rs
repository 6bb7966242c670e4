//! Connections to one address: few, each with as many calls at once as its peer allows, made when they are needed.

mod connection;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hyper::client::conn::http2::SendRequest;
use tokio::sync::Notify;

use self::connection::{Connection, Opened};
use super::{body::Carried, tasks::Tasks};
use crate::net::{Address, ConnectFailure, Connector};

/// Connections to one address.
pub(super) struct Pool {
    pub(super) address: Address,
    connector: Connector,
    /// Connections at most.
    most: usize,
    tasks: Tasks,
    state: Mutex<State>,
    /// A call ended, a connection came or went.
    changed: Notify,
}

#[derive(Default)]
struct State {
    connections: Vec<Arc<Connection>>,
    connecting: bool,
    /// How often connecting failed, and how it did last; none since a connection was there.
    failures: u64,
    failure: Option<(Instant, ConnectFailure)>,
}

/// The right to one call on a connection; given back when it is dropped.
pub(super) struct Lease {
    connection: Arc<Connection>,
    pool: Arc<Pool>,
}

/// So long after connecting failed, everybody is told so instead of trying again.
const REST: Duration = Duration::from_millis(20);

impl Pool {
    pub(super) fn new(address: Address, connector: Connector, most: usize, tasks: Tasks) -> Self {
        let (state, changed) = (Mutex::default(), Notify::new());
        Self { address, connector, most: most.max(1), tasks, state, changed }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a connection that may carry one more call; whoever came first is served first.
    ///
    /// # Errors
    /// When there is no connection and connecting fails.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, ConnectFailure> {
        let failures = self.state().failures;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on, no change goes unnoticed.
            changed.as_mut().enable();
            if let Some(lease) = self.try_lease(failures)? {
                return Ok(lease);
            }
            changed.await;
        }
    }

    /// A lease if there is one at once; otherwise sees to it that there will be. `failures` is how many there were when waiting began.
    fn try_lease(self: &Arc<Self>, failures: u64) -> Result<Option<Lease>, ConnectFailure> {
        let mut state = self.state();
        let free = state.connections.iter().filter(|connection| connection.has_room());
        if let Some(connection) = free.min_by_key(|connection| connection.calls()).cloned() {
            connection.begin();
            return Ok(Some(Lease { connection, pool: Arc::clone(self) }));
        }
        if state.connecting || state.connections.len() >= self.most {
            return Ok(None);
        }
        if let Some((at, failure)) = &state.failure {
            if state.connections.is_empty() && (state.failures > failures || at.elapsed() < REST) {
                return Err(failure.clone());
            }
            if at.elapsed() < REST {
                return Ok(None);
            }
        }
        state.connecting = true;
        let pool = Arc::clone(self);
        // Whoever wanted it may give up; others want it as well.
        self.tasks.spawn(async move { pool.connect().await });
        Ok(None)
    }

    /// Makes a connection and keeps it until it ends.
    async fn connect(self: Arc<Self>) {
        let opened = connection::open(&self.connector, &self.address, &self.tasks).await;
        let opened = self.note(opened);
        self.changed.notify_waiters();
        let Some((connection, driver)) = opened else { return };
        driver.run(&connection, || self.changed.notify_waiters()).await;
        self.state().connections.retain(|other| !Arc::ptr_eq(other, &connection));
        self.changed.notify_waiters();
    }

    /// What came of connecting, for those who wait.
    fn note(&self, opened: Result<Opened, ConnectFailure>) -> Option<Opened> {
        let mut state = self.state();
        state.connecting = false;
        match opened {
            Ok((connection, driver)) => {
                state.failure = None;
                state.connections.push(Arc::clone(&connection));
                Some((connection, driver))
            }
            Err(failure) => {
                state.failures += 1;
                state.failure = Some((Instant::now(), failure));
                None
            }
        }
    }

    /// Connections that are there.
    pub(super) fn connections(&self) -> usize {
        self.state().connections.len()
    }
}

impl Lease {
    pub(super) fn sender(&self) -> SendRequest<Carried> {
        self.connection.sender.clone()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.end();
        self.pool.changed.notify_one();
    }
}
