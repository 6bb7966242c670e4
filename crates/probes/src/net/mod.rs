//! Connections: listeners and connectors for HTTP/2, in the clear (prior knowledge, RFC 9113 §3.3) or by TLS with ALPN, mutual on demand.

mod address;
mod connect;
mod listen;
mod stream;
mod tls;

pub use address::{Address, NoAddress};
pub use connect::{ConnectFailure, Connector};
pub use listen::{Caller, Listener, NoListener};
pub use stream::Stream;
pub(crate) use tls::client as client_config;
pub use tls::{ListenTls, NoTls};

/// What ALPN calls HTTP/2.
pub const H2: &[u8] = b"h2";
