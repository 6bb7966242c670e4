//! One call through a relay.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hyper::{
    HeaderMap, Request, Response, Uri,
    body::{Body as _, Incoming},
    header::{CONTENT_TYPE, HOST},
    http::{request, uri},
};
use tokio::time::{Instant as Until, timeout_at};

use super::{
    answer::Saying,
    body::{Answer, Broken, Call, Carried, Passing, is_reset, reason},
    deadline::timeout_of,
    delays::Delay,
    limits::GRACE,
    pool::{Lease, Pool},
    recall::recall,
    shared::{Shared, count},
    visit::Visit,
};
use crate::{
    config::To,
    record::{Ending, RECALL, target_of},
};

/// How often a call is sent anew that a connection did not take: it was closing, and nothing of the call was sent.
const TRIES: usize = 3;

/// Takes a request to where it goes, and the answer back.
///
/// # Errors
/// When the call is broken off: by the same code as the next hop did.
pub(super) async fn forward(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Answer>, Broken> {
    shared.injected.pass(Delay::LinkRequest).await;
    let received = Instant::now();
    count(&shared.counts.calls);
    if request.uri().path() == RECALL && !shared.silent {
        return Ok(recall(&shared, request).await);
    }
    let visit = shared.visit(request.headers(), received);
    shared.injected.pass(Delay::Request).await;
    let grpc = is_grpc(request.headers());
    let pool = match route(&shared, &request) {
        Ok(pool) => Arc::clone(pool),
        Err(saying) => return Ok(say(&shared, visit, &saying, grpc).await),
    };
    let deadline =
        timeout_of(request.headers()).and_then(|timeout| Until::from_std(received).checked_add(timeout + GRACE));
    let on_its_way = OnItsWay { shared, pool, grpc, visit, deadline };
    on_its_way.send(request).await
}

/// Where a request goes.
pub(super) fn route<'a>(shared: &'a Shared, request: &Request<Incoming>) -> Result<&'a Arc<Pool>, Saying> {
    let to: To = target_of(request.headers());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(uri::Authority::as_str).or(host).unwrap_or_default();
    shared.route(&to, authority, request.uri().path()).map_err(|why| {
        count(&shared.counts.unrouted);
        Saying::no_route(&shared.name, &why)
    })
}

struct OnItsWay {
    shared: Arc<Shared>,
    pool: Arc<Pool>,
    grpc: bool,
    visit: Option<Visit>,
    deadline: Option<Until>,
}

impl OnItsWay {
    async fn send(mut self, request: Request<Incoming>) -> Result<Response<Answer>, Broken> {
        let (mut parts, mut body) = request.into_parts();
        readdress(&mut parts, &self.pool);
        let mut queue = Duration::ZERO;
        for tried in 1.. {
            let waiting = Instant::now();
            let lease = match self.in_time(self.pool.lease()).await {
                Some(Ok(lease)) => Arc::new(lease),
                Some(Err(why)) => {
                    count(&self.shared.counts.unreachable);
                    let saying = Saying::unreachable(&self.shared.name, &self.pool.address, &why);
                    return Ok(self.say(&saying).await);
                }
                None => return Ok(self.late().await),
            };
            queue += waiting.elapsed();
            let carried = Carried { body, _lease: Arc::clone(&lease) };
            let sent = lease.sender().try_send_request(Request::from_parts(parts, carried));
            if let Some(visit) = &mut self.visit {
                visit.sent(queue);
            }
            match self.in_time(sent).await {
                Some(Ok(response)) => return Ok(self.pass_on(response, lease).await),
                Some(Err(mut refused)) => match refused.take_message() {
                    Some(request) if tried < TRIES => {
                        let (same, carried) = request.into_parts();
                        (parts, body) = (same, carried.body);
                        self.visit.iter_mut().for_each(Visit::not_sent);
                    }
                    _ => return self.broken(refused.into_error()).await,
                },
                None => return Ok(self.late().await),
            }
        }
        unreachable!("there are always more numbers")
    }

    /// `None` when the deadline is over first.
    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        match self.deadline {
            Some(deadline) => timeout_at(deadline, future).await.ok(),
            None => Some(future.await),
        }
    }

    async fn pass_on(self, response: Response<Incoming>, lease: Arc<Lease>) -> Response<Answer> {
        let (mut parts, body) = response.into_parts();
        let mut visit = self.visit;
        if body.is_end_stream() {
            drop(lease);
            visit.iter_mut().for_each(Visit::answered);
            self.shared.conclude(visit, Ending::Answered, &mut parts.headers).await;
            return Response::from_parts(parts, Answer::None);
        }
        let next = self.pool.address.to_string();
        let call = Call { shared: self.shared, grpc: self.grpc, visit, lease: Some(lease), next };
        Response::from_parts(parts, Answer::Passing(Box::new(Passing::new(body, call, self.deadline))))
    }

    async fn broken(self, error: hyper::Error) -> Result<Response<Answer>, Broken> {
        if is_reset(&error) {
            self.visit.into_iter().for_each(Visit::break_off);
            return Err(error.into());
        }
        count(&self.shared.counts.unreachable);
        let saying = Saying::lost(&self.shared.name, &self.pool.address, reason(&error));
        Ok(self.say(&saying).await)
    }

    async fn late(self) -> Response<Answer> {
        self.shared.counts.late.fetch_add(1, Ordering::Relaxed);
        let saying = Saying::late(&self.shared.name, &self.pool.address);
        self.say(&saying).await
    }

    async fn say(mut self, saying: &Saying) -> Response<Answer> {
        self.visit.iter_mut().for_each(Visit::answered);
        say(&self.shared, self.visit, saying, self.grpc).await
    }
}

/// The relay answers itself.
async fn say(shared: &Shared, visit: Option<Visit>, saying: &Saying, grpc: bool) -> Response<Answer> {
    let mut response = saying.response(grpc);
    shared.conclude(visit, saying.ending, response.headers_mut()).await;
    response.map(|()| Answer::None)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// The scheme becomes that of the next connection; host and path stay as they were sent.
pub(super) fn readdress(parts: &mut request::Parts, pool: &Pool) {
    let uri = std::mem::take(&mut parts.uri).into_parts();
    let host = || parts.headers.get(HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    let mut next = uri::Parts::default();
    next.scheme = Some(if pool.address.secure { uri::Scheme::HTTPS } else { uri::Scheme::HTTP });
    next.authority = uri.authority.or_else(host).or_else(|| pool.address.authority().parse().ok());
    next.path_and_query = uri.path_and_query.or_else(|| Some(uri::PathAndQuery::from_static("/")));
    parts.uri = Uri::from_parts(next).unwrap_or_default();
}
