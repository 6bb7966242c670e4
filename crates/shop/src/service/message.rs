//! Requests and responses as the services' behaviour sees them.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::body::Bytes;
use hyper::{Method, Response, Uri, header};
use rand::{Rng, RngExt};
use serde_json::Value;

use crate::outbound::Call;
use crate::payload::{Payload, gzip};
use crate::topology::Service;

/// A request that has arrived.
#[derive(Debug)]
pub(super) struct Inbound {
    pub(super) client: SocketAddr,
    pub(super) trace: Trace,
    pub(super) authorization: Option<String>,
    pub(super) forwarded_for: Option<String>,
    pub(super) accepts_gzip: bool,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) body: Bytes,
}

impl Inbound {
    /// The path's segments: `/products/p-1` is `["products", "p-1"]`.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.uri.path().split('/').filter(|s| !s.is_empty()).collect()
    }

    /// A value of the query, as sent.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.uri.query()?.split('&');
        pairs.filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// A text of the JSON body.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }

    /// Who the request says it is from: the login of Basic, or the `sub` of a JWT, which nobody verifies here.
    pub(super) fn identity(&self) -> Option<String> {
        let (scheme, value) = self.authorization.as_deref()?.split_once(' ')?;
        match scheme {
            "Basic" => {
                let login = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
                login.split_once(':').map(|(name, _)| name.to_owned())
            }
            "Bearer" => {
                let claims = URL_SAFE_NO_PAD.decode(value.split('.').nth(1)?).ok()?;
                let claims: Value = serde_json::from_slice(&claims).ok()?;
                claims.get("sub")?.as_str().map(str::to_owned)
            }
            _ => None,
        }
    }

    /// A call on behalf of this request: same trace, one span further.
    pub(super) fn call(&self, from: Service, to: Service, method: Method, target: impl Into<String>) -> Call {
        Call {
            to,
            method,
            target: target.into(),
            headers: vec![("user-agent", format!("{from}/2.4")), ("traceparent", self.trace.next_span())],
            body: Bytes::new(),
            timeout: Duration::from_millis(1500),
            keep_alive: true,
        }
    }
}

/// W3C trace context: `00-<trace id>-<span id>-<flags>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trace {
    id: String,
}

impl Trace {
    pub(super) fn start(dice: &mut impl Rng) -> Self {
        Self { id: format!("{:032x}", dice.random::<u128>()) }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let id = text.split('-').nth(1)?;
        let valid = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        valid.then(|| Self { id: id.to_owned() })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A `traceparent` of the same trace with a new span id.
    pub(super) fn next_span(&self) -> String {
        format!("00-{}-{:016x}-01", self.id, rand::random::<u64>())
    }
}

/// How a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// With its length.
    Whole,
    /// In chunks.
    Chunked,
}

/// What a service decided to answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) shape: Shape,
    /// Compressed when the caller accepts it.
    pub(super) gzip: bool,
}

impl Outcome {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body, shape: Shape::Whole, gzip: false }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: 201, ..Self::ok(body) }
    }

    pub(super) fn error(status: u16, why: &str) -> Self {
        Self { status, ..Self::ok(serde_json::json!({ "error": why })) }
    }

    pub(super) fn chunked(self) -> Self {
        Self { shape: Shape::Chunked, ..self }
    }

    pub(super) fn gzip(self) -> Self {
        Self { gzip: true, ..self }
    }

    pub(super) fn into_response(self, accepts_gzip: bool) -> Result<Response<Payload>, hyper::http::Error> {
        let mut response = Response::builder().status(self.status);
        if self.status == 204 {
            return response.body(Payload::default());
        }
        response = response.header(header::CONTENT_TYPE, "application/json");
        let mut bytes = self.body.to_string().into_bytes();
        if self.gzip && accepts_gzip {
            response = response.header(header::CONTENT_ENCODING, "gzip");
            bytes = gzip(&bytes);
        }
        response.body(match self.shape {
            Shape::Whole => Payload::whole(bytes),
            Shape::Chunked => Payload::chunked(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_authorization(value: &str) -> Inbound {
        Inbound {
            client: ([127, 0, 0, 1], 1).into(),
            trace: Trace { id: "0".repeat(32) },
            authorization: Some(value.into()),
            forwarded_for: None,
            accepts_gzip: false,
            method: Method::GET,
            uri: Uri::from_static("/search?q=lamp&page=2"),
            body: Bytes::new(),
        }
    }

    #[test]
    fn identities_are_read_from_basic_and_jwt() {
        let basic = format!("Basic {}", STANDARD.encode("ada:secret"));
        assert_eq!(with_authorization(&basic).identity().as_deref(), Some("ada"));
        let jwt = format!("Bearer e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"sub":"c-7"}"#));
        assert_eq!(with_authorization(&jwt).identity().as_deref(), Some("c-7"));
        assert_eq!(with_authorization("Bearer nonsense").identity(), None);
    }

    #[test]
    fn a_trace_keeps_its_id_and_changes_its_span() {
        let trace = Trace::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(Trace::parse(&trace.next_span()).unwrap(), trace);
        assert_eq!(Trace::parse("00-short-1-01"), None);
    }

    #[test]
    fn query_values_are_found_by_name() {
        assert_eq!(with_authorization("").query("page"), Some("2"));
        assert_eq!(with_authorization("").query("size"), None);
    }
}
