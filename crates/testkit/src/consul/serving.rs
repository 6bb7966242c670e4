//! The HTTP API: which questions are held, and for how long.

use std::{
    collections::hash_map::RandomState,
    convert::Infallible,
    hash::{BuildHasher, Hasher},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, time::Instant};

use super::{Outage, Shared, state::Question};

/// The only datacenter.
pub(super) const DATACENTER: &str = "dc1";
/// `limits.http_max_conns_per_client`, "defaults to 200" (docs/agent/config).
const MOST_CONNECTIONS: u64 = 200;
/// "If not set, the wait time defaults to 5 minutes", "limited to 10 minutes" (api-docs/features/blocking).
const DEFAULT_WAIT: Duration = Duration::from_secs(300);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

type Answered = Response<Full<Bytes>>;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let is_gone = {
            let mut state = shared.state();
            if state.outage == Some(Outage::Gone) {
                state.asked.refused += 1;
            }
            state.outage == Some(Outage::Gone)
        };
        if is_gone {
            continue;
        }
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let is_beyond = {
                let mut state = shared.state();
                state.connections += 1;
                state.asked.most_connections = state.asked.most_connections.max(state.connections);
                state.connections > MOST_CONNECTIONS
            };
            let handle = service_fn(|request| answer(&shared, request, is_beyond));
            let mut written = shared.written.subscribe();
            let gone = written.wait_for(|_| shared.state().outage == Some(Outage::Gone));
            tokio::select! {
                // What becomes of a connection is its client's business.
                _ = http1::Builder::new().serve_connection(TokioIo::new(stream), handle) => {}
                _ = gone => {}
            }
            shared.state().connections -= 1;
        });
    }
}

async fn answer(shared: &Shared, request: Request<Incoming>, is_beyond: bool) -> Result<Answered, Infallible> {
    if is_beyond {
        let said = "Your IP is issuing too many concurrent connections, please rate limit your calls\n";
        return Ok(refuse(shared, StatusCode::TOO_MANY_REQUESTS, said));
    }
    let path = request.uri().path().trim_start_matches("/v1/").to_owned();
    let path: Vec<&str> = path.split('/').collect();
    let mut question = Question { namespace: "default".into(), ..Question::default() };
    // "the X-Consul-Token request header" (api-docs/api-structure).
    question.token = request.headers().get("X-Consul-Token").and_then(|token| token.to_str().ok()).map(str::to_owned);
    {
        let asked = &mut shared.state().asked;
        match path.as_slice() {
            ["catalog", "services"] => asked.catalog += 1,
            ["health", "service", name] => {
                asked.service += 1;
                question.service =
                    Some(url::form_urlencoded::parse(name.as_bytes()).map(|(key, _)| key.into_owned()).collect());
            }
            ["health", "state", state @ ("any" | "passing" | "warning" | "critical")] => {
                asked.state += 1;
                question.state = Some((*state).to_owned());
            }
            _ => {
                asked.refused += 1;
                return Ok(text(StatusCode::NOT_FOUND, "404 page not found\n"));
            }
        }
    }
    let (mut index, mut wait, mut is_stale) = (0, DEFAULT_WAIT, false);
    for (key, value) in url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match key.as_ref() {
            "index" => index = value.parse().unwrap_or(0),
            "wait" => match duration(&value) {
                Some(given) => wait = given.min(LONGEST_WAIT),
                None => return Ok(refuse(shared, StatusCode::BAD_REQUEST, "Invalid wait time\n")),
            },
            "stale" => is_stale = true,
            "tag" => question.tags.push(value.into_owned()),
            "passing" => question.passing = true,
            "ns" => question.namespace = value.into_owned(),
            "dc" if value != DATACENTER => {
                return Ok(refuse(shared, StatusCode::INTERNAL_SERVER_ERROR, "No path to datacenter"));
            }
            _ => {}
        }
    }
    Ok(held(shared, &question, index, wait, is_stale).await)
}

/// Holds a question while there is nothing newer than its index.
async fn held(shared: &Shared, question: &Question, index: u64, wait: Duration, is_stale: bool) -> Answered {
    // "A small random amount of additional wait time … up to wait / 16" (api-docs/features/blocking).
    let until = Instant::now() + wait + wait.mul_f64(random() / 16.0);
    let mut written = shared.written.subscribe();
    let restored = shared.state().restored;
    loop {
        written.borrow_and_update();
        {
            let state = shared.state();
            let has_leader = state.outage != Some(Outage::NoLeader);
            if !has_leader && !is_stale {
                drop(state);
                return refuse(shared, StatusCode::INTERNAL_SERVER_ERROR, "rpc error making call: No cluster leader");
            }
            if !state.knows(question.token.as_deref()) {
                drop(state);
                return refuse(shared, StatusCode::FORBIDDEN, "rpc error making call: ACL not found");
            }
            let answer = state.answer(question);
            // An index of 0 is not held; one above what is there is held until time runs out, which is why clients must begin anew when
            // an index goes backwards. A snapshot that is restored ends what is held.
            let is_due = index == 0 || answer.index > index || state.restored != restored || Instant::now() >= until;
            if is_due {
                let response = Response::builder()
                    .header("Content-Type", "application/json")
                    .header("X-Consul-Index", answer.index)
                    .header("X-Consul-Knownleader", has_leader.to_string())
                    .header("X-Consul-Lastcontact", "0");
                let filtered = answer.is_filtered.then_some(("X-Consul-Results-Filtered-By-ACLs", "true"));
                let response =
                    filtered.into_iter().fold(response, |response, (name, value)| response.header(name, value));
                let body = Full::new(Bytes::from(answer.body.to_string()));
                return response.body(body).unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "no answer"));
            }
        }
        tokio::select! {
            _ = written.changed() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }
}

fn refuse(shared: &Shared, status: StatusCode, said: &str) -> Answered {
    shared.state().asked.refused += 1;
    text(status, said)
}

fn text(status: StatusCode, said: &str) -> Answered {
    let mut response = Response::new(Full::new(Bytes::from(said.to_owned())));
    *response.status_mut() = status;
    response
}

/// A duration as Go writes it: "10s", "5m" (api-docs/features/blocking).
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(millis)?))
}

/// From 0 to 1.
fn random() -> f64 {
    f64::from((RandomState::new().build_hasher().finish() >> 32) as u32) / f64::from(u32::MAX)
}
