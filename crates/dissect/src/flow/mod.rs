//! Conversations: who talks to whom, until when, and in which packets.

mod detail;
mod direction;
mod entry;
mod history;
mod key;
mod listening;
mod ports;
mod span;
mod table;
mod timers;

pub(crate) use detail::Detail;
pub(crate) use history::History;
pub use listening::Listening;
pub(crate) use table::{Flows, Message, Seen};

use std::sync::Arc;

use crate::app::HttpReading;
use crate::figures::LimitsHit;
use crate::limits::Limits;
use crate::record::{BodyRequest, Sink};

/// Where records go, and what they are bounded by.
pub(crate) struct Outlet<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) limits: &'a Limits,
    pub(crate) hits: &'a mut LimitsHit,
    /// Set when one body is to be kept.
    pub(crate) body: Option<BodyRequest>,
    /// Set when every packet is to be told of.
    pub(crate) detail: Option<&'a mut Detail>,
    pub(crate) http: &'a Arc<HttpReading>,
}
