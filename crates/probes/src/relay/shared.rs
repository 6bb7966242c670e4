//! What all calls of a relay share.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use hyper::HeaderMap;
use tokio::sync::Semaphore;

use super::{
    NoRelay,
    delays::{Delay, Injected},
    limits,
    options::{RelayOptions, Routes},
    pool::Pool,
    ring::Ring,
    routes::NoRoute,
    tasks::Tasks,
    visit::Visit,
};
use crate::{
    Role,
    config::To,
    net::{Address, Connector, H2},
    record::{Ending, Key, Refusal, probe_of},
};

/// What all calls of a relay share.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) role: Role,
    pub(super) key: Option<Key>,
    pub(super) silent: bool,
    pub(super) injected: Injected,
    pub(super) ring: Ring,
    pub(super) counts: Counts,
    pub(super) tasks: Tasks,
    /// For callers.
    pub(super) room: Arc<Semaphore>,
    wall_clock_offset_ns: i64,
    routes: Routes,
    pools: HashMap<Address, Arc<Pool>>,
}

/// What a relay counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) calls: AtomicU64,
    pub(super) probes: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) unrouted: AtomicU64,
    pub(super) unreachable: AtomicU64,
    pub(super) late: AtomicU64,
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Shared {
    pub(super) fn new(options: RelayOptions) -> Result<Self, NoRelay> {
        let key = options
            .key_file
            .as_deref()
            .map(|path: &Path| Key::read(path).map_err(|reason| NoRelay::Key { path: path.to_owned(), reason }));
        let connector = Connector::new(&options.tls, &[H2])?;
        let tasks = Tasks::default();
        let pool = |address: &Address| Pool::new(address.clone(), connector.clone(), options.pool, tasks.clone());
        let pools = options.routes.addresses().into_iter().map(|address| (address.clone(), Arc::new(pool(address))));
        let injected = Injected::default();
        injected.set(&options.delays);
        Ok(Self {
            key: key.transpose()?,
            role: options.role.into(),
            silent: options.silent,
            injected,
            ring: Ring::new(options.ring),
            counts: Counts::default(),
            room: Arc::new(Semaphore::new(limits::CALLERS)),
            wall_clock_offset_ns: options.wall_clock_offset_ms.saturating_mul(1_000_000),
            pools: pools.collect(),
            tasks,
            name: options.name,
            region: options.region,
            routes: options.routes,
        })
    }

    /// Connections to where a request goes.
    pub(super) fn route(&self, to: &To, authority: &str, path: &str) -> Result<&Arc<Pool>, NoRoute> {
        let address = self.routes.of(&self.region, to, authority, path)?;
        Ok(self.pools.get(address).expect("every address of the routes has its connections"))
    }

    /// The stay of a request that is a probe, and to be told of.
    pub(super) fn visit(self: &Arc<Self>, headers: &HeaderMap, received: Instant) -> Option<Visit> {
        if self.silent {
            return None;
        }
        match probe_of(headers, self.key.as_ref()) {
            Ok(id) => {
                let id = id?;
                count(&self.counts.probes);
                Some(Visit::begin(self, id, received))
            }
            Err(Refusal::Unsigned | Refusal::Foreign | Refusal::Malformed(_)) => {
                count(&self.counts.refused);
                None
            }
        }
    }

    /// The end of an answer, on its way back: delays, and the record between them.
    pub(super) async fn conclude(&self, visit: Option<Visit>, ending: Ending, metadata: &mut HeaderMap) {
        self.injected.pass(Delay::Response).await;
        if let Some(visit) = visit {
            visit.leave(ending, metadata);
        }
        self.injected.pass(Delay::LinkResponse).await;
    }

    /// Nanoseconds since 1970, by a clock that may be wrong.
    pub(super) fn wall_clock_ns(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX).saturating_add(self.wall_clock_offset_ns)
    }

    pub(super) fn connections(&self) -> usize {
        self.pools.values().map(|pool| pool.connections()).sum()
    }
}
