//! HTTP exchanges: a request with its response.

use std::sync::Arc;

use super::{Endpoint, FlowId, Side};

/// What the exchange was spoken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// A lone `GET /path` that was answered by bare bytes.
    Http09,
    Http10,
    Http11,
    H2,
    Grpc,
    WebSocket,
}

impl Protocol {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http09 => "http/0.9",
            Self::Http10 => "http/1.0",
            Self::Http11 => "http/1.1",
            Self::H2 => "h2",
            Self::Grpc => "grpc",
            Self::WebSocket => "websocket",
        }
    }
}

/// Where an identity was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// The login of `Authorization: Basic`.
    Basic,
    /// The `sub` claim of a bearer JWT; read, never verified.
    Jwt,
}

impl IdentityKind {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Jwt => "jwt",
        }
    }
}

/// A request with its response.
///
/// Header blocks are as sent except that secret values (credentials, cookies, tokens) are replaced by `<hidden>`, unless
/// [`crate::HttpOptions::keep_secrets`] says otherwise. Text that repeats from exchange to exchange is shared between them.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpExchange {
    pub flow: FlowId,
    /// 0 for the first exchange of the flow, 1 for the next.
    pub ordinal: u32,
    pub client: Endpoint,
    pub server: Endpoint,
    /// First byte of the request; for a response without request, its first byte.
    pub started_ns: i64,
    /// First byte of the final response.
    pub response_ns: Option<i64>,
    /// Last byte of the response, or of the request when no response came.
    pub finished_ns: i64,
    pub protocol: Protocol,
    pub method: Option<Arc<str>>,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The Host header or absolute-form authority, as sent.
    pub host: Option<Arc<str>>,
    /// The request target, as sent, secret-looking query values hidden.
    pub target: Option<Arc<str>>,
    /// The target's path without query.
    pub path: Option<Arc<str>>,
    pub status: Option<u16>,
    pub grpc_status: Option<u32>,
    /// Length-prefixed messages of a gRPC call that were seen, in each direction.
    pub request_messages: Option<u32>,
    pub response_messages: Option<u32>,
    /// HTTP/2 stream identifier.
    pub stream_id: Option<u32>,
    /// `name: value` lines joined by `\n`, in order of sending.
    pub request_headers: Arc<str>,
    pub response_headers: Arc<str>,
    /// As sent after de-chunking, before decompression.
    pub request_body_bytes: u64,
    pub response_body_bytes: u64,
    pub request_content_encoding: Option<Arc<str>>,
    pub response_content_encoding: Option<Arc<str>>,
    /// Of the response.
    pub content_type: Option<Arc<str>>,
    pub user_agent: Option<Arc<str>>,
    pub x_forwarded_for: Option<String>,
    /// The first client: of X-Forwarded-For, else of Forwarded (RFC 7239), the first address from the right that is no
    /// trusted proxy's (see [`crate::TrustedProxies`]), else the leftmost; else X-Real-IP. `None`: the flow's client.
    pub origin_ip: Option<String>,
    pub identity: Option<String>,
    pub identity_kind: Option<IdentityKind>,
    /// Trace id of `traceparent` (W3C), 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// Both messages were seen from first to last byte.
    pub complete: bool,
    /// Why it is not complete or odd: `no response`, `reset`, `gap`, `cut off`, `headers unknown`, `ambiguous length: …`,
    /// `malformed: …`.
    pub error: Option<String>,
}

impl HttpExchange {
    /// The name the client used for the server: the host without port, lower case, never an IP literal.
    pub fn server_name(&self) -> Option<String> {
        self.host.as_deref().and_then(crate::app::host_name)
    }

    /// The target with its percent-encoding undone as far as that gives printable text; `None` when that changes nothing.
    pub fn decoded_target(&self) -> Option<String> {
        self.target.as_deref().and_then(crate::app::percent_decoded)
    }
}

/// Asks a dissector to keep one body while reading one flow's packets again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyRequest {
    /// Ordinal of the exchange inside the flow.
    pub ordinal: u32,
    /// Client: the request's body; server: the response's.
    pub side: Side,
    /// At most this many bytes are kept.
    pub limit_bytes: usize,
}

/// A body as sent, de-chunked, still compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub bytes: Vec<u8>,
    /// True when the limit cut it or part of it was not captured.
    pub truncated: bool,
    pub content_encoding: Option<String>,
    pub content_type: Option<String>,
}
