//! How long something took lately: two histograms in turns, so that what was slow an hour ago is not told for ever.

use std::time::{Duration, Instant};

use wirereel_store::{LatencyHistogram, latency_class};

/// How long one histogram is filled: what is told is of this long at least, and of twice as long at most.
const TURN: Duration = Duration::from_secs(300);

/// Times of the last five to ten minutes.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    filled: LatencyHistogram,
    before: LatencyHistogram,
    since: Option<Instant>,
}

impl Recent {
    /// Something ended now that took so long.
    pub(crate) fn add(&mut self, took: Duration, now: Instant) {
        self.turn(now);
        self.filled.add(latency_class(took.as_micros().try_into().unwrap_or(u64::MAX)), 1);
    }

    /// Median and 99th percentile, microseconds; `None` when nothing happened lately.
    pub(crate) fn percentiles_us(&mut self, now: Instant) -> Option<(u64, u64)> {
        self.turn(now);
        let mut both = self.filled.clone();
        both.merge(&self.before);
        Some((both.percentile_us(0.5)?, both.percentile_us(0.99)?))
    }

    /// Adds what another one holds, for a figure of all kinds together.
    pub(crate) fn gather(&mut self, into: &mut LatencyHistogram, now: Instant) {
        self.turn(now);
        into.merge(&self.filled);
        into.merge(&self.before);
    }

    fn turn(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed < TURN {
            return;
        }
        let filled = std::mem::take(&mut self.filled);
        self.before = if passed < 2 * TURN { filled } else { LatencyHistogram::default() };
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_minutes_only() {
        let (mut recent, began) = (Recent::default(), Instant::now());
        assert_eq!(recent.percentiles_us(began), None);
        for _ in 0..99 {
            recent.add(Duration::from_micros(10), began);
        }
        recent.add(Duration::from_secs(2), began);
        let (p50, p99) = recent.percentiles_us(began).unwrap();
        assert_eq!((p50, p99), (10, 10));
        let later = began + TURN;
        for _ in 0..10 {
            recent.add(Duration::from_micros(20), later);
        }
        assert_eq!(recent.percentiles_us(later).unwrap().0, 10, "the turn before still counts");
        assert_eq!(recent.percentiles_us(later + TURN).unwrap(), (20, 20));
        assert_eq!(recent.percentiles_us(later + 4 * TURN), None);
    }
}
