//! A website in `wirereel.json`: what is checked, how, and what counts as up.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Span, StatusRange};

/// One website and how it is checked. Only the URL must be given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Website {
    /// What it is called, unique among websites. Without it, the URL is its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What is checked: http, https, tcp, tls, dns, icmp, grpc or grpcs by its scheme.
    pub url: String,
    /// How often. Each website is checked at its own moment of the interval, so that not all are checked at once.
    #[schemars(title = "Interval")]
    pub interval: Span,
    /// How long the whole check may take, redirects included.
    #[schemars(title = "Timeout")]
    pub timeout: Span,
    /// Whether it rests: it stays in the list and is not checked.
    #[serde(skip_serializing_if = "is_false")]
    pub paused: bool,
    /// The method of the request.
    #[schemars(title = "Method")]
    pub method: Method,
    /// Headers of the request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How many redirects are followed; 0 takes the first answer as it is.
    #[schemars(title = "Redirects", range(min = 0, max = 20))]
    pub redirects: u8,
    /// What counts as up.
    #[serde(skip_serializing_if = "is_default")]
    pub expect: Expect,
    /// How TLS is spoken.
    #[serde(skip_serializing_if = "is_default")]
    pub tls: Tls,
    /// Which addresses of the host are used.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "any"))]
    pub address_family: AddressFamily,
    /// The DNS server that is asked, such as `9.9.9.9` or `127.0.0.1:5353`. Without it, the system resolves as it does for everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolver: Option<String>,
    /// An HTTP proxy, such as `http://user:secret@proxy.local:3128`. `https` and every other TCP check go through its CONNECT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The version of HTTP.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "auto"))]
    pub http_version: HttpVersion,
    /// Whether the connection is kept for the next check. Then connecting is not measured. HTTP/1.1 only, and not through a proxy.
    #[serde(skip_serializing_if = "is_false")]
    pub keep_alive: bool,
    /// KiB of the answer's body that are read; the rest is left.
    #[schemars(title = "Body read at most", range(min = 1, max = 65_536), extend("x-unit" = "KiB"))]
    pub body_limit_kib: u32,
}

impl Default for Website {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            interval: Span::from_secs(30),
            timeout: Span::from_secs(10),
            paused: false,
            method: Method::Get,
            headers: BTreeMap::new(),
            body: None,
            redirects: 10,
            expect: Expect::default(),
            tls: Tls::default(),
            address_family: AddressFamily::Any,
            resolver: None,
            proxy: None,
            http_version: HttpVersion::Auto,
            keep_alive: false,
            body_limit_kib: 1_024,
        }
    }
}

impl Website {
    /// One that is checked as by default.
    pub fn new(name: &str, url: &str) -> Self {
        Self { name: name.to_owned(), url: url.to_owned(), ..Self::default() }
    }

    /// Its name, or its URL when it has none.
    pub fn display_name(&self) -> &str {
        if self.name.is_empty() { &self.url } else { &self.name }
    }
}

/// What counts as up. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Status codes, such as `200`, `"200-299"` or `"2xx"`; any of them.
    #[schemars(title = "Status")]
    pub status: Vec<StatusRange>,
    /// A text that the body contains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
    /// A text that the body does not contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_lacks: Option<String>,
    /// A regular expression that matches somewhere in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_matches: Option<String>,
    /// Values in a JSON body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json: Vec<ExpectJson>,
    /// Headers of the answer with a text that their value contains; an empty text is any value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The whole check takes at most this long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Span>,
    /// For DNS: answers of which each is given, such as `93.184.216.34` or `10 mail.example.org.`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            status: vec![StatusRange::SUCCESS],
            body_contains: None,
            body_lacks: None,
            body_matches: None,
            json: Vec::new(),
            headers: BTreeMap::new(),
            at_most: None,
            answers: Vec::new(),
        }
    }
}

impl Expect {
    /// Whether the body is looked into.
    pub(crate) fn reads_body(&self) -> bool {
        self.body_contains.is_some()
            || self.body_lacks.is_some()
            || self.body_matches.is_some()
            || !self.json.is_empty()
    }
}

/// A value in a JSON body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectJson {
    /// A JSON path (RFC 9535), such as `$.status` or `$.checks[?@.state != "ok"]`.
    pub path: String,
    /// The value there; without it, that something is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
}

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Whether the certificate must be valid: trusted, for this name, and of today.
    #[schemars(title = "Verify the certificate")]
    pub verify: bool,
    /// Down when the certificate expires in fewer days than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Days left at least", range(min = 0, max = 3_650), extend("x-unit" = "days"))]
    pub days_left: Option<u16>,
    /// The name that is asked for and that the certificate must have, when it is not the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// A PEM file with authorities that are trusted besides the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Default for Tls {
    fn default() -> Self {
        Self { verify: true, days_left: None, server_name: None, ca_file: None }
    }
}

/// A request's method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

/// Which addresses of a host are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressFamily {
    /// All; where the first does not connect soon, the next is tried beside it (RFC 8305).
    #[default]
    Any,
    Ipv4,
    Ipv6,
}

/// The version of HTTP that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum HttpVersion {
    /// HTTP/2 where the server chooses it in the TLS handshake (ALPN), HTTP/1.1 otherwise.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2, also without TLS (with prior knowledge).
    #[serde(rename = "2")]
    Http2,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schema_names_defaults_that_are_not_written() {
        let schema = schemars::schema_for!(Website).to_value();
        let default = |key: &str| schema["properties"][key]["default"].clone();
        assert_eq!(default("address_family"), json!(AddressFamily::default()));
        assert_eq!(default("http_version"), json!(HttpVersion::default()));
        assert_eq!(default("method"), json!(Method::default()));
    }
}
