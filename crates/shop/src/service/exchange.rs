//! One request from its arrival to its line in the log, with whatever fault the service has.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, header};

use super::message::{Inbound, Outcome, Trace};
use super::{Shopkeeper, behaviour, latency};
use crate::fault::Fault;
use crate::journal::Served;
use crate::payload::Payload;
use crate::{route, wall_clock_ns};

const LONGEST_BODY_BYTES: usize = 64 << 10;

/// Why a request gets no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("the connection is reset on purpose")]
    Reset,
    #[error("the request's body did not arrive: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("the response could not be built: {0}")]
    Response(#[from] hyper::http::Error),
}

/// Serves one request. `reset` makes the connection end with RST when it is dropped.
pub(super) async fn serve(
    keeper: Arc<Shopkeeper>,
    client: SocketAddr,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Response<Payload>, Unanswered> {
    let (head, body) = request.into_parts();
    let text = |name: header::HeaderName| head.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let trace = text(header::HeaderName::from_static("traceparent")).and_then(|t| Trace::parse(&t));
    let entry = keeper.journal.begin(Served {
        at_ns: wall_clock_ns(),
        service: keeper.me,
        method: head.method.as_str().to_owned(),
        route: route::fold(&head.uri.to_string()),
        target: head.uri.to_string(),
        status: None,
        client,
        trace: trace.as_ref().map(|t| t.id().to_owned()),
    });
    let body = Limited::new(body, LONGEST_BODY_BYTES).collect().await.map_err(Unanswered::Body)?.to_bytes();
    let inbound = Inbound {
        client,
        trace: trace.unwrap_or_else(|| Trace::start(&mut *keeper.dice())),
        authorization: text(header::AUTHORIZATION),
        forwarded_for: text(header::HeaderName::from_static("x-forwarded-for")),
        accepts_gzip: text(header::ACCEPT_ENCODING).is_some_and(|v| v.contains("gzip")),
        method: head.method,
        uri: head.uri,
        body,
    };
    let outcome = answer(&keeper, &reset, &inbound).await?;
    let response = outcome.into_response(inbound.accepts_gzip)?;
    entry.answered(response.status().as_u16());
    Ok(response)
}

async fn answer(keeper: &Arc<Shopkeeper>, reset: &AtomicBool, inbound: &Inbound) -> Result<Outcome, Unanswered> {
    let fault = *keeper.fault();
    match fault {
        Some(Fault::Reset { share }) if keeper.chance(share) => {
            reset.store(true, Ordering::Relaxed);
            return Err(Unanswered::Reset);
        }
        Some(Fault::Errors { status, share }) if keeper.chance(share) => {
            tokio::time::sleep(Duration::from_millis(3)).await;
            return Ok(Outcome::error(status, "out of order"));
        }
        Some(Fault::Slow { extra_ms, share }) if keeper.chance(share) => {
            tokio::time::sleep(Duration::from_millis(extra_ms)).await;
        }
        _ => {}
    }
    let work = latency::draw(keeper.me, inbound.uri.path(), &mut *keeper.dice());
    tokio::time::sleep(work).await;
    Ok(behaviour::answer(keeper, inbound).await)
}
