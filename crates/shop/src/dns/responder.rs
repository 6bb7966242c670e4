//! Answers A questions for the services' names, over UDP (RFC 1035).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

use crate::addresses::Plan;
use crate::topology::Service;

/// Answers questions at `address` until the process ends.
///
/// # Errors
/// When the address cannot be bound.
pub async fn respond(address: SocketAddr, plan: Plan, ttl: Duration) -> io::Result<()> {
    let socket = UdpSocket::bind(address).await?;
    let mut buffer = [0; 512];
    loop {
        let (length, client) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // A client that went away before its answer came makes the next call fail (ICMP unreachable).
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(e) => return Err(e),
        };
        if let Some(reply) = answer(&buffer[..length], plan, ttl) {
            socket.send_to(&reply, client).await?;
        }
    }
}

/// The reply to one question, or `None` when the bytes are not a question.
///
/// A known name without an address of the wanted kind is an empty answer, an unknown one NXDOMAIN; both name the zone's
/// authority so that resolvers can cache them (RFC 2308 §2).
pub fn answer(question: &[u8], plan: Plan, ttl: Duration) -> Option<Vec<u8>> {
    let asked = Message::from_vec(question).ok()?;
    if asked.metadata.message_type != MessageType::Query || asked.metadata.op_code != OpCode::Query {
        return None;
    }
    let query = asked.queries.first()?.clone();
    let ttl = u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX);
    let name = query.name().to_ascii().to_ascii_lowercase();
    let service = Service::ALL.into_iter().find(|s| s.name() == name.trim_end_matches('.'));

    let mut reply = Message::response(asked.metadata.id, OpCode::Query);
    reply.metadata = Metadata::response_from_request(&asked.metadata);
    reply.metadata.authoritative = true;
    reply.metadata.recursion_available = true;
    match service {
        Some(service) if query.query_type() == RecordType::A => {
            let address = RData::A(A(plan.service_ip(service)));
            reply.add_answer(Record::from_rdata(query.name().clone(), ttl, address));
        }
        Some(_) => {
            reply.add_authority(authority(ttl)?);
        }
        None => {
            reply.metadata.response_code = ResponseCode::NXDomain;
            reply.add_authority(authority(ttl)?);
        }
    }
    reply.add_query(query);
    reply.to_vec().ok()
}

fn authority(ttl: u32) -> Option<Record> {
    let host = Name::from_ascii("ns.shop.").ok()?;
    let owner = Name::from_ascii("dns.shop.").ok()?;
    let soa = SOA::new(host, owner, 1, 3600, 600, 86400, ttl);
    Some(Record::from_rdata(Name::root(), ttl, RData::SOA(soa)))
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::Query;

    use super::*;

    fn ask(name: &str, kind: RecordType) -> Message {
        let mut question = Message::query();
        question.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        let reply = answer(&question.to_vec().unwrap(), Plan::Loopback, Duration::from_secs(15)).unwrap();
        Message::from_vec(&reply).unwrap()
    }

    #[test]
    fn a_service_name_has_its_address_in_any_case() {
        let reply = ask("Payment-Service.", RecordType::A);
        assert_eq!(reply.metadata.response_code, ResponseCode::NoError);
        assert_eq!(reply.answers[0].data, RData::A(A(Plan::Loopback.service_ip(Service::Payment))));
        assert_eq!(reply.answers[0].ttl, 15);
    }

    #[test]
    fn no_ipv6_address_is_an_empty_answer_and_an_unknown_name_does_not_exist() {
        let no_data = ask("payment-service.", RecordType::AAAA);
        assert_eq!(no_data.metadata.response_code, ResponseCode::NoError);
        assert!(no_data.answers.is_empty() && no_data.authorities.len() == 1);
        assert_eq!(ask("coupon-service.", RecordType::A).metadata.response_code, ResponseCode::NXDomain);
    }

    #[test]
    fn what_is_not_a_question_gets_no_answer() {
        assert_eq!(answer(b"hello", Plan::Loopback, Duration::ZERO), None);
    }
}
