//! The greatest of the values that have not left a window yet.

use std::collections::VecDeque;

/// Twelve bytes instead of the sixteen of a pair.
#[derive(Debug, Clone, Copy)]
#[repr(C, packed(4))]
struct Candidate {
    at_ms: i64,
    value: u32,
}

/// Candidates only: times ascend, values descend. What is behind a greater value and older can never be the greatest again.
#[derive(Debug, Default)]
pub(crate) struct Greatest {
    candidates: VecDeque<Candidate>,
}

impl Greatest {
    pub(crate) fn add(&mut self, at_ms: i64, value: u32) {
        let later = self.candidates.iter().rev().take_while(|other| { other.at_ms } > at_ms).count();
        let place = self.candidates.len() - later;
        if self.candidates.get(place).is_some_and(|later| { later.value } >= value) {
            return;
        }
        let smaller = self.candidates.iter().take(place).rev().take_while(|earlier| { earlier.value } <= value).count();
        self.candidates.drain(place - smaller..place);
        self.candidates.insert(place - smaller, Candidate { at_ms, value });
    }

    /// Forgets what is not after a moment.
    pub(crate) fn forget_until(&mut self, until_ms: i64) {
        while self.candidates.front().is_some_and(|oldest| { oldest.at_ms } <= until_ms) {
            self.candidates.pop_front();
        }
    }

    pub(crate) fn get(&self) -> Option<u32> {
        self.candidates.front().map(|greatest| greatest.value)
    }
}
