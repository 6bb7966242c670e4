//! The texts of exchanges that may repeat.

use std::sync::Arc;

use wirereel_dissect::record::{HttpExchange, Protocol};

use super::{Place, dates::Dated, remembered::Known};
use crate::rows::{HttpPages, push};

/// The short texts of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    protocol: Protocol,
    method: Option<Arc<str>>,
    scheme: &'static str,
    host: Option<Arc<str>>,
    request_content_encoding: Option<Arc<str>>,
    response_content_encoding: Option<Arc<str>>,
    content_type: Option<Arc<str>>,
    user_agent: Option<Arc<str>>,
    identity_kind: Option<&'static str>,
}

/// All texts of an exchange that may repeat.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    shape: Shape,
    target: Option<Arc<str>>,
    path: Option<Arc<str>>,
    status: Option<u16>,
    request_headers: Arc<str>,
    /// With a mark instead of its date.
    response_headers: Arc<str>,
    complete: bool,
    error: Option<String>,
    known: Known,
}

/// A response's fields as its page has them, and the date that is left.
pub(super) struct Texts {
    pub(super) response_headers: Arc<str>,
    pub(super) date_s: Option<i64>,
}

impl Texts {
    pub(super) fn of(exchange: &HttpExchange, dated: Option<Dated>) -> Self {
        match dated {
            Some(Dated { block, date_s }) => Self { response_headers: block, date_s: Some(date_s) },
            None => Self { response_headers: Arc::clone(&exchange.response_headers), date_s: None },
        }
    }
}

/// Whether a row can tell a date by its distance from the response.
pub(super) fn is_near(exchange: &HttpExchange, date_s: i64) -> bool {
    let responded_s = exchange.response_ns.unwrap_or(exchange.started_ns).div_euclid(1_000_000_000);
    i32::try_from(date_s.saturating_sub(responded_s)).is_ok()
}

/// Bytes of both bodies.
pub(super) fn sizes(exchange: &HttpExchange) -> [u64; 2] {
    [exchange.request_body_bytes, exchange.response_body_bytes]
}

impl Shape {
    pub(super) fn of(exchange: &HttpExchange) -> Self {
        Self {
            protocol: exchange.protocol,
            method: exchange.method.clone(),
            scheme: exchange.scheme,
            host: exchange.host.clone(),
            request_content_encoding: exchange.request_content_encoding.clone(),
            response_content_encoding: exchange.response_content_encoding.clone(),
            content_type: exchange.content_type.clone(),
            user_agent: exchange.user_agent.clone(),
            identity_kind: exchange.identity_kind.map(|kind| kind.name()),
        }
    }

    pub(super) fn is_of(&self, exchange: &HttpExchange) -> bool {
        self.protocol == exchange.protocol
            && self.method == exchange.method
            && self.scheme == exchange.scheme
            && self.host == exchange.host
            && self.request_content_encoding == exchange.request_content_encoding
            && self.response_content_encoding == exchange.response_content_encoding
            && self.content_type == exchange.content_type
            && self.user_agent == exchange.user_agent
            && self.identity_kind == exchange.identity_kind.map(|kind| kind.name())
    }

    pub(super) fn push(&self, page: i32, rows: &mut HttpPages) {
        rows.page_id.append_value(page);
        rows.protocol.append_option(push::code_of(self.protocol));
        rows.method.append_option(self.method.as_deref());
        rows.scheme.append_value(self.scheme);
        rows.host.append_option(self.host.as_deref());
        rows.request_content_encoding.append_option(self.request_content_encoding.as_deref());
        rows.response_content_encoding.append_option(self.response_content_encoding.as_deref());
        rows.content_type.append_option(self.content_type.as_deref());
        rows.user_agent.append_option(self.user_agent.as_deref());
        rows.identity_kind.append_option(self.identity_kind);
    }
}

impl Whole {
    pub(super) fn of(exchange: &HttpExchange, response_headers: Arc<str>, known: Known) -> Self {
        Self {
            shape: Shape::of(exchange),
            target: exchange.target.clone(),
            path: exchange.path.clone(),
            status: exchange.status,
            request_headers: Arc::clone(&exchange.request_headers),
            response_headers,
            complete: exchange.complete,
            error: exchange.error.clone(),
            known,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place { page: self.known.page, whole: Some(self.known.body_bytes), date_s: None }
    }

    pub(super) fn is_of(&self, exchange: &HttpExchange, response_headers: &Arc<str>) -> bool {
        self.request_headers == exchange.request_headers
            && self.response_headers == *response_headers
            && self.target == exchange.target
            && self.path == exchange.path
            && (self.status, self.complete) == (exchange.status, exchange.complete)
            && self.error == exchange.error
            && self.shape.is_of(exchange)
    }

    pub(super) fn push(&self, exchange: &HttpExchange, rows: &mut HttpPages) {
        self.shape.push(self.known.page, rows);
        rows.target.append_option(self.target.as_deref());
        rows.decoded_target.append_option(exchange.decoded_target());
        rows.path.append_option(push::path_unless_plain(exchange));
        rows.status.append_option(self.status);
        rows.request_headers.append_value(&self.request_headers);
        rows.response_headers.append_value(&self.response_headers);
        rows.request_body_bytes.append_value(self.known.body_bytes[0]);
        rows.response_body_bytes.append_value(self.known.body_bytes[1]);
        rows.complete.append_value(self.complete);
        rows.error.append_option(self.error.as_deref());
    }
}
