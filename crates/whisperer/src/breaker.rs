//! The circuit breaker between capture and pipe: a receiver that takes nothing must not cost the host anything.
//!
//! *Closed*, packets are queued. When a frame has been waiting in the pipe for long and the queue is full, it *opens*: packets are
//! counted and thrown away uncopied. When the pipe moves again it is *half open*: one frame is tried, and a quick one closes it.

use std::time::{Duration, Instant};

use wirereel_whisper::Breaker;

/// How long a frame may wait, with a full queue, before the breaker opens.
const OPENS_AFTER: Duration = Duration::from_secs(2);
/// A frame taken within this closes it again.
const QUICK: Duration = Duration::from_millis(500);

/// See the module. Time is given, so that it can be tested.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    state: Breaker,
    /// Since when a frame waits to be taken.
    waiting_since: Option<Instant>,
}

impl CircuitBreaker {
    pub(crate) fn new() -> Self {
        Self { state: Breaker::Closed, waiting_since: None }
    }

    pub(crate) fn state(&self) -> Breaker {
        self.state
    }

    /// Whether packets go into the queue.
    pub(crate) fn lets_in(&self) -> bool {
        self.state == Breaker::Closed
    }

    /// A frame is being written.
    pub(crate) fn began(&mut self, now: Instant) {
        self.waiting_since = Some(now);
    }

    /// It was taken; gives how long that took.
    pub(crate) fn took(&mut self, now: Instant) -> Duration {
        let waited = self.waiting_since.take().map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.state = match self.state {
            Breaker::Open => Breaker::HalfOpen,
            Breaker::HalfOpen if waited <= QUICK => Breaker::Closed,
            Breaker::HalfOpen if waited >= OPENS_AFTER => Breaker::Open,
            same => same,
        };
        waited
    }

    /// The queue has no room for what came.
    pub(crate) fn overflowed(&mut self, now: Instant) {
        let waited = self.waiting_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        if self.state != Breaker::Open && waited >= OPENS_AFTER {
            self.state = Breaker::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_when_a_frame_waits_long_with_a_full_queue_and_closes_by_a_quick_one() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut breaker = CircuitBreaker::new();
        breaker.began(at(0));
        breaker.overflowed(at(1_500));
        assert!(breaker.lets_in(), "a slow receiver alone does not open it");
        breaker.overflowed(at(2_100));
        assert_eq!(breaker.state(), Breaker::Open);
        assert_eq!(breaker.took(at(9_000)), Duration::from_secs(9));
        assert_eq!(breaker.state(), Breaker::HalfOpen);
        breaker.began(at(9_000));
        breaker.took(at(9_800));
        assert_eq!(breaker.state(), Breaker::HalfOpen, "taken, but not quickly");
        breaker.began(at(10_000));
        breaker.took(at(10_010));
        assert!(breaker.lets_in());
    }

    #[test]
    fn a_waiting_frame_without_overflow_is_no_reason() {
        let start = Instant::now();
        let mut breaker = CircuitBreaker::new();
        breaker.began(start);
        breaker.took(start + Duration::from_secs(60));
        assert!(breaker.lets_in());
    }
}
