//! Adds to the answers of probes how long this service held them, whatever method they call.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use hyper::{
    HeaderMap, Request, Response,
    body::{Body, Frame, Incoming, SizeHint},
    header::HeaderValue,
};
use tonic::codegen::Service;

use crate::record::{HOP, HopRecord, Key, ProbeId, Role, probe_of};

type Answer = tonic::body::Body;

/// What a service says of itself.
pub(super) struct Hop {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) key: Option<Key>,
    /// Its wall clock is wrong by so much.
    pub(super) clock_offset_ns: i64,
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
    let received_at_ns = hop.now_ns();
    let whole = Arc::new(OnceLock::new());
    let request = request.map(|body| Asked { body, whole: Arc::clone(&whole) });
    let mut response = service.call(request).await?;
    let Some(id) = probe else {
        return Ok(response.map(|body| Recorded { body, of: None }));
    };
    // What the request still took to come in is no work of the service's.
    let answered = Instant::now();
    let began = *whole.get().unwrap_or(&arrived);
    let backend_ns = nanos(answered.saturating_duration_since(began));
    let held = Held { hop, id, arrived, received_at_ns, backend_ns };
    if response.headers().contains_key("grpc-status") {
        held.record(response.headers_mut());
        return Ok(response.map(|body| Recorded { body, of: None }));
    }
    Ok(response.map(|body| Recorded { body, of: Some(held) }))
}

/// A probe that is held.
#[derive(Debug)]
struct Held {
    hop: Arc<Hop>,
    id: ProbeId,
    arrived: Instant,
    received_at_ns: i64,
    backend_ns: u64,
}

impl Held {
    fn record(&self, into: &mut HeaderMap) {
        let record = HopRecord {
            hop: self.hop.name.clone(),
            region: self.hop.region.clone(),
            role: Role::Responder,
            residence_ns: nanos(self.arrived.elapsed()),
            waited_ns: 0,
            queue_ns: 0,
            backend_ns: Some(self.backend_ns),
            received_at_ns: self.received_at_ns,
        };
        if let Ok(value) = HeaderValue::from_str(&record.encode(self.id, self.hop.key.as_ref())) {
            into.append(HOP, value);
        }
    }
}

fn nanos(duration: std::time::Duration) -> u64 {
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
            held.record(trailers);
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
