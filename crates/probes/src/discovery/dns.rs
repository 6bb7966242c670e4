//! A question for SRV records to a DNS server (RFC 2782).

use std::{
    iter::repeat_n,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use hickory_proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;
pub(super) use wirereel_dial::dns::system_server;
use wirereel_dial::dns::{DnsError, ask};

/// How long is waited before the question is asked again, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: usize = 4;
/// How long all of it may take, an answer over TCP included.
const LONGEST: Duration = Duration::from_secs(9);

/// Why it is not known what there is.
#[derive(Debug, thiserror::Error)]
pub(super) enum SrvError {
    #[error(transparent)]
    NoAnswer(#[from] DnsError),
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

/// SRV records of a name and the seconds for which they hold. A name that is not there has none, and neither has a service that says so with
/// the root as its host (RFC 2782).
pub(super) async fn services(server: SocketAddr, name: Name) -> Result<(Vec<Service>, u32), SrvError> {
    let asked = ask(server, name, RecordType::SRV, repeat_n(PATIENCE, TRIES));
    let answer = timeout(LONGEST, asked).await.map_err(|_| DnsError::Silent)??;
    if answer.is_error() && !answer.is_no_such_name() {
        return Err(SrvError::Code(answer.code()));
    }
    let mut ttl = u32::MAX;
    let mut services = Vec::new();
    for record in answer.records() {
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
