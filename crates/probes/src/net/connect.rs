//! Connecting: name resolution, TCP and TLS, their failures told apart.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use thiserror::Error;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, pki_types::ServerName},
};

use super::{Address, NoTls, Stream, tls};
use crate::config::Tls;

/// Connects to addresses, by TLS where they say so.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
    /// The name that certificates must have, where it is not the host's.
    server_name: Option<ServerName<'static>>,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConnectFailure {
    #[error("{host} has no address: {reason}")]
    Dns { host: String, reason: String },
    #[error("the connection is refused")]
    Refused,
    #[error("it is not there in time")]
    Timeout,
    #[error("TLS: {0}")]
    Tls(String),
    #[error("{0}")]
    Lost(String),
}

impl ConnectFailure {
    /// As results of probes say it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns { .. } => "dns",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Tls(_) => "tls",
            Self::Lost(_) => "reset",
        }
    }
}

impl Connector {
    /// One that speaks these protocols by TLS.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub fn new(tls: &Tls, alpn: &[&[u8]]) -> Result<Self, NoTls> {
        let server_name = tls.server_name.as_deref().map(|name| {
            let none = |_| rustls::Error::General(format!("{name} is no name that TLS can ask for"));
            ServerName::try_from(name.to_owned()).map_err(none)
        });
        Ok(Self { tls: TlsConnector::from(Arc::new(tls::client(tls, alpn)?)), server_name: server_name.transpose()? })
    }

    /// Connects, TLS included; addresses of a name are tried one after the other.
    ///
    /// # Errors
    /// Why there is no connection, of the address that was tried last.
    pub async fn connect(&self, address: &Address, within: Duration) -> Result<Stream, ConnectFailure> {
        timeout(within, self.connected(address)).await.unwrap_or(Err(ConnectFailure::Timeout))
    }

    async fn connected(&self, address: &Address) -> Result<Stream, ConnectFailure> {
        let dns = |reason: String| ConnectFailure::Dns { host: address.host.clone(), reason };
        let found = lookup_host((address.host.as_str(), address.port)).await.map_err(|error| dns(error.to_string()))?;
        let mut failure = dns("the name is known, but has none".to_owned());
        for address_found in found {
            match tcp(address_found).await {
                Ok(tcp) if address.secure => return self.handshake(address, tcp).await,
                Ok(tcp) => return Ok(Stream::Plain(tcp)),
                Err(error) => failure = of_io(&error),
            }
        }
        Err(failure)
    }

    async fn handshake(&self, address: &Address, tcp: TcpStream) -> Result<Stream, ConnectFailure> {
        let name = match (&self.server_name, address.host.parse::<IpAddr>()) {
            (Some(name), _) => name.clone(),
            (None, Ok(ip)) => ServerName::from(ip),
            (None, Err(_)) => ServerName::try_from(address.host.clone())
                .map_err(|_| ConnectFailure::Tls(format!("{} is no name that TLS can ask for", address.host)))?,
        };
        let stream = self.tls.connect(name, tcp).await.map_err(|error| of_io(&error))?;
        Ok(Stream::Tls(Box::new(stream.into())))
    }
}

async fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(&tcp);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(30)))?;
    // Bytes that nobody acknowledges for so long mean that the peer is gone.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(20)))?;
    Ok(tcp)
}

fn of_io(error: &io::Error) -> ConnectFailure {
    match error.get_ref().and_then(|inside| inside.downcast_ref::<rustls::Error>()) {
        Some(error) => ConnectFailure::Tls(error.to_string()),
        None if error.kind() == io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
        None if error.kind() == io::ErrorKind::TimedOut => ConnectFailure::Timeout,
        None => ConnectFailure::Lost(error.to_string()),
    }
}
