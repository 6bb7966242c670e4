//! How often somebody is asked, and how soon again after a failure.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket: so many at once, then one in so long. Who asks seldom never waits.
#[derive(Debug)]
pub(super) struct Pace {
    burst: u32,
    every: Duration,
    left: u32,
    /// From here on time counts for the next token.
    since: Instant,
}

impl Pace {
    /// A full one.
    pub(super) fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, left: burst, since: Instant::now() }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// When there will be one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        while self.left < self.burst && now >= self.since + self.every {
            self.left += 1;
            self.since += self.every;
        }
        if self.left == self.burst {
            self.since = now;
        }
        self.left = self.left.checked_sub(1).ok_or(self.since + self.every)?;
        Ok(())
    }

    /// Waits for a token and takes it.
    pub(super) async fn wait(&mut self) {
        while let Err(until) = self.take(Instant::now()) {
            tokio::time::sleep_until(until).await;
        }
    }
}

/// Longer after every failure in a row, up to a bound, and never for all at the same time.
#[derive(Debug)]
pub(super) struct BackOff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl BackOff {
    pub(super) fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// It went well.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// How long is waited after one more failure: between half and all of what is due.
    pub(super) fn next(&mut self) -> Duration {
        let due = self.first.saturating_mul(1 << self.failures.min(20)).min(self.most);
        self.failures = self.failures.saturating_add(1);
        due.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_asks_seldom_never_waits_and_who_asks_much_is_held_to_the_rate() {
        let begin = Instant::now();
        let mut pace = Pace { burst: 2, every: 2 * SECOND, left: 2, since: begin };
        let mut taken = 0;
        for tenth in 0..200 {
            taken += u32::from(pace.take(begin + tenth * SECOND / 10).is_ok());
        }
        assert_eq!(taken, 2 + 9, "two at once, then one in two seconds for twenty seconds");
        let later = begin + 60 * SECOND;
        assert_eq!((pace.take(later), pace.take(later)), (Ok(()), Ok(())));
        assert_eq!(pace.take(later), Err(later + 2 * SECOND), "a long rest is worth no more than the burst");
    }

    #[test]
    fn waits_grow_to_their_bound_and_begin_anew_after_success() {
        let mut back_off = BackOff::new(SECOND, 60 * SECOND);
        for due in [1, 2, 4, 8, 16, 32, 60, 60] {
            let waits = back_off.next();
            assert!(waits >= due * SECOND / 2 && waits <= due * SECOND, "{waits:?} of {due} s");
        }
        back_off.reset();
        assert!(back_off.next() <= SECOND);
    }
}
