//! Application protocols: what flows through a connection once TCP and UDP are peeled off.
//!
//! Each TCP stream is *probed* until its first bytes tell a protocol, then *parsed* as that, and *drained* once nothing
//! more is to be read. Ports are never enough.

mod banner;
mod complaints;
mod dns;
mod h2;
mod http;
mod probe;
mod probing;
mod resting;
mod stream;
mod tls;

#[cfg(test)]
mod testing;

use crate::record::{Endpoint, FlowId};

pub(crate) use dns::Datagrams;
pub(crate) use http::HttpReading;
pub use http::{HttpOptions, NetworkError, TrustedProxies};
pub(crate) use http::{host_name, percent_decoded};
pub(crate) use probe::looks_like_client;
pub(crate) use resting::RestingStream;
pub(crate) use stream::Stream;

/// The flow a payload belongs to, and the packet that brought it.
pub(crate) struct FlowContext {
    pub flow: FlowId,
    pub client: Endpoint,
    pub server: Endpoint,
    /// Position of the packet's record, for [`crate::record::Problem`]s.
    pub position: u64,
}
