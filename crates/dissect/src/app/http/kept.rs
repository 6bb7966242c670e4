//! The one body that somebody asked for.

use crate::record::{Body, BodyRequest, Side, Sink};

use super::exchange::Pending;

/// Collects a body up to its limit.
pub(in crate::app) struct KeptBody {
    wanted: BodyRequest,
    bytes: Vec<u8>,
    truncated: bool,
}

impl KeptBody {
    pub(in crate::app) fn new(wanted: BodyRequest) -> Self {
        Self { wanted, bytes: Vec::new(), truncated: false }
    }

    /// Keeps a piece if it belongs to the wanted body.
    pub(in crate::app) fn take(&mut self, ordinal: u32, side: Side, piece: &[u8]) {
        if self.wanted.ordinal == ordinal && self.wanted.side == side {
            let room = self.wanted.limit_bytes - self.bytes.len();
            self.truncated |= piece.len() > room;
            self.bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }

    /// Hands the body over when `pending`, which is over, is the wanted exchange.
    pub(in crate::app) fn deliver(&mut self, pending: &Pending, sink: &mut dyn Sink) {
        let record = &pending.record;
        if self.wanted.ordinal != record.ordinal {
            return;
        }
        let (half, content_encoding, content_type) = match self.wanted.side {
            Side::Client => (pending.request, &record.request_content_encoding, &pending.request_content_type),
            Side::Server => (pending.response, &record.response_content_encoding, &record.content_type),
        };
        sink.body(Body {
            bytes: std::mem::take(&mut self.bytes),
            truncated: self.truncated || half.broken,
            content_encoding: content_encoding.as_deref().map(str::to_owned),
            content_type: content_type.as_deref().map(str::to_owned),
        });
    }
}
