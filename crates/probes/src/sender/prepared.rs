//! A probe that is ready: its target understood, its files read, and what is kept from one call to the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use tokio_rustls::rustls::ClientConfig;

use super::{connection::Connection, reflection::Method};
use crate::{
    config::{ADDRESS, HopConfig, HttpMethod, Mode, Probe, Problem, Scheme, Target},
    net,
    record::Key,
};

/// A probe that is ready. It keeps a connection and what it learnt of its method; dropped, both are gone.
pub struct PreparedProbe {
    probe: Probe,
    target: Target,
    key: Option<Key>,
    tls: Option<Arc<ClientConfig>>,
    metadata: HeaderMap,
    path: Vec<HopConfig>,
    connection: Mutex<Option<Arc<Connection>>>,
    method: Mutex<Option<Arc<Method>>>,
}

impl std::fmt::Debug for PreparedProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedProbe").field("probe", &self.probe).finish_non_exhaustive()
    }
}

impl PreparedProbe {
    /// Makes a probe ready. Reads its files.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(probe: Probe) -> Result<Self, Vec<Problem>> {
        if probe.target.contains(ADDRESS) {
            let allowed = "a target with a host and port: what a source finds is filled in first";
            return Err(vec![Problem::text("target", &probe.target, allowed)]);
        }
        Self::of(probe)
    }

    /// Makes a probe ready whose target leaves its address open, for one that a source found, such as `10.0.0.7:8443`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn at(mut probe: Probe, address: &str) -> Result<Self, Vec<Problem>> {
        probe.target = probe.target.replace(ADDRESS, address);
        Self::of(probe)
    }

    fn of(probe: Probe) -> Result<Self, Vec<Problem>> {
        let mut problems = probe.problems();
        let target = Target::parse(&probe.target);
        let key = probe.key_file.as_deref().map(Key::read).transpose().unwrap_or_else(|error| {
            let path = probe.key_file.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
            problems.push(Problem::text("key_file", &path, format!("a file with a key ({error})")));
            None
        });
        let is_tls = target.as_ref().is_ok_and(Target::is_tls);
        let tls = is_tls.then(|| net::client_config(&probe.tls, alpn(&target))).transpose().unwrap_or_else(|error| {
            let found = "a file";
            problems.push(Problem::new("tls", found, format!("one that TLS can be spoken with ({error})")));
            None
        });
        let target = match target {
            Ok(target) if problems.is_empty() => target,
            _ => return Err(problems),
        };
        Ok(Self {
            metadata: headers(&probe),
            path: expected(&probe),
            key,
            tls: tls.map(Arc::new),
            connection: Mutex::new(None),
            method: Mutex::new(None),
            target,
            probe,
        })
    }

    /// What it was made of, with its address filled in.
    pub fn probe(&self) -> &Probe {
        &self.probe
    }

    /// Whether what is connected to is this very machine, so that no network is needed.
    pub fn is_local(&self) -> bool {
        match &self.target.host {
            url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            url::Host::Ipv4(ip) => ip.is_loopback(),
            url::Host::Ipv6(ip) => ip.is_loopback(),
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.tls.clone()
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    pub(super) fn metadata(&self) -> &HeaderMap {
        &self.metadata
    }

    pub(super) fn path(&self) -> &[HopConfig] {
        &self.path
    }

    pub(super) fn is_white_box(&self) -> bool {
        self.probe.mode == Mode::WhiteBox
    }

    /// The connection of calls before, where it is still there.
    pub(super) fn connection(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn method(&self) -> MutexGuard<'_, Option<Arc<Method>>> {
        self.method.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn http_method(&self) -> hyper::Method {
        match self.probe.call.http_method {
            HttpMethod::Get => hyper::Method::GET,
            HttpMethod::Head => hyper::Method::HEAD,
            HttpMethod::Post => hyper::Method::POST,
            HttpMethod::Put => hyper::Method::PUT,
        }
    }
}

fn alpn(target: &Result<Target, &'static str>) -> &'static [&'static [u8]] {
    match target {
        Ok(Target { scheme: Scheme::Grpc | Scheme::Grpcs, .. }) => &[b"h2"],
        _ => &[b"h2", b"http/1.1"],
    }
}

fn headers(probe: &Probe) -> HeaderMap {
    let pairs = probe.metadata.iter();
    let named = |(name, value): (&String, &String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    };
    pairs.filter_map(named).collect()
}

/// The hops that are expected; where none are written, at least the service that it goes to.
fn expected(probe: &Probe) -> Vec<HopConfig> {
    if !probe.path.is_empty() || probe.to.service.is_empty() {
        return probe.path.clone();
    }
    vec![HopConfig { hop: probe.to.service.clone(), region: probe.to.region.clone(), address: None }]
}
