//! The three clocks of a schedule.

use std::time::{SystemTime, UNIX_EPOCH};

/// What the clocks show at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Never set, never stands still: counts while the machine sleeps, where the system can tell. Deadlines are on this clock.
    pub continuous_ns: i64,
    /// Never set; stands still while the machine sleeps, where the system can tell.
    pub awake_ns: i64,
    /// Nanoseconds since 1970; may be set at any time.
    pub wall_ns: i64,
}

/// Shows the time. Tests have one that they move themselves.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Now;
}

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Continuous and awake.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn clocks() -> (i64, i64) {
    (of(rustix::time::ClockId::Boottime), of(rustix::time::ClockId::Monotonic))
}

/// Continuous and awake: Apple's monotonic clock goes on in sleep, and the one that the standard library takes does not.
#[cfg(target_vendor = "apple")]
fn clocks() -> (i64, i64) {
    (of(rustix::time::ClockId::Monotonic), since_start_ns())
}

/// One clock for both: sleep shows as a pause in which nothing ran.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn clocks() -> (i64, i64) {
    (since_start_ns(), since_start_ns())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_start_ns() -> i64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    i64::try_from(START.get_or_init(std::time::Instant::now).elapsed().as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn of(clock: rustix::time::ClockId) -> i64 {
    let time = rustix::time::clock_gettime(clock);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (continuous_ns, awake_ns) = clocks();
        Now { continuous_ns, awake_ns, wall_ns: i64::try_from(wall.as_nanos()).unwrap_or(i64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_go_on_together_while_the_machine_is_awake() {
        let clock = SystemClock;
        let before = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let after = clock.now();
        let (continuous, awake) = (after.continuous_ns - before.continuous_ns, after.awake_ns - before.awake_ns);
        assert!(continuous >= 5_000_000 && (continuous - awake).abs() < 1_000_000_000, "{continuous} {awake}");
        assert!(after.wall_ns > 1_700_000_000_000_000_000);
    }
}
