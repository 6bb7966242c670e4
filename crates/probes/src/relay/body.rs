//! Bodies on their way: a frame is passed on when the other side has room for it, and no earlier.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::{
    HeaderMap,
    body::{Body, Frame, Incoming, SizeHint},
};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    answer::Saying,
    pool::Lease,
    shared::{Shared, count},
    visit::Visit,
};
use crate::record::Ending;

/// Why a call is broken off; the code of the stream's reset is among the sources.
pub(super) type Broken = Box<dyn Error + Send + Sync>;

/// A request's body on its way to the next hop. It says nothing of its length, so that no header is added.
pub(super) struct Carried {
    pub(super) body: Incoming,
    /// The connection is busy until also the request is through.
    pub(super) _lease: Arc<Lease>,
}

impl Body for Carried {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let body = &mut self.get_mut().body;
        loop {
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                Some(Ok(frame)) if is_void(&frame) => {}
                other => return Poll::Ready(other),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// An answer's body on its way back.
pub(super) enum Answer {
    /// There is none, and no trailers.
    None,
    /// The relay's own.
    Own {
        message: Option<Bytes>,
        trailers: Option<HeaderMap>,
    },
    Passing(Box<Passing>),
}

/// The next hop's answer.
pub(super) struct Passing {
    body: Incoming,
    call: Call,
    end: End,
    deadline: Option<Pin<Box<Sleep>>>,
}

/// What is known of a call while its answer is passed on.
pub(super) struct Call {
    pub(super) shared: Arc<Shared>,
    pub(super) grpc: bool,
    pub(super) visit: Option<Visit>,
    pub(super) lease: Option<Arc<Lease>>,
    pub(super) next: String,
}

enum End {
    /// It has not come yet.
    Open,
    /// It is here, and delayed or recorded.
    Concluding(Pin<Box<dyn Future<Output = HeaderMap> + Send>>),
    Passed,
}

impl Passing {
    pub(super) fn new(body: Incoming, call: Call, deadline: Option<Instant>) -> Self {
        Self { body, call, end: End::Open, deadline: deadline.map(|at| Box::pin(sleep_until(at))) }
    }

    /// The end of the answer: trailers as they came, or none.
    fn ends(&mut self, ending: Ending, mut trailers: HeaderMap) {
        self.call.lease = None;
        self.deadline = None;
        let (shared, mut visit) = (Arc::clone(&self.call.shared), self.call.visit.take());
        visit.iter_mut().for_each(Visit::answered);
        self.end = End::Concluding(Box::pin(async move {
            shared.conclude(visit, ending, &mut trailers).await;
            trailers
        }));
    }

    fn says(&mut self, saying: &Saying) {
        self.ends(saying.ending, saying.trailers());
    }

    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        loop {
            match &mut self.end {
                End::Passed => return Poll::Ready(None),
                End::Concluding(trailers) => {
                    let trailers = ready!(trailers.as_mut().poll(cx));
                    self.end = End::Passed;
                    // An answer that had none and gets none ends without.
                    return Poll::Ready((!trailers.is_empty()).then(|| Ok(Frame::trailers(trailers))));
                }
                End::Open => {}
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_trailers() {
                    Ok(trailers) => self.ends(Ending::Answered, trailers),
                    Err(frame) if is_void(&frame) => {}
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                Poll::Ready(None) => self.ends(Ending::Answered, HeaderMap::new()),
                Poll::Ready(Some(Err(error))) if self.call.grpc && !is_reset(&error) => {
                    count(&self.call.shared.counts.unreachable);
                    self.says(&Saying::lost(&self.call.shared.name, &self.call.next, reason(&error)));
                }
                Poll::Ready(Some(Err(error))) => {
                    self.call.visit.take().into_iter().for_each(Visit::break_off);
                    self.end = End::Passed;
                    return Poll::Ready(Some(Err(error.into())));
                }
                Poll::Pending if self.call.grpc && self.is_late(cx) => {
                    count(&self.call.shared.counts.late);
                    self.says(&Saying::late(&self.call.shared.name, &self.call.next));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::None => Poll::Ready(None),
            Self::Own { message, trailers } => {
                let message = message.take().map(Frame::data);
                Poll::Ready(message.or_else(|| trailers.take().map(Frame::trailers)).map(Ok))
            }
            Self::Passing(passing) => passing.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::None => true,
            Self::Own { message, trailers } => message.is_none() && trailers.is_none(),
            // Only its end says whether a record follows.
            Self::Passing(passing) => matches!(passing.end, End::Passed),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Whether a frame says nothing. Such are not passed on: peers count them over all calls of a connection, and close it when they are many.
fn is_void(frame: &Frame<Bytes>) -> bool {
    frame.data_ref().is_some_and(Bytes::is_empty)
}

/// Whether this one stream was reset, rather than the connection lost.
pub(super) fn is_reset(error: &hyper::Error) -> bool {
    cause(error).is_some_and(h2::Error::is_reset)
}

/// What broke, without what is around it.
pub(super) fn reason(error: &hyper::Error) -> String {
    cause(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn cause(error: &hyper::Error) -> Option<&h2::Error> {
    let mut source = error.source();
    while let Some(inside) = source {
        match inside.downcast_ref() {
            Some(found) => return Some(found),
            None => source = inside.source(),
        }
    }
    None
}
