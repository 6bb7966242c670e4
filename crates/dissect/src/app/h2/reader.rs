//! Cuts one direction of a connection into frames.
//!
//! The content of DATA passes through by reference; any other payload is buffered only when it is spread over segments.

use std::borrow::Cow;

use crate::record::Side;

use super::adrift::Adrift;
use super::boundary::Plausible;
use super::frame::{FrameError, FrameHeader, HEADER_BYTES, INITIAL_MAX_PAYLOAD, Kind};

/// What a client sends first (RFC 9113 §3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The longest payload that is read as a whole. Header blocks above it are not decoded; it is what HTTP/1 allows a head.
pub(super) const MAX_PAYLOAD_READ: usize = 64 * 1024;

/// Streams that may be new since the thread was lost.
const NEW_STREAMS: u32 = 10_000;

/// What came next in this direction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// Any frame but DATA.
    Frame {
        header: FrameHeader,
        payload: Cow<'a, [u8]>,
        /// Its first byte.
        started_ns: i64,
    },
    /// A frame whose payload is too long to be read and is stepped over.
    TooLong { header: FrameHeader, started_ns: i64 },
    /// Some content of a DATA frame.
    Data { stream: u32, bytes: &'a [u8] },
    /// A DATA frame is over.
    DataEnd { stream: u32, ends_stream: bool },
    /// The bytes make no sense here. What follows is only read from the next plausible frame on.
    Broken(FrameError),
}

/// What lost bytes did to a direction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// They were `bytes` of a stream's content and some padding, or nothing that is read; the reader knows where it is.
    Inside { stream: u32, bytes: u64 },
    /// The thread is lost. `bytes` of the loss belonged to the content of a stream.
    Beyond { stream: u32, bytes: u64 },
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Reader {
    side: Side,
    state: State,
    /// The largest payload that the receiver has allowed; `None` when it was not seen to say.
    max_payload: Option<u32>,
}

#[derive(Debug)]
enum State {
    Preface {
        matched: usize,
    },
    Header {
        bytes: [u8; HEADER_BYTES],
        have: usize,
        started_ns: i64,
    },
    Payload {
        header: FrameHeader,
        started_ns: i64,
        buffer: Vec<u8>,
    },
    PaddingLength {
        header: FrameHeader,
    },
    Data {
        header: FrameHeader,
        left: u32,
        padding: u32,
    },
    Skip {
        left: u32,
    },
    /// The thread is lost.
    Adrift(Adrift),
    Stopped,
}

const NEXT_FRAME: State = State::Header { bytes: [0; HEADER_BYTES], have: 0, started_ns: 0 };

impl Reader {
    /// A direction that is read from its first byte on.
    pub(super) fn from_start(side: Side) -> Self {
        let state = if side == Side::Client { State::Preface { matched: 0 } } else { NEXT_FRAME };
        Self { side, state, max_payload: Some(INITIAL_MAX_PAYLOAD) }
    }

    /// A direction that began before the capture.
    pub(super) fn mid_stream(side: Side) -> Self {
        Self { side, state: State::Adrift(Adrift::default()), max_payload: None }
    }

    /// The receiver's settings are unknown: any size of frame may be allowed.
    pub(super) fn allow_any_size(&mut self) {
        self.max_payload = None;
    }

    /// The receiver announces SETTINGS_MAX_FRAME_SIZE. When the sender learns of it cannot be seen, so the largest counts.
    pub(super) fn allow_payload(&mut self, bytes: u32) {
        self.max_payload = self.max_payload.map(|before| before.max(bytes));
    }

    pub(super) fn is_adrift(&self) -> bool {
        matches!(self.state, State::Adrift(_))
    }

    /// Nothing more is read.
    pub(super) fn stop(&mut self) {
        self.state = State::Stopped;
    }

    /// Drops the thread: the next plausible frame takes it up.
    pub(super) fn lose(&mut self) {
        self.state = State::Adrift(Adrift::default());
    }

    /// Takes the next item off the front of `input`. `None` when `input` is used up, or when [`Self::find`] is next.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8], at_ns: i64) -> Option<Item<'a>> {
        loop {
            match &mut self.state {
                State::Preface { matched } => {
                    let expected = &PREFACE[*matched..];
                    let here = expected.len().min(input.len());
                    if input[..here] != expected[..here] {
                        return Some(self.broken(FrameError::NoPreface));
                    }
                    *input = &input[here..];
                    *matched += here;
                    if *matched < PREFACE.len() {
                        return None;
                    }
                    self.state = NEXT_FRAME;
                }
                State::Header { bytes, have, started_ns } => {
                    if input.is_empty() {
                        return None;
                    }
                    if *have == 0 {
                        *started_ns = at_ns;
                    }
                    let here = (HEADER_BYTES - *have).min(input.len());
                    bytes[*have..*have + here].copy_from_slice(&input[..here]);
                    *input = &input[here..];
                    *have += here;
                    if *have < HEADER_BYTES {
                        return None;
                    }
                    let (header, started_ns) = (FrameHeader::parse(bytes), *started_ns);
                    if let Some(item) = self.begin(header, started_ns) {
                        return Some(item);
                    }
                }
                State::Payload { header, started_ns, buffer } => {
                    let (header, started_ns, length) = (*header, *started_ns, header.length as usize);
                    let here = (length - buffer.len()).min(input.len());
                    let (payload, rest) = input.split_at(here);
                    *input = rest;
                    let payload = if here == length {
                        Cow::Borrowed(payload)
                    } else {
                        buffer.extend_from_slice(payload);
                        if buffer.len() < length {
                            return None;
                        }
                        Cow::Owned(std::mem::take(buffer))
                    };
                    self.state = NEXT_FRAME;
                    return Some(Item::Frame { header, payload, started_ns });
                }
                State::PaddingLength { header } => {
                    let header = *header;
                    let (padding, rest) = input.split_first()?;
                    *input = rest;
                    let padding = u32::from(*padding);
                    let Some(left) = (header.length - 1).checked_sub(padding) else {
                        return Some(self.broken(FrameError::Padding));
                    };
                    self.state = State::Data { header, left, padding };
                }
                State::Data { header, left: 0, padding: 0 } => {
                    let end = Item::DataEnd { stream: header.stream, ends_stream: header.ends_stream() };
                    self.state = NEXT_FRAME;
                    return Some(end);
                }
                State::Data { padding, left: 0, .. } => {
                    take(input, padding)?;
                }
                State::Data { header, left, .. } => {
                    let bytes = take(input, left)?;
                    return Some(Item::Data { stream: header.stream, bytes });
                }
                State::Skip { left: 0 } => self.state = NEXT_FRAME,
                State::Skip { left } => {
                    take(input, left)?;
                }
                State::Adrift(_) => return None,
                State::Stopped => {
                    *input = &[];
                    return None;
                }
            }
        }
    }

    /// After the thread was lost: where in `input`, or in what came before it and `input`, frames begin again.
    /// `max_seen` is the highest stream known; `None` when none is.
    pub(super) fn find<'a>(&mut self, input: &'a [u8], max_seen: Option<u32>) -> Option<Cow<'a, [u8]>> {
        let plausible = Plausible {
            side: self.side,
            max_payload: self.max_payload.unwrap_or(INITIAL_MAX_PAYLOAD),
            max_stream: max_seen.map_or(u32::MAX, |seen| seen.saturating_add(NEW_STREAMS)),
        };
        let State::Adrift(adrift) = &mut self.state else { return None };
        let found = adrift.find(input, plausible)?;
        self.state = NEXT_FRAME;
        Some(found)
    }

    /// `missed` bytes were sent and never captured.
    pub(super) fn gap(&mut self, missed: u64) -> Loss {
        let (stream, bytes) = match &mut self.state {
            State::Data { header, left, padding } if u64::from(*left) + u64::from(*padding) >= missed => {
                let bytes = missed.min(u64::from(*left));
                *left -= bytes as u32;
                *padding -= (missed - bytes) as u32;
                return Loss::Inside { stream: header.stream, bytes };
            }
            State::Skip { left } if u64::from(*left) >= missed => {
                *left -= missed as u32;
                return Loss::Inside { stream: 0, bytes: 0 };
            }
            State::Data { header, left, .. } => (header.stream, u64::from(*left)),
            _ => (0, 0),
        };
        if !matches!(self.state, State::Stopped) {
            self.lose();
        }
        Loss::Beyond { stream, bytes }
    }

    /// Looks at a frame's header. Gives an item when its payload is not needed for one.
    fn begin<'a>(&mut self, header: FrameHeader, started_ns: i64) -> Option<Item<'a>> {
        let allowed = self.max_payload.unwrap_or(u32::MAX);
        if header.length > allowed {
            return Some(self.broken(FrameError::TooLong { found: header.length, allowed }));
        }
        if let Err(error) = header.check() {
            return Some(self.broken(error));
        }
        self.state = match header.kind {
            Kind::Data if header.is_padded() && header.length == 0 => return Some(self.broken(FrameError::Padding)),
            Kind::Data if header.is_padded() => State::PaddingLength { header },
            Kind::Data => State::Data { header, left: header.length, padding: 0 },
            Kind::Other => State::Skip { left: header.length },
            _ if header.length as usize > MAX_PAYLOAD_READ => {
                self.state = State::Skip { left: header.length };
                return Some(Item::TooLong { header, started_ns });
            }
            _ => State::Payload { header, started_ns, buffer: Vec::new() },
        };
        None
    }

    fn broken<'a>(&mut self, error: FrameError) -> Item<'a> {
        self.lose();
        Item::Broken(error)
    }
}

/// Takes up to `left` bytes off the front of `input`; `None` when it is empty.
fn take<'a>(input: &mut &'a [u8], left: &mut u32) -> Option<&'a [u8]> {
    if input.is_empty() {
        return None;
    }
    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    let (taken, rest) = input.split_at(here);
    *input = rest;
    *left -= here as u32;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::h2::testing::{data, frame};

    fn items(reader: &mut Reader, mut input: &[u8]) -> Vec<String> {
        std::iter::from_fn(|| reader.next(&mut input, 0))
            .map(|item| match item {
                Item::Frame { header, payload, .. } => format!("{:?} {} {:?}", header.kind, header.stream, &*payload),
                Item::TooLong { header, .. } => format!("too long {:?}", header.kind),
                Item::Data { stream, bytes } => format!("data {stream} {}", String::from_utf8_lossy(bytes)),
                Item::DataEnd { stream, ends_stream } => format!("end {stream} {ends_stream}"),
                Item::Broken(error) => error.to_string(),
            })
            .collect()
    }

    #[test]
    fn frames_follow_the_preface_however_they_are_split() {
        let input = [&PREFACE[..], &frame(4, 0, 0, b""), &data(1, false, b"ab"), &data(1, true, b"")].concat();
        let whole = items(&mut Reader::from_start(Side::Client), &input);
        assert_eq!(whole, ["Settings 0 []", "data 1 ab", "end 1 false", "end 1 true"]);
        let mut reader = Reader::from_start(Side::Client);
        let bytewise: Vec<String> = input.iter().flat_map(|byte| items(&mut reader, &[*byte])).collect();
        assert_eq!(bytewise, ["Settings 0 []", "data 1 a", "data 1 b", "end 1 false", "end 1 true"]);
    }

    #[test]
    fn padding_is_no_content_rfc_9113_6_1() {
        let mut reader = Reader::from_start(Side::Server);
        assert_eq!(items(&mut reader, &frame(0, 0x9, 3, b"\x02ab\0\0")), ["data 3 ab", "end 3 true"]);
        assert_eq!(items(&mut reader, &frame(0, 0x8, 3, b"\x00")), ["end 3 false"]);
        assert_eq!(items(&mut reader, &frame(0, 0x8, 3, b"\x05ab")), ["padding is longer than its frame"]);
    }

    #[test]
    fn what_is_no_frame_sets_the_reader_adrift_until_one_is_plausible() {
        let mut reader = Reader::from_start(Side::Server);
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        assert_eq!(items(&mut reader, answer), ["frame of 4740180 bytes where 16384 are allowed"]);
        assert!(reader.is_adrift());
        assert_eq!(reader.find(b"something", Some(1)), None);
        let ping = frame(6, 0, 0, b"12345678");
        assert_eq!(reader.find(&[&b"else"[..], &ping].concat(), Some(1)).unwrap(), ping);
        assert!(!reader.is_adrift());
    }

    #[test]
    fn lost_content_is_stepped_over_and_any_other_loss_is_not() {
        let mut reader = Reader::from_start(Side::Server);
        items(&mut reader, &frame(0, 0x8, 3, b"\x02abcd\0\0")[..11]);
        assert_eq!(reader.gap(4), Loss::Inside { stream: 3, bytes: 3 });
        assert_eq!(items(&mut reader, b"\0"), ["end 3 false"]);
        items(&mut reader, &data(3, false, b"abcd")[..10]);
        assert_eq!(reader.gap(4), Loss::Beyond { stream: 3, bytes: 3 });
        assert!(reader.is_adrift());
    }

    #[test]
    fn payloads_that_are_not_read_are_stepped_over() {
        let mut reader = Reader::from_start(Side::Server);
        reader.allow_payload(1 << 20);
        let (long, extension) = (frame(1, 4, 3, &vec![0; MAX_PAYLOAD_READ + 1]), frame(0x20, 0, 3, b"abc"));
        assert_eq!(
            items(&mut reader, &[long, extension, data(3, true, b"")].concat()),
            ["too long Headers", "end 3 true"]
        );
    }
}
