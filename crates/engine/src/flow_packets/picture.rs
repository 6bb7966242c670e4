//! The sequence/time picture: every packet a mark, thinned while reading so that memory does not grow with the flow.

use wirereel_dissect::record::{SegmentSeen, Side, Sink};
use wirereel_query::answer::{FlowSequence, SequenceMark};

use super::{Enough, show::most_telling};

/// Marks of the picture: about one per pixel of a wide screen.
const MARKS: usize = 4_000;

/// Marks of one kind, every n-th when they are many.
#[derive(Default)]
struct Thinned {
    marks: Vec<SequenceMark>,
    /// Doublings of n so far.
    doubled: u32,
    seen: u64,
}

impl Thinned {
    fn add(&mut self, mark: SequenceMark) {
        if self.seen.is_multiple_of(1 << self.doubled) {
            self.marks.push(mark);
        }
        self.seen += 1;
        if self.marks.len() > MARKS {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let mut index = 0;
        self.marks.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.doubled += 1;
    }
}

/// Collects the marks.
#[derive(Default)]
pub(super) struct Picture {
    packets: u64,
    plain: Thinned,
    told: Thinned,
}

impl Picture {
    pub(super) fn add(&mut self, segment: &SegmentSeen) {
        let verdict = most_telling(&segment.verdicts);
        let mark = SequenceMark {
            index: self.packets,
            at_us: segment.at_ns.div_euclid(1_000),
            from_client: segment.side == Side::Client,
            sequence: segment.sequence,
            payload_bytes: segment.payload_bytes,
            verdict: verdict.map(|verdict| verdict.name().to_owned()),
        };
        self.packets += 1;
        if verdict.is_some() { self.told.add(mark) } else { self.plain.add(mark) }
    }

    /// All marks in order. Those with a verdict stay as long as there is room for them at all.
    pub(super) fn finish(mut self) -> FlowSequence {
        while self.plain.marks.len() + self.told.marks.len() > MARKS && !self.plain.marks.is_empty() {
            if self.plain.marks.len() == 1 {
                self.plain.marks.clear();
            } else {
                self.plain.halve();
            }
        }
        let mut marks = self.plain.marks;
        marks.append(&mut self.told.marks);
        marks.sort_unstable_by_key(|mark| mark.index);
        FlowSequence { thinned: (marks.len() as u64) < self.packets, packets: self.packets, marks }
    }
}

impl Sink for Picture {
    fn segment(&mut self, segment: SegmentSeen) {
        self.add(&segment);
    }
}

impl Enough for Picture {}

#[cfg(test)]
mod tests {
    use wirereel_dissect::record::Verdict;

    use super::*;

    fn picture(packets: u64, told: impl Fn(u64) -> bool) -> FlowSequence {
        let mut picture = Picture::default();
        for n in 0..packets {
            picture.add(&SegmentSeen {
                at_ns: n as i64 * 1_000,
                position: n,
                side: Side::Client,
                sequence: n,
                acknowledgement: None,
                flags: 0,
                payload_bytes: 1,
                window_bytes: None,
                verdicts: if told(n) { vec![Verdict::Retransmission] } else { Vec::new() },
                missed_bytes: 0,
            });
        }
        picture.finish()
    }

    #[test]
    fn a_short_flow_is_whole() {
        let sequence = picture(4_000, |n| n == 7);
        assert_eq!((sequence.marks.len(), sequence.thinned), (4_000, false));
        assert!(sequence.marks.is_sorted_by_key(|mark| mark.index));
        assert_eq!(sequence.marks[7].verdict.as_deref(), Some("retransmission"));
    }

    #[test]
    fn a_long_flow_keeps_every_verdict_and_spreads_the_rest() {
        let sequence = picture(1_000_000, |n| n % 500 == 0);
        let told = sequence.marks.iter().filter(|mark| mark.verdict.is_some()).count();
        assert_eq!((told, sequence.packets, sequence.thinned), (2_000, 1_000_000, true));
        assert!(sequence.marks.len() > 2_500 && sequence.marks.len() <= MARKS, "{}", sequence.marks.len());
        let last = sequence.marks.last().map(|mark| mark.index);
        assert!(last.is_some_and(|index| index > 998_000), "{last:?}");
    }

    #[test]
    fn a_flow_of_nothing_but_verdicts_stays_within_bounds() {
        let sequence = picture(1_000_000, |_| true);
        assert!(sequence.marks.len() > 1_500 && sequence.marks.len() <= MARKS, "{}", sequence.marks.len());
    }
}
