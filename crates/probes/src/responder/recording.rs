//! Adds to the answers of probes how long this service held them, whatever method they call.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Request, Response,
    body::{Body, Frame, Incoming, SizeHint},
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use tonic::codegen::Service;

use crate::{
    record::{Ending, HOP, HopRecord, Key, ProbeId, RECALL, Role, SEEN, Sighting, probe_of},
    relay::{Place, Ring},
};

type Answer = tonic::body::Body;
/// An empty message of gRPC.
const EMPTY: Bytes = Bytes::from_static(&[0; 5]);

/// What a service says of itself.
pub(super) struct Hop {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) key: Option<Key>,
    /// Its wall clock is wrong by so much.
    pub(super) clock_offset_ns: i64,
    /// What it can say of probes when it is asked afterwards.
    pub(super) ring: Ring,
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hop").field("name", &self.name).field("region", &self.region).finish_non_exhaustive()
    }
}

impl Hop {
    /// By its wall clock, nanoseconds since 1970.
    pub(super) fn now_ns(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX).saturating_add(self.clock_offset_ns)
    }
}

/// Answers a request and, when it is a probe, says how long that took.
pub(super) async fn answer<S>(
    mut service: S,
    hop: Arc<Hop>,
    request: Request<Incoming>,
) -> Result<Response<Recorded>, Infallible>
where
    S: Service<Request<Asked>, Response = Response<Answer>, Error = Infallible>,
{
    let arrived = Instant::now();
    // A probe of somebody else is served as any request is.
    let probe = probe_of(request.headers(), hop.key.as_ref()).ok().flatten();
    if let Some(id) = probe.filter(|_| request.uri().path() == RECALL) {
        return Ok(recalled(&hop, id, arrived).map(|body| Recorded { body, of: None }));
    }
    let mut held = probe.map(|id| Held::begin(hop, id, arrived));
    let whole = Arc::new(OnceLock::new());
    let request = request.map(|body| Asked { body, whole: Arc::clone(&whole) });
    let mut response = service.call(request).await?;
    if let Some(held) = &mut held {
        // What the request still took to come in is no work of the service's.
        held.backend = whole.get().unwrap_or(&arrived).elapsed();
    }
    if response.headers().contains_key("grpc-status")
        && let Some(held) = held.take()
    {
        held.leave(response.headers_mut());
    }
    Ok(response.map(|body| Recorded { body, of: held }))
}

/// What it remembers of a probe, in trailers as of any hop.
fn recalled(hop: &Hop, id: ProbeId, now: Instant) -> Response<Answer> {
    let stay = hop.ring.find(id, now);
    let (name, region) = (hop.name.clone(), hop.region.clone());
    let seen = Sighting { hop: name, region, role: Role::Responder, stay }.encode(id, hop.key.as_ref());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers.extend(HeaderValue::try_from(seen).ok().map(|seen| (HeaderName::from_static(SEEN), seen)));
    let body = Full::new(EMPTY).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Answer::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A probe that is held. Dropped before it leaves, its caller gave up.
#[derive(Debug)]
struct Held {
    hop: Arc<Hop>,
    id: ProbeId,
    place: Place,
    arrived: Instant,
    received_at_ns: i64,
    backend: Duration,
    left: bool,
}

impl Held {
    fn begin(hop: Arc<Hop>, id: ProbeId, arrived: Instant) -> Self {
        let received_at_ns = hop.now_ns();
        let place = hop.ring.enter(id, arrived, received_at_ns);
        Self { hop, id, place, arrived, received_at_ns, backend: Duration::ZERO, left: false }
    }

    fn leave(mut self, metadata: &mut HeaderMap) {
        let now = Instant::now();
        let record = HopRecord {
            hop: self.hop.name.clone(),
            region: self.hop.region.clone(),
            role: Role::Responder,
            residence_ns: nanos(now.saturating_duration_since(self.arrived)),
            waited_ns: 0,
            queue_ns: 0,
            backend_ns: Some(nanos(self.backend)),
            received_at_ns: self.received_at_ns,
        };
        self.left = true;
        self.hop.ring.left(self.place, now, Ending::Answered);
        if let Ok(value) = HeaderValue::try_from(record.encode(self.id, self.hop.key.as_ref())) {
            metadata.append(HOP, value);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.left {
            self.hop.ring.left(self.place, Instant::now(), Ending::Cancelled);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A request's body, which notes when it was all there.
#[derive(Debug)]
pub(super) struct Asked {
    body: Incoming,
    whole: Arc<OnceLock<Instant>>,
}

impl Body for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.whole.get_or_init(Instant::now);
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// An answer's body, whose trailers get the record.
#[derive(Debug)]
pub(super) struct Recorded {
    body: Answer,
    of: Option<Held>,
}

impl Body for Recorded {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let mut frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
            && let Some(held) = self.of.take()
        {
            held.leave(trailers);
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
