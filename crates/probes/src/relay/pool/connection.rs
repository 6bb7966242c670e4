//! One connection to the next hop.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hyper::client::conn::http2::{Builder, Connection as Driven, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{sleep, timeout};

use super::super::{body::Carried, limits, tasks::Tasks};
use crate::net::{Address, ConnectFailure, Connector, Stream};

/// One connection, and how many calls it carries.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Carried>,
    calls: AtomicUsize,
    /// What the peer's SETTINGS_MAX_CONCURRENT_STREAMS allows (RFC 9113 §6.5.2).
    most: AtomicUsize,
}

impl Connection {
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::Acquire)
    }

    pub(super) fn has_room(&self) -> bool {
        self.calls() < self.most.load(Ordering::Acquire)
    }

    pub(super) fn begin(&self) {
        self.calls.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn end(&self) {
        self.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What moves a connection on.
pub(super) struct Driver(Driven<TokioIo<Stream>, Carried, Tasks>);

/// A connection and what moves it on.
pub(super) type Opened = (Arc<Connection>, Driver);

/// Name resolution, TCP, TLS and the peer's SETTINGS take this long at most.
const CONNECT: Duration = Duration::from_secs(5);

/// Connects, and waits for what the peer says it can take, so that nobody sends more than that.
pub(super) async fn open(connector: &Connector, address: &Address, tasks: &Tasks) -> Result<Opened, ConnectFailure> {
    let opened = async {
        let stream = connector.connect(address, CONNECT).await?;
        let mut builder = Builder::new(tasks.clone());
        builder
            // None until SETTINGS come.
            .initial_max_send_streams(0)
            .initial_stream_window_size(limits::STREAM_WINDOW)
            .initial_connection_window_size(limits::CONNECTION_WINDOW)
            .max_send_buf_size(limits::SEND_BUFFER)
            .max_header_list_size(limits::HEADERS);
        let (sender, driven) = builder.handshake(TokioIo::new(stream)).await.map_err(not_http2)?;
        let mut driver = Driver(driven);
        driver.settings().await?;
        let most = AtomicUsize::new(driver.0.current_max_send_streams());
        Ok((Arc::new(Connection { sender, calls: AtomicUsize::new(0), most }), driver))
    };
    timeout(CONNECT, opened).await.unwrap_or(Err(ConnectFailure::Timeout))
}

fn not_http2(error: impl std::error::Error) -> ConnectFailure {
    ConnectFailure::Lost(format!("no HTTP/2 is spoken there: {error}"))
}

impl Driver {
    /// Waits for the peer's SETTINGS.
    async fn settings(&mut self) -> Result<(), ConnectFailure> {
        while self.0.current_max_send_streams() == 0 {
            tokio::select! {
                ended = Pin::new(&mut self.0) => {
                    ended.map_err(not_http2)?;
                    return Err(ConnectFailure::Lost("the connection was closed at once".into()));
                }
                () = sleep(Duration::from_millis(1)) => {}
            }
        }
        Ok(())
    }

    /// Runs until the connection takes no more calls; those that it carries go on. `grown` is called when it may carry more than before.
    pub(super) async fn run(mut self, connection: &Connection, grown: impl Fn()) {
        poll_fn(|cx| {
            let polled = Pin::new(&mut self.0).poll(cx);
            let most = self.0.current_max_send_streams();
            if connection.most.swap(most, Ordering::AcqRel) < most {
                grown();
            }
            // Why it ended is told to its calls.
            polled.map(drop)
        })
        .await;
        connection.most.store(0, Ordering::Release);
    }
}
