//! The samples of the longest frame, packed: what leaves a frame must be known exactly.

use std::collections::VecDeque;

use super::{Outcome, Sample};
use crate::State;

/// Fourteen bytes for a sample. A day of checks every ten seconds is 120 KB, an hour 5 KB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(2))]
struct Packed {
    /// Milliseconds since the ring's beginning.
    after_ms: u32,
    /// `u32::MAX` is none.
    response_us: u32,
    ttfb_us: u32,
    /// Outcome below, state in the two highest bits.
    outcome_and_state: u16,
}

const NONE: u32 = u32::MAX;
const OUTCOME_BITS: u32 = 14;
const OUTCOME_MASK: u16 = (1 << OUTCOME_BITS) - 1;
/// Room is taken in steps, not by doubling: half of it would be empty for ever.
const STEP: usize = 16;

/// Samples in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    samples: VecDeque<Packed>,
    begin_ms: i64,
}

impl Ring {
    /// Puts a sample where its time belongs: behind all that are not later.
    pub(crate) fn insert(&mut self, sample: &Sample) {
        if self.samples.is_empty() {
            self.begin_ms = sample.at_ms;
        }
        if sample.at_ms < self.begin_ms || sample.at_ms - self.begin_ms > i64::from(u32::MAX) {
            self.rebase(sample.at_ms);
        }
        if self.samples.len() == self.samples.capacity() {
            self.samples.reserve_exact(STEP.max(self.samples.len() / 16));
        }
        let packed = self.pack(sample);
        // Nearly always it is the last one.
        let behind = self.samples.iter().rev().take_while(|other| { other.after_ms } > { packed.after_ms }).count();
        self.samples.insert(self.samples.len() - behind, packed);
    }

    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<Sample> {
        self.samples.get(at).map(|packed| self.unpack(*packed))
    }

    pub(crate) fn pop_front(&mut self) {
        self.samples.pop_front();
    }

    /// Counts times from an earlier or later beginning. Times in a ring are days apart at most.
    fn rebase(&mut self, at_ms: i64) {
        let samples: Vec<_> = self.samples.iter().map(|packed| self.unpack(*packed)).collect();
        self.begin_ms = samples.first().map_or(at_ms, |first| first.at_ms.min(at_ms));
        self.samples = samples.iter().map(|sample| self.pack(sample)).collect();
    }

    fn pack(&self, sample: &Sample) -> Packed {
        let state = match sample.state {
            State::Up => 0,
            State::Down => 1,
            State::Overrun => 2,
            State::SelfOffline => 3,
        };
        Packed {
            after_ms: u32::try_from(sample.at_ms - self.begin_ms).unwrap_or(u32::MAX),
            response_us: sample.response_us.unwrap_or(NONE),
            ttfb_us: sample.ttfb_us.unwrap_or(NONE),
            outcome_and_state: sample.outcome.map_or(0, |outcome| outcome.code() & OUTCOME_MASK)
                | state << OUTCOME_BITS,
        }
    }

    fn unpack(&self, packed: Packed) -> Sample {
        let Packed { after_ms, response_us, ttfb_us, outcome_and_state } = packed;
        let some = |us: u32| (us != NONE).then_some(us);
        Sample {
            at_ms: self.begin_ms + i64::from(after_ms),
            state: match outcome_and_state >> OUTCOME_BITS {
                0 => State::Up,
                1 => State::Down,
                2 => State::Overrun,
                _ => State::SelfOffline,
            },
            response_us: some(response_us),
            ttfb_us: some(ttfb_us),
            outcome: Outcome::of_code(outcome_and_state & OUTCOME_MASK),
        }
    }
}
