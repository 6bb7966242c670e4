//! Watches the frames of an HTTP/2 connection go by (RFC 9113 §4.1): nine bytes of head, then a payload.

/// The client's first bytes, before its first frame (RFC 9113 §3.4).
const PREFACE_BYTES: usize = 24;
const HEAD_BYTES: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;

/// One direction of a connection. Bytes may come in any pieces.
#[derive(Debug)]
pub(crate) struct FrameWatch {
    head: [u8; HEAD_BYTES],
    have: usize,
    /// Bytes that belong to no head.
    skip: usize,
    /// The payload that is skipped ends its stream.
    ends: bool,
}

impl FrameWatch {
    pub(crate) fn of_client() -> Self {
        Self { head: [0; HEAD_BYTES], have: 0, skip: PREFACE_BYTES, ends: false }
    }

    pub(crate) fn of_server() -> Self {
        Self { skip: 0, ..Self::of_client() }
    }

    /// Whether the last byte of a stream lies in these bytes.
    pub(crate) fn ends_stream(&mut self, bytes: &[u8]) -> bool {
        self.watch(bytes).ended
    }

    /// Whether HEADERS begin in these bytes.
    pub(crate) fn begins_headers(&mut self, bytes: &[u8]) -> bool {
        self.watch(bytes).headers
    }

    fn watch(&mut self, mut bytes: &[u8]) -> Passed {
        let mut passed = Passed::default();
        while !bytes.is_empty() {
            if self.skip > 0 {
                let part = self.skip.min(bytes.len());
                self.skip -= part;
                bytes = bytes.get(part..).unwrap_or_default();
            } else {
                let part = (HEAD_BYTES - self.have).min(bytes.len());
                let (now, rest) = bytes.split_at(part);
                self.head[self.have..self.have + part].copy_from_slice(now);
                self.have += part;
                bytes = rest;
                if self.have == HEAD_BYTES {
                    self.have = 0;
                    let [high, middle, low, kind, flags, ..] = self.head;
                    self.skip = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                    passed.headers |= kind == HEADERS;
                    self.ends = (kind == HEADERS || kind == DATA) && flags & END_STREAM != 0;
                }
            }
            if self.skip == 0 && self.have == 0 && std::mem::take(&mut self.ends) {
                passed.ended = true;
            }
        }
        passed
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Passed {
    headers: bool,
    ended: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, payload: usize) -> Vec<u8> {
        let mut bytes = vec![(payload >> 16) as u8, (payload >> 8) as u8, payload as u8, kind, flags, 0, 0, 0, 1];
        bytes.resize(HEAD_BYTES + payload, 7);
        bytes
    }

    #[test]
    fn a_request_ends_with_the_payload_of_the_frame_that_ends_its_stream() {
        let mut bytes = vec![0; PREFACE_BYTES];
        bytes.extend(frame(4, 1, 18));
        bytes.extend(frame(HEADERS, 4, 30));
        bytes.extend(frame(DATA, END_STREAM, 10));
        let mut watch = FrameWatch::of_client();
        let (last, before) = bytes.split_last().expect("bytes");
        assert!(!watch.ends_stream(before));
        assert!(watch.ends_stream(&[*last]));
        let mut watch = FrameWatch::of_server();
        assert!(!watch.begins_headers(&frame(4, 1, 0)), "an acknowledgement is no end of a stream and no answer");
        assert!(watch.begins_headers(&frame(HEADERS, 4, 3)));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            frames in prop::collection::vec((0..10_u8, 0..4_u8, 0..300_usize), 0..12),
            cuts in prop::collection::vec(1..60_usize, 1..40),
        ) {
            let bytes: Vec<u8> =
                frames.iter().flat_map(|(kind, flags, payload)| frame(*kind, *flags, *payload)).collect();
            let whole = FrameWatch::of_server().watch(&bytes);
            let (mut watch, mut pieces, mut rest) = (FrameWatch::of_server(), Passed::default(), &bytes[..]);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, left) = rest.split_at((*cut).min(rest.len()));
                let passed = watch.watch(piece);
                pieces = Passed { headers: pieces.headers | passed.headers, ended: pieces.ended | passed.ended };
                rest = left;
            }
            prop_assert_eq!(whole, pieces);
        }

        #[test]
        fn any_bytes_are_watched_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            FrameWatch::of_client().watch(&bytes);
        }
    }
}
