//! Flows: bidirectional conversations and what happened in their life.

use std::net::IpAddr;

/// Number of a flow inside one dissector, starting at 0 in order of first packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(pub u64);

/// What carries the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    Tcp,
    Udp,
    /// ICMP and ICMPv6; "ports" are the identifier (echo) or 0.
    Icmp,
    /// Any other IP protocol, by its number.
    Other(u8),
}

impl Transport {
    /// The name shown in rows: `tcp`, `udp`, `icmp`, `ip-<number>`.
    pub fn name(self) -> String {
        match self {
            Self::Tcp => "tcp".into(),
            Self::Udp => "udp".into(),
            Self::Icmp => "icmp".into(),
            Self::Other(n) => format!("ip-{n}"),
        }
    }
}

/// One end of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    pub ip: IpAddr,
    pub port: u16,
}

/// Which end of a flow: who opened it, or who was opened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// How much of the TCP handshake was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handshake {
    /// SYN, SYN-ACK and ACK.
    Full,
    /// The capture began after the connection did.
    MidStream,
    /// Not a TCP flow, or a SYN that was never answered.
    None,
}

/// Why a flow's row was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// FIN in both directions, or in one and nothing more until the input ended.
    Fin,
    /// RST on an established connection.
    Rst,
    /// No packet for the ending time-out.
    Idle,
    /// RST or ICMP unreachable in answer to the SYN.
    Refused,
    /// SYNs without any answer.
    Unanswered,
    /// Still open when the input ended.
    Open,
}

impl CloseReason {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Idle => "idle",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Open => "open",
        }
    }
}

/// Figures of one direction of a flow (what that side *sent*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DirectionFigures {
    /// Packets, retransmissions included.
    pub packets: u64,
    /// Payload delivered, each byte once.
    pub bytes: u64,
    /// Payload the peer acknowledged that was never captured.
    pub missed_bytes: u64,
    /// Segments whose payload had already been captured in full.
    pub retransmits: u64,
    /// Segments that came after later ones and filled a hole that they had left.
    pub out_of_order: u64,
    /// Probes that ask whether the peer is still there (RFC 9293 §3.8.4).
    pub keep_alives: u64,
    /// Times this side closed its receive window.
    pub zero_windows: u64,
    /// Bytes sent again with other contents than before; the first ones were read.
    pub conflicting_bytes: u64,
}

/// Round trips measured while a connection lived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeRtt {
    pub min_us: i64,
    pub mean_us: i64,
    pub max_us: i64,
    /// Round trips measured.
    pub samples: u64,
}

/// What a connection carries after it left HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// Lower case: `websocket`, `h2c`, `tunnel` after CONNECT, else the token of the Upgrade field.
    pub protocol: String,
    pub client_bytes: u64,
    pub server_bytes: u64,
}

/// A finished flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    pub id: FlowId,
    pub transport: Transport,
    pub client: Endpoint,
    pub server: Endpoint,
    /// Outermost VLAN id, when tagged.
    pub vlan: Option<u16>,
    /// Encapsulation the flow was found in, e.g. `vxlan`; `None` when it was not tunnelled.
    pub tunnel: Option<&'static str>,
    /// First packet.
    pub opened_ns: i64,
    /// Last packet.
    pub closed_ns: i64,
    pub close_reason: CloseReason,
    pub handshake: Handshake,
    /// False when nothing told which end is the client (mid-stream, both ports unknown).
    pub direction_known: bool,
    /// Handshake round trip as seen at the capture point: SYN to the ACK of the SYN-ACK.
    pub rtt_us: Option<i64>,
    /// Shortest, mean and longest round trip measured during life from echoed timestamps (RFC 7323), else from
    /// acknowledgements of segments that were sent once.
    pub life_rtt: Option<LifeRtt>,
    /// What an HTTP upgrade or CONNECT turned the connection into, and the bytes that followed.
    pub upgrade: Option<Upgrade>,
    pub from_client: DirectionFigures,
    pub from_server: DirectionFigures,
    /// `http`, `tls`, `dns` or `None` when not recognised.
    pub app_protocol: Option<&'static str>,
    /// zeek-style history: upper case the client, lower case the server.
    /// `S` SYN, `H` SYN-ACK, `A` pure ACK, `D` data, `F` FIN, `R` RST, `T` retransmission, `G` gap, `W` zero window, `I` FIN and RST
    /// together, `Q` SYN with FIN or RST, `^` direction was flipped.
    pub history: String,
    /// First name the client used for the server: HTTP Host (without port) or TLS SNI, lower case, never an IP literal.
    pub server_name: Option<String>,
}

/// What happened in a flow's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowEventKind {
    /// The client sent its first SYN.
    Connect,
    /// The server answered SYN-ACK.
    Accept,
    /// The client acknowledged; data may flow. For mid-stream flows: the first packet seen.
    Established,
    /// RST or ICMP unreachable in answer to the SYN.
    Refused,
    /// Both directions closed by FIN.
    Close,
    /// RST on an established connection.
    Reset,
    /// No packet for the idle time-out: no longer counted as active.
    Idle,
    /// The first packet after `Idle`.
    Resume,
}

impl FlowEventKind {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Accept => "accept",
            Self::Established => "established",
            Self::Refused => "refused",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Idle => "idle",
            Self::Resume => "resume",
        }
    }
}

/// A lifecycle event. TCP only: other transports have flows but no lifecycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowEvent {
    pub at_ns: i64,
    pub flow: FlowId,
    pub kind: FlowEventKind,
    pub client: Endpoint,
    pub server: Endpoint,
}

/// Positions (see [`crate::Packet::position`]) of packets of one flow, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSpan {
    pub flow: FlowId,
    pub first_ns: i64,
    pub last_ns: i64,
    pub positions: Vec<u64>,
}
