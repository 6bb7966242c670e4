//! Being connected to.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{ListenTls, NoTls, Stream, tls};

/// Takes connections, by TLS where it is to.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// Why nothing listens.
#[derive(Debug, Error)]
pub enum NoListener {
    #[error("cannot listen on {address}: {error}")]
    Bind { address: String, error: io::Error },
    #[error(transparent)]
    Tls(#[from] NoTls),
}

/// A connection that was taken and has not said anything yet.
pub struct Caller {
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
}

/// So long may a caller take to begin.
const BEGIN: Duration = Duration::from_secs(10);

impl Listener {
    /// Listens on an address and port, such as `127.0.0.1:50052`.
    ///
    /// # Errors
    /// When the port cannot be had, or TLS not be spoken.
    pub async fn bind(address: &str, tls: Option<&ListenTls>) -> Result<Self, NoListener> {
        let tls = tls.map(tls::server).transpose()?.map(|config| TlsAcceptor::from(Arc::new(config)));
        let bound = TcpListener::bind(address).await;
        let tcp = bound.map_err(|error| NoListener::Bind { address: address.to_owned(), error })?;
        Ok(Self { tcp, tls })
    }

    /// # Errors
    /// When the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// The next connection. Its handshake is for [`Caller::begin`], so that nobody has to wait for it.
    ///
    /// # Errors
    /// When there is none to be had: too many files are open, say.
    pub async fn accept(&self) -> io::Result<Caller> {
        let (tcp, _) = self.tcp.accept().await?;
        Ok(Caller { tcp, tls: self.tls.clone() })
    }
}

impl Caller {
    /// Waits for the first byte, and speaks TLS where that is to be.
    ///
    /// # Errors
    /// When it does not come in time, or TLS fails.
    pub async fn begin(self) -> io::Result<Stream> {
        self.tcp.set_nodelay(true)?;
        let begun = async {
            match self.tls {
                Some(tls) => Ok(Stream::Tls(Box::new(tls.accept(self.tcp).await?.into()))),
                None => {
                    self.tcp.readable().await?;
                    Ok(Stream::Plain(self.tcp))
                }
            }
        };
        timeout(BEGIN, begun).await?
    }
}
