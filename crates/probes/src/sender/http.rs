//! An HTTP request and its whole answer.

use http_body_util::Full;
use hyper::{Request, header::HeaderValue};

use super::{
    connection::exchange,
    failure::Failure,
    grpc::{Asks, context, put, read_records},
    prepared::PreparedProbe,
    trace::Trace,
};
const AGENT: &str = concat!("wirereel/", env!("CARGO_PKG_VERSION"));
const SUCCESS: (u16, u16) = (200, 299);

/// Makes a probe's request; success is a status that it expects.
pub(super) async fn request(probe: &PreparedProbe, trace: &mut Trace) -> Result<(), Failure> {
    let target = probe.target();
    let call = &probe.probe().call;
    let scheme = if target.is_tls() { "https" } else { "http" };
    let body = call.body.clone().unwrap_or_default();
    let uri = format!("{scheme}://{}{}", target.authority(), target.path);
    let request = Request::builder().method(probe.http_method()).uri(uri).body(Full::from(body));
    let mut request = request.map_err(|error| Failure::Request { reason: error.to_string() })?;
    let headers = request.headers_mut();
    headers.insert("user-agent", HeaderValue::from_static(AGENT));
    headers.insert("accept", HeaderValue::from_static("*/*"));
    headers.extend(probe.metadata().clone());
    put(headers, context(probe, Asks::Probe, trace));
    let answer = exchange(probe, request, true, trace).await?;
    trace.http_status = Some(answer.status.as_u16());
    read_records(probe, &answer, trace);
    let (from, to) = call.status.unwrap_or(SUCCESS);
    let found = answer.status.as_u16();
    if (from..=to).contains(&found) {
        return Ok(());
    }
    let expected = if from == to { from.to_string() } else { format!("{from} to {to}") };
    Err(Failure::HttpStatus { found, expected })
}
