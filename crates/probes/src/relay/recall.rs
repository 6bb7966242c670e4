//! Asked afterwards what became of a probe: a hop's own account, and those of the hops behind it.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Request, Response,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::time::timeout;

use super::{
    answer::Saying,
    body::{Answer, Carried},
    deadline::{timeout_of, written},
    forward::{readdress, route},
    limits,
    shared::{Shared, count},
};
use crate::record::{MOST_RECORDS, SEEN, Sighting, probe_of};

/// An empty message of gRPC.
const EMPTY: Bytes = Bytes::from_static(&[0; 5]);

/// Answers with every hop's account in trailers, those of the hops behind first.
pub(super) async fn recall(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Answer> {
    let say = |saying: Saying| saying.response(true).map(|()| Answer::None);
    let id = match probe_of(request.headers(), shared.key.as_ref()) {
        Ok(Some(id)) => id,
        Ok(None) => return say(Saying::bad_question("it does not say which probe is meant".into())),
        Err(refusal) => {
            count(&shared.counts.refused);
            return say(Saying::not_for_you(refusal.to_string()));
        }
    };
    // The hops behind get less, so that whoever asked hears of this one whatever becomes of them.
    let time = timeout_of(request.headers()).unwrap_or(limits::RECALL).min(limits::RECALL) * 3 / 4;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    for value in timeout(time, ask(shared, request, &written(time))).await.ok().flatten().unwrap_or_default() {
        trailers.append(SEEN, value);
    }
    let stay = shared.ring.find(id, Instant::now());
    let own = Sighting { hop: shared.name.clone(), region: shared.region.clone(), role: shared.role, stay };
    if let Ok(value) = HeaderValue::try_from(own.encode(id, shared.key.as_ref())) {
        trailers.append(SEEN, value);
    }
    let mut response = Response::new(Answer::Own { message: Some(EMPTY), trailers: Some(trailers) });
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// The accounts of the hops behind, in the form in which they give them; a service that knows nothing of this gives none.
async fn ask(shared: &Shared, request: Request<Incoming>, time: &str) -> Option<Vec<HeaderValue>> {
    let pool = route(shared, &request).ok()?;
    let lease = Arc::new(pool.lease().await.ok()?);
    let (mut parts, body) = request.into_parts();
    readdress(&mut parts, pool);
    parts.headers.insert("grpc-timeout", HeaderValue::try_from(time).ok()?);
    let carried = Carried { body, _lease: Arc::clone(&lease) };
    let response = lease.sender().send_request(Request::from_parts(parts, carried)).await.ok()?;
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(trailers) = frame.ok()?.into_trailers() {
            return Some(trailers.get_all(SEEN).iter().take(MOST_RECORDS - 1).cloned().collect());
        }
    }
    None
}
