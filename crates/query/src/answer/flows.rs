//! Flows, their packets, and what both sides said.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ExchangeRow, ProblemRow};

/// A row of the flows grid: every column of the view `flows`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowRow {
    pub flow_id: u64,
    pub source_id: u32,
    pub transport: String,
    pub client_ip: String,
    pub client_port: u16,
    pub server_ip: String,
    pub server_port: u16,
    pub vlan: Option<u16>,
    pub tunnel: Option<String>,
    pub client_service: String,
    pub server_service: String,
    pub process: Option<String>,
    pub app_protocol: Option<String>,
    pub opened_us: i64,
    pub closed_us: i64,
    pub close_reason: String,
    pub handshake: String,
    pub direction_known: bool,
    pub rtt_us: Option<u64>,
    pub rtt_min_us: Option<u64>,
    pub rtt_mean_us: Option<u64>,
    pub rtt_max_us: Option<u64>,
    pub client_packets: u64,
    pub server_packets: u64,
    pub client_bytes: u64,
    pub server_bytes: u64,
    pub client_missed_bytes: u64,
    pub server_missed_bytes: u64,
    pub client_retransmits: u64,
    pub server_retransmits: u64,
    pub client_out_of_order: u64,
    pub server_out_of_order: u64,
    pub client_keep_alives: u64,
    pub server_keep_alives: u64,
    pub client_zero_windows: u64,
    pub server_zero_windows: u64,
    pub client_conflicting_bytes: u64,
    pub server_conflicting_bytes: u64,
    pub encrypted: bool,
    pub upgraded_to: Option<String>,
    pub upgraded_client_bytes: Option<u64>,
    pub upgraded_server_bytes: Option<u64>,
    pub history: String,
    /// The processes behind both sockets, of those that are on the capturing host.
    pub client_process: Option<String>,
    pub server_process: Option<String>,
}

/// A page of flows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowsPage {
    /// Rows of the whole scope.
    pub total: u64,
    pub offset: u64,
    pub rows: Vec<FlowRow>,
}

/// What was visible of a TLS handshake.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TlsFacts {
    pub sni: Option<String>,
    pub alpn: Option<String>,
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub ja4: Option<String>,
    pub certificate_subject: Option<String>,
    pub certificate_issuer: Option<String>,
    pub certificate_names: Vec<String>,
    pub certificate_not_before_us: Option<i64>,
    pub certificate_not_after_us: Option<i64>,
}

/// Everything about one flow except its packets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowDetail {
    pub row: FlowRow,
    pub source_name: String,
    /// Exchanges on this flow, the first 200 in order.
    pub exchanges: Vec<ExchangeRow>,
    pub exchanges_total: u64,
    pub tls: Option<TlsFacts>,
    pub problems: Vec<ProblemRow>,
    /// Packets whose positions are on record.
    pub packets: u64,
}

/// One packet of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowPacket {
    /// Place among the flow's packets, from 0.
    pub index: u64,
    pub at_us: i64,
    /// Nanoseconds beyond `at_us`, 0 to 999.
    pub at_ns_rest: u16,
    /// Position of its record in the source.
    pub position: u64,
    pub from_client: bool,
    /// TCP: of the first payload byte, counted from the side's first byte.
    pub sequence: u64,
    pub acknowledgement: Option<u64>,
    /// TCP control bits in words, such as `SYN ACK`; empty for other transports.
    pub flags: String,
    pub payload_bytes: u32,
    pub window_bytes: Option<u32>,
    /// What happened, in words of the field: `retransmission`, `out of order`, `gap before`, `zero window`, …
    pub verdicts: Vec<String>,
    /// Bytes of the peer that this packet shows to be missing.
    pub missed_bytes: u64,
}

/// A page of a flow's packets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowPacketsPage {
    pub total: u64,
    pub offset: u64,
    pub packets: Vec<FlowPacket>,
}

/// One mark of the sequence/time picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SequenceMark {
    pub index: u64,
    pub at_us: i64,
    pub from_client: bool,
    pub sequence: u64,
    pub payload_bytes: u32,
    /// The most telling verdict, or none.
    pub verdict: Option<String>,
}

/// A flow's packets as marks over time, thinned to at most 4,000 so that every verdict stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowSequence {
    pub marks: Vec<SequenceMark>,
    pub packets: u64,
    /// True when marks without a verdict were left out.
    pub thinned: bool,
}

/// Consecutive bytes of one direction of a followed stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StreamChunk {
    pub at_us: i64,
    pub from_client: bool,
    pub base64: String,
    /// Bytes missing before these.
    pub missed_bytes: u64,
}

/// A followed stream: both directions in the order in which they could be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowStream {
    pub chunks: Vec<StreamChunk>,
    /// True when a direction has more than the 1 MiB that is given.
    pub truncated: bool,
}

/// The bytes of one packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PacketBytes {
    pub at_us: i64,
    pub link_type: String,
    pub wire_bytes: u32,
    /// The captured bytes.
    pub base64: String,
}
