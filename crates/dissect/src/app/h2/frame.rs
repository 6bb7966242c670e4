//! Frames: the nine bytes before each payload, and what surrounds a payload's content (RFC 9113 §4, §6).

use crate::record::Side;

pub(super) const HEADER_BYTES: usize = 9;

/// The longest payload unless the receiver allows more (RFC 9113 §4.2).
pub(super) const INITIAL_MAX_PAYLOAD: u32 = 16_384;

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Headers,
    Priority,
    RstStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// An extension; receivers step over it (RFC 9113 §5.5).
    Other,
}

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The start of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// Bytes of payload.
    pub length: u32,
    pub kind: Kind,
    flags: u8,
    /// 0 for the connection as a whole.
    pub stream: u32,
    /// The bit before the stream, which senders leave 0.
    is_reserved_bit_set: bool,
}

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("connection preface expected, found other bytes")]
    NoPreface,
    #[error("frame of {found} bytes where {allowed} are allowed")]
    TooLong { found: u32, allowed: u32 },
    #[error("{kind:?} frame of {found} bytes")]
    Length { kind: Kind, found: u32 },
    #[error("{kind:?} frame on stream {stream}")]
    Stream { kind: Kind, stream: u32 },
    #[error("padding is longer than its frame")]
    Padding,
}

impl FrameHeader {
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = *bytes;
        let stream = u32::from_be_bytes(stream);
        let kind = match kind {
            0 => Kind::Data,
            1 => Kind::Headers,
            2 => Kind::Priority,
            3 => Kind::RstStream,
            4 => Kind::Settings,
            5 => Kind::PushPromise,
            6 => Kind::Ping,
            7 => Kind::GoAway,
            8 => Kind::WindowUpdate,
            9 => Kind::Continuation,
            _ => Kind::Other,
        };
        Self {
            length: u32::from_be_bytes([0, a, b, c]),
            kind,
            flags,
            stream: stream & 0x7fff_ffff,
            is_reserved_bit_set: stream >> 31 == 1,
        }
    }

    /// The last frame that carries a message.
    pub(super) fn ends_stream(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Headers) && self.flags & END_STREAM != 0
    }

    /// The last frame of a header block.
    pub(super) fn ends_headers(&self) -> bool {
        self.flags & END_HEADERS != 0
    }

    pub(super) fn is_ack(&self) -> bool {
        self.flags & ACK != 0
    }

    pub(super) fn is_padded(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Headers | Kind::PushPromise) && self.flags & PADDED != 0
    }

    /// Whether a receiver would take this frame (RFC 9113 §6).
    pub(super) fn check(&self) -> Result<(), FrameError> {
        let Self { length, kind, stream, .. } = *self;
        let right_length = match kind {
            Kind::Priority => length == 5,
            Kind::RstStream | Kind::WindowUpdate => length == 4,
            Kind::Settings => length.is_multiple_of(6) && (length == 0 || !self.is_ack()),
            Kind::PushPromise => length >= 4,
            Kind::Ping => length == 8,
            Kind::GoAway => length >= 8,
            Kind::Data | Kind::Headers | Kind::Continuation | Kind::Other => true,
        };
        let right_stream = match kind {
            Kind::Settings | Kind::Ping | Kind::GoAway => stream == 0,
            Kind::WindowUpdate | Kind::Other => true,
            _ => stream != 0,
        };
        if !right_length {
            return Err(FrameError::Length { kind, found: length });
        }
        if right_stream { Ok(()) } else { Err(FrameError::Stream { kind, stream }) }
    }

    /// Whether an ordinary sender would send this frame, which few other bytes look like.
    pub(super) fn is_plausible(&self, side: Side, max_payload: u32, max_stream: u32) -> bool {
        let flags = match self.kind {
            Kind::Data => END_STREAM | PADDED,
            Kind::Headers => END_STREAM | END_HEADERS | PADDED | PRIORITY,
            Kind::Settings | Kind::Ping => ACK,
            Kind::PushPromise => END_HEADERS | PADDED,
            Kind::Continuation => END_HEADERS,
            Kind::Priority | Kind::RstStream | Kind::GoAway | Kind::WindowUpdate => 0,
            Kind::Other => return false,
        };
        let is_senders = match self.kind {
            Kind::PushPromise => side == Side::Server,
            // A client's requests have odd streams, and it sends nothing on promised ones.
            Kind::Data | Kind::Headers => side == Side::Server || self.stream % 2 == 1,
            _ => true,
        };
        let says_something = match self.kind {
            Kind::Data => self.length > 0 || self.ends_stream(),
            Kind::Headers => self.length > 0,
            _ => true,
        };
        !self.is_reserved_bit_set
            && self.length <= max_payload
            && self.stream <= max_stream
            && self.flags & !flags == 0
            && is_senders
            && says_something
            && self.check().is_ok()
    }

    /// A payload of HEADERS or PUSH_PROMISE without padding and priority (RFC 9113 §6.2, §6.6).
    pub(super) fn content<'a>(&self, payload: &'a [u8]) -> Result<&'a [u8], FrameError> {
        let mut content = payload;
        if self.is_padded() {
            let (padding, rest) = payload.split_first().ok_or(FrameError::Padding)?;
            content =
                rest.len().checked_sub(usize::from(*padding)).map(|end| &rest[..end]).ok_or(FrameError::Padding)?;
        }
        if self.kind == Kind::Headers && self.flags & PRIORITY != 0 {
            content = content.get(5..).ok_or(FrameError::Length { kind: self.kind, found: self.length })?;
        }
        Ok(content)
    }
}

/// The four bytes at `at` as a number, or 0 where the payload ends before.
pub(super) fn number_at(payload: &[u8], at: usize) -> u32 {
    payload.get(at..at + 4).map_or(0, |bytes| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// The name of an error code (RFC 9113 §7).
pub(super) fn error_name(code: u32) -> &'static str {
    match code {
        0x0 => "NO_ERROR",
        0x1 => "PROTOCOL_ERROR",
        0x2 => "INTERNAL_ERROR",
        0x3 => "FLOW_CONTROL_ERROR",
        0x4 => "SETTINGS_TIMEOUT",
        0x5 => "STREAM_CLOSED",
        0x6 => "FRAME_SIZE_ERROR",
        0x7 => "REFUSED_STREAM",
        0x8 => "CANCEL",
        0x9 => "COMPRESSION_ERROR",
        0xa => "CONNECT_ERROR",
        0xb => "ENHANCE_YOUR_CALM",
        0xc => "INADEQUATE_SECURITY",
        0xd => "HTTP_1_1_REQUIRED",
        _ => "unknown code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(length: u32, kind: u8, flags: u8, stream: u32) -> FrameHeader {
        let [_, a, b, c] = length.to_be_bytes();
        let [d, e, f, g] = stream.to_be_bytes();
        FrameHeader::parse(&[a, b, c, kind, flags, d, e, f, g])
    }

    #[test]
    fn a_frame_starts_with_length_kind_flags_and_stream_rfc_9113_4_1() {
        let headers = header(0x01_0203, 1, END_STREAM | END_HEADERS, 0x8000_0005);
        assert_eq!((headers.length, headers.kind, headers.stream), (66_051, Kind::Headers, 5));
        assert!(headers.ends_stream() && headers.ends_headers() && !headers.is_padded());
        assert!(!header(8, 6, ACK, 0).ends_stream(), "the same bit is ACK for a PING");
    }

    #[test]
    fn padding_and_priority_surround_the_content_rfc_9113_6_2() {
        let content = |flags, payload: &'static [u8]| header(payload.len() as u32, 1, flags, 1).content(payload);
        assert_eq!(content(0, b"abc"), Ok(&b"abc"[..]));
        assert_eq!(content(PADDED, b"\x02abc\0\0"), Ok(&b"abc"[..]));
        assert_eq!(content(PADDED | PRIORITY, b"\x01\0\0\0\x03\x10abc\0"), Ok(&b"abc"[..]));
        assert_eq!(content(PADDED, b"\x03\0\0"), Err(FrameError::Padding));
        assert_eq!(content(PADDED, b""), Err(FrameError::Padding));
        assert_eq!(content(PRIORITY, b"\0\0\0"), Err(FrameError::Length { kind: Kind::Headers, found: 3 }));
    }

    #[test]
    fn what_is_wrong_with_a_frame_is_named() {
        assert_eq!(header(3, 3, 0, 1).check().unwrap_err().to_string(), "RstStream frame of 3 bytes");
        assert_eq!(header(6, 4, 0, 1).check().unwrap_err().to_string(), "Settings frame on stream 1");
        assert_eq!(header(6, 4, ACK, 0).check(), Err(FrameError::Length { kind: Kind::Settings, found: 6 }));
        assert_eq!(header(1, 0, 0, 0).check(), Err(FrameError::Stream { kind: Kind::Data, stream: 0 }));
    }

    #[test]
    fn frames_that_nobody_would_send_are_not_plausible() {
        let plausible = |header: FrameHeader, side| header.is_plausible(side, 16_384, 100);
        assert!(plausible(header(5, 0, 1, 3), Side::Client));
        assert!(plausible(header(0, 0, 1, 3), Side::Server));
        for (unlikely, side) in [
            (header(5, 0, 0x10, 3), Side::Client),
            (header(5, 0, 0, 4), Side::Client),
            (header(0, 0, 0, 3), Side::Server),
            (header(5, 0, 0, 101), Side::Server),
            (header(5, 0, 0, 0x8000_0003), Side::Server),
            (header(16_385, 0, 0, 3), Side::Server),
            (header(8, 5, 4, 3), Side::Client),
            (header(5, 0x20, 0, 3), Side::Server),
        ] {
            assert!(!plausible(unlikely, side), "{unlikely:?}");
        }
    }
}
