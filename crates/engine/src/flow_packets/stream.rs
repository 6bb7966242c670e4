//! "Follow stream": what both ends said, in turns.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use wirereel_dissect::record::{DetailRequest, Side, Sink, StreamPiece};
use wirereel_query::answer::{FlowStream, StreamChunk};

use super::Enough;

/// Bytes given of each direction.
const LIMIT_BYTES: usize = 1024 * 1024;

/// Collects pieces; neighbours of one direction become one chunk.
pub(super) struct Followed {
    /// What each side delivered in all.
    delivered: [u64; 2],
    taken: [u64; 2],
    pieces: Vec<StreamPiece>,
}

impl Followed {
    pub(super) const REQUEST: DetailRequest = DetailRequest { segments: false, stream_limit_bytes: LIMIT_BYTES };

    /// `delivered` are the bytes of the client and of the server, by the flow's row.
    pub(super) fn new(delivered: [u64; 2]) -> Self {
        Self { delivered, taken: [0; 2], pieces: Vec::new() }
    }

    pub(super) fn finish(self) -> FlowStream {
        let truncated = (0..2).any(|side| self.is_full(side) && self.delivered[side] > self.taken[side]);
        let chunks = self.pieces.into_iter().map(|piece| StreamChunk {
            at_us: piece.at_ns.div_euclid(1_000),
            from_client: piece.side == Side::Client,
            base64: BASE64_STANDARD.encode(&piece.bytes),
            missed_bytes: piece.missed_bytes,
        });
        FlowStream { chunks: chunks.collect(), truncated }
    }

    fn is_full(&self, side: usize) -> bool {
        self.taken[side] >= LIMIT_BYTES as u64
    }
}

impl Sink for Followed {
    fn stream(&mut self, piece: StreamPiece) {
        self.taken[usize::from(piece.side == Side::Server)] += piece.bytes.len() as u64;
        match self.pieces.last_mut() {
            Some(last) if last.side == piece.side && piece.missed_bytes == 0 => last.bytes.extend(piece.bytes),
            _ => self.pieces.push(piece),
        }
    }
}

impl Enough for Followed {
    fn has_enough(&self) -> bool {
        (0..2).all(|side| self.is_full(side) || self.taken[side] >= self.delivered[side])
            && (self.is_full(0) || self.is_full(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(side: Side, bytes: &[u8], missed_bytes: u64) -> StreamPiece {
        StreamPiece { at_ns: 1_000, side, bytes: bytes.to_vec(), missed_bytes }
    }

    #[test]
    fn neighbours_of_one_side_are_one_chunk_unless_bytes_are_missing_between() {
        let mut followed = Followed::new([4, 2]);
        for (side, bytes, missed) in
            [(Side::Client, &b"ab"[..], 0), (Side::Client, b"c", 0), (Side::Server, b"x", 0), (Side::Server, b"y", 9)]
        {
            followed.stream(piece(side, bytes, missed));
        }
        assert!(!followed.has_enough());
        let stream = followed.finish();
        let told: Vec<_> = stream.chunks.iter().map(|c| (c.from_client, c.base64.as_str(), c.missed_bytes)).collect();
        assert_eq!(told, [(true, "YWJj", 0), (false, "eA==", 0), (false, "eQ==", 9)]);
        assert!(!stream.truncated);
    }

    #[test]
    fn more_than_the_limit_is_said_to_be_cut() {
        let mut followed = Followed::new([LIMIT_BYTES as u64 + 1, 0]);
        followed.stream(piece(Side::Client, &vec![0; LIMIT_BYTES], 0));
        assert!(followed.has_enough());
        assert!(followed.finish().truncated);
    }
}
