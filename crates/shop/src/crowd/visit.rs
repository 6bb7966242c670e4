//! Customers at work: every visit opens its own connections from its own address.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::{Request, header};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Customer, Visit, Wish};
use crate::connection::{Connection, ConnectionError};
use crate::payload::Payload;
use crate::route;
use crate::topology::ENTRY;

/// How long a customer waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a customer saw: one for every request sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub method: String,
    pub route: String,
    /// `None` when the connection broke or nobody answered.
    pub status: Option<u16>,
}

/// Lets the visits begin at their times and waits until the last has ended.
pub async fn run(visits: Vec<Visit>, gateway: SocketAddr) -> Vec<Seen> {
    let beginning = Instant::now();
    let mut inside = JoinSet::new();
    for visit in visits {
        tokio::time::sleep_until(beginning + visit.start).await;
        inside.spawn(stay(visit, gateway));
    }
    inside.join_all().await.into_iter().flatten().collect()
}

async fn stay(visit: Visit, gateway: SocketAddr) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut open = None;
    for step in visit.steps {
        tokio::time::sleep(step.think).await;
        let last = !visit.keep_alive;
        let asked = tokio::time::timeout(PATIENCE, ask(&mut open, &visit.customer, &step.wish, gateway, last)).await;
        let status = match asked {
            Ok(Ok(status)) => Some(status),
            Ok(Err(ConnectionError::Connect(_))) => break,
            Ok(Err(ConnectionError::Broken(_))) | Err(_) => None,
        };
        if last || status.is_none() {
            open = None;
        }
        let route = route::fold(&step.wish.target);
        seen.push(Seen { method: step.wish.method.to_string(), route, status });
    }
    seen
}

async fn ask(
    open: &mut Option<Connection>,
    customer: &Customer,
    wish: &Wish,
    gateway: SocketAddr,
    last: bool,
) -> Result<u16, ConnectionError> {
    let usable = open.take().filter(Connection::is_ready);
    let mut connection = match usable {
        Some(connection) => connection,
        None => Connection::open(customer.ip, gateway).await?,
    };
    let request = request(customer, wish, last).map_err(|e| ConnectionError::Broken(e.into()))?;
    let answer = connection.send(request).await?;
    if connection.stays_open().await {
        *open = Some(connection);
    }
    Ok(answer.status.as_u16())
}

fn request(customer: &Customer, wish: &Wish, last: bool) -> Result<Request<Payload>, hyper::http::Error> {
    let mut request = Request::builder()
        .method(&wish.method)
        .uri(&wish.target)
        .header(header::HOST, ENTRY.name())
        .header(header::USER_AGENT, customer.agent)
        .header(header::ACCEPT_ENCODING, "gzip");
    if let Some(credentials) = &customer.authorization {
        request = request.header(header::AUTHORIZATION, credentials);
    }
    if let Some(address) = customer.behind_proxy {
        request = request.header("x-forwarded-for", address.to_string());
    }
    if customer.traces {
        let (trace, span) = (rand::random::<u128>(), rand::random::<u64>());
        request = request.header("traceparent", format!("00-{trace:032x}-{span:016x}-01"));
    }
    if last {
        request = request.header(header::CONNECTION, "close");
    }
    if !wish.body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(Payload::whole(wish.body.clone()))
}
