//! HTTP/1.x (RFC 9112): one row per exchange.
//!
//! [`reader`] cuts a direction into heads and bodies, [`head`], [`fields`], [`target`] and [`framing`] read a head,
//! [`request`] and [`response`] turn heads into rows, [`known`] spares reading the same head twice, [`secrets`] keeps credentials out of them, and [`conversation`]
//! pairs what the two directions say.

mod chunked;
mod conversation;
mod exchange;
mod fields;
mod framing;
mod head;
mod health;
mod identity;
mod kept;
mod known;
mod leaving;
mod options;
mod outstanding;
mod proxies;
mod reader;
mod request;
mod response;
mod secrets;
mod simple;
mod target;

#[cfg(test)]
mod conversation_tests;
#[cfg(test)]
mod property_tests;

use std::borrow::Cow;

pub(crate) use conversation::{Conversation, RestingConversation};
pub(crate) use head::probe;
pub use options::HttpOptions;
pub(crate) use options::HttpReading;
pub use proxies::{NetworkError, TrustedProxies};
pub(crate) use simple::{SimpleExchange, is_simple_request};
pub(crate) use target::{host_name, percent_decoded};

// What HTTP/2 has in common with HTTP/1: rows, and what is read from fields.
pub(in crate::app) use exchange::{Asked, Pending};
pub(in crate::app) use fields::Field;
pub(in crate::app) use health::Health;
pub(in crate::app) use kept::KeptBody;
pub(in crate::app) use leaving::{Departure, H2C, TUNNEL};
pub(in crate::app) use request::{RequestFields, set_once};
pub(in crate::app) use response::ResponseFields;
pub(in crate::app) use target::{before_query, without_login};

/// A field line that may hold anything is left out of the row.
pub(in crate::app) const NAMELESS: &str = "malformed: a field line has no name";

/// Adds `name: value` to a block of field lines.
fn push_line(block: &mut String, name: &str, value: &str) {
    if !block.is_empty() {
        block.push('\n');
    }
    block.extend([name, ": ", value]);
}

/// A head as text. Old senders use Latin-1; what is not UTF-8 is shown as U+FFFD.
fn text(head: &[u8]) -> Cow<'_, str> {
    // Checking whole heads is several times faster than converting them.
    std::str::from_utf8(head).map_or_else(|_| String::from_utf8_lossy(head), Cow::Borrowed)
}
