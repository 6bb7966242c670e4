//! Packets for tests: conversations written as a story, and capture files made of them.
//!
//! ```
//! use wirereel_testkit::Conversation;
//!
//! let packets = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80")
//!     .handshake()
//!     .client(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
//!     .server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
//!     .close()
//!     .packets();
//! let file = packets.duplicate(3).pcap();
//! ```
//!
//! Independent of the rooms it tests: packets are plain bytes with a time and a link type.

#[cfg(feature = "consul")]
pub mod consul;
mod conversation;
mod file;
mod frame;
mod packets;

pub use conversation::Conversation;
pub use file::{PcapFlavour, pcap, pcapng};
pub use frame::{Link, ip_packet, udp};
pub use packets::{CapturedPacket, Packets};

/// Which end of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}
