//! One question to one DNS server: over UDP, asked again when nothing comes, and over TCP when the answer does not fit (RFC 1035 §4.2).

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use hickory_proto::{
    op::{Message, Query, ResponseCode},
    rr::{Name, Record, RecordType},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// Larger than any answer over UDP.
const DATAGRAM_BYTES: usize = 4_096;

/// Why a DNS server gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it does not answer")]
    Silent,
    #[error("its answer cannot be read")]
    Malformed,
    #[error("the name cannot be asked for")]
    Question,
}

/// An answer to a question.
#[derive(Debug)]
pub struct Answer {
    message: Message,
}

impl Answer {
    pub fn is_no_such_name(&self) -> bool {
        self.message.metadata.response_code == ResponseCode::NXDomain
    }

    pub fn is_error(&self) -> bool {
        self.message.metadata.response_code != ResponseCode::NoError
    }

    /// Such as `NXDomain`, in words.
    pub fn code(&self) -> String {
        self.message.metadata.response_code.to_str().to_owned()
    }

    pub fn records(&self) -> &[Record] {
        &self.message.answers
    }
}

/// Asks over UDP as often as there is patience, and waits so long each time; an answer that does not fit is asked for over TCP, for which
/// whoever calls sets the time limit.
///
/// # Errors
/// When there is no answer, or none that can be read.
pub async fn ask(
    server: SocketAddr,
    name: Name,
    record: RecordType,
    patience: impl IntoIterator<Item = Duration>,
) -> Result<Answer, DnsError> {
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name, record));
    let bytes = question.to_vec().map_err(|_| DnsError::Question)?;
    let answer = over_udp(server, &question, &bytes, patience).await?;
    if !answer.message.metadata.truncation {
        return Ok(answer);
    }
    over_tcp(server, &question, &bytes).await
}

async fn over_udp(
    server: SocketAddr,
    question: &Message,
    bytes: &[u8],
    patience: impl IntoIterator<Item = Duration>,
) -> Result<Answer, DnsError> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    let mut buffer = vec![0; DATAGRAM_BYTES];
    for patience in patience {
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
        if let Ok(answer) = timeout(patience, answer).await {
            return answer;
        }
    }
    Err(DnsError::Silent)
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

/// The first DNS server that the system's settings name. Windows keeps its own where only its interfaces find them.
pub fn system_server() -> Option<SocketAddr> {
    first_server(&std::fs::read_to_string("/etc/resolv.conf").ok()?)
}

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

    #[tokio::test]
    async fn a_server_that_says_nothing_is_asked_as_often_as_there_is_patience() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let name = Name::from_ascii("shop.test.").unwrap();
        let patience = std::iter::repeat_n(Duration::from_millis(20), 3);
        let asked = ask(silent.local_addr().unwrap(), name, RecordType::A, patience).await;
        assert!(matches!(asked, Err(DnsError::Silent)), "{asked:?}");
        let mut buffer = [0; 512];
        for _ in 0..3 {
            silent.try_recv(&mut buffer).unwrap();
        }
        assert!(silent.try_recv(&mut buffer).is_err());
    }
}
