//! What this machine's clock shows. One that leaps is not believed at once: set a year ahead by mistake, it would make everything old.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Clocks are corrected by less than this all the time.
const LEAP: Duration = Duration::from_secs(120);
/// How long the clock must go evenly after a leap. A leap that is a mistake is noticed by people or by a time server before that; the
/// other kind, a machine that has slept, can wait.
const STEADY: Duration = Duration::from_secs(600);

/// What the clock shows, since 1970.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in nanoseconds.
pub(crate) fn now_ns() -> i64 {
    i64::try_from(since_1970().as_nanos()).unwrap_or(i64::MAX)
}

/// The same in microseconds.
pub(crate) fn now_us() -> i64 {
    i64::try_from(since_1970().as_micros()).unwrap_or(i64::MAX)
}

/// Looks at the clock, and says whether what it shows may be acted on.
#[derive(Debug, Default)]
pub(crate) struct SteadyClock {
    last: Option<(Instant, i64)>,
    leapt: Option<Instant>,
}

impl SteadyClock {
    /// Takes in what the clock shows, nanoseconds since 1970, at a moment; false while it has leapt ahead lately.
    pub(crate) fn is_steady(&mut self, moment: Instant, shows_ns: i64) -> bool {
        if let Some((before, showed_ns)) = self.last {
            let went_ns = shows_ns.saturating_sub(showed_ns);
            let passed_ns = i64::try_from(moment.duration_since(before).as_nanos()).unwrap_or(i64::MAX);
            if went_ns.saturating_sub(passed_ns) > LEAP.as_nanos() as i64 {
                self.leapt = Some(moment);
            }
        }
        self.last = Some((moment, shows_ns));
        self.leapt.is_none_or(|leapt| moment.duration_since(leapt) >= STEADY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leap_ahead_is_not_acted_on_until_the_clock_has_gone_evenly_for_ten_minutes() {
        let mut clock = SteadyClock::default();
        let began = Instant::now();
        let second = |n: u64| began + Duration::from_secs(n);
        let shows = |n: i64| n * 1_000_000_000;
        assert!(clock.is_steady(second(0), shows(1_000)));
        assert!(clock.is_steady(second(60), shows(1_061)), "corrected by a second");
        assert!(!clock.is_steady(second(120), shows(31_000_000)));
        assert!(!clock.is_steady(second(180), shows(1_180)), "set back: nothing is older than it was, but who knows");
        assert!(!clock.is_steady(second(719), shows(1_719)));
        assert!(clock.is_steady(second(780), shows(1_780)));
        assert!(clock.is_steady(second(840), shows(840)), "a step back makes nothing old");
    }
}
