//! The name that an address has by reverse DNS (RFC 1035 §3.5, RFC 3596 §2.5).

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use hickory_proto::rr::{Name, RData, RecordType};

use super::dns::{self, DnsError};

/// Longest name that counts: what DNS allows (RFC 1035 §2.3.4).
const MOST_CHARS: usize = 255;

/// Asks the DNS server of this system for the name of an address; `None` when it has none. Whoever calls sets the time limit.
///
/// # Errors
/// When no server is known, or it gives no answer that can be read.
pub async fn reverse_name(ip: IpAddr) -> io::Result<Option<String>> {
    let server = dns::system_server().ok_or_else(|| io::Error::other("the system names no DNS server"))?;
    reverse_name_by(server, ip).await
}

/// As [`reverse_name`], of a DNS server of one's own.
///
/// # Errors
/// When it gives no answer that can be read, or one that says that it cannot tell.
pub async fn reverse_name_by(server: SocketAddr, ip: IpAddr) -> io::Result<Option<String>> {
    let answer = dns::ask(server, Name::from(ip), RecordType::PTR).await.map_err(|error| match error {
        DnsError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    })?;
    if answer.is_no_such_name() {
        return Ok(None);
    }
    if answer.is_error() {
        return Err(io::Error::other(format!("it answers {}", answer.code())));
    }
    let name = dns::records(&answer).find_map(|record| match record {
        RData::PTR(name) => Some(name.0.to_utf8()),
        _ => None,
    });
    let name = name.map(|name| name.trim_end_matches('.').to_owned());
    Ok(name.filter(|name| !name.is_empty() && name.len() <= MOST_CHARS))
}

#[cfg(test)]
mod tests {
    use hickory_proto::{
        op::{Message, ResponseCode},
        rr::{Record, rdata::PTR},
    };
    use tokio::net::UdpSocket;

    use super::*;

    #[tokio::test]
    async fn an_address_is_asked_for_by_its_reverse_name_and_may_have_none() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = socket.local_addr().unwrap();
        let serve = async move {
            let mut buffer = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let mut message = Message::from_vec(&buffer[..length]).unwrap();
                message.metadata.message_type = hickory_proto::op::MessageType::Response;
                let name = message.queries[0].name().clone();
                match name.to_utf8().as_str() {
                    "7.2.0.192.in-addr.arpa." => {
                        let host = PTR("host.shop.test.".parse().unwrap());
                        message.answers.push(Record::from_rdata(name, 60, RData::PTR(host)));
                    }
                    other if other.ends_with(".ip6.arpa.") => message.metadata.response_code = ResponseCode::ServFail,
                    _ => message.metadata.response_code = ResponseCode::NXDomain,
                }
                socket.send_to(&message.to_vec().unwrap(), from).await.unwrap();
            }
        };
        let asked = async {
            let of = |ip: &str| reverse_name_by(server, ip.parse().unwrap());
            assert_eq!(of("192.0.2.7").await.unwrap().as_deref(), Some("host.shop.test"));
            assert_eq!(of("192.0.2.8").await.unwrap(), None);
            assert!(of("2001:db8::1").await.is_err());
        };
        tokio::select! {
            () = asked => {}
            () = serve => {}
        }
    }
}
