//! Cuts one direction of a connection into heads and bodies, without looking inside heads.
//!
//! Bytes pass through by reference; only a head that is spread over several segments is buffered.

use std::borrow::Cow;

use crate::record::Side;

use super::chunked::{ChunkError, Chunked, Piece};
use super::head::{could_start, starts};

/// The longest head that is read. Servers stop between 8 and 64 KiB, so a longer one was never answered.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How far a body reaches (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// Until the sender closes.
    UntilClose,
    /// Nobody can tell: the reader waits for the next start line.
    Unknown,
}

/// What came next in this direction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// Start line and fields, up to and including the empty line. The reader now wants [`Reader::begin_body`].
    Head {
        block: Cow<'a, [u8]>,
        started_ns: i64,
    },
    Body(&'a [u8]),
    /// The message is over.
    End {
        trailers: Vec<u8>,
    },
    /// The bytes make no sense here: the reader drops what follows until something starts like a message.
    Broken(Broken),
}

/// Why a direction lost its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("{} expected, found other bytes", start_line(*.side))]
    NoMessage { side: Side },
    #[error("head is longer than {MAX_HEAD_BYTES} bytes")]
    HeadTooLong,
    #[error("{0}")]
    Chunk(#[from] ChunkError),
}

/// What had come of a head when its direction ended or lost bytes; empty when no head was under way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartialHead {
    pub bytes: Vec<u8>,
    pub started_ns: i64,
}

/// What lost bytes did to a direction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// They were `body_bytes` of a body, and the reader still knows where it is.
    Inside { body_bytes: u64 },
    /// The end of what was being read is lost. `body_bytes` of the loss belonged to its body.
    Beyond { body_bytes: u64, head: PartialHead },
    /// Nothing was being read by message.
    Nothing,
}

/// What the end of a direction means for the message that was being read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// Between messages, or in bytes that are not read.
    Clean,
    /// The end of the direction is the end of the body (RFC 9112 §6.3, rule 8).
    EndsBody,
    /// Inside a message.
    CutOff(PartialHead),
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Reader {
    side: Side,
    state: State,
    /// The head so far, when it did not come in one piece.
    head: Vec<u8>,
    /// No head ends before this index of `head`.
    scanned: usize,
    started_ns: i64,
}

#[derive(Debug)]
enum State {
    Head,
    Length {
        left: u64,
    },
    Chunked(Chunked),
    UntilClose,
    /// The thread is lost: only data that starts like a message is read.
    Adrift,
    /// A tunnel or another protocol.
    Opaque,
}

impl Reader {
    pub(super) fn new(side: Side) -> Self {
        Self { side, state: State::Head, head: Vec::new(), scanned: 0, started_ns: 0 }
    }

    /// A message is next, and nothing of it has come.
    pub(super) fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Head) && self.head.is_empty()
    }

    /// Takes the next item off the front of `input`; `None` when `input` is used up.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8], at_ns: i64) -> Option<Item<'a>> {
        match &mut self.state {
            State::Head => self.next_of_head(input, at_ns),
            State::Length { left: 0 } => Some(self.message_end(Vec::new())),
            State::Length { left } => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left -= take as u64;
                take_body(input, take)
            }
            State::UntilClose => take_body(input, input.len()),
            State::Chunked(chunked) => match chunked.next(input) {
                Ok(None) => None,
                Ok(Some(Piece::Data(data))) => Some(Item::Body(data)),
                Ok(Some(Piece::End { trailers })) => Some(self.message_end(trailers)),
                Err(error) => Some(self.broken(input, error.into())),
            },
            State::Adrift if starts(self.side, input) => {
                self.state = State::Head;
                self.next_of_head(input, at_ns)
            }
            State::Adrift | State::Opaque => {
                *input = &[];
                None
            }
        }
    }

    /// After a head: how far its body reaches. A body of no bytes still gives its [`Item::End`].
    pub(super) fn begin_body(&mut self, framing: Framing) {
        self.state = match framing {
            Framing::Length(left) => State::Length { left },
            Framing::Chunked => State::Chunked(Chunked::start()),
            Framing::UntilClose => State::UntilClose,
            Framing::Unknown => State::Adrift,
        };
    }

    /// The body that was announced will not come; a message is next.
    pub(super) fn expect_message(&mut self) {
        self.state = State::Head;
    }

    /// What follows is not HTTP.
    pub(super) fn stop(&mut self) {
        self.forget_head();
        self.state = State::Opaque;
    }

    /// `missed` bytes were sent and never captured.
    pub(super) fn gap(&mut self, missed: u64) -> Loss {
        let inside = match &mut self.state {
            State::Length { left } if *left >= missed => {
                *left -= missed;
                true
            }
            State::Chunked(chunked) => chunked.skip(missed),
            State::UntilClose => true,
            State::Length { .. } | State::Head => false,
            State::Adrift | State::Opaque => return Loss::Nothing,
        };
        if inside {
            return Loss::Inside { body_bytes: missed };
        }
        let body_bytes = if let State::Length { left } = self.state { left } else { 0 };
        self.state = State::Adrift;
        Loss::Beyond { body_bytes, head: self.partial_head() }
    }

    /// The sender closed its direction.
    pub(super) fn close(&mut self) -> Close {
        match std::mem::replace(&mut self.state, State::Opaque) {
            State::UntilClose => Close::EndsBody,
            State::Length { .. } | State::Chunked(_) => Close::CutOff(self.partial_head()),
            State::Head if !self.head.is_empty() => Close::CutOff(self.partial_head()),
            State::Head | State::Adrift | State::Opaque => Close::Clean,
        }
    }

    fn next_of_head<'a>(&mut self, input: &mut &'a [u8], at_ns: i64) -> Option<Item<'a>> {
        if !self.head.is_empty() {
            return self.continue_head(input);
        }
        // Empty lines before a start line are passed over (RFC 9112 §2.2).
        let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        *input = &input[blank..];
        if input.is_empty() {
            return None;
        }
        if !could_start(self.side, input) {
            return Some(self.broken(input, Broken::NoMessage { side: self.side }));
        }
        self.started_ns = at_ns;
        match head_end(&input[..input.len().min(MAX_HEAD_BYTES)], 0) {
            Ok(end) => {
                let (block, rest) = input.split_at(end);
                *input = rest;
                Some(Item::Head { block: Cow::Borrowed(block), started_ns: at_ns })
            }
            Err(_) if input.len() >= MAX_HEAD_BYTES => Some(self.broken(input, Broken::HeadTooLong)),
            Err(scanned) => {
                self.head.extend_from_slice(input);
                self.scanned = scanned;
                *input = &[];
                None
            }
        }
    }

    fn continue_head<'a>(&mut self, input: &mut &'a [u8]) -> Option<Item<'a>> {
        let before = self.head.len();
        let room = (MAX_HEAD_BYTES - before).min(input.len());
        self.head.extend_from_slice(&input[..room]);
        if !could_start(self.side, &self.head) {
            return Some(self.broken(input, Broken::NoMessage { side: self.side }));
        }
        match head_end(&self.head, self.scanned) {
            Ok(end) => {
                *input = &input[end - before..];
                let mut block = self.forget_head();
                block.truncate(end);
                Some(Item::Head { block: Cow::Owned(block), started_ns: self.started_ns })
            }
            Err(_) if self.head.len() >= MAX_HEAD_BYTES => Some(self.broken(input, Broken::HeadTooLong)),
            Err(scanned) => {
                self.scanned = scanned;
                *input = &[];
                None
            }
        }
    }

    fn message_end<'a>(&mut self, trailers: Vec<u8>) -> Item<'a> {
        self.state = State::Head;
        Item::End { trailers }
    }

    fn broken<'a>(&mut self, input: &mut &'a [u8], broken: Broken) -> Item<'a> {
        *input = &[];
        self.forget_head();
        self.state = State::Adrift;
        Item::Broken(broken)
    }

    fn partial_head(&mut self) -> PartialHead {
        PartialHead { bytes: self.forget_head(), started_ns: self.started_ns }
    }

    fn forget_head(&mut self) -> Vec<u8> {
        self.scanned = 0;
        std::mem::take(&mut self.head)
    }
}

fn start_line(side: Side) -> &'static str {
    match side {
        Side::Client => "request line",
        Side::Server => "status line",
    }
}

fn take_body<'a>(input: &mut &'a [u8], take: usize) -> Option<Item<'a>> {
    if take == 0 {
        return None;
    }
    let (body, rest) = input.split_at(take);
    *input = rest;
    Some(Item::Body(body))
}

/// Where the empty line ends that ends a head, looking from index `from`; else the index to look from when more has come.
/// Lines end in CRLF or bare LF (RFC 9112 §2.2).
fn head_end(bytes: &[u8], mut from: usize) -> Result<usize, usize> {
    while let Some(offset) = memchr::memchr(b'\n', &bytes[from..]) {
        let line_end = from + offset;
        match &bytes[line_end + 1..] {
            [b'\n', ..] => return Ok(line_end + 2),
            [b'\r', b'\n', ..] => return Ok(line_end + 3),
            [] | [b'\r'] => return Err(line_end),
            _ => from = line_end + 1,
        }
    }
    Err(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(block: &[u8]) -> Item<'_> {
        Item::Head { block: Cow::Borrowed(block), started_ns: 0 }
    }

    #[test]
    fn a_head_ends_at_the_first_empty_line_of_either_kind() {
        assert_eq!(head_end(b"a\r\nb: c\r\n\r\nbody\r\n\r\n", 0), Ok(11));
        assert_eq!(head_end(b"a\nb: c\n\nbody", 0), Ok(8));
        assert_eq!(head_end(b"a\r\nb: c\r\n\r", 0), Err(8));
        assert_eq!(head_end(b"a\r\nb", 0), Err(4));
    }

    #[test]
    fn empty_lines_before_a_start_line_are_passed_over_rfc_9112_2_2() {
        let mut reader = Reader::new(Side::Client);
        let mut input = &b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"[..];
        assert_eq!(reader.next(&mut input, 0), Some(head(b"GET / HTTP/1.1\r\n\r\n")));
    }

    #[test]
    fn a_head_above_the_limit_is_given_up() {
        let mut reader = Reader::new(Side::Client);
        let line = [b"GET /".to_vec(), vec![b'a'; 1000]].concat();
        let mut items = Vec::new();
        for _ in 0..70 {
            let mut input = &line[..];
            items.extend(reader.next(&mut input, 0));
        }
        assert_eq!(items, [Item::Broken(Broken::HeadTooLong)]);
    }

    #[test]
    fn bytes_that_start_no_message_set_the_reader_adrift_until_some_do() {
        let mut reader = Reader::new(Side::Server);
        let mut input = &b"<html>"[..];
        assert_eq!(reader.next(&mut input, 0), Some(Item::Broken(Broken::NoMessage { side: Side::Server })));
        let mut input = &b"HTTP/1.1 is a protocol"[..];
        assert_eq!(reader.next(&mut input, 0), None);
        let mut input = &b"HTTP/1.1 200 OK\r\n\r\n"[..];
        assert_eq!(reader.next(&mut input, 0), Some(head(b"HTTP/1.1 200 OK\r\n\r\n")));
    }

    #[test]
    fn lost_bytes_inside_a_body_of_known_length_are_stepped_over() {
        let mut reader = Reader::new(Side::Server);
        reader.begin_body(Framing::Length(10));
        assert_eq!(reader.gap(4), Loss::Inside { body_bytes: 4 });
        let mut input = &b"456789HTTP/1.1 204 x\r\n\r\n"[..];
        assert_eq!(reader.next(&mut input, 0), Some(Item::Body(b"456789")));
        assert_eq!(reader.next(&mut input, 0), Some(Item::End { trailers: vec![] }));
        assert_eq!(reader.next(&mut input, 0), Some(head(b"HTTP/1.1 204 x\r\n\r\n")));
    }

    #[test]
    fn lost_bytes_beyond_a_body_set_the_reader_adrift() {
        let mut reader = Reader::new(Side::Server);
        reader.begin_body(Framing::Length(10));
        assert_eq!(reader.gap(11), Loss::Beyond { body_bytes: 10, head: PartialHead::default() });
        assert!(matches!(reader.state, State::Adrift));
    }

    #[test]
    fn closing_ends_a_body_without_length_and_cuts_off_any_other() {
        for (framing, close) in [
            (Framing::UntilClose, Close::EndsBody),
            (Framing::Length(1), Close::CutOff(PartialHead::default())),
            (Framing::Chunked, Close::CutOff(PartialHead::default())),
            (Framing::Unknown, Close::Clean),
        ] {
            let mut reader = Reader::new(Side::Server);
            reader.begin_body(framing);
            assert_eq!(reader.close(), close);
        }
    }
}
