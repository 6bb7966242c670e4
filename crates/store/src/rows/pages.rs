//! Shapes of exchanges: what most exchanges of a client have in common, kept once and named by number.
//!
//! Method, host, user agent and the like repeat from exchange to exchange. Kept as text in every row they cost three quarters of the time
//! and most of the size of a row.

use std::hash::BuildHasher;

use foldhash::{HashMap, fast::RandomState};
use wirereel_dissect::record::HttpExchange;

use super::HttpShapes;

/// Shapes that are recognised again. An import that meets more, such as one with a host per customer, forgets those it knew and gives
/// later exchanges new numbers: rows stay right, only larger.
const MOST_KNOWN: usize = 1 << 16;

/// What an exchange has in common with others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape<'a> {
    method: Option<&'a str>,
    scheme: &'a str,
    host: Option<&'a str>,
    request_content_encoding: Option<&'a str>,
    response_content_encoding: Option<&'a str>,
    content_type: Option<&'a str>,
    user_agent: Option<&'a str>,
    identity_kind: Option<&'static str>,
}

/// A shape that owns its text.
#[derive(Debug)]
struct Known {
    method: Option<Box<str>>,
    scheme: Box<str>,
    host: Option<Box<str>>,
    request_content_encoding: Option<Box<str>>,
    response_content_encoding: Option<Box<str>>,
    content_type: Option<Box<str>>,
    user_agent: Option<Box<str>>,
    identity_kind: Option<&'static str>,
    number: i32,
}

/// Gives exchanges the number of their shape. Lives on the dissecting thread; new shapes become rows of the batch they are met in.
#[derive(Debug, Default)]
pub(super) struct ShapeTable {
    hasher: RandomState,
    by_hash: HashMap<u64, Vec<Known>>,
    known: usize,
    next: i32,
}

impl ShapeTable {
    /// A table that gives numbers from `next` on.
    pub(super) fn starting(next: i32) -> Self {
        Self { next, ..Self::default() }
    }

    /// The number the next new shape gets.
    pub(super) fn next(&self) -> i32 {
        self.next
    }

    /// The number of an exchange's shape; a new one is appended to `rows`.
    pub(super) fn number(&mut self, exchange: &HttpExchange, rows: &mut HttpShapes) -> i32 {
        let shape = Shape::of(exchange);
        let hash = self.hasher.hash_one(&shape);
        if let Some(known) = self.by_hash.get(&hash).and_then(|same| same.iter().find(|known| known.shape() == shape)) {
            return known.number;
        }
        if self.known >= MOST_KNOWN {
            self.by_hash.clear();
            self.known = 0;
        }
        let number = self.next;
        self.next += 1;
        self.known += 1;
        shape.push(number, rows);
        self.by_hash.entry(hash).or_default().push(shape.owned(number));
        number
    }
}

impl<'a> Shape<'a> {
    fn of(exchange: &'a HttpExchange) -> Self {
        Self {
            method: exchange.method.as_deref(),
            scheme: exchange.scheme,
            host: exchange.host.as_deref(),
            request_content_encoding: exchange.request_content_encoding.as_deref(),
            response_content_encoding: exchange.response_content_encoding.as_deref(),
            content_type: exchange.content_type.as_deref(),
            user_agent: exchange.user_agent.as_deref(),
            identity_kind: exchange.identity_kind.map(|kind| kind.name()),
        }
    }

    fn owned(&self, number: i32) -> Known {
        let text = |text: Option<&str>| text.map(Box::from);
        Known {
            method: text(self.method),
            scheme: self.scheme.into(),
            host: text(self.host),
            request_content_encoding: text(self.request_content_encoding),
            response_content_encoding: text(self.response_content_encoding),
            content_type: text(self.content_type),
            user_agent: text(self.user_agent),
            identity_kind: self.identity_kind,
            number,
        }
    }

    fn push(&self, number: i32, rows: &mut HttpShapes) {
        rows.shape_id.append_value(number);
        rows.method.append_option(self.method);
        rows.scheme.append_value(self.scheme);
        rows.host.append_option(self.host);
        rows.request_content_encoding.append_option(self.request_content_encoding);
        rows.response_content_encoding.append_option(self.response_content_encoding);
        rows.content_type.append_option(self.content_type);
        rows.user_agent.append_option(self.user_agent);
        rows.identity_kind.append_option(self.identity_kind);
    }
}

impl Known {
    fn shape(&self) -> Shape<'_> {
        Shape {
            method: self.method.as_deref(),
            scheme: &self.scheme,
            host: self.host.as_deref(),
            request_content_encoding: self.request_content_encoding.as_deref(),
            response_content_encoding: self.response_content_encoding.as_deref(),
            content_type: self.content_type.as_deref(),
            user_agent: self.user_agent.as_deref(),
            identity_kind: self.identity_kind,
        }
    }
}
