//! Sockets of the agent's host and the processes behind them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Transports that sockets are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SocketTransport {
    Tcp,
    Udp,
}

/// The local end of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SocketEnd {
    pub transport: SocketTransport,
    /// Unspecified where it listens on every address.
    pub ip: IpAddr,
    pub port: u16,
    /// Whether it waits for clients; otherwise it is the opening end. Ends that were accepted are not told.
    pub listening: bool,
}

/// Whom a socket belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketOwner {
    /// The program's name; of an interpreter with the script's, such as `python3 cart.py`. Never other arguments.
    pub process: String,
    /// The lowest TCP port that the same process listens on; 0 when it serves nobody.
    pub serves_port: u16,
}

/// An open socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Socket {
    #[serde(flatten)]
    pub end: SocketEnd,
    /// `None` when the process may not be looked at: it is another user's.
    pub owner: Option<SocketOwner>,
}

/// What changed since the last look.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SocketChanges {
    /// When it was looked, nanoseconds since 1970 by the agent's clock. All sockets are known that were open then.
    pub at_ns: i64,
    /// When it was looked before: what is new was opened since. `None` at the first look.
    pub since_ns: Option<i64>,
    /// The host's addresses; empty when they are those told before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// New ones, and those whose owner changed.
    pub opened: Vec<Socket>,
    pub closed: Vec<SocketEnd>,
}
