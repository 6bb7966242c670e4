//! What is checked, by the scheme of its URL.
//!
//! | URL | check |
//! |---|---|
//! | `http://…`, `https://…` | a request and its whole answer |
//! | `tcp://host:port` | a connection |
//! | `tls://host[:port]` | a connection and its handshake, certificate included |
//! | `dns:///name?type=AAAA`, `dns://server[:port]/name?type=MX` | a question and its answer (the form of RFC 4501) |
//! | `icmp://host` | an echo and its reply |
//! | `grpc://host:port[/service]`, `grpcs://…` | the service's standard health check |

use std::{fmt, str::FromStr};

use hickory_proto::rr::{Name, RecordType};
use url::{Host, Url};

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What a URL asks to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Http(Url),
    Tcp(Endpoint),
    Tls(Endpoint),
    Dns { server: Option<Endpoint>, name: Box<Name>, record: RecordType },
    Icmp(Host),
    Grpc { tls: bool, at: Endpoint, service: String },
}

/// Record types that can be asked for.
const RECORDS: [(&str, RecordType); 10] = [
    ("A", RecordType::A),
    ("AAAA", RecordType::AAAA),
    ("CAA", RecordType::CAA),
    ("CNAME", RecordType::CNAME),
    ("MX", RecordType::MX),
    ("NS", RecordType::NS),
    ("PTR", RecordType::PTR),
    ("SOA", RecordType::SOA),
    ("SRV", RecordType::SRV),
    ("TXT", RecordType::TXT),
];

/// Longest URL that is taken.
const MAX_URL_BYTES: usize = 8_192;

impl Target {
    /// Reads a website's URL.
    ///
    /// # Errors
    /// What is allowed instead, to be read after "is not".
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const ALLOWED: &str = "a URL such as https://example.org/health, tcp://host:port, tls://host, dns:///name?type=A, \
                               icmp://host or grpc://host:port/service";
        if text.len() > MAX_URL_BYTES {
            return Err("a URL of at most 8192 bytes");
        }
        let url = Url::parse(text.trim()).map_err(|_| ALLOWED)?;
        match url.scheme() {
            "http" | "https" => url.has_host().then_some(Self::Http(url)).ok_or(ALLOWED),
            "tcp" => {
                endpoint(&url, None).map(Self::Tcp).ok_or("tcp:// with a host and a port, such as tcp://db.local:5432")
            }
            "tls" => endpoint(&url, Some(443)).map(Self::Tls).ok_or("tls:// with a host, such as tls://mail.local:465"),
            "dns" => dns(&url),
            "icmp" => host(&url).map(Self::Icmp).ok_or("icmp:// with a host, such as icmp://10.0.0.1"),
            scheme @ ("grpc" | "grpcs") => {
                let tls = scheme == "grpcs";
                let at = endpoint(&url, tls.then_some(443))
                    .ok_or("grpc:// with a host and a port, such as grpc://cart:50051")?;
                Ok(Self::Grpc { tls, at, service: url.path().trim_start_matches('/').to_owned() })
            }
            _ => Err(ALLOWED),
        }
    }

    /// The host that the check depends on; `None` for a question to the system's own resolver.
    pub(crate) fn host(&self) -> Option<Host> {
        match self {
            Self::Http(url) => url.host().map(|host| host.to_owned()),
            Self::Tcp(at) | Self::Tls(at) | Self::Grpc { at, .. } => Some(at.host.clone()),
            Self::Icmp(host) => Some(host.clone()),
            Self::Dns { server, .. } => server.as_ref().map(|server| server.host.clone()),
        }
    }

    /// Whether TLS is spoken from the beginning.
    pub(crate) fn is_tls(&self) -> bool {
        match self {
            Self::Http(url) => url.scheme() == "https",
            Self::Tls(_) => true,
            Self::Grpc { tls, .. } => *tls,
            Self::Tcp(_) | Self::Dns { .. } | Self::Icmp(_) => false,
        }
    }

    /// Whether a request with headers is made.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self, Self::Http(_))
    }
}

/// The host of a URL whose scheme the URL standard has no rules for.
fn host(url: &Url) -> Option<Host> {
    Host::parse(url.host_str().filter(|host| !host.is_empty())?).ok()
}

fn endpoint(url: &Url, port: Option<u16>) -> Option<Endpoint> {
    Some(Endpoint { host: host(url)?, port: url.port().or(port).filter(|port| *port > 0)? })
}

fn dns(url: &Url) -> Result<Target, &'static str> {
    const ALLOWED: &str = "dns:// with a name, such as dns:///example.org?type=MX or dns://9.9.9.9/example.org";
    let server = match url.host_str() {
        None | Some("") => None,
        Some(_) => Some(endpoint(url, Some(53)).ok_or(ALLOWED)?),
    };
    let name = url.path().trim_start_matches('/');
    let name = Name::from_str(name).ok().filter(|_| !name.is_empty()).ok_or(ALLOWED)?;
    let asked =
        url.query_pairs().find(|(key, _)| key.eq_ignore_ascii_case("type")).map(|(_, value)| value.into_owned());
    let record = match asked {
        None => RecordType::A,
        Some(asked) => RECORDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&asked))
            .map(|(_, record)| *record)
            .ok_or("dns:// with one of the types A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV, TXT")?,
    };
    Ok(Target::Dns { server, name: Box::new(name), record })
}

/// Reads the address of a DNS server: an IP address with or without a port.
pub(crate) fn resolver(text: &str) -> Option<std::net::SocketAddr> {
    text.parse().ok().or_else(|| text.parse().ok().map(|ip| std::net::SocketAddr::new(ip, 53)))
}

/// Reads the URL of an HTTP proxy.
pub(crate) fn proxy(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| url.scheme() == "http" && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_what_is_checked() {
        assert!(
            matches!(Target::parse(" https://exämple.org/x "), Ok(Target::Http(url)) if url.host_str() == Some("xn--exmple-cua.org"))
        );
        assert!(matches!(Target::parse("tcp://[::1]:5432"), Ok(Target::Tcp(at)) if at.to_string() == "[::1]:5432"));
        assert!(matches!(Target::parse("tls://mail.local"), Ok(Target::Tls(at)) if at.port == 443));
        assert!(matches!(Target::parse("icmp://10.0.0.1"), Ok(Target::Icmp(Host::Ipv4(_)))));
        let dns = Target::parse("dns://9.9.9.9/example.org?type=mx");
        assert!(
            matches!(&dns, Ok(Target::Dns { server: Some(at), record: RecordType::MX, .. }) if at.port == 53),
            "{dns:?}"
        );
        assert!(matches!(
            Target::parse("dns:///example.org"),
            Ok(Target::Dns { server: None, record: RecordType::A, .. })
        ));
        let grpc = Target::parse("grpc://cart:50051/shop.Cart");
        assert!(matches!(&grpc, Ok(Target::Grpc { tls: false, service, .. }) if service == "shop.Cart"), "{grpc:?}");
    }

    #[test]
    fn a_url_that_cannot_be_checked_is_told_what_can() {
        for text in [
            "",
            "example.org",
            "ftp://example.org",
            "http://",
            "tcp://host",
            "tcp://host:0",
            "dns:///",
            "icmp://",
            "dns:///a?type=ANY",
            "grpc://cart",
            "http://[::1",
            "https://a b/",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        assert!(Target::parse(&format!("http://h/{}", "x".repeat(9_000))).is_err());
    }
}
