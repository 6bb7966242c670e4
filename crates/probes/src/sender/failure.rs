//! Why a probe failed: a kind for programs and a sentence for people.

use std::{error::Error, io};

use thiserror::Error;
use wirereel_dial::{CertificateFault, TlsFault, alert_words, is_own_limits, quoted};

/// What a probe was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Resolve,
    Connect,
    Tls,
    /// Asking a service for the shape of its methods.
    Reflect,
    Call,
}

impl Phase {
    /// To be read after "while".
    fn doing(self) -> &'static str {
        match self {
            Self::Resolve => "looking the name up",
            Self::Connect => "connecting",
            Self::Tls => "in the TLS handshake",
            Self::Reflect => "asking for the shape of the method",
            Self::Call => "waiting for the answer",
        }
    }
}

/// Why a probe failed. The display form is a sentence without its period.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Failure {
    #[error("The name {host} could not be looked up: {reason}")]
    Dns { host: String, reason: String },
    #[error("{address} refused the connection")]
    Refused { address: String },
    #[error("{address} cannot be reached: {reason}")]
    Unreachable { address: String, reason: String },
    #[error("No answer within {after_ms} ms: the time ran out while {}", phase.doing())]
    Timeout { phase: Phase, after_ms: u64 },
    #[error("{reason}")]
    Tls { reason: String },
    #[error("The connection broke while {}: {reason}", phase.doing())]
    Reset { phase: Phase, reason: String },
    #[error("The service answered {} ({code}){}", status_name(*code), colon(message))]
    GrpcStatus { code: u32, message: String },
    #[error("The status is {found}, expected is {expected}")]
    HttpStatus { found: u16, expected: String },
    #[error("The service says that it is {state}")]
    NotServing { state: String },
    #[error("The request cannot be made: {reason}")]
    Request { reason: String },
    #[error("The answer cannot be understood: {reason}")]
    Protocol { reason: String },
    #[error("This machine is out of what a probe needs: {reason}")]
    OwnLimits { reason: String },
}

impl Failure {
    /// The kind's name, as results have it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Dns { .. } => "dns",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::Tls { .. } => "tls",
            Self::Reset { .. } => "reset",
            Self::GrpcStatus { .. } => "grpc_status",
            Self::HttpStatus { .. } => "http_status",
            Self::NotServing { .. } => "not_serving",
            Self::Request { .. } => "request",
            Self::Protocol { .. } => "protocol",
            Self::OwnLimits { .. } => "own_limits",
        }
    }

    /// Whether hops may remember a call whose answer does not say how far it came.
    pub(crate) fn leaves_hops_to_ask(&self) -> bool {
        match self {
            Self::Timeout { phase, .. } => *phase == Phase::Call,
            Self::Reset { .. } => true,
            Self::GrpcStatus { code, .. } => matches!(*code, CANCELLED | DEADLINE_EXCEEDED | UNAVAILABLE),
            Self::HttpStatus { found, .. } => *found >= 500,
            _ => false,
        }
    }
}

pub(crate) const OK: u32 = 0;
const CANCELLED: u32 = 1;
const DEADLINE_EXCEEDED: u32 = 4;
pub(crate) const UNIMPLEMENTED: u32 = 12;
const UNAVAILABLE: u32 = 14;

/// gRPC's names of its statuses, by their numbers.
const STATUSES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

fn status_name(code: u32) -> &'static str {
    usize::try_from(code)
        .ok()
        .and_then(|code| STATUSES.get(code))
        .copied()
        .unwrap_or("a status that gRPC does not have")
}

fn colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// An attempt to connect that failed.
pub(crate) fn not_connected(address: &str, error: &io::Error) -> Failure {
    let address = address.to_owned();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused { address },
        io::ErrorKind::ConnectionReset => Failure::Reset { phase: Phase::Connect, reason: said(error) },
        _ => own_limits(error).unwrap_or_else(|| Failure::Unreachable { address, reason: said(error) }),
    }
}

/// An error of a connection that was made.
pub(crate) fn broken(phase: Phase, error: &io::Error) -> Failure {
    // With TLS 1.3, a client's certificate is judged after the handshake.
    if let Some(alert) = alert(error) {
        return Failure::Tls { reason: format!("The server ended the TLS connection: {alert}") };
    }
    own_limits(error).unwrap_or_else(|| Failure::Reset { phase, reason: said(error) })
}

/// The alert by which the other side ended TLS. Errors that passed through the HTTP/2 library are only words.
fn alert(error: &io::Error) -> Option<String> {
    match TlsFault::in_io(error) {
        Some(TlsFault::Alert(alert)) => Some(alert),
        Some(_) => None,
        None => error.to_string().strip_prefix("received fatal alert: ").map(|name| quoted(&alert_words(name))),
    }
}

fn own_limits(error: &io::Error) -> Option<Failure> {
    is_own_limits(error).then(|| Failure::OwnLimits { reason: said(error) })
}

/// What the system says, or that there is no more to be read.
fn said(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "the other side closed it".to_owned();
    }
    wirereel_dial::said(error)
}

/// A TLS handshake that failed.
pub(crate) fn handshake_failed(error: &io::Error, host: &str) -> Failure {
    let Some(fault) = TlsFault::in_io(error) else { return broken(Phase::Tls, error) };
    let reason = match fault {
        TlsFault::Certificate(CertificateFault::Expired) => "The certificate has expired".into(),
        TlsFault::Certificate(CertificateFault::NotYetValid) => "The certificate is not valid yet".into(),
        TlsFault::Certificate(CertificateFault::UnknownIssuer) => "The certificate is from an unknown issuer".into(),
        TlsFault::Certificate(CertificateFault::WrongName) => format!("The certificate is not for {host}"),
        TlsFault::Certificate(CertificateFault::Other(reason)) => format!("The certificate is not valid: {reason}"),
        TlsFault::Alert(alert) => format!("The server ended the TLS handshake: {alert}"),
        TlsFault::Protocol(reason) => format!("The TLS handshake failed: {reason}"),
    };
    Failure::Tls { reason }
}

/// A call that failed beneath its status.
pub(crate) fn call_failed(phase: Phase, error: &hyper::Error) -> Failure {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if let Some(error) = at.downcast_ref::<io::Error>() {
            return broken(phase, error);
        }
        if let Some(error) = at.downcast_ref::<h2::Error>() {
            return of_http2(phase, error);
        }
        cause = at.source();
    }
    if error.is_parse() {
        return Failure::Protocol { reason: quoted(&error.to_string()) };
    }
    Failure::Reset { phase, reason: "the other side closed it".into() }
}

fn of_http2(phase: Phase, error: &h2::Error) -> Failure {
    if let Some(error) = error.get_io() {
        return broken(phase, error);
    }
    match error.reason() {
        // What this side finds wrong with the other's frames.
        Some(reason) if error.is_library() => Failure::Protocol { reason: reason.description().to_owned() },
        Some(reason) => Failure::Reset { phase, reason: reason.description().to_owned() },
        None => Failure::Protocol { reason: quoted(&error.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_sentence_without_its_period() {
        let said = Failure::Timeout { phase: Phase::Call, after_ms: 500 }.to_string();
        assert_eq!(said, "No answer within 500 ms: the time ran out while waiting for the answer");
        let said = Failure::GrpcStatus { code: 14, message: "nobody there".into() }.to_string();
        assert_eq!(said, "The service answered UNAVAILABLE (14): nobody there");
        assert!(Failure::GrpcStatus { code: 99, message: String::new() }.to_string().ends_with("does not have (99)"));
    }

    #[test]
    fn hops_are_asked_where_the_answer_does_not_say_how_far_a_call_came() {
        let timeout = |phase| Failure::Timeout { phase, after_ms: 1 }.leaves_hops_to_ask();
        assert!(timeout(Phase::Call) && !timeout(Phase::Connect));
        let status = |code| Failure::GrpcStatus { code, message: String::new() }.leaves_hops_to_ask();
        assert!(status(4) && status(14) && !status(5));
    }
}
