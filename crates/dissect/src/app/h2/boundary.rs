//! Finds frames in bytes of which the beginning is unknown.

use crate::record::Side;

use super::frame::{FrameHeader, HEADER_BYTES};

/// What frames may look like in one direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plausible {
    pub side: Side,
    /// Bytes of payload.
    pub max_payload: u32,
    pub max_stream: u32,
}

/// Where frames begin in some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    At(usize),
    /// Nowhere before this index; more bytes may show one there.
    NotBefore(usize),
}

/// What the frames look like that begin at one place.
#[derive(Debug, PartialEq, Eq)]
enum Chain {
    Sure,
    /// What is there could be the start of a frame.
    Maybe,
    No,
}

impl Plausible {
    /// Frames begin where one plausible frame is followed by the header of another, or by the end of what was sent.
    pub(super) fn boundary(self, bytes: &[u8]) -> Boundary {
        let mut maybe = None;
        for at in 0..bytes.len() {
            match self.chain(&bytes[at..]) {
                Chain::Sure => return Boundary::At(at),
                Chain::Maybe => maybe = maybe.or(Some(at)),
                Chain::No => {}
            }
        }
        Boundary::NotBefore(maybe.unwrap_or(bytes.len()))
    }

    fn chain(self, bytes: &[u8]) -> Chain {
        let Some(first) = self.header(bytes) else {
            // Too short for a header: its first byte is the length's highest.
            return if bytes.len() < HEADER_BYTES && bytes[0] == 0 { Chain::Maybe } else { Chain::No };
        };
        if !self.allows(&first) {
            return Chain::No;
        }
        match bytes.get(HEADER_BYTES + first.length as usize..) {
            None => Chain::Maybe,
            Some([]) => Chain::Sure,
            Some(rest) => match self.header(rest) {
                Some(second) if self.allows(&second) => Chain::Sure,
                Some(_) => Chain::No,
                None => Chain::Maybe,
            },
        }
    }

    /// Whether these bytes are whole frames from first to last, of which only the last may be cut off; `None` when not even
    /// the first is whole.
    pub(super) fn holds_throughout(self, bytes: &[u8]) -> Option<bool> {
        let (mut rest, mut whole) = (bytes, 0);
        while let Some(header) = self.header(rest) {
            if !self.allows(&header) {
                return Some(false);
            }
            match rest.get(HEADER_BYTES + header.length as usize..) {
                Some(after) => rest = after,
                None => return (whole > 0).then_some(true),
            }
            whole += 1;
        }
        Some(whole > 0)
    }

    pub(super) fn header(self, bytes: &[u8]) -> Option<FrameHeader> {
        bytes.first_chunk().map(FrameHeader::parse)
    }

    fn allows(self, header: &FrameHeader) -> bool {
        header.is_plausible(self.side, self.max_payload, self.max_stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAUSIBLE: Plausible = Plausible { side: Side::Server, max_payload: 16_384, max_stream: 50 };
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";

    #[test]
    fn frames_begin_where_one_is_followed_by_another_or_by_the_end() {
        assert_eq!(PLAUSIBLE.boundary(PING), Boundary::At(0));
        assert_eq!(PLAUSIBLE.boundary(&[b"tail of a body", PING, PING].concat()), Boundary::At(14));
        assert_eq!(PLAUSIBLE.boundary(&[b"tail", PING, &PING[..9]].concat()), Boundary::At(4));
    }

    #[test]
    fn a_frame_that_is_cut_off_may_be_one() {
        assert_eq!(PLAUSIBLE.boundary(&[b"tail", &PING[..12]].concat()), Boundary::NotBefore(4));
        assert_eq!(PLAUSIBLE.boundary(b"tail of it"), Boundary::NotBefore(10));
        assert_eq!(PLAUSIBLE.boundary(b"tail\0\0"), Boundary::NotBefore(4));
        assert_eq!(PLAUSIBLE.boundary(&[PING, b"no frame header"].concat()), Boundary::NotBefore(32));
    }

    #[test]
    fn bytes_are_frames_throughout_or_not() {
        assert_eq!(PLAUSIBLE.holds_throughout(&[PING, PING, &PING[..5]].concat()), Some(true));
        assert_eq!(PLAUSIBLE.holds_throughout(&PING[..12]), None);
        assert_eq!(PLAUSIBLE.holds_throughout(&PING[..8]), Some(false));
        assert_eq!(PLAUSIBLE.holds_throughout(&[PING, b"no frame header"].concat()), Some(false));
    }
}
