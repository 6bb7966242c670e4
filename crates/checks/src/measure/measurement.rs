//! What one check measured.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Certificate, Failure, Phase};

/// How long each phase took, in microseconds. What did not happen, or did not end, is missing and never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Phases {
    pub dns_us: Option<u64>,
    pub connect_us: Option<u64>,
    /// The proxy's answer to CONNECT.
    pub proxy_us: Option<u64>,
    pub tls_us: Option<u64>,
    pub write_us: Option<u64>,
    /// From the request's last byte to the answer's first.
    pub ttfb_us: Option<u64>,
    pub transfer_us: Option<u64>,
}

impl Phases {
    /// Of all phases that are known.
    pub fn sum_us(&self) -> u64 {
        let Self { dns_us, connect_us, proxy_us, tls_us, write_us, ttfb_us, transfer_us } = self;
        [dns_us, connect_us, proxy_us, tls_us, write_us, ttfb_us, transfer_us].into_iter().flatten().sum()
    }

    pub(crate) fn of_mut(&mut self, phase: Phase) -> &mut Option<u64> {
        match phase {
            Phase::Dns => &mut self.dns_us,
            Phase::Connect => &mut self.connect_us,
            Phase::Proxy => &mut self.proxy_us,
            Phase::Tls => &mut self.tls_us,
            Phase::Write => &mut self.write_us,
            Phase::Ttfb => &mut self.ttfb_us,
            Phase::Transfer => &mut self.transfer_us,
        }
    }

    /// Both together; a phase that only one has is that one's.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let add = |one: Option<u64>, two: Option<u64>| match (one, two) {
            (Some(one), Some(two)) => Some(one + two),
            (one, two) => one.or(two),
        };
        Self {
            dns_us: add(self.dns_us, other.dns_us),
            connect_us: add(self.connect_us, other.connect_us),
            proxy_us: add(self.proxy_us, other.proxy_us),
            tls_us: add(self.tls_us, other.tls_us),
            write_us: add(self.write_us, other.write_us),
            ttfb_us: add(self.ttfb_us, other.ttfb_us),
            transfer_us: add(self.transfer_us, other.transfer_us),
        }
    }
}

/// The phase in which a check was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    pub phase: Phase,
    /// How long it had gone on.
    pub after_us: u64,
}

/// One request of a check that was redirected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub url: String,
    pub status: Option<u16>,
    pub remote: Option<SocketAddr>,
    #[serde(flatten)]
    pub phases: Phases,
    pub total_us: u64,
}

/// The version of HTTP that was spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpokenHttp {
    #[serde(rename = "http/1.0")]
    Http10,
    #[serde(rename = "http/1.1")]
    Http11,
    #[serde(rename = "h2")]
    Http2,
}

/// How TLS was spoken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SpokenTls {
    /// Such as `TLS 1.3`; missing when the handshake failed.
    pub version: Option<String>,
    /// Such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: Option<String>,
    /// The server's own certificate, also when it was not accepted.
    pub certificate: Option<Certificate>,
}

/// What one check measured.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Measurement {
    /// Why it is down; `None` when it is up.
    pub failure: Option<Failure>,
    /// Phases of all hops together.
    #[serde(flatten)]
    pub phases: Phases,
    /// The phase in which it was stopped, if it was.
    pub unfinished: Option<Unfinished>,
    /// From the first moment to the answer's last byte, or to the failure.
    pub total_us: u64,
    /// What of the total no phase explains: setting up, judging, waiting for a turn on this machine.
    pub unattributed_us: u64,
    /// The last answer's status.
    pub status: Option<u16>,
    pub http_version: Option<SpokenHttp>,
    /// The last address that was connected to; a proxy's, when there is one.
    pub remote: Option<SocketAddr>,
    /// Where the connection to it came from on this machine.
    pub local: Option<SocketAddr>,
    pub tls: Option<SpokenTls>,
    /// Bytes of the last answer's body that were read.
    pub body_bytes: Option<u64>,
    /// Whether there was more of the body than is read.
    pub body_cut: bool,
    /// Whether the connection of the check before was used.
    pub reused_connection: bool,
    /// For DNS: what was answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Every request in order, when there was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
}

impl Measurement {
    /// Whether everything that is expected was seen.
    pub fn is_up(&self) -> bool {
        self.failure.is_none()
    }

    /// How long until the whole answer was there, in microseconds; `None` when none came.
    pub fn response_us(&self) -> Option<u64> {
        let answered = match &self.failure {
            None => true,
            Some(failure) => is_verdict(failure),
        };
        answered.then_some(self.total_us)
    }
}

/// Whether the whole answer was there and only what it says is wrong.
fn is_verdict(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Status { .. }
            | Failure::BodyLacks { .. }
            | Failure::BodyContains { .. }
            | Failure::BodyDiffers { .. }
            | Failure::NotJson { .. }
            | Failure::Json { .. }
            | Failure::HeaderMissing { .. }
            | Failure::Header { .. }
            | Failure::TooSlow { .. }
            | Failure::CertificateExpiresSoon { .. }
            | Failure::DnsAnswer { .. }
            | Failure::AnswerMissing { .. }
            | Failure::GrpcStatus { .. }
            | Failure::GrpcNotServing { .. }
    )
}
