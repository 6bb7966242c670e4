//! `/metrics`: figures for Prometheus, and for whatever reads OpenMetrics. A listener of its own, because collectors have no session.
//!
//! | file | what it does |
//! |---|---|
//! | `websites`, `traffic`, `probes`, `own` | figures as families, each with its bound |
//! | `families` | what a family is, and what happens beyond a bound |
//! | `encode` | families as text or protobuf |

mod encode;
mod families;
mod own;
mod probes;
mod traffic;
mod websites;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, bail};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing,
};
use tokio::{net::TcpListener, sync::Semaphore};
use wirereel_engine::metering::Meters;

use super::{
    Workbench,
    guard::{self, Guard},
};
use encode::Form;
use families::{Families, Family};

/// Where figures are served, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricsAt {
    pub(crate) address: SocketAddr,
    /// Other machines may read them.
    pub(crate) beyond_loopback: bool,
}

#[derive(Clone)]
struct Collected {
    workbench: Arc<Workbench>,
    /// Whoever collects waits for who does.
    turn: Arc<Semaphore>,
}

impl MetricsAt {
    /// Whether that may be.
    ///
    /// # Errors
    /// When the address is not loopback's and that was not asked for.
    pub(super) fn allowed(self) -> Result<Self> {
        let Self { address, beyond_loopback } = self;
        if address.ip().is_loopback() || beyond_loopback {
            return Ok(self);
        }
        bail!(
            "{address} can be reached from other machines: say --metrics-beyond-loopback when that is meant, or take 127.0.0.1"
        );
    }
}

/// Listens, and serves for as long as the runtime runs. Prints its URL to stderr.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) async fn serve(at: MetricsAt, workbench: Arc<Workbench>) -> Result<()> {
    let listener =
        TcpListener::bind(at.address).await.with_context(|| format!("{} cannot be listened on", at.address))?;
    let address = listener.local_addr()?;
    eprintln!("metrics: http://{address}/metrics");
    let collected = Collected { workbench, turn: Arc::new(Semaphore::new(1)) };
    let router = Router::new().route("/metrics", routing::get(collect)).with_state(collected);
    let router = if address.ip().is_loopback() {
        // As of the page: another site's script must not read them through a name of its own.
        router.layer(middleware::from_fn_with_state(Arc::new(Guard::new(address)), guard::check))
    } else {
        eprintln!(
            "warning: {address} can be reached from other machines; who reaches it sees the names of services and websites"
        );
        router
    };
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn collect(State(collected): State<Collected>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let form = Form::preferred(accept);
    let _turn = collected.turn.acquire().await;
    let gathered = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        let meters = collected.workbench.meters()?;
        form.write(families(&meters, began))
    });
    match gathered.await.context("figures cannot be gathered").flatten() {
        Ok(written) => ([(header::CONTENT_TYPE, form.content_type())], written).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}\n")).into_response(),
    }
}

/// Everything that is told.
fn families(meters: &Meters, began: Instant) -> Vec<Family> {
    let mut families = Families::default();
    websites::add(&mut families, &meters.websites);
    probes::add(&mut families, &meters.probes);
    traffic::add(&mut families, &meters.services, &meters.calls, meters.uncounted);
    own::add(&mut families, &meters.health);
    let took = began.elapsed().as_secs_f64();
    families.gauge("wirereel_metrics_gather_seconds", "How long gathering these figures took.", &[], took);
    families.done()
}
