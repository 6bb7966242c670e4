//! A Consul that behaves as its API documentation says, for tests of clients.
//!
//! Each rule is named where it is kept, by the page of Consul's documentation that states it: `api-docs/features/blocking`,
//! `api-docs/features/consistency`, `api-docs/catalog`, `api-docs/health`, `api-docs/api-structure` (ACL token),
//! `docs/agent/config` (limits). Time is tokio's, so that a paused clock holds here too.

mod serving;
mod state;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use state::State;

/// An instance of a service, on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub service: String,
    /// Unique on its node.
    pub id: String,
    pub node: String,
    pub node_address: String,
    /// Empty when it is the node's.
    pub address: String,
    pub port: u16,
    pub tags: Vec<String>,
    pub meta: BTreeMap<String, String>,
    /// Of Consul Enterprise; `default` where there are none.
    pub namespace: String,
    /// The status of its own check; without one it has none.
    pub check: Option<Status>,
}

impl Instance {
    /// One on a node of its own, passing.
    pub fn new(service: &str, id: &str, port: u16) -> Self {
        Self {
            service: service.into(),
            id: id.into(),
            node: format!("node-{id}"),
            node_address: "10.0.0.1".into(),
            address: "127.0.0.1".into(),
            port,
            tags: Vec::new(),
            meta: BTreeMap::new(),
            namespace: "default".into(),
            check: Some(Status::Passing),
        }
    }
}

/// A check's status (api-docs/health).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Passing,
    Warning,
    Critical,
}

/// What keeps it from answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Servers have no leader: consistent reads fail with 500, stale ones are answered (api-docs/features/consistency).
    NoLeader,
    /// The agent is gone: connections end.
    Gone,
}

/// Who may see what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl {
    /// Tokens with the services that they may see; `None` is all. Who shows no token is anonymous and sees nothing.
    pub tokens: BTreeMap<String, Option<Vec<String>>>,
}

/// Requests so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// `/v1/catalog/services`.
    pub catalog: u64,
    /// `/v1/health/service/:name`.
    pub service: u64,
    /// `/v1/health/state/:state`.
    pub state: u64,
    /// Answered with an error, or not at all.
    pub refused: u64,
    /// Connections at the same time, at most.
    pub most_connections: u64,
}

impl Asked {
    /// All of them.
    pub fn all(self) -> u64 {
        self.catalog + self.service + self.state + self.refused
    }
}

struct Shared {
    state: Mutex<State>,
    /// Rings whenever something was written.
    written: watch::Sender<u64>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running Consul agent on a free port of loopback. It ends when it is dropped.
pub struct Consul {
    shared: Arc<Shared>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Consul {
    /// Starts on the current tokio runtime, with Consul's own service in its catalog.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { state: Mutex::default(), written: watch::Sender::new(0) });
        let serving = tokio::spawn(serving::serve(listener, Arc::clone(&shared)));
        let consul = Self { shared, address, serving };
        consul.register(Instance { check: None, ..Instance::new("consul", "consul", 8_300) });
        Ok(consul)
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Registers an instance, or writes one anew.
    pub fn register(&self, instance: Instance) {
        self.write(|state| state.register(instance));
    }

    /// Removes an instance.
    pub fn deregister(&self, service: &str, id: &str) {
        self.write(|state| state.deregister(service, id));
    }

    /// An instance's check has another status.
    pub fn set_check(&self, service: &str, id: &str, status: Status) {
        self.write(|state| state.set_check(service, id, status));
    }

    /// A write that changes nothing: every index goes up, so that every held question returns
    /// ("an idempotent write that does not affect the result of the query", api-docs/features/blocking).
    pub fn write_nothing(&self) {
        self.write(State::touch_all);
    }

    /// A snapshot with older data is restored: indexes go backwards, held questions return
    /// ("a raft snapshot is restored on the servers with older version of the data", api-docs/features/blocking).
    pub fn restore_snapshot(&self, index: u64) {
        self.write(|state| state.restore(index));
    }

    /// Some versions answer with an index of 0 ("it is a bug in Consul", api-docs/features/blocking).
    pub fn answer_index_zero(&self, does: bool) {
        self.shared.state().is_index_zero = does;
    }

    /// Ends or begins an outage.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.write(|state| state.outage = outage);
    }

    /// Demands tokens, or no longer.
    pub fn set_acl(&self, acl: Option<Acl>) {
        self.write(|state| state.acl = acl);
    }

    /// Requests so far.
    pub fn asked(&self) -> Asked {
        self.shared.state().asked
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state());
        self.shared.written.send_modify(|written| *written += 1);
    }
}

impl Drop for Consul {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
