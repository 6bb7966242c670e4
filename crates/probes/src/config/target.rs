//! Where a probe's call goes first, by the scheme of its target.
//!
//! | target | call |
//! |---|---|
//! | `grpc://host:port`, `grpcs://host[:port]` | a unary gRPC call, without and with TLS |
//! | `http://host[:port]/path`, `https://…` | an HTTP request |

use std::fmt;

use url::{Host, Url};

/// A target that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Path and query; `/` for gRPC, whose methods are paths.
    pub(crate) path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Grpc,
    Grpcs,
    Http,
    Https,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What stands for the host and port of a target that a source finds.
pub(crate) const ADDRESS: &str = "{address}";
const ALLOWED: &str = "a target such as grpc://relay.local:7443, grpcs://relay.local, http://host/path or https://host/path, or \
                       grpc://{address} for targets that a source finds";
/// Longest target that is taken.
const MAX_BYTES: usize = 8_192;

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// What is allowed instead, to be read after "is not".
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_BYTES {
            return Err("a target of at most 8192 bytes");
        }
        let url = Url::parse(text.trim()).map_err(|_| ALLOWED)?;
        let scheme = match url.scheme() {
            "grpc" => Scheme::Grpc,
            "grpcs" => Scheme::Grpcs,
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(ALLOWED),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a target without a user and password; metadata has a place for authorization");
        }
        // Of schemes that the URL standard has no rules for, hosts are not read as such.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ALLOWED)?;
        let host = Host::parse(host).map_err(|_| ALLOWED)?;
        let usual = (scheme == Scheme::Grpcs).then_some(443);
        let port = url.port_or_known_default().or(usual).filter(|port| *port > 0);
        let port = port.ok_or("grpc:// with a host and a port, such as grpc://relay.local:7443")?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = match (scheme, url.path()) {
            (Scheme::Grpc | Scheme::Grpcs, "" | "/") if query.is_empty() => "/".to_owned(),
            (Scheme::Grpc | Scheme::Grpcs, _) => {
                return Err("grpc:// with only a host and a port; what is called is said by call.method");
            }
            (Scheme::Http | Scheme::Https, path) => format!("{path}{query}"),
        };
        Ok(Self { scheme, host, port, path })
    }

    /// Reads a target in which an address may be left open.
    pub(crate) fn of_template(text: &str) -> Result<Self, &'static str> {
        Self::parse(&text.replace(ADDRESS, "address.invalid:1"))
    }

    /// Host and port as a request has them: without a port that follows from the scheme (RFC 9110 §4.2).
    pub(crate) fn authority(&self) -> String {
        let usual = if self.is_tls() { 443 } else { 80 };
        if self.port == usual { self.host.to_string() } else { self.to_string() }
    }

    pub(crate) fn is_grpc(&self) -> bool {
        matches!(self.scheme, Scheme::Grpc | Scheme::Grpcs)
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.scheme, Scheme::Grpcs | Scheme::Https)
    }
}

/// The path of a method that is written as `package.Service/Method`, with or without a slash before it.
pub(crate) fn method(text: &str) -> Option<(&str, &str)> {
    let (service, method) = text.trim_start_matches('/').split_once('/')?;
    let is_name = |name: &str| {
        name.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    };
    (is_name(service) && is_name(method) && !method.contains('.')).then_some((service, method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_how_it_is_called() {
        let target = Target::parse(" grpc://Relay.local:7443 ").expect("a target");
        assert_eq!((target.scheme, target.to_string().as_str()), (Scheme::Grpc, "relay.local:7443"));
        assert_eq!(Target::parse("grpcs://[::1]").map(|target| target.to_string()), Ok("[::1]:443".into()));
        let target = Target::parse("https://exämple.org/a%20b?c=d").expect("a target");
        assert_eq!((target.port, target.path.as_str(), target.is_tls()), (443, "/a%20b?c=d", true));
        assert_eq!(target.authority(), "xn--exmple-cua.org");
        assert_eq!(Target::parse("http://10.0.0.1").map(|target| target.path), Ok("/".into()));
        assert!(Target::of_template("grpc://{address}").is_ok_and(|target| target.is_grpc()));
    }

    #[test]
    fn what_cannot_be_called_is_told_what_can() {
        let wrong = [
            "",
            "relay:7443",
            "ftp://a",
            "grpc://relay",
            "grpc://relay:0",
            "grpc://",
            "grpc://a:1/b",
            "http://u:p@a/",
            "http://",
        ];
        for text in wrong.into_iter().chain(["grpc://{address}", "grpcs://a b"]) {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        assert!(Target::parse(&format!("http://h/{}", "x".repeat(9_000))).is_err());
    }

    #[test]
    fn a_method_is_a_service_and_its_method() {
        assert_eq!(method("shop.v1.Catalog/List"), Some(("shop.v1.Catalog", "List")));
        assert_eq!(method("/grpc.health.v1.Health/Check"), Some(("grpc.health.v1.Health", "Check")));
        for text in ["", "List", "shop/", "/List", "shop./List", "shop/Li.st", "shop/List/x", "shöp/List", "a b/c"] {
            assert_eq!(method(text), None, "{text}");
        }
    }
}
