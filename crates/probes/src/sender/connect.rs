//! From a host to a connection: its addresses, the first of them that answers, and TLS.

use std::net::SocketAddr;

use tokio_rustls::TlsConnector;
use url::Host;
use wirereel_dial::{NotConnected, first_of, in_turns, literal, looked_up, server_name};

use crate::net::Stream;

use super::{
    failure::{Failure, Phase, handshake_failed, not_connected},
    prepared::PreparedProbe,
    trace::Trace,
};

/// Connects to a probe's target.
pub(super) async fn connect(probe: &PreparedProbe, trace: &mut Trace) -> Result<Stream, Failure> {
    let target = probe.target();
    trace.phase = Phase::Resolve;
    let addresses = resolve(&target.host, target.port).await?;
    trace.phase = Phase::Connect;
    let (stream, _) = first_of(&addresses).await.map_err(|failed| match failed {
        NotConnected::Failed { address, error } => not_connected(&address.to_string(), &error),
        none @ NotConnected::NoAddress => Failure::Request { reason: none.to_string() },
    })?;
    trace.local = stream.local_addr().ok();
    trace.remote = stream.peer_addr().ok();
    // A request is written at once; without this, its end could wait for an acknowledgement of its beginning.
    stream.set_nodelay(true).map_err(|error| not_connected(&target.to_string(), &error))?;
    let Some(tls) = probe.tls() else { return Ok(Stream::Plain(stream)) };
    trace.phase = Phase::Tls;
    let name = server_name(probe.probe().tls.server_name.as_deref(), &target.host)
        .map_err(|none| Failure::Tls { reason: none.to_string() })?;
    let host = name.to_str().into_owned();
    let stream = TlsConnector::from(tls).connect(name, stream).await;
    stream.map(|stream| Stream::Tls(Box::new(stream.into()))).map_err(|error| handshake_failed(&error, &host))
}

/// Every address of a host, in the order in which they are tried. An address that is written as one takes no look-up.
async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let name = match literal(host, port) {
        Ok(address) => return Ok(vec![address]),
        Err(name) => name,
    };
    let failed = |reason: String| Failure::Dns { host: name.to_owned(), reason };
    let found = tokio::net::lookup_host((name, port)).await.map_err(|error| failed(looked_up(&error)))?;
    let addresses = in_turns(found);
    if addresses.is_empty() {
        return Err(failed("it has no address".into()));
    }
    Ok(addresses)
}
