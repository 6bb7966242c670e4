//! One HTTP/1.1 connection as its client: opened from a chosen address, one request at a time.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use crate::payload::{Payload, gunzip};

const LONGEST_BODY_BYTES: usize = 1 << 20;

/// An open connection; dropping it closes the socket.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Payload>,
    task: JoinHandle<()>,
    used: Instant,
}

/// An answer, its body unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("could not connect: {0}")]
    Connect(std::io::Error),
    #[error("the connection broke: {0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

impl Connection {
    /// Connects from `from`, any port, to `to`.
    ///
    /// # Errors
    /// When the connection is refused or `from` is not an address of this machine.
    pub async fn open(from: Ipv4Addr, to: SocketAddr) -> Result<Self, ConnectionError> {
        let opened = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((from, 0).into())?;
            socket.set_nodelay(true)?;
            socket.connect(to).await
        };
        let stream = opened.await.map_err(ConnectionError::Connect)?;
        let (sender, connection) = Builder::new()
            .title_case_headers(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|e| ConnectionError::Broken(e.into()))?;
        let task = tokio::spawn(async move {
            // What goes wrong on the connection is reported by the request that waits on it.
            let _ = connection.await;
        });
        Ok(Self { sender, task, used: Instant::now() })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub async fn send(&mut self, request: Request<Payload>) -> Result<Answer, ConnectionError> {
        let response = self.sender.send_request(request).await.map_err(|e| ConnectionError::Broken(e.into()))?;
        let status = response.status();
        let packed = response.headers().get(header::CONTENT_ENCODING).is_some_and(|v| v == "gzip");
        let body = Limited::new(response.into_body(), LONGEST_BODY_BYTES);
        let body = body.collect().await.map_err(ConnectionError::Broken)?.to_bytes();
        let body = if packed { gunzip(&body).unwrap_or_default().into() } else { body };
        self.used = Instant::now();
        Ok(Answer { status, body })
    }

    /// Waits until another request may be sent; false when none may.
    pub async fn stays_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Whether another request may be sent right now.
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Time since the last answer (or since it was opened).
    pub fn idle(&self) -> Duration {
        self.used.elapsed()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}
