//! The web host: the same UI in any browser, on loopback, behind a one-time token.

mod assets;
mod calls;
mod guard;
mod metrics;
mod session;
mod transfer;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use axum::{Router, middleware, routing};
use tokio::net::TcpListener;
use wirereel_api::{Api, Host, Workbench};

use guard::Guard;
pub(crate) use metrics::MetricsAt;
use session::Sessions;

/// The page in a browser.
struct Browser {
    address: SocketAddr,
}

impl Host for Browser {
    fn name(&self) -> &'static str {
        "browser"
    }

    fn page(&self) -> Option<SocketAddr> {
        Some(self.address)
    }
}

/// What every request handler shares.
#[derive(Clone)]
struct Shared {
    api: Api,
    sessions: Arc<Sessions>,
    assets: Arc<PathBuf>,
}

/// Serves until Ctrl-C or SIGTERM. Prints the URL with its token to stdout once it listens.
pub(crate) fn serve(
    workspace: PathBuf,
    files: Vec<PathBuf>,
    listen: SocketAddr,
    metrics: Option<MetricsAt>,
) -> Result<()> {
    let metrics = metrics.map(MetricsAt::allowed).transpose()?;
    let assets =
        assets::folder().context("the built frontend is missing: run `npm run build` in frontend/, or `make run`")?;
    let workbench = Workbench::open(&workspace)?;
    if !files.is_empty() {
        workbench.open_paths(&files)?;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("wr-web").enable_all().build()?;
    let serving = workbench.clone();
    let folder = workspace.clone();
    runtime.block_on(async move {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("{listen} cannot be listened on"))?;
        let address = listener.local_addr()?;
        let api = Api::new(serving, Arc::new(Browser { address }));
        let _reached = reached_by_programs(&api, &folder);
        api.workbench().resume_captures()?;
        let sessions = Arc::new(Sessions::new()?);
        if let Some(at) = metrics {
            metrics::serve(at, Arc::clone(api.workbench())).await?;
        }
        println!("http://{address}/?token={}", sessions.token());
        if !address.ip().is_loopback() {
            eprintln!("warning: {address} can be reached from other machines; who has the URL sees your recordings, unencrypted");
        }
        let router = router(Shared { api, sessions, assets: Arc::new(assets) }, Guard::new(address));
        axum::serve(listener, router).with_graceful_shutdown(stopped()).await?;
        anyhow::Ok(())
    })?;
    // Event streams never end by themselves: do not wait for them.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    workbench.shut_down();
    Ok(())
}

/// Lets `wirereel capture` reach this workbench, where it can; everything else works without.
#[cfg(unix)]
pub(crate) fn reached_by_programs(api: &Api, folder: &std::path::Path) -> Option<wirereel_api::Socket> {
    let listening = wirereel_api::Socket::listen(api.clone(), folder);
    listening.inspect_err(|error| eprintln!("warning: `wirereel capture` cannot reach this workbench: {error}")).ok()
}

/// There are no such sockets here.
#[cfg(not(unix))]
pub(crate) fn reached_by_programs(_api: &Api, _folder: &std::path::Path) -> Option<()> {
    None
}

fn router(shared: Shared, guard: Guard) -> Router {
    Router::new()
        .route("/api/ticks", routing::get(calls::ticks))
        .route("/api/upload", routing::post(transfer::upload).layer(axum::extract::DefaultBodyLimit::disable()))
        .route("/api/{command}", routing::post(calls::call))
        .route("/export/pcap", routing::get(transfer::export_pcap))
        .route("/export/rows", routing::get(transfer::export_rows))
        .route("/export/body", routing::get(transfer::export_body))
        .fallback(assets::file)
        .layer(middleware::from_fn_with_state(shared.sessions.clone(), session::require))
        .layer(middleware::from_fn_with_state(Arc::new(guard), guard::check))
        .with_state(shared)
}

/// Until Ctrl-C or SIGTERM.
pub(crate) async fn stopped() {
    let terminated = async {
        #[cfg(unix)]
        if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
