//! From a host to its addresses: by the system as for everyone, hosts file included, or by a DNS server of one's own.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use hickory_proto::rr::{Name, RData, RecordType};
use wirereel_dial::{in_turns, literal, looked_up};

use super::{Failure, Phase, dns, lookups::Lookups, trace::Trace};
use crate::config::{AddressFamily, Endpoint};

/// Every address of an endpoint, in the order in which they are tried. An address that is written as one takes no look-up.
pub(crate) async fn resolve(
    at: &Endpoint,
    family: AddressFamily,
    server: Option<SocketAddr>,
    lookups: &Lookups,
    trace: &mut Trace,
) -> Result<Vec<SocketAddr>, Failure> {
    let name = match literal(&at.host, at.port) {
        Ok(address) => return Ok(vec![address]),
        Err(name) => name,
    };
    trace.enter(Phase::Dns);
    let found = match server {
        None => lookups.by_system(name).await?,
        Some(server) => by_server(name, family, server).await?,
    };
    trace.leave();
    let wanted = |ip: &IpAddr| match family {
        AddressFamily::Any => true,
        AddressFamily::Ipv4 => ip.is_ipv4(),
        AddressFamily::Ipv6 => ip.is_ipv6(),
    };
    let addresses = in_turns(found.into_iter().filter(wanted).map(|ip| SocketAddr::new(ip, at.port)));
    if addresses.is_empty() {
        let family = match family {
            AddressFamily::Any => "IP",
            AddressFamily::Ipv4 => "IPv4",
            AddressFamily::Ipv6 => "IPv6",
        };
        return Err(Failure::NoAddress { host: name.to_owned(), family: family.to_owned() });
    }
    Ok(addresses)
}

/// The system tells its reasons (RFC 3493 §6.1) only in words; those of the C library are in English unless a program asks otherwise.
pub(super) fn not_found(name: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    let host = name.to_owned();
    let unknown = ["not known", "No address associated", "nodename nor servname", "No such host"];
    if unknown.iter().any(|words| text.contains(words)) {
        Failure::NameNotFound { host }
    } else {
        super::connect::own_limits(error).unwrap_or_else(|| Failure::DnsFailed { host, reason: looked_up(error) })
    }
}

async fn by_server(name: &str, family: AddressFamily, server: SocketAddr) -> Result<Vec<IpAddr>, Failure> {
    let failed = |reason: String| Failure::DnsFailed { host: name.to_owned(), reason };
    let full =
        Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).map_err(|_| failed("no valid name".into()))?;
    let asked = |record| dns::ask(server, full.clone(), record);
    let answers = match family {
        AddressFamily::Ipv4 => vec![asked(RecordType::A).await],
        AddressFamily::Ipv6 => vec![asked(RecordType::AAAA).await],
        AddressFamily::Any => {
            let (six, four) = futures_util::future::join(asked(RecordType::AAAA), asked(RecordType::A)).await;
            vec![six, four]
        }
    };
    let mut addresses = Vec::new();
    let mut problem = None;
    for answer in answers {
        match answer {
            Ok(answer) if answer.is_no_such_name() => problem = Some(Failure::NameNotFound { host: name.to_owned() }),
            Ok(answer) if answer.is_error() => problem = Some(failed(format!("the server answered {}", answer.code()))),
            Ok(answer) => addresses.extend(dns::records(&answer).filter_map(|record| match record {
                RData::A(a) => Some(IpAddr::V4(a.0)),
                RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
                _ => None,
            })),
            Err(error) => problem = Some(failed(error.to_string())),
        }
    }
    match problem {
        Some(problem) if addresses.is_empty() => Err(problem),
        _ => Ok(addresses),
    }
}
