//! One question to one DNS server: over UDP, asked again when nothing comes, and over TCP when the answer does not fit (RFC 1035 §4.2).

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
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

/// How long is waited before the question is asked again; each time twice as long. The check's timeout ends it.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);
const LONGEST_PATIENCE: Duration = Duration::from_secs(8);
/// Larger than any answer over UDP.
const DATAGRAM_BYTES: usize = 4_096;
/// Records of an answer that are looked at.
const MAX_RECORDS: usize = 256;

/// Why a DNS server gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DnsError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("its answer cannot be read")]
    Malformed,
    #[error("the name cannot be asked for")]
    Question,
}

/// An answer to a question.
#[derive(Debug)]
pub(crate) struct Answer {
    message: Message,
}

impl Answer {
    pub(crate) fn is_no_such_name(&self) -> bool {
        self.message.metadata.response_code == ResponseCode::NXDomain
    }

    pub(crate) fn is_error(&self) -> bool {
        self.message.metadata.response_code != ResponseCode::NoError
    }

    pub(crate) fn code(&self) -> String {
        self.message.metadata.response_code.to_str().to_owned()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &RData> {
        self.message.answers.iter().take(MAX_RECORDS).map(|record| &record.data)
    }
}

/// Asks, and asks again until there is an answer.
pub(crate) async fn ask(server: SocketAddr, name: Name, record: RecordType) -> Result<Answer, DnsError> {
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name, record));
    let bytes = question.to_vec().map_err(|_| DnsError::Question)?;
    let answer = over_udp(server, &question, &bytes).await?;
    if !answer.message.metadata.truncation {
        return Ok(answer);
    }
    over_tcp(server, &question, &bytes).await
}

async fn over_udp(server: SocketAddr, question: &Message, bytes: &[u8]) -> Result<Answer, DnsError> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    let mut buffer = vec![0; DATAGRAM_BYTES];
    let mut patience = FIRST_PATIENCE;
    loop {
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
        if let Ok(answer) = tokio::time::timeout(patience, answer).await {
            return answer;
        }
        patience = (patience * 2).min(LONGEST_PATIENCE);
    }
}

async fn over_tcp(server: SocketAddr, question: &Message, bytes: &[u8]) -> Result<Answer, DnsError> {
    let length = u16::try_from(bytes.len()).map_err(|_| DnsError::Question)?;
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await?;
    let length = stream.read_u16().await?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    read(question, &buffer).ok_or(DnsError::Malformed)
}

fn read(question: &Message, bytes: &[u8]) -> Option<Answer> {
    let message = Message::from_vec(bytes).ok()?;
    let fits = message.metadata.id == question.metadata.id
        && (message.queries == question.queries || (message.queries.is_empty() && message.answers.is_empty()));
    fits.then_some(Answer { message })
}

/// The first DNS server that the system's settings name.
#[cfg(unix)]
pub(crate) fn system_server() -> Option<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").ok()?;
    first_server(&text)
}

/// Windows keeps its DNS servers where only its own interfaces find them.
#[cfg(not(unix))]
pub(crate) fn system_server() -> Option<SocketAddr> {
    None
}

#[cfg(any(unix, test))]
fn first_server(resolv_conf: &str) -> Option<SocketAddr> {
    resolv_conf.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let server = (words.next() == Some("nameserver")).then(|| words.next()).flatten()?;
        Some(SocketAddr::new(server.parse().ok()?, 53))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_server_of_the_system_is_found() {
        let text =
            "# nameserver 1.1.1.1\nsearch local\nnameserver fe80::1%eth0\nnameserver 9.9.9.9\nnameserver 8.8.8.8\n";
        assert_eq!(first_server(text), Some("9.9.9.9:53".parse().expect("an address")));
        assert_eq!(first_server("options ndots:5"), None);
    }
}
