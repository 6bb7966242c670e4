//! Orders to a running process: one line of JSON each way over a Unix socket, so that no recording ever shows them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::fault::Fault;
use crate::topology::Service;

/// Longest order or reply, in bytes.
const LONGEST_LINE: u64 = 4096;
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a process can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// To a service: have this fault until told otherwise.
    Fault(Fault),
    /// To a service: have no fault any more.
    Clear,
    /// To a service: start asking the services it depends on for their health.
    Go,
    /// To a service: stop asking, and close connections that are not in use.
    Quiet,
    /// To any: are you there, and how much is in work?
    Status,
    /// To the process that started the services: clear the service's fault, start it again if it is gone.
    Recover(Service),
}

/// What a process answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Done.
    Done {
        /// Requests in work, served and sent together.
        in_work: usize,
    },
    /// Not done, and why.
    Failed { why: String },
}

/// Why an order got no good reply.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("nothing answers at {path}: {cause}; is `wirereel-shop run` running with the same --state?")]
    Unreachable { path: PathBuf, cause: io::Error },
    #[error("no reply at {path}")]
    NoReply { path: PathBuf },
    #[error("refused: {0}")]
    Refused(String),
}

/// Sends one order and waits for the reply.
///
/// # Errors
/// When nobody listens, nobody answers within five seconds, or the answer is no.
pub async fn ask(path: &Path, order: &Order) -> Result<usize, ControlError> {
    let unreachable = |cause| ControlError::Unreachable { path: path.to_owned(), cause };
    let no_reply = || ControlError::NoReply { path: path.to_owned() };
    let mut stream = UnixStream::connect(path).await.map_err(unreachable)?;
    let mut line = serde_json::to_string(order).map_err(|_| no_reply())?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await.map_err(unreachable)?;
    let mut reply = String::new();
    let mut limited = BufReader::new(stream.take(LONGEST_LINE));
    let read = tokio::time::timeout(REPLY_TIMEOUT, limited.read_line(&mut reply)).await;
    if !matches!(read, Ok(Ok(1..))) {
        return Err(no_reply());
    }
    match serde_json::from_str(&reply) {
        Ok(Reply::Done { in_work }) => Ok(in_work),
        Ok(Reply::Failed { why }) => Err(ControlError::Refused(why)),
        Err(_) => Err(no_reply()),
    }
}

/// Tells a service to end at once; that it then cannot reply is how one knows that it did.
///
/// # Errors
/// When it was not there, or is still there.
pub async fn crash(path: &Path) -> Result<(), ControlError> {
    match ask(path, &Order::Fault(Fault::Crash)).await {
        Err(ControlError::NoReply { .. }) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(ControlError::Refused("the process is still there".into())),
    }
}

/// Answers orders at a socket, one connection after the other, until the process ends.
///
/// # Errors
/// When the socket cannot be made.
pub async fn answer<F, R>(path: &Path, mut obey: F) -> io::Result<()>
where
    F: FnMut(Order) -> R,
    R: Future<Output = Reply>,
{
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let (from, mut to) = stream.into_split();
        let mut line = String::new();
        let mut limited = BufReader::new(from.take(LONGEST_LINE));
        if !matches!(tokio::time::timeout(REPLY_TIMEOUT, limited.read_line(&mut line)).await, Ok(Ok(_))) {
            continue;
        }
        let reply = match serde_json::from_str(&line) {
            Ok(order) => obey(order).await,
            Err(error) => Reply::Failed { why: format!("not an order: {error}") },
        };
        if let Ok(mut text) = serde_json::to_string(&reply) {
            text.push('\n');
            // Whoever asked may have gone; the order is obeyed all the same.
            let _ = to.write_all(text.as_bytes()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_readable_lines() {
        let order = Order::Fault(Fault::Slow { extra_ms: 900, share: 0.5 });
        let text = serde_json::to_string(&order).unwrap();
        assert_eq!(text, r#"{"fault":{"kind":"slow","extra_ms":900,"share":0.5}}"#);
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
        assert_eq!(serde_json::to_string(&Order::Recover(Service::Cart)).unwrap(), r#"{"recover":"cart-service"}"#);
    }
}
