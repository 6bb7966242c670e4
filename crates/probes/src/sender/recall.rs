//! Asks hops, after a call that did not come back, what they remember of it.

use std::time::Duration;

use hyper::header::HeaderValue;

use super::{
    grpc::{Asks, call},
    prepared::PreparedProbe,
    trace::Trace,
};
use crate::record::{ProbeId, RECALL, SEEN, Sightings};

/// How long hops have to answer; a part of a path that does not answer now is passed over.
const WITHIN: Duration = Duration::from_millis(1_000);

/// The last that hops saw of a probe, in words; `None` when nobody remembers.
pub(super) async fn last_seen(probe: &PreparedProbe, id: ProbeId) -> Option<String> {
    let mut trace = Trace::new(id, WITHIN);
    let asked = call(probe, RECALL, &[], Asks::Recall, &mut trace);
    let answer = tokio::time::timeout(WITHIN, asked).await.ok()?.ok()?;
    let values = answer.headers.get_all(SEEN).iter().chain(answer.trailers.get_all(SEEN));
    Sightings::read(values.map(HeaderValue::as_bytes), id, probe.key()).in_words()
}
