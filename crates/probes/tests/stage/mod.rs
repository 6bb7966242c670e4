//! What stands on a path: relays and responders on loopback, each to be killed and to come back at its place.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails where something is missing"
)]

pub(crate) mod authority;
pub(crate) mod delayed;
pub(crate) mod script;

use std::net::SocketAddr;

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirereel_probes::{
    Measured, Probe,
    path::Reported,
    relay::{Relay, RelayHandle, RelayOptions},
    responder::{Responder, ResponderOptions},
    sender::PreparedProbe,
};

/// Something that runs until it is ended, or dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    cancellation: CancellationToken,
    task: Option<JoinHandle<()>>,
    pub(crate) handle: Option<RelayHandle>,
}

impl Running {
    /// Ends as when it is asked to.
    pub(crate) async fn end(&mut self) {
        self.cancellation.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap();
        }
    }

    /// Ends at once, with everything that it holds.
    pub(crate) async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(task.await);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancellation.cancel();
    }
}

pub(crate) async fn responder(options: ResponderOptions) -> Running {
    let responder = Responder::bind(ResponderOptions { listen: listen(&options.listen), ..options }).await.unwrap();
    let (address, cancellation) = (responder.local_addr().unwrap(), CancellationToken::new());
    let task = Some(tokio::spawn(responder.run(cancellation.clone())));
    Running { address, cancellation, task, handle: None }
}

pub(crate) async fn relay(options: RelayOptions) -> Running {
    let relay = Relay::bind(RelayOptions { listen: listen(&options.listen), ..options }).await.unwrap();
    let (address, cancellation) = (relay.local_addr().unwrap(), CancellationToken::new());
    let handle = Some(relay.handle());
    let task = Some(tokio::spawn(relay.run(cancellation.clone())));
    Running { address, cancellation, task, handle }
}

/// What is not set takes a free port.
fn listen(given: &str) -> String {
    let defaults = [ResponderOptions::default().listen, RelayOptions::default().listen];
    if defaults.iter().any(|default| default == given) { "127.0.0.1:0".to_owned() } else { given.to_owned() }
}

pub(crate) fn options<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A probe with these settings, read as it is written in a file.
pub(crate) fn probe(written: Value) -> PreparedProbe {
    let mut written = written;
    written["name"] = "test".into();
    let (probe, problems) = Probe::read(&written);
    assert!(problems.is_empty(), "{problems:?}");
    PreparedProbe::new(probe).unwrap()
}

/// Name, and whether it reports.
pub(crate) fn told(measured: &Measured) -> Vec<(&str, Reported)> {
    measured.hops.iter().map(|hop| (hop.hop.as_str(), hop.reported)).collect()
}

/// All parts of a total.
pub(crate) fn sum(measured: &Measured) -> i64 {
    let parts = measured.hops.iter().flat_map(|hop| [hop.own_ns, hop.link_ns]);
    parts.chain([measured.unattributed_ns]).flatten().sum()
}
