//! How a service calls another: name looked up, connection opened from its own address, kept for the next call.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, Request, header};

use crate::connection::{Answer, Connection, ConnectionError};
use crate::dns::{ResolveError, Resolver};
use crate::payload::Payload;
use crate::topology::{PORT, Service};

/// What to ask another service.
#[derive(Debug, Clone)]
pub struct Call {
    pub to: Service,
    pub method: Method,
    /// Path with query.
    pub target: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    /// From looking up the name to the last byte of the answer.
    pub timeout: Duration,
    /// Use a pooled connection and leave it in the pool; otherwise open one and close it.
    pub keep_alive: bool,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Name(#[from] ResolveError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("no answer in time")]
    Timeout,
    #[error("not a valid request")]
    Invalid(#[from] hyper::http::Error),
}

/// The calling side of a service.
#[derive(Debug)]
pub struct Outbound {
    from: Ipv4Addr,
    resolver: Resolver,
    idle_limit: Duration,
    pool: Mutex<HashMap<SocketAddr, Vec<Connection>>>,
    in_work: AtomicUsize,
}

impl Outbound {
    /// Calls leave from `from`; unused connections are closed after `idle_limit`.
    pub fn new(from: Ipv4Addr, resolver: Resolver, idle_limit: Duration) -> Self {
        Self { from, resolver, idle_limit, pool: Mutex::default(), in_work: AtomicUsize::new(0) }
    }

    /// Calls in work.
    pub fn in_work(&self) -> usize {
        self.in_work.load(Ordering::Relaxed)
    }

    /// Makes a call and reads the whole answer.
    ///
    /// # Errors
    /// When the name has no address, or the connection is refused, breaks or is too slow.
    pub async fn call(&self, call: Call) -> Result<Answer, CallError> {
        let _in_work = InWork::enter(&self.in_work);
        match tokio::time::timeout(call.timeout, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(CallError::Timeout),
        }
    }

    async fn exchange(&self, call: Call) -> Result<Answer, CallError> {
        let address = SocketAddr::from((self.resolver.resolve(call.to).await?, PORT));
        let keep_alive = call.keep_alive;
        let request = request(call)?;
        let pooled = if keep_alive { self.take(address) } else { None };
        let mut connection = match pooled {
            Some(connection) => connection,
            None => Connection::open(self.from, address).await?,
        };
        let answer = connection.send(request).await?;
        if keep_alive && connection.stays_open().await {
            self.pool().entry(address).or_default().push(connection);
        }
        Ok(answer)
    }

    /// The most recently used connection that is still open.
    fn take(&self, address: SocketAddr) -> Option<Connection> {
        let mut pool = self.pool();
        let idle = pool.get_mut(&address)?;
        std::iter::from_fn(|| idle.pop()).find(Connection::is_ready)
    }

    /// Closes connections that nobody used for the idle limit. Never returns.
    pub async fn expire(&self) {
        loop {
            tokio::time::sleep(self.idle_limit / 4).await;
            for idle in self.pool().values_mut() {
                idle.retain(|c| c.is_ready() && c.idle() < self.idle_limit);
            }
        }
    }

    /// Closes every connection that is not in use.
    pub fn close_idle(&self) {
        self.pool().clear();
    }

    fn pool(&self) -> MutexGuard<'_, HashMap<SocketAddr, Vec<Connection>>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn request(call: Call) -> Result<Request<Payload>, hyper::http::Error> {
    let host = format!("{}:{PORT}", call.to);
    let mut request = Request::builder().method(call.method).uri(&call.target).header(header::HOST, host);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    if !call.keep_alive {
        request = request.header(header::CONNECTION, "close");
    }
    if !call.body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(Payload::whole(call.body))
}

/// Counts a call while it lives.
struct InWork<'a>(&'a AtomicUsize);

impl<'a> InWork<'a> {
    fn enter(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
