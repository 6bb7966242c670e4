//! The greatest of the values that have not left a window yet.

use std::collections::VecDeque;

/// Candidates only: times ascend, values descend. What is behind a greater value and older can never be the greatest again.
#[derive(Debug, Default)]
pub(crate) struct Greatest {
    candidates: VecDeque<(i64, u32)>,
}

impl Greatest {
    pub(crate) fn add(&mut self, at_ms: i64, value: u32) {
        let later = self.candidates.iter().rev().take_while(|(at, _)| *at > at_ms).count();
        let place = self.candidates.len() - later;
        if self.candidates.get(place).is_some_and(|(_, later)| *later >= value) {
            return;
        }
        let smaller = self.candidates.iter().take(place).rev().take_while(|(_, earlier)| *earlier <= value).count();
        self.candidates.drain(place - smaller..place);
        self.candidates.insert(place - smaller, (at_ms, value));
    }

    /// Forgets what is not after a moment.
    pub(crate) fn forget_until(&mut self, until_ms: i64) {
        while self.candidates.front().is_some_and(|(at, _)| *at <= until_ms) {
            self.candidates.pop_front();
        }
    }

    pub(crate) fn get(&self) -> Option<u32> {
        self.candidates.front().map(|(_, value)| *value)
    }
}
