//! A path of relays to a service.

use std::{net::SocketAddr, time::Duration};

use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use wirereel_probes::{
    net::Address,
    relay::{Relay, RelayHandle, RelayOptions, RelayRole, Routes},
};

use crate::{caller::Caller, service::Service};

/// A relay that runs; killed when it is dropped.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) handle: RelayHandle,
    cancellation: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(options: RelayOptions) -> Self {
        let relay = Relay::bind(options).await.expect("a relay");
        let (addr, handle) = (relay.local_addr().expect("bound"), relay.handle());
        let cancellation = CancellationToken::new();
        let task = tokio::spawn(relay.run(cancellation.clone()));
        Self { addr, handle, cancellation, task }
    }

    /// Ends it in good order.
    pub(crate) async fn end(self) {
        self.cancellation.cancel();
        let Self { task, .. } = &self;
        for _ in 0..500 {
            if task.is_finished() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the relay did not end");
    }

    /// Waits until nothing runs but connections: one task for each caller, two for each to a next hop.
    pub(crate) async fn rests(&self) {
        for _ in 0..500 {
            let figures = self.handle.figures();
            if figures.tasks <= figures.callers + 2 * figures.connections {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("tasks are left: {:?}", self.handle.figures());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A caller, relay A of region `home`, gateway B of region `eu`, and a service that is B's `echo`.
pub(crate) struct Path {
    pub(crate) service: Service,
    pub(crate) a: Running,
    pub(crate) b: Running,
}

pub(crate) fn address(addr: SocketAddr) -> Address {
    Address { secure: false, host: addr.ip().to_string(), port: addr.port() }
}

/// A relay's options on any port of loopback.
pub(crate) fn options(name: &str, region: &str, routes: Routes) -> RelayOptions {
    let role = if routes.services.is_empty() { RelayRole::Relay } else { RelayRole::Gateway };
    RelayOptions {
        name: name.into(),
        region: region.into(),
        listen: "127.0.0.1:0".into(),
        routes,
        role,
        ..RelayOptions::default()
    }
}

impl Path {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With both relays' options changed.
    pub(crate) async fn with(change: impl Fn(&mut RelayOptions)) -> Self {
        Self::before(Service::start().await, change).await
    }

    pub(crate) async fn before(service: Service, change: impl Fn(&mut RelayOptions)) -> Self {
        let (a, b) = Self::relays(service.addr, change).await;
        Self { service, a, b }
    }

    /// The relays alone, before whatever is at an address.
    pub(crate) async fn relays(service: SocketAddr, change: impl Fn(&mut RelayOptions)) -> (Running, Running) {
        let to_service = address(service);
        let routes = Routes {
            services: [("echo".into(), to_service.clone())].into(),
            default: Some(to_service),
            ..Routes::default()
        };
        let mut gateway = options("Mediary B", "eu", routes);
        change(&mut gateway);
        let b = Running::start(gateway).await;
        let next = address(b.addr);
        let routes = Routes { regions: [("eu".into(), next.clone())].into(), default: Some(next), ..Routes::default() };
        let mut relay = options("Mediary A", "home", routes);
        change(&mut relay);
        (Running::start(relay).await, b)
    }

    pub(crate) async fn caller(&self) -> Caller {
        Caller::connect(self.a.addr).await
    }
}
