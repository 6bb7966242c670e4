//! A DNS check: a question to a DNS server, or to the system's own resolver.

use std::net::SocketAddr;

use hickory_proto::rr::{Name, RecordType};
use url::Host;

use super::{Checker, Failure, Phase, check::Check, dns, resolve::resolve, trace::Trace};
use crate::config::{AddressFamily, Endpoint};

impl Checker {
    /// Asks and returns the records of the answer. Waiting for a DNS server's answer is the phase of the first byte; the system's own
    /// resolver is asked in the DNS phase.
    pub(crate) async fn question(
        &self,
        check: &Check,
        server: Option<&Endpoint>,
        name: &Name,
        record: RecordType,
        trace: &mut Trace,
    ) -> Result<Vec<String>, Failure> {
        let server = match (server, check.resolver) {
            (Some(server), resolver) => {
                resolve(server, check.website.address_family, resolver, self.lookups(), trace).await?.first().copied()
            }
            (None, Some(resolver)) => Some(resolver),
            (None, None) => None,
        };
        let host = name.to_string();
        let host = host.trim_end_matches('.');
        let family = match (server, record) {
            (Some(server), _) => return ask(server, name, record, trace).await,
            (None, RecordType::A) => AddressFamily::Ipv4,
            (None, RecordType::AAAA) => AddressFamily::Ipv6,
            (None, _) => {
                let reason = "the system's DNS server is not known: name one as dns://server/name";
                let server = dns::system_server().ok_or(Failure::Unsupported { reason: reason.into() })?;
                return ask(server, name, record, trace).await;
            }
        };
        let at = Endpoint { host: Host::Domain(host.to_owned()), port: 0 };
        let found = resolve(&at, family, None, self.lookups(), trace).await?;
        Ok(found.iter().map(|address| address.ip().to_string()).collect())
    }
}

async fn ask(server: SocketAddr, name: &Name, record: RecordType, trace: &mut Trace) -> Result<Vec<String>, Failure> {
    trace.known.remote = Some(server);
    trace.enter(Phase::Ttfb);
    let mut full = name.clone();
    full.set_fqdn(true);
    let answer = dns::ask(server, full, record).await.map_err(|error| match error {
        dns::DnsError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Failure::Refused { address: server.to_string() }
        }
        error => Failure::DnsFailed { host: name.to_string(), reason: error.to_string() },
    })?;
    trace.leave();
    if answer.is_error() {
        return Err(Failure::DnsAnswer { code: answer.code() });
    }
    Ok(dns::records(&answer).map(ToString::to_string).collect())
}
