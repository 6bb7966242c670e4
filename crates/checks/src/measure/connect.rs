//! Connecting to the first of a host's addresses that answers (RFC 8305, "happy eyeballs").

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{net::TcpStream, time::Instant};

use super::{Failure, Phase, failure::quoted, trace::Trace};

/// How long an address has before the next one is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects; the time until one of them did is the connect phase.
pub(crate) async fn connect(addresses: &[SocketAddr], trace: &mut Trace) -> Result<TcpStream, Failure> {
    trace.enter(Phase::Connect);
    let stream = match addresses {
        [] => return Err(Failure::Unsupported { reason: "there is no address".into() }),
        [only] => {
            trace.known.remote = Some(*only);
            TcpStream::connect(only).await.map_err(|error| not_connected(*only, &error))?
        }
        [first, rest @ ..] => {
            trace.known.remote = Some(*first);
            let (stream, address) = first_of(*first, rest).await?;
            trace.known.remote = Some(address);
            stream
        }
    };
    trace.leave();
    trace.known.local = stream.local_addr().ok();
    // A request is written at once; without this, its end could wait for an acknowledgement of its beginning.
    stream.set_nodelay(true).map_err(|error| io_failure(Phase::Connect, &error))?;
    Ok(stream)
}

async fn first_of(first: SocketAddr, rest: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Failure> {
    let attempt = |address: SocketAddr| async move { (TcpStream::connect(address).await, address) };
    let mut attempts = FuturesUnordered::from_iter([attempt(first)]);
    let mut waiting = rest.iter().copied();
    let mut failure = None;
    let mut next_at = Instant::now() + HEAD_START;
    loop {
        tokio::select! {
            ended = attempts.next(), if !attempts.is_empty() => match ended {
                Some((Ok(stream), address)) => return Ok((stream, address)),
                // The first address is the one that is told about: it is the one that should have answered.
                Some((Err(error), address)) => failure = failure.or_else(|| Some(not_connected(address, &error))),
                None => {}
            },
            () = tokio::time::sleep_until(next_at), if waiting.len() > 0 => {}
        }
        if attempts.is_empty() || Instant::now() >= next_at {
            match waiting.next() {
                Some(address) => attempts.push(attempt(address)),
                None if attempts.is_empty() => {
                    return Err(failure.unwrap_or(Failure::Unsupported { reason: "there is no address".into() }));
                }
                None => {}
            }
            next_at = Instant::now() + HEAD_START;
        }
    }
}

fn not_connected(address: SocketAddr, error: &io::Error) -> Failure {
    let address = address.to_string();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused { address },
        io::ErrorKind::ConnectionReset => Failure::Reset { phase: Phase::Connect },
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::TimedOut => {
            Failure::Unreachable { address, reason: quoted(&reason(error)) }
        }
        _ => own_limits(error).unwrap_or_else(|| Failure::Io { phase: Phase::Connect, reason: quoted(&reason(error)) }),
    }
}

/// An error of a connection that was made.
pub(crate) fn io_failure(phase: Phase, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            Failure::Reset { phase }
        }
        io::ErrorKind::UnexpectedEof => Failure::Closed { phase },
        _ => own_limits(error).unwrap_or_else(|| Failure::Io { phase, reason: quoted(&reason(error)) }),
    }
}

/// Whether an error is this machine's lack of files, ports or memory.
pub(crate) fn own_limits(error: &io::Error) -> Option<Failure> {
    // ENFILE, EMFILE and ENOBUFS as Linux and macOS number them, WSAEMFILE and WSAENOBUFS as Windows does.
    let numbers: &[i32] = match std::env::consts::OS {
        "windows" => &[10_024, 10_055],
        "macos" => &[23, 24, 55],
        _ => &[23, 24, 105],
    };
    let own = error.raw_os_error().is_some_and(|number| numbers.contains(&number))
        || matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::OutOfMemory);
    own.then(|| Failure::OwnLimits { reason: reason(error) })
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
