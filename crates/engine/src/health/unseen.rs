//! The lag: how long packets that were handed in have waited until their rows could be seen.
//!
//! Taken by this machine's own clock, not by the packets': one host's clock may be an hour off, and a file may tell of last year.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// What was handed in and cannot be seen yet.
#[derive(Debug, Default)]
pub(crate) struct Unseen {
    /// When the oldest of what was not yet given to the store was handed in.
    fresh: Option<Instant>,
    /// Batches on their way, each with the oldest in it. No more than there is room for between two threads.
    given: VecDeque<(u64, Instant)>,
    next: u64,
    /// The longest wait that ended since it was asked last.
    worst: Duration,
}

impl Unseen {
    /// Packets are being read that were handed in then.
    pub(crate) fn took(&mut self, handed_in: Instant) {
        self.fresh.get_or_insert(handed_in);
    }

    /// What was read so far is given to the store; the number names it.
    pub(crate) fn gave(&mut self) -> u64 {
        self.next += 1;
        if let Some(oldest) = self.fresh.take() {
            self.given.push_back((self.next, oldest));
        }
        self.next
    }

    /// Nothing came of what was read that could be seen.
    pub(crate) fn nothing(&mut self) {
        self.fresh = None;
    }

    /// Everything up to this one can be seen now.
    pub(crate) fn seen(&mut self, number: u64, now: Instant) {
        while let Some((_, oldest)) = self.given.front().filter(|(given, _)| *given <= number) {
            self.worst = self.worst.max(now.saturating_duration_since(*oldest));
            self.given.pop_front();
        }
    }

    /// The longest wait that ended since this was asked last, or that goes on.
    pub(crate) fn lag(&mut self, now: Instant) -> Duration {
        let waits = self.given.front().map(|(_, oldest)| *oldest).or(self.fresh);
        let waited = waits.map_or(Duration::ZERO, |oldest| now.saturating_duration_since(oldest));
        std::mem::take(&mut self.worst).max(waited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_that_of_the_oldest_packet_that_cannot_be_seen() {
        let (mut unseen, began) = (Unseen::default(), Instant::now());
        let ms = |ms| began + Duration::from_millis(ms);
        assert_eq!(unseen.lag(ms(0)), Duration::ZERO);
        unseen.took(ms(0));
        unseen.took(ms(400));
        let first = unseen.gave();
        unseen.took(ms(500));
        let second = unseen.gave();
        assert_eq!(unseen.lag(ms(900)), Duration::from_millis(900));
        unseen.seen(first, ms(1_000));
        assert_eq!(unseen.lag(ms(1_000)), Duration::from_millis(1_000), "that is how long the first one took");
        assert_eq!(unseen.lag(ms(1_100)), Duration::from_millis(600), "and the second one still waits");
        unseen.seen(second, ms(1_200));
        unseen.lag(ms(1_200));
        assert_eq!(unseen.lag(ms(9_000)), Duration::ZERO, "nothing waits");
    }

    #[test]
    fn packets_of_which_no_row_comes_do_not_count_as_waiting() {
        let (mut unseen, began) = (Unseen::default(), Instant::now());
        unseen.took(began);
        unseen.nothing();
        assert_eq!(unseen.lag(began + Duration::from_secs(9)), Duration::ZERO);
    }
}
