//! One question for SRV records to one DNS server: over UDP, asked again when nothing comes, and over TCP when the answer does not fit
//! (RFC 1035 §4.2).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use hickory_proto::{
    op::{Message, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};

/// How long is waited before the question is asked again, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: u32 = 4;
const TCP_PATIENCE: Duration = Duration::from_secs(5);
/// Larger than any answer over UDP.
const DATAGRAM_BYTES: usize = 4_096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum DnsError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it does not answer")]
    Silent,
    #[error("its answer cannot be read")]
    Malformed,
    #[error("it answers {0}")]
    Code(String),
}

/// What an SRV record says (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Service {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) priority: u16,
    pub(super) weight: u16,
}

/// Reads a name that can be asked for; it is taken as whole, with or without its last dot.
pub(super) fn name(text: &str) -> Option<Name> {
    let mut name = Name::from_str(text).ok().filter(|name| !name.is_empty() && name.num_labels() > 0)?;
    name.set_fqdn(true);
    Some(name)
}

/// Reads the address of a DNS server: an IP address with or without a port.
pub(super) fn server(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53)))
}

/// The first DNS server that the system's settings name.
pub(super) fn system_server() -> Option<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").ok()?;
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let server = (words.next() == Some("nameserver")).then(|| words.next()).flatten()?;
        Some(SocketAddr::new(server.parse().ok()?, 53))
    })
}

/// SRV records of a name and the seconds for which they hold. A name that is not there has none, and neither has a service that says so with
/// the root as its host (RFC 2782).
pub(super) async fn services(server: SocketAddr, name: Name) -> Result<(Vec<Service>, u32), DnsError> {
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name, RecordType::SRV));
    let bytes = question.to_vec().map_err(|_| DnsError::Malformed)?;
    let mut answer = over_udp(server, &question, &bytes).await?;
    if answer.metadata.truncation {
        answer = tokio::time::timeout(TCP_PATIENCE, over_tcp(server, &question, &bytes))
            .await
            .map_err(|_| DnsError::Silent)??;
    }
    match answer.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        code => return Err(DnsError::Code(code.to_str().to_owned())),
    }
    let mut ttl = u32::MAX;
    let mut services = Vec::new();
    for record in &answer.answers {
        if let RData::SRV(srv) = &record.data {
            ttl = ttl.min(record.ttl);
            if !srv.target.is_root() {
                let host = srv.target.to_string().trim_end_matches('.').to_owned();
                services.push(Service { host, port: srv.port, priority: srv.priority, weight: srv.weight });
            }
        }
    }
    services.sort();
    Ok((services, ttl))
}

async fn over_udp(server: SocketAddr, question: &Message, bytes: &[u8]) -> Result<Message, DnsError> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    let mut buffer = vec![0; DATAGRAM_BYTES];
    for _ in 0..TRIES {
        socket.send(bytes).await?;
        let answer = async {
            loop {
                let length = socket.recv(&mut buffer).await?;
                // What does not fit the question is a late answer to another one, or forged.
                if let Some(answer) = read(question, buffer.get(..length).unwrap_or_default()) {
                    return Ok::<_, DnsError>(answer);
                }
            }
        };
        if let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await {
            return answer;
        }
    }
    Err(DnsError::Silent)
}

async fn over_tcp(server: SocketAddr, question: &Message, bytes: &[u8]) -> Result<Message, DnsError> {
    let length = u16::try_from(bytes.len()).map_err(|_| DnsError::Malformed)?;
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await?;
    let length = stream.read_u16().await?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    read(question, &buffer).ok_or(DnsError::Malformed)
}

fn read(question: &Message, bytes: &[u8]) -> Option<Message> {
    let message = Message::from_vec(bytes).ok()?;
    let fits = message.metadata.id == question.metadata.id
        && (message.queries == question.queries || (message.queries.is_empty() && message.answers.is_empty()));
    fits.then_some(message)
}
