//! How long to wait before the next attempt to connect: 1 s, doubling to 30 s, each a little off so that agents that were cut at the same
//! time do not come back at the same time.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Counts attempts.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failed: u32,
}

impl Backoff {
    /// The next attempt's number, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.failed + 1
    }

    /// An attempt has failed: how long to wait, give or take a fifth.
    pub(crate) fn failed(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.failed.min(8)).min(LONGEST);
        self.failed = self.failed.saturating_add(1);
        // Seeded by the system's randomness for each one.
        let random = RandomState::new().hash_one(self.failed) % 1_000;
        wait.mul_f64(0.8 + 0.4 * random as f64 / 1_000.0)
    }

    /// A connection held for long enough: the next cut is a new one.
    pub(crate) fn held(&mut self) {
        self.failed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute_and_start_again_after_a_good_connection() {
        let mut backoff = Backoff::default();
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0] {
            let wait = backoff.failed().as_secs_f64();
            assert!((0.8 * expected..=1.2 * expected).contains(&wait), "{wait} for {expected}");
        }
        assert_eq!(backoff.attempt(), 9);
        for _ in 0..100 {
            backoff.failed();
        }
        backoff.held();
        assert_eq!(backoff.attempt(), 1);
        assert!(backoff.failed() < Duration::from_millis(1_201));
    }
}
