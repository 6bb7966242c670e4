//! Connecting to the first of a host's addresses that answers (RFC 8305, "happy eyeballs").

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use thiserror::Error;
use tokio::{net::TcpStream, time::Instant};

/// How long an address has before the next one is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// None of the addresses could be connected to.
#[derive(Debug, Error)]
pub enum NotConnected {
    #[error("there is no address")]
    NoAddress,
    /// The one that failed first is told about: of those that fail it is the one that should have answered.
    #[error("{address}: {error}")]
    Failed { address: SocketAddr, error: io::Error },
}

/// The first that connects; where one does not soon, or fails, the next is tried.
///
/// # Errors
/// When none does.
pub async fn first_of(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), NotConnected> {
    let attempt = |address: SocketAddr| async move { (TcpStream::connect(address).await, address) };
    let mut attempts = FuturesUnordered::new();
    let mut waiting = addresses.iter().copied();
    let mut failure = None;
    loop {
        match waiting.next() {
            Some(address) => attempts.push(attempt(address)),
            None if attempts.is_empty() => return Err(failure.unwrap_or(NotConnected::NoAddress)),
            None => {}
        }
        let next_at = Instant::now() + HEAD_START;
        tokio::select! {
            Some((ended, address)) = attempts.next() => match ended {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => failure = failure.or(Some(NotConnected::Failed { address, error })),
            },
            () = tokio::time::sleep_until(next_at), if waiting.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_next_is_tried_after_one_that_refuses_and_the_first_that_failed_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        let closed = || async { TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
        let (one, other) = (closed().await, closed().await);
        let (_, address) = first_of(&[one, there]).await.unwrap();
        assert_eq!(address, there);
        let failed = first_of(&[one, other]).await.unwrap_err();
        assert!(matches!(failed, NotConnected::Failed { address, .. } if address == one), "{failed}");
        assert!(matches!(first_of(&[]).await, Err(NotConnected::NoAddress)));
    }
}
