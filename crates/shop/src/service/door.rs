//! The listener and the connections behind it: can be closed (refuse) and opened again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Shopkeeper, exchange};

const BACKLOG: u32 = 512;

/// An open or closed port.
#[derive(Debug)]
pub(super) struct Door {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    accepting: JoinHandle<()>,
    /// Dropped to tell the connections to end after the request they are working on.
    _closing: watch::Sender<()>,
}

impl Door {
    /// Listens at the service's address.
    pub(super) fn open(keeper: Arc<Shopkeeper>) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(keeper.site.plan.service_address(keeper.me))?;
        let listener = socket.listen(BACKLOG)?;
        let (closing, closed) = watch::channel(());
        let accepting = tokio::spawn(accept(listener, keeper, closed));
        Ok(Self { open: Some(Open { accepting, _closing: closing }) })
    }

    /// Closes the port and, once their request is answered, its connections.
    pub(super) fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.accepting.abort();
        }
    }

    /// Listens again if it does not.
    pub(super) fn reopen(&mut self, keeper: &Arc<Shopkeeper>) -> io::Result<()> {
        if self.open.is_none() {
            *self = Self::open(Arc::clone(keeper))?;
        }
        Ok(())
    }
}

async fn accept(listener: TcpListener, keeper: Arc<Shopkeeper>, closed: watch::Receiver<()>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&keeper), closed.clone()));
            }
            // Out of descriptors, most likely: existing connections must end before new ones can be had.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, keeper: Arc<Shopkeeper>, mut closed: watch::Receiver<()>) {
    let Ok(client) = stream.peer_addr() else { return };
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire { stream, reset: Arc::clone(&reset) };
    let handler = service_fn(|request| exchange::serve(Arc::clone(&keeper), client, Arc::clone(&reset), request));
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(wire), handler);
    let mut connection = std::pin::pin!(connection);
    // How a connection ended stands in the log of its requests.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// A connection that can be made to end with RST instead of FIN.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Without it the close is merely polite.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
