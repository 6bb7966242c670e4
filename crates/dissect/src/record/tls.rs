//! TLS handshakes, as far as they are visible.

use super::FlowId;

/// What the first flight of a TLS connection says.
#[derive(Debug, Clone, PartialEq)]
pub struct TlsHandshake {
    pub flow: FlowId,
    pub at_ns: i64,
    pub sni: Option<String>,
    /// The protocol the server chose, else the client's offers joined by `,`.
    pub alpn: Option<String>,
    /// `TLS 1.3` and the like.
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub ja4: Option<String>,
    pub certificate_subject: Option<String>,
    pub certificate_issuer: Option<String>,
    /// DNS names and addresses the certificate is for (subject alternative names).
    pub certificate_names: Vec<String>,
    pub certificate_not_before_ns: Option<i64>,
    pub certificate_not_after_ns: Option<i64>,
}
