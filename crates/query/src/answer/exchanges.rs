//! Exchanges: rows of the grid, one of them in full, and its body.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One row of the exchanges grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangeRow {
    pub exchange_id: u64,
    pub flow_id: u64,
    pub started_us: i64,
    pub client_service: String,
    pub server_service: String,
    pub client_ip: String,
    pub client_port: u16,
    pub server_ip: String,
    pub server_port: u16,
    pub protocol: String,
    pub method: Option<String>,
    pub host: Option<String>,
    pub target: Option<String>,
    pub path: Option<String>,
    pub status: Option<u16>,
    pub ttfb_us: Option<u64>,
    pub duration_us: Option<u64>,
    pub request_body_bytes: u64,
    pub response_body_bytes: u64,
    pub content_type: Option<String>,
    pub user_agent: Option<String>,
    pub origin_ip: Option<String>,
    pub identity: Option<String>,
    pub identity_kind: Option<String>,
    pub trace_id: Option<String>,
    pub complete: bool,
    pub error: Option<String>,
    pub grpc_status: Option<u32>,
    /// Messages of a gRPC call, in each direction.
    pub request_messages: Option<u32>,
    pub response_messages: Option<u32>,
}

/// A page of exchanges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangesPage {
    /// Rows matching the scope, not only this page.
    pub total: u64,
    pub offset: u64,
    pub rows: Vec<ExchangeRow>,
}

/// A header as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// TCP facts of the flow an exchange ran on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FlowFacts {
    pub flow_id: u64,
    pub client: String,
    pub server: String,
    pub opened_us: i64,
    pub closed_us: i64,
    pub close_reason: String,
    pub handshake: String,
    pub rtt_us: Option<u64>,
    pub client_packets: u64,
    pub server_packets: u64,
    pub client_bytes: u64,
    pub server_bytes: u64,
    pub client_missed_bytes: u64,
    pub server_missed_bytes: u64,
    pub client_retransmits: u64,
    pub server_retransmits: u64,
    pub history: String,
    /// Exchanges on this flow.
    pub exchanges: u64,
    /// Position of the asked exchange among them, from 1.
    pub position: u64,
    pub source_name: String,
}

/// Everything about one exchange except its bodies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangeDetail {
    pub row: ExchangeRow,
    pub request_headers: Vec<Header>,
    pub response_headers: Vec<Header>,
    pub request_content_encoding: Option<String>,
    pub response_content_encoding: Option<String>,
    /// From the first byte of the request to the first byte of the response.
    pub response_us: Option<i64>,
    pub finished_us: i64,
    /// `None` while the flow is still open in a running import.
    pub flow: Option<FlowFacts>,
}

/// A body, decoded for display.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct BodyPreview {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    /// As sent, after de-chunking.
    pub sent_bytes: u64,
    /// After decompression, of what is shown.
    pub decoded_bytes: u64,
    /// The text, when it is text; JSON is indented.
    pub text: Option<String>,
    /// Base64 of an image or of the first 64 KiB of other binary content.
    pub base64: Option<String>,
    /// `json`, `text`, `image`, `binary`, `empty`.
    pub kind: String,
    /// True when it was cut at the preview limit or partly missing from the capture.
    pub truncated: bool,
    /// Why it could not be decoded, when it could not.
    pub warning: Option<String>,
}
