//! One direction of a connection: its frames, its header blocks, its decoder.

use crate::record::Side;

use super::frame::{FrameHeader, Kind};
use super::hpack::Decoder;
use super::reader::{MAX_PAYLOAD_READ, Reader};
use super::settings::Settings;

#[derive(Debug)]
pub(super) struct Direction {
    pub reader: Reader,
    pub decoder: Decoder,
    /// A header block whose end has not come.
    pub block: Option<Block>,
    /// It was said that the decoder's table is too large to be remembered.
    pub told_of_table: bool,
}

/// A header block as far as it has come.
#[derive(Debug)]
pub(super) struct Block {
    /// The stream that it is sent on.
    pub stream: u32,
    pub purpose: Purpose,
    pub bytes: Vec<u8>,
    pub started_ns: i64,
    /// It is longer than what is read.
    pub is_too_long: bool,
}

/// What a header block is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The head or the trailers of a message.
    Message { ends_stream: bool },
    /// A request that the server makes in the client's place (RFC 9113 §8.4).
    Promise { stream: u32 },
}

impl Direction {
    pub(super) fn from_start(side: Side) -> Self {
        Self { reader: Reader::from_start(side), decoder: Decoder::default(), block: None, told_of_table: false }
    }

    pub(super) fn mid_stream(side: Side) -> Self {
        let mut direction = Self { reader: Reader::mid_stream(side), ..Self::from_start(side) };
        direction.decoder.lose();
        direction.decoder.allow_any_size();
        direction
    }

    /// What the receiver allows was said where it is not read.
    pub(super) fn allow_any_size(&mut self) {
        self.reader.allow_any_size();
        self.decoder.allow_any_size();
    }

    /// The receiver announces what it allows.
    pub(super) fn allow(&mut self, settings: &Settings) {
        if let Some(size) = settings.header_table_size {
            self.decoder.allow_size(size);
        }
        if let Some(bytes) = settings.max_payload {
            self.reader.allow_payload(bytes);
        }
    }

    /// Part of this direction was not seen or makes no sense: neither frames nor fields go on from here.
    pub(super) fn lose(&mut self) {
        self.decoder.lose();
        self.block = None;
    }
}

impl Block {
    pub(super) fn new(header: &FrameHeader, purpose: Purpose, content: &[u8], started_ns: i64) -> Self {
        Self { stream: header.stream, purpose, bytes: content.to_vec(), started_ns, is_too_long: false }
    }

    /// Adds the content of a CONTINUATION frame.
    pub(super) fn add(&mut self, content: &[u8]) {
        if self.bytes.len() + content.len() > MAX_PAYLOAD_READ {
            self.bytes = Vec::new();
            self.is_too_long = true;
        } else if !self.is_too_long {
            self.bytes.extend_from_slice(content);
        }
    }

    /// Nothing may come between the frames of a block (RFC 9113 §6.10).
    pub(super) fn goes_on_with(&self, header: &FrameHeader) -> bool {
        header.kind == Kind::Continuation && header.stream == self.stream
    }
}
