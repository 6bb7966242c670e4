//! The samples of the longest frame, packed: what leaves a frame must be known exactly.

use std::collections::VecDeque;

use super::summary::{Outcome, Sample};

/// Fourteen bytes for a sample. A day of checks every ten seconds is 120 KB, an hour 5 KB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(2))]
struct Packed {
    /// Milliseconds since the ring's beginning.
    after_ms: u32,
    /// `u32::MAX` is none.
    response_us: u32,
    ttfb_us: u32,
    /// Status below, outcome in the two highest bits.
    status_and_outcome: u16,
}

const NONE: u32 = u32::MAX;
const STATUS_BITS: u32 = 14;
const STATUS_MASK: u16 = (1 << STATUS_BITS) - 1;
/// Room is taken in steps, not by doubling: half of it would be empty for ever.
const STEP: usize = 16;

/// Samples in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    samples: VecDeque<Packed>,
    begin_ms: i64,
}

impl Ring {
    /// Puts a sample where its time belongs.
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
        let outcome = match sample.outcome {
            Outcome::Up => 0,
            Outcome::Down => 1,
            Outcome::Overrun => 2,
            Outcome::SelfOffline => 3,
        };
        Packed {
            after_ms: u32::try_from(sample.at_ms - self.begin_ms).unwrap_or(u32::MAX),
            response_us: sample.response_us.unwrap_or(NONE),
            ttfb_us: sample.ttfb_us.unwrap_or(NONE),
            status_and_outcome: sample.status.map_or(0, |status| status & STATUS_MASK) | outcome << STATUS_BITS,
        }
    }

    fn unpack(&self, packed: Packed) -> Sample {
        let Packed { after_ms, response_us, ttfb_us, status_and_outcome } = packed;
        let some = |us: u32| (us != NONE).then_some(us);
        let status = status_and_outcome & STATUS_MASK;
        Sample {
            at_ms: self.begin_ms + i64::from(after_ms),
            outcome: match status_and_outcome >> STATUS_BITS {
                0 => Outcome::Up,
                1 => Outcome::Down,
                2 => Outcome::Overrun,
                _ => Outcome::SelfOffline,
            },
            response_us: some(response_us),
            ttfb_us: some(ttfb_us),
            // There is no status 0.
            status: (status != 0).then_some(status),
        }
    }
}
