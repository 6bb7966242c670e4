//! Where something listens, as configuration says it.

use std::{borrow::Cow, fmt, str::FromStr};

use hyper::Uri;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A host and port, and whether TLS is spoken there: `grpc://host:port` or `grpcs://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub secure: bool,
    /// A name or an IP address, that of IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not an address such as \"grpc://host:port\" or \"grpcs://host:port\"")]
pub struct NoAddress(String);

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let wrong = || NoAddress(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let secure = match uri.scheme_str() {
            Some("grpc" | "http") => false,
            Some("grpcs" | "https") => true,
            _ => return Err(wrong()),
        };
        let port = uri.port_u16().filter(|port| *port != 0).ok_or_else(wrong)?;
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if host.is_empty()
            || authority.contains('@')
            || !matches!(uri.path_and_query().map(|path| path.as_str()), None | Some("/"))
        {
            return Err(wrong());
        }
        Ok(Self { secure, host: host.to_owned(), port })
    }
}

impl Address {
    /// Host and port, as `:authority` has them.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "grpcs" } else { "grpc" }, self.authority())
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(grpcs?|https?)://[^/@]+:[0-9]+/?$",
            "description": "Host and port, and whether TLS is spoken there: `grpc://host:port` or `grpcs://host:port`."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_host_port_and_whether_tls_is_spoken() {
        for (text, secure, host, port, written) in [
            ("grpc://shop.test:50051", false, "shop.test", 50_051, "grpc://shop.test:50051"),
            ("grpcs://10.0.0.1:443/", true, "10.0.0.1", 443, "grpcs://10.0.0.1:443"),
            ("https://[::1]:8443", true, "::1", 8_443, "grpcs://[::1]:8443"),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address, Address { secure, host: host.into(), port });
            assert_eq!(address.to_string(), written);
        }
        for text in [
            "",
            "shop.test:50051",
            "grpc://shop.test",
            "grpc://:50051",
            "grpc://a:0",
            "grpc://a:1/b",
            "tcp://a:1",
            "grpc://me@a:1",
            "grpc://a:70000",
        ] {
            assert_eq!(text.parse::<Address>(), Err(NoAddress(text.into())), "{text}");
        }
    }
}
