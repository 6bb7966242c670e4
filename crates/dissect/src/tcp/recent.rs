//! The beginnings of the last few segments handed on, to tell whether bytes that come again are still the same.

/// Segments remembered per direction. An injected segment and the real one follow each other within a few.
const SEGMENTS: usize = 4;
/// Bytes remembered of each. Enough for two status lines or two TLS records to differ, and cheap to copy.
const PREFIX: usize = 32;

/// What was handed on last in one direction.
#[derive(Debug, Default)]
pub(super) struct Recent {
    prefixes: [Prefix; SEGMENTS],
    /// Where the next one goes.
    place: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Prefix {
    start: u64,
    len: u8,
    bytes: [u8; PREFIX],
}

impl Recent {
    /// `bytes` were handed on at offset `start`.
    pub(super) fn note(&mut self, start: u64, bytes: &[u8]) {
        let prefix = &mut self.prefixes[self.place];
        prefix.start = start;
        // A copy of a length that is known costs nothing; nearly all segments are longer.
        if let Some(first) = bytes.first_chunk::<PREFIX>() {
            (prefix.len, prefix.bytes) = (PREFIX as u8, *first);
        } else {
            prefix.len = bytes.len() as u8;
            prefix.bytes[..bytes.len()].copy_from_slice(bytes);
        }
        self.place = (self.place + 1) % SEGMENTS;
    }

    /// How many of `bytes`, which come again at offset `start`, are not what is remembered of their places.
    pub(super) fn differing(&self, start: u64, bytes: &[u8]) -> u64 {
        self.prefixes
            .iter()
            .map(|prefix| differing(start, bytes, prefix.start, &prefix.bytes[..prefix.len.into()]))
            .sum()
    }
}

/// How many bytes differ where two pieces of one stream overlap.
pub(super) fn differing(a_start: u64, a: &[u8], b_start: u64, b: &[u8]) -> u64 {
    let from = a_start.max(b_start);
    let to = (a_start + a.len() as u64).min(b_start + b.len() as u64);
    if from >= to {
        return 0;
    }
    let part = |start: u64| (from - start) as usize..(to - start) as usize;
    let (a, b) = (&a[part(a_start)], &b[part(b_start)]);
    if a == b { 0 } else { a.iter().zip(b).filter(|(a, b)| a != b).count() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_overlapping_bytes_are_compared() {
        assert_eq!(differing(10, b"abcdef", 12, b"cXef"), 1);
        assert_eq!(differing(12, b"cXef", 10, b"abcdef"), 1);
        assert_eq!(differing(10, b"abc", 13, b"abc"), 0);
        assert_eq!(differing(10, b"abc", 0, b"abc"), 0);
    }

    #[test]
    fn the_beginnings_of_the_last_segments_are_remembered() {
        let mut recent = Recent::default();
        for segment in 0..6 {
            recent.note(segment * 100, &[7; 100]);
        }
        assert_eq!(recent.differing(500, &[8; 100]), PREFIX as u64);
        assert_eq!(recent.differing(200, &[8; 400]), 4 * PREFIX as u64, "the last four, their beginnings only");
        assert_eq!(recent.differing(0, &[8; 200]), 0, "too long ago to tell");
        assert_eq!(recent.differing(500, &[7; 100]), 0);
    }
}
