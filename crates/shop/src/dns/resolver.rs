//! Finds a service's address by asking the responder, and remembers it for the answer's time to live.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;

use crate::topology::Service;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 2;

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("no socket for DNS")]
    Socket(#[from] std::io::Error),
    #[error("the DNS responder did not answer")]
    NoAnswer,
    #[error("the name has no address")]
    NoAddress,
}

/// What else a resolver asks for; programs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Nothing.
    Plain,
    /// The IPv6 address as well, as glibc does.
    AlsoIpv6,
    /// The name inside a search domain first, as with `ndots` in containers.
    SearchDomainFirst,
}

/// A stub resolver with a cache, asking from one address.
#[derive(Debug)]
pub struct Resolver {
    from: Ipv4Addr,
    server: SocketAddr,
    habit: Habit,
    known: Mutex<HashMap<Service, (Ipv4Addr, Instant)>>,
}

impl Resolver {
    /// A resolver that sends from `from` to `server`.
    pub fn new(from: Ipv4Addr, server: SocketAddr, habit: Habit) -> Self {
        Self { from, server, habit, known: Mutex::default() }
    }

    /// The address of a service; asks when the last answer has expired.
    ///
    /// # Errors
    /// When nobody answers or the name has no address.
    pub async fn resolve(&self, service: Service) -> Result<Ipv4Addr, ResolveError> {
        let now = Instant::now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&service).copied();
        if let Some((address, _)) = known.filter(|(_, until)| *until > now) {
            return Ok(address);
        }
        let (address, ttl) = self.look_up(service).await?;
        let until = now + Duration::from_secs(u64::from(ttl));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(service, (address, until));
        Ok(address)
    }

    async fn look_up(&self, service: Service) -> Result<(Ipv4Addr, u32), ResolveError> {
        let socket = UdpSocket::bind((self.from, 0)).await?;
        socket.connect(self.server).await?;
        if self.habit == Habit::SearchDomainFirst {
            exchange(&socket, &format!("{service}.shop.internal."), RecordType::A).await?;
        }
        let reply = exchange(&socket, &format!("{service}."), RecordType::A).await?;
        if self.habit == Habit::AlsoIpv6 {
            exchange(&socket, &format!("{service}."), RecordType::AAAA).await?;
        }
        let address = reply.answers.iter().find_map(|record| match &record.data {
            RData::A(address) => Some((address.0, record.ttl)),
            _ => None,
        });
        address.ok_or(ResolveError::NoAddress)
    }
}

async fn exchange(socket: &UdpSocket, name: &str, kind: RecordType) -> Result<Message, ResolveError> {
    let name = Name::from_ascii(name).map_err(|_| ResolveError::NoAddress)?;
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name, kind));
    let bytes = question.to_vec().map_err(|_| ResolveError::NoAddress)?;
    let mut buffer = [0; 512];
    for _ in 0..ATTEMPTS {
        socket.send(&bytes).await?;
        if let Ok(received) = tokio::time::timeout(ANSWER_TIMEOUT, socket.recv(&mut buffer)).await
            && let Ok(reply) = Message::from_vec(&buffer[..received?])
            && reply.metadata.id == question.metadata.id
        {
            return Ok(reply);
        }
    }
    Err(ResolveError::NoAnswer)
}
