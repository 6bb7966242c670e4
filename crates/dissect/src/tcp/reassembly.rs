//! One direction's bytes in order (RFC 9293 §3.4, §3.10).
//!
//! Positions are 64-bit offsets from the first payload byte, so the wrap of sequence numbers ends here. Bytes in order
//! pass through by reference; only bytes beyond a hole are kept. Where segments overlap, the bytes that came first stay.

use std::collections::VecDeque;
use std::ops::Range;

use super::recent::{Recent, differing};

/// What the reader of a direction is given, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Bytes(&'a [u8]),
    /// So many bytes were never captured.
    Gap(u64),
}

/// What a segment added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Added {
    /// Payload bytes never seen before.
    pub(crate) new_bytes: u64,
    /// All of its payload had been seen before, or given up.
    pub(crate) repeated: bool,
    /// Some of it came after bytes that follow it: it lay in a hole, or in the newest one that had been given up.
    pub(crate) late: bool,
    /// Bytes that were not what had come before; only beginnings of what was handed on are remembered.
    pub(crate) differing: u64,
}

/// The largest window TCP can offer (RFC 7323 §2.3): what is further ahead belongs to another connection.
const LARGEST_WINDOW: i64 = 1 << 30;

/// Segments held beyond a hole, whatever their size: enough for the bytes of `Limits::reorder_bytes_per_flow` in quarter-size
/// segments, and few enough to sort in.
const MAX_WAITING: usize = 8_192;

/// The order of one direction.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    /// Sequence number of offset 0.
    start: u32,
    /// Everything before this offset has been handed on.
    next: u64,
    /// Bytes beyond a hole: sorted, not empty, not overlapping, all at or after `next`.
    waiting: VecDeque<(u64, Vec<u8>)>,
    waiting_bytes: usize,
    /// The newest hole that was given up.
    given_up: Range<u64>,
    /// Made at the first payload byte.
    recent: Option<Box<Recent>>,
}

impl Reassembly {
    pub(crate) fn starting_at(start: u32) -> Self {
        Self { start, ..Self::default() }
    }

    /// One that goes on at `next`, with nothing remembered of what was before.
    pub(super) fn going_on(start: u32, next: u64) -> Self {
        Self { start, next, ..Self::default() }
    }

    /// Nothing waits and no hole was given up.
    pub(super) fn is_whole(&self) -> bool {
        self.waiting.is_empty() && self.given_up.is_empty()
    }

    /// Sequence number of offset 0.
    pub(crate) fn start(&self) -> u32 {
        self.start
    }

    /// Everything before this offset has been handed on.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Bytes held because of a hole before them.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// One past the furthest byte that came.
    pub(crate) fn end(&self) -> u64 {
        self.waiting.back().map_or(self.next, |(start, bytes)| start + bytes.len() as u64)
    }

    /// More is held than `bytes`, or in more pieces than can be sorted quickly.
    pub(crate) fn is_over(&self, bytes: usize) -> bool {
        self.waiting_bytes > bytes || self.waiting.len() > MAX_WAITING
    }

    /// How far a sequence number lies ahead of the next byte in order; never more than 2 GiB either way.
    pub(crate) fn distance(&self, sequence: u32) -> i64 {
        let expected = self.start.wrapping_add(self.next as u32);
        i64::from(sequence.wrapping_sub(expected) as i32)
    }

    /// The offset that a sequence number stands for now; `None` outside the window or before the stream's start.
    pub(crate) fn offset(&self, sequence: u32) -> Option<u64> {
        let distance = self.distance(sequence);
        if distance > LARGEST_WINDOW {
            return None;
        }
        self.next.checked_add_signed(distance)
    }

    /// Takes in payload at `offset`, hands on what is now in order.
    pub(crate) fn add(&mut self, offset: u64, payload: &[u8], deliver: &mut impl FnMut(Piece<'_>)) -> Added {
        if payload.is_empty() {
            return Added::default();
        }
        let len = payload.len() as u64;
        if offset == self.next && self.waiting.is_empty() {
            self.hand_on(payload, deliver);
            return Added { new_bytes: len, ..Added::default() };
        }
        let differing = self.differing(offset, payload);
        let furthest = self.end();
        let end = offset + len;
        let mut at = offset.max(self.next);
        let (mut new_bytes, mut late) = (0, false);
        while at < end {
            // The hole around `at` ends where the next waiting bytes begin.
            let index = self.behind(at);
            let (hole_end, resume) = match self.waiting.get(index) {
                Some((start, bytes)) => ((*start).min(end), start + bytes.len() as u64),
                None => (end, end),
            };
            if at < hole_end {
                let part = &payload[(at - offset) as usize..(hole_end - offset) as usize];
                new_bytes += part.len() as u64;
                late |= at < furthest;
                if at == self.next {
                    self.hand_on(part, deliver);
                    self.release(deliver);
                } else {
                    self.waiting_bytes += part.len();
                    self.waiting.insert(index, (at, part.to_vec()));
                }
            }
            at = resume.max(hole_end).max(self.next);
        }
        late |= new_bytes == 0 && self.given_up.start <= offset && end <= self.given_up.end;
        Added { new_bytes, repeated: new_bytes == 0, late, differing }
    }

    /// Declares what is missing before `offset` a gap and hands on what follows; returns the bytes missed.
    pub(crate) fn skip_to(&mut self, offset: u64, deliver: &mut impl FnMut(Piece<'_>)) -> u64 {
        let mut missed = 0;
        while self.next < offset {
            let hole_end = self.waiting.front().map_or(offset, |(start, _)| (*start).min(offset));
            missed += hole_end - self.next;
            deliver(Piece::Gap(hole_end - self.next));
            self.given_up = self.next..hole_end;
            self.next = hole_end;
            self.release(deliver);
        }
        missed
    }

    /// Gives up waiting: declares every hole before waiting bytes a gap; returns the bytes missed.
    pub(crate) fn skip_all(&mut self, deliver: &mut impl FnMut(Piece<'_>)) -> u64 {
        self.skip_to(self.end(), deliver)
    }

    fn hand_on(&mut self, bytes: &[u8], deliver: &mut impl FnMut(Piece<'_>)) {
        self.recent.get_or_insert_default().note(self.next, bytes);
        self.next += bytes.len() as u64;
        deliver(Piece::Bytes(bytes));
    }

    fn release(&mut self, deliver: &mut impl FnMut(Piece<'_>)) {
        while self.waiting.front().is_some_and(|(start, _)| *start == self.next) {
            let Some((_, bytes)) = self.waiting.pop_front() else { return };
            self.waiting_bytes -= bytes.len();
            self.hand_on(&bytes, deliver);
        }
    }

    /// Index of the first waiting bytes that end behind `offset`.
    fn behind(&self, offset: u64) -> usize {
        self.waiting.partition_point(|(start, bytes)| start + bytes.len() as u64 <= offset)
    }

    /// How many bytes of `payload` are known to have been others before.
    fn differing(&self, offset: u64, payload: &[u8]) -> u64 {
        let end = offset + payload.len() as u64;
        let waiting = self.waiting.range(self.behind(offset)..).take_while(|(start, _)| *start < end);
        let held: u64 = waiting.map(|(start, bytes)| differing(offset, payload, *start, bytes)).sum();
        let handed_on = self.recent.as_ref().filter(|_| offset < self.next);
        held + handed_on.map_or(0, |recent| recent.differing(offset, payload))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a direction into bytes, gaps as `-`.
    #[derive(Default)]
    struct Reader(Vec<u8>);

    impl Reader {
        fn take(&mut self) -> impl FnMut(Piece<'_>) {
            |piece| match piece {
                Piece::Bytes(bytes) => self.0.extend_from_slice(bytes),
                Piece::Gap(missed) => self.0.extend(std::iter::repeat_n(b'-', missed as usize)),
            }
        }
    }

    fn read(segments: &[(u64, &[u8])]) -> (Vec<u8>, Reassembly) {
        let (mut reader, mut reassembly) = (Reader::default(), Reassembly::starting_at(u32::MAX - 3));
        for (offset, payload) in segments {
            reassembly.add(*offset, payload, &mut reader.take());
        }
        (reader.0, reassembly)
    }

    #[test]
    fn future_segments_wait_for_the_hole_before_them() {
        let (bytes, reassembly) = read(&[(0, b"ab"), (6, b"gh"), (4, b"ef")]);
        assert_eq!((bytes.as_slice(), reassembly.waiting_bytes()), (&b"ab"[..], 4));
        let (bytes, reassembly) = read(&[(0, b"ab"), (6, b"gh"), (4, b"ef"), (2, b"cd")]);
        assert_eq!((bytes.as_slice(), reassembly.waiting_bytes()), (&b"abcdefgh"[..], 0));
    }

    #[test]
    fn where_segments_overlap_the_first_bytes_stay() {
        assert_eq!(read(&[(2, b"CD"), (6, b"G"), (0, b"abcdefgh")]).0, b"abCDefGh");
        assert_eq!(read(&[(0, b"ABC"), (1, b"xxxde")]).0, b"ABCxde");
    }

    #[test]
    fn a_segment_across_several_waiting_ones_fills_only_the_holes() {
        let (bytes, reassembly) = read(&[(4, b"E"), (1, b"BCD"), (6, b"G"), (0, b"abcdefghi")]);
        assert_eq!((bytes.as_slice(), reassembly.waiting_bytes()), (&b"aBCDEfGhi"[..], 0));
    }

    #[test]
    fn a_repeated_segment_adds_nothing() {
        let (_, mut reassembly) = read(&[(0, b"abc"), (6, b"ghi")]);
        let repeated = Added { repeated: true, ..Added::default() };
        assert_eq!(reassembly.add(1, b"bc", &mut |_| ()), repeated);
        assert_eq!(reassembly.add(6, b"ghi", &mut |_| ()), repeated);
        let extended = Added { new_bytes: 1, late: true, ..Added::default() };
        assert_eq!(reassembly.add(2, b"cd", &mut |_| ()), extended);
    }

    #[test]
    fn a_segment_that_fills_a_hole_is_late_and_one_at_the_front_is_not() {
        let (_, mut reassembly) = read(&[(0, b"abc"), (6, b"ghi")]);
        assert!(!reassembly.add(9, b"jkl", &mut |_| ()).late);
        assert!(reassembly.add(3, b"def", &mut |_| ()).late);
        assert!(!reassembly.add(12, b"mno", &mut |_| ()).late);
    }

    #[test]
    fn bytes_of_a_hole_that_was_given_up_are_late_and_not_read() {
        let (_, mut reassembly) = read(&[(0, b"abc"), (6, b"ghi")]);
        reassembly.skip_to(6, &mut |_| ());
        let late = Added { repeated: true, late: true, ..Added::default() };
        assert_eq!(reassembly.add(3, b"def", &mut |_| panic!("read")), late);
        assert!(!reassembly.add(6, b"ghi", &mut |_| ()).late);
    }

    #[test]
    fn other_bytes_in_the_same_place_are_counted() {
        let (_, mut reassembly) = read(&[(0, b"abc"), (6, b"ghi")]);
        assert_eq!(reassembly.add(1, b"bX", &mut |_| ()).differing, 1, "handed on");
        assert_eq!(reassembly.add(5, b"fghXj", &mut |_| ()).differing, 1, "held");
        assert_eq!(reassembly.add(0, b"abcdef", &mut |_| ()).differing, 0);
    }

    #[test]
    fn offsets_go_on_behind_four_gigabytes() {
        let (mut reader, mut reassembly) = (Reader::default(), Reassembly::starting_at(7));
        for gigabytes in 1..=9u64 {
            reassembly.skip_to(gigabytes << 30, &mut |_| ());
        }
        let sequence = 7u32.wrapping_add((9u64 << 30) as u32);
        assert_eq!(reassembly.offset(sequence), Some(9 << 30));
        assert_eq!(reassembly.offset(sequence.wrapping_sub(1 << 30)), Some(8 << 30));
        reassembly.add((9 << 30) + 2, b"cd", &mut reader.take());
        reassembly.add(9 << 30, b"ab", &mut reader.take());
        assert_eq!(reader.0, b"abcd");
    }

    #[test]
    fn segments_of_one_byte_are_held_in_bounded_number() {
        let mut reassembly = Reassembly::default();
        for byte in 0..=MAX_WAITING as u64 {
            assert!(!reassembly.is_over(1 << 20));
            reassembly.add(1 + 2 * byte, b"x", &mut |_| ());
        }
        assert!(reassembly.is_over(1 << 20));
    }

    #[test]
    fn sequence_numbers_wrap() {
        let (_, reassembly) = read(&[(0, b"abcdef")]);
        assert_eq!(reassembly.offset(2), Some(6));
        assert_eq!(reassembly.offset(u32::MAX - 3), Some(0));
        assert_eq!(reassembly.offset(u32::MAX - 4), None, "before the start");
        assert_eq!(reassembly.offset(2 + (1 << 30) + 1), None, "beyond any window");
    }

    #[test]
    fn skipping_declares_each_hole_and_hands_on_what_lies_between() {
        let (mut reader, mut reassembly) = (Reader::default(), Reassembly::default());
        for (offset, payload) in [(2, &b"cd"[..]), (6, b"gh")] {
            reassembly.add(offset, payload, &mut reader.take());
        }
        assert_eq!(reassembly.skip_to(9, &mut reader.take()), 5);
        assert_eq!(reader.0, b"--cd--gh-");
        assert_eq!(reassembly.waiting_bytes(), 0);
    }

    proptest! {
        #[test]
        fn any_split_order_and_repetition_gives_the_same_bytes(
            stream in prop::collection::vec(any::<u8>(), 1..400),
            cuts in prop::collection::vec((0usize..400, 1usize..60), 0..60),
            start in any::<u32>(),
        ) {
            let mut reader = Reader::default();
            let mut reassembly = Reassembly::starting_at(start);
            // Random pieces first, then the whole stream in small pieces from the back.
            let pieces = cuts.into_iter().map(|(at, len)| (at.min(stream.len()), (at + len).min(stream.len())));
            let rest = (0..stream.len()).rev().step_by(7).map(|at| (at.saturating_sub(6), at + 1));
            let mut new_bytes = 0;
            for (from, to) in pieces.chain(rest) {
                let offset = reassembly.offset(start.wrapping_add(from as u32)).unwrap();
                prop_assert_eq!(offset, from as u64);
                new_bytes += reassembly.add(offset, &stream[from..to], &mut reader.take()).new_bytes;
            }
            prop_assert_eq!(reassembly.waiting_bytes(), 0);
            prop_assert_eq!(new_bytes, stream.len() as u64);
            prop_assert_eq!(reader.0, stream);
        }
    }
}
