//! DNS questions and their answers.

use std::net::IpAddr;

use super::Endpoint;

/// One record of an answer section that is worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsAnswer {
    /// A or AAAA.
    Address(IpAddr),
    /// CNAME, NS, PTR, SRV, MX, ...: its target or text.
    Name(String),
}

/// How a question travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DnsCarrier {
    Udp,
    /// With a length before each message (RFC 7766).
    Tcp,
    /// Multicast (RFC 6762).
    Mdns,
}

impl DnsCarrier {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Mdns => "mdns",
        }
    }
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct DnsQuery {
    pub at_ns: i64,
    /// `None` when no answer was captured within the time-out.
    pub answered_ns: Option<i64>,
    pub client: Endpoint,
    pub server: Endpoint,
    pub carrier: DnsCarrier,
    /// Lower case, without the final dot; non-ASCII bytes escaped as `\DDD` (RFC 4343).
    pub name: String,
    /// `A`, `AAAA`, `SRV`, ... or `TYPE<number>`.
    pub kind: String,
    /// `NOERROR`, `NXDOMAIN`, ... or `None` without an answer.
    pub rcode: Option<String>,
    pub answers: Vec<DnsAnswer>,
}
