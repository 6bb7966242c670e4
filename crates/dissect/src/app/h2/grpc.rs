//! gRPC over HTTP/2: calls are told by their content type, and counted message by message.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

/// Whether a body of this content type is a sequence of length-prefixed messages: `application/grpc`, `application/grpc+proto`,
/// also `application/grpc-web`, but not its form in Base64.
pub(super) fn is_grpc(content_type: &str) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let (start, rest) = content_type.as_bytes().split_at(GRPC.len().min(content_type.len()));
    start.eq_ignore_ascii_case(GRPC)
        && matches!(rest, [] | [b'+' | b';' | b' ' | b'-', ..])
        && !rest.starts_with(b"-web-text")
}

/// Counts the messages of one direction: each has a flag byte, four bytes of length, then its content.
#[derive(Debug, Default)]
pub(super) struct Messages {
    seen: u32,
    prefix: [u8; 5],
    have: usize,
    left: u64,
    /// Where the next message begins is no longer known.
    lost: bool,
}

/// gRPC-Web puts the trailers into a frame with this flag.
const TRAILERS: u8 = 0x80;

impl Messages {
    /// Messages of which the last byte was seen.
    pub(super) fn seen(&self) -> u32 {
        self.seen
    }

    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.lost {
            if self.have < self.prefix.len() {
                let here = (self.prefix.len() - self.have).min(bytes.len());
                self.prefix[self.have..self.have + here].copy_from_slice(&bytes[..here]);
                self.have += here;
                bytes = &bytes[here..];
                if self.have < self.prefix.len() {
                    return;
                }
                let [flag, length @ ..] = self.prefix;
                self.left = u64::from(u32::from_be_bytes(length));
                self.lost = flag & !TRAILERS > 1;
            }
            let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            bytes = &bytes[here..];
            self.step(here as u64);
        }
    }

    /// `lost` bytes were never captured: inside one message they do no harm.
    pub(super) fn skip(&mut self, lost: u64) {
        if self.have == self.prefix.len() && self.left >= lost {
            self.step(lost);
        } else {
            self.lost = true;
        }
    }

    fn step(&mut self, content: u64) {
        self.left -= content;
        if self.left == 0 && !self.lost {
            self.seen = self.seen.saturating_add(u32::from(self.prefix[0] & TRAILERS == 0));
            self.have = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"\0\0\0\0\x03abc\x01\0\0\0\0";

    fn seen(pieces: &[&[u8]]) -> u32 {
        let mut messages = Messages::default();
        pieces.iter().for_each(|piece| messages.take(piece));
        messages.seen()
    }

    #[test]
    fn grpc_is_told_by_its_content_type() {
        for content_type in
            ["application/grpc", "application/grpc+proto", "Application/GRPC;x=y", "application/grpc-web+proto"]
        {
            assert!(is_grpc(content_type), "{content_type}");
        }
        for content_type in
            ["application/grpcx", "application/grp", "application/json", "", "application/grpc-web-text"]
        {
            assert!(!is_grpc(content_type), "{content_type}");
        }
    }

    #[test]
    fn messages_are_counted_when_their_last_byte_came_however_they_are_split() {
        assert_eq!(seen(&[TWO]), 2);
        assert_eq!(seen(&TWO.chunks(1).collect::<Vec<_>>()), 2);
        assert_eq!(seen(&[&TWO[..7]]), 0);
        assert_eq!(seen(&[&TWO[..8]]), 1);
    }

    #[test]
    fn trailers_of_grpc_web_are_no_message() {
        assert_eq!(seen(&[TWO, b"\x80\0\0\0\x01x"]), 2);
    }

    #[test]
    fn what_is_no_message_ends_the_count() {
        assert_eq!(seen(&[TWO, b"\x07\0\0\0\0", TWO]), 2);
    }

    #[test]
    fn bytes_lost_inside_a_message_do_not_end_the_count() {
        let mut messages = Messages::default();
        messages.take(b"\0\0\0\0\x05a");
        messages.skip(3);
        messages.take(b"e\0\0\0\0\0");
        assert_eq!(messages.seen(), 2);
        messages.skip(1);
        messages.take(TWO);
        assert_eq!(messages.seen(), 2);
    }
}
