//! From a host to a connection: its addresses, the first of them that answers, and TLS.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use url::Host;

use crate::net::Stream;

use super::{
    failure::{Failure, Phase, handshake_failed, not_connected, quoted, said},
    prepared::PreparedProbe,
    trace::Trace,
};

/// Addresses tried at most.
const MAX_ADDRESSES: usize = 16;
/// How long an address has before the next one is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to a probe's target.
pub(super) async fn connect(probe: &PreparedProbe, trace: &mut Trace) -> Result<Stream, Failure> {
    let target = probe.target();
    trace.phase = Phase::Resolve;
    let addresses = resolve(&target.host, target.port).await?;
    trace.phase = Phase::Connect;
    let stream = first_of(&addresses).await?;
    trace.local = stream.local_addr().ok();
    trace.remote = stream.peer_addr().ok();
    // A request is written at once; without this, its end could wait for an acknowledgement of its beginning.
    stream.set_nodelay(true).map_err(|error| not_connected(&target.to_string(), &error))?;
    let Some(tls) = probe.tls() else { return Ok(Stream::Plain(stream)) };
    trace.phase = Phase::Tls;
    let name = server_name(&target.host, probe.probe().tls.server_name.as_deref())?;
    let host = name.to_str().into_owned();
    let stream = TlsConnector::from(tls).connect(name, stream).await;
    stream.map(|stream| Stream::Tls(Box::new(stream.into()))).map_err(|error| handshake_failed(&error, &host))
}

fn server_name(host: &Host, given: Option<&str>) -> Result<ServerName<'static>, Failure> {
    let named = |name: &str| {
        ServerName::try_from(name.to_owned())
            .map_err(|_| Failure::Tls { reason: format!("{name} is no name that TLS can ask for") })
    };
    match (given, host) {
        (Some(name), _) => named(name),
        (None, Host::Ipv4(ip)) => Ok(ServerName::from(IpAddr::V4(*ip))),
        (None, Host::Ipv6(ip)) => Ok(ServerName::from(IpAddr::V6(*ip))),
        (None, Host::Domain(name)) => named(name.trim_end_matches('.')),
    }
}

/// Every address of a host, in the order in which they are tried. An address that is written as one takes no look-up.
async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let name = match host {
        Host::Ipv4(ip) => return Ok(vec![SocketAddr::new(IpAddr::V4(*ip), port)]),
        Host::Ipv6(ip) => return Ok(vec![SocketAddr::new(IpAddr::V6(*ip), port)]),
        Host::Domain(name) => name.as_str(),
    };
    let failed = |reason: String| Failure::Dns { host: name.to_owned(), reason };
    let found = tokio::net::lookup_host((name, port)).await.map_err(|error| {
        let text = said(&error);
        failed(quoted(text.trim_start_matches("failed to lookup address information: ")))
    })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found.take(MAX_ADDRESSES) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(failed("it has no address".into()));
    }
    Ok(interleaved(addresses))
}

/// Addresses of both families by turns, beginning with the first one's (RFC 8305 §4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

/// The first that connects; where one does not soon, the next is tried beside it (RFC 8305).
async fn first_of(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let attempt = |address: SocketAddr| async move { (TcpStream::connect(address).await, address) };
    let mut attempts = FuturesUnordered::new();
    let mut waiting = addresses.iter().copied();
    let mut failure = None;
    loop {
        match waiting.next() {
            Some(address) => attempts.push(attempt(address)),
            None if attempts.is_empty() => {
                return Err(failure.unwrap_or(Failure::Request { reason: "there is no address".into() }));
            }
            None => {}
        }
        let next_at = Instant::now() + HEAD_START;
        tokio::select! {
            Some((ended, address)) = attempts.next() => match ended {
                Ok(stream) => return Ok(stream),
                // The first address is the one that is told about: it is the one that should have answered.
                Err(error) => failure = failure.or_else(|| Some(not_connected(&address.to_string(), &error))),
            },
            () = tokio::time::sleep_until(next_at), if waiting.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_from_the_first_address_on() {
        let of = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().expect("an address")).collect()
        };
        let mixed = interleaved(of(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"]));
        assert_eq!(mixed, of(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
    }
}
