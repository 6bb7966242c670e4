//! Why a check failed: a kind for programs and a sentence for people.

use serde::{Deserialize, Serialize};

/// A part of a check, in the order in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// From the host's name to its addresses.
    Dns,
    /// The TCP handshake.
    Connect,
    /// The proxy's answer to CONNECT.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// Writing the request.
    Write,
    /// From the request's last byte to the answer's first.
    Ttfb,
    /// From the answer's first byte to its last.
    Transfer,
}

impl Phase {
    /// What the check was doing, to be read after "while".
    fn doing(self) -> &'static str {
        match self {
            Self::Dns => "looking the name up",
            Self::Connect => "connecting",
            Self::Proxy => "asking the proxy to connect",
            Self::Tls => "in the TLS handshake",
            Self::Write => "writing the request",
            Self::Ttfb => "waiting for the first byte of the answer",
            Self::Transfer => "reading the answer",
        }
    }
}

/// Why a check failed. The display form is a sentence without its period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    #[error("There is no host named {host}")]
    NameNotFound { host: String },
    #[error("{host} has no {family} address")]
    NoAddress { host: String, family: String },
    #[error("The name {host} could not be looked up: {reason}")]
    DnsFailed { host: String, reason: String },
    #[error("{address} refused the connection")]
    Refused { address: String },
    #[error("{address} cannot be reached: {reason}")]
    Unreachable { address: String, reason: String },
    #[error("The connection was reset while {}", phase.doing())]
    Reset { phase: Phase },
    #[error("The server closed the connection while {}", phase.doing())]
    Closed { phase: Phase },
    #[error("The connection failed while {}: {reason}", phase.doing())]
    Io { phase: Phase, reason: String },
    #[error("No answer within {after_ms} ms: the time ran out while {}", phase.doing())]
    Timeout { phase: Phase, after_ms: u64 },
    #[error("The certificate has expired")]
    CertificateExpired,
    #[error("The certificate is not valid yet")]
    CertificateNotYetValid,
    #[error("The certificate is from an unknown issuer")]
    UnknownIssuer,
    #[error("The certificate is not for {host}")]
    WrongName { host: String },
    #[error("The certificate is not valid: {reason}")]
    CertificateInvalid { reason: String },
    #[error("The certificate expires in {days_left} days, at least {wanted} are wanted")]
    CertificateExpiresSoon { days_left: i64, wanted: u16 },
    #[error("The server ended the TLS handshake: {reason}")]
    TlsAlert { reason: String },
    #[error("The TLS handshake failed: {reason}")]
    TlsProtocol { reason: String },
    #[error("The answer cannot be understood: {reason}")]
    Protocol { reason: String },
    #[error("The answer broke off after {bytes} bytes of its body")]
    Incomplete { bytes: u64 },
    #[error("The status is {found}, expected is {expected}")]
    Status { found: u16, expected: String },
    #[error("The body does not contain {text:?}")]
    BodyLacks { text: String },
    #[error("The body contains {text:?}")]
    BodyContains { text: String },
    #[error("Nothing in the body matches {pattern:?}")]
    BodyDiffers { pattern: String },
    #[error("The body is not JSON: {reason}")]
    NotJson { reason: String },
    #[error("At {path} there is {found}, expected is {expected}")]
    Json { path: String, found: String, expected: String },
    #[error("The answer has no header {name}")]
    HeaderMissing { name: String },
    #[error("The header {name} is {found:?}, which does not contain {expected:?}")]
    Header { name: String, found: String, expected: String },
    #[error("More than {limit} redirects")]
    TooManyRedirects { limit: u8 },
    #[error("Redirected to {location:?}, which cannot be followed")]
    BadRedirect { location: String },
    #[error("The proxy refused with status {status}")]
    ProxyRefused { status: u16 },
    #[error("The check took {took_ms} ms, at most {at_most_ms} are wanted")]
    TooSlow { took_ms: u64, at_most_ms: u64 },
    #[error("The DNS server answered {code}")]
    DnsAnswer { code: String },
    #[error("The answer {expected:?} is missing; given are {found}")]
    AnswerMissing { expected: String, found: String },
    #[error("The service answered gRPC status {code}: {message}")]
    GrpcStatus { code: u32, message: String },
    #[error("The service says that it is {state}")]
    GrpcNotServing { state: String },
    #[error("This machine may not send ICMP echoes: {reason}")]
    IcmpNotAllowed { reason: String },
    #[error("This machine is out of what a check needs: {reason}")]
    OwnLimits { reason: String },
    #[error("This cannot be checked on this system: {reason}")]
    Unsupported { reason: String },
}

impl Failure {
    /// The kind's name, as it is written in JSON and in rows.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NameNotFound { .. } => "name_not_found",
            Self::NoAddress { .. } => "no_address",
            Self::DnsFailed { .. } => "dns_failed",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Reset { .. } => "reset",
            Self::Closed { .. } => "closed",
            Self::Io { .. } => "io",
            Self::Timeout { .. } => "timeout",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateNotYetValid => "certificate_not_yet_valid",
            Self::UnknownIssuer => "unknown_issuer",
            Self::WrongName { .. } => "wrong_name",
            Self::CertificateInvalid { .. } => "certificate_invalid",
            Self::CertificateExpiresSoon { .. } => "certificate_expires_soon",
            Self::TlsAlert { .. } => "tls_alert",
            Self::TlsProtocol { .. } => "tls_protocol",
            Self::Protocol { .. } => "protocol",
            Self::Incomplete { .. } => "incomplete",
            Self::Status { .. } => "status",
            Self::BodyLacks { .. } => "body_lacks",
            Self::BodyContains { .. } => "body_contains",
            Self::BodyDiffers { .. } => "body_differs",
            Self::NotJson { .. } => "not_json",
            Self::Json { .. } => "json",
            Self::HeaderMissing { .. } => "header_missing",
            Self::Header { .. } => "header",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::BadRedirect { .. } => "bad_redirect",
            Self::ProxyRefused { .. } => "proxy_refused",
            Self::TooSlow { .. } => "too_slow",
            Self::DnsAnswer { .. } => "dns_answer",
            Self::AnswerMissing { .. } => "answer_missing",
            Self::GrpcStatus { .. } => "grpc_status",
            Self::GrpcNotServing { .. } => "grpc_not_serving",
            Self::IcmpNotAllowed { .. } => "icmp_not_allowed",
            Self::OwnLimits { .. } => "own_limits",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// Whether the same would be seen if this machine had no network: nothing came back from beyond it.
    pub fn may_be_own_network(&self) -> bool {
        match self {
            Self::NameNotFound { .. } | Self::DnsFailed { .. } | Self::Unreachable { .. } => true,
            Self::Timeout { phase, .. } => *phase <= Phase::Connect,
            _ => false,
        }
    }

    /// Whether this machine could not check at all, so that nothing is known about the website.
    pub fn is_own_trouble(&self) -> bool {
        matches!(self, Self::OwnLimits { .. } | Self::IcmpNotAllowed { .. } | Self::Unsupported { .. })
    }
}

/// The names of all kinds. Statistics count by place in this list while they are in memory; what is stored has the names.
pub(crate) const KINDS: [&str; 38] = [
    "name_not_found",
    "no_address",
    "dns_failed",
    "refused",
    "unreachable",
    "reset",
    "closed",
    "io",
    "timeout",
    "certificate_expired",
    "certificate_not_yet_valid",
    "unknown_issuer",
    "wrong_name",
    "certificate_invalid",
    "certificate_expires_soon",
    "tls_alert",
    "tls_protocol",
    "protocol",
    "incomplete",
    "status",
    "body_lacks",
    "body_contains",
    "body_differs",
    "not_json",
    "json",
    "header_missing",
    "header",
    "too_many_redirects",
    "bad_redirect",
    "proxy_refused",
    "too_slow",
    "dns_answer",
    "answer_missing",
    "grpc_status",
    "grpc_not_serving",
    "icmp_not_allowed",
    "own_limits",
    "unsupported",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_kinds_has_every_one() {
        let unknown = serde_json::from_value::<Failure>(serde_json::json!({ "kind": "?" })).expect_err("unknown");
        let text = unknown.to_string();
        let named: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
        assert_eq!(named, KINDS);
    }

    #[test]
    fn the_kind_is_the_tag_that_json_has() {
        let some = [
            Failure::CertificateExpired,
            Failure::Timeout { phase: Phase::Ttfb, after_ms: 9 },
            Failure::BodyDiffers { pattern: "x".into() },
            Failure::GrpcNotServing { state: "x".into() },
            Failure::OwnLimits { reason: "x".into() },
        ];
        for failure in some {
            let written = serde_json::to_value(&failure).expect("written");
            assert_eq!(written["kind"], failure.kind());
            assert_eq!(serde_json::from_value::<Failure>(written).expect("read"), failure);
        }
        let said = Failure::Timeout { phase: Phase::Tls, after_ms: 500 }.to_string();
        assert_eq!(said, "No answer within 500 ms: the time ran out while in the TLS handshake");
    }
}
