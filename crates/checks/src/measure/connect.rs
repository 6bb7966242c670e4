//! Connecting to the first of a host's addresses that answers, and what failed.

use std::{io, net::SocketAddr};

use tokio::net::TcpStream;
use wirereel_dial::{NotConnected, first_of, is_own_limits, said};

use super::{Failure, Phase, trace::Trace};

/// Connects; the time until one of them did is the connect phase.
pub(crate) async fn connect(addresses: &[SocketAddr], trace: &mut Trace) -> Result<TcpStream, Failure> {
    trace.enter(Phase::Connect);
    trace.known.remote = addresses.first().copied();
    let (stream, address) = first_of(addresses).await.map_err(|failed| match failed {
        NotConnected::Failed { address, error } => not_connected(address, &error),
        none @ NotConnected::NoAddress => Failure::Unsupported { reason: none.to_string() },
    })?;
    trace.known.remote = Some(address);
    trace.leave();
    trace.known.local = stream.local_addr().ok();
    // A request is written at once; without this, its end could wait for an acknowledgement of its beginning.
    stream.set_nodelay(true).map_err(|error| io_failure(Phase::Connect, &error))?;
    Ok(stream)
}

fn not_connected(address: SocketAddr, error: &io::Error) -> Failure {
    let address = address.to_string();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused { address },
        io::ErrorKind::ConnectionReset => Failure::Reset { phase: Phase::Connect },
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::TimedOut => {
            Failure::Unreachable { address, reason: said(error) }
        }
        _ => own_limits(error).unwrap_or_else(|| Failure::Io { phase: Phase::Connect, reason: said(error) }),
    }
}

/// An error of a connection that was made.
pub(crate) fn io_failure(phase: Phase, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            Failure::Reset { phase }
        }
        io::ErrorKind::UnexpectedEof => Failure::Closed { phase },
        _ => own_limits(error).unwrap_or_else(|| Failure::Io { phase, reason: said(error) }),
    }
}

/// A lack of what this machine needs to connect, if an error is that.
pub(crate) fn own_limits(error: &io::Error) -> Option<Failure> {
    is_own_limits(error).then(|| Failure::OwnLimits { reason: said(error) })
}
