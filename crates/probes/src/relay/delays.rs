//! Delays that are injected, exact to a tenth of a millisecond: the runtime's own timers go by whole milliseconds, which would be told as
//! the hop's time.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{
        Arc, Condvar, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use wirereel_span::Span;

use super::options::Delays;

/// Which of a relay's delays.
#[derive(Debug, Clone, Copy)]
pub(super) enum Delay {
    LinkRequest,
    Request,
    Response,
    LinkResponse,
}

/// A relay's delays, which may be set while it runs. Nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Injected([AtomicU64; 4]);

impl Injected {
    pub(super) fn set(&self, delays: &Delays) {
        let spans = [delays.link_request, delays.request, delays.response, delays.link_response];
        for (nanos, span) in self.0.iter().zip(spans) {
            nanos.store(span.map_or(0, Span::as_nanos).unsigned_abs(), Ordering::Relaxed);
        }
    }

    /// How long, when at all.
    pub(super) fn of(&self, delay: Delay) -> Option<Duration> {
        let nanos = self.0[delay as usize].load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }

    pub(super) async fn pass(&self, delay: Delay) {
        if let Some(time) = self.of(delay) {
            pause(time).await;
        }
    }
}

/// Lets time pass.
pub(crate) async fn pause(time: Duration) {
    let until = Instant::now() + time;
    let (woken, waits) = oneshot::channel();
    match alarms() {
        Some(alarms) => alarms.add(until, woken),
        None => return tokio::time::sleep(time).await,
    }
    // The thread drops nobody: it ends with the process.
    let _ = waits.await;
}

/// Who waits, earliest first; one thread wakes them.
struct Alarms {
    waiting: Mutex<BinaryHeap<Reverse<Alarm>>>,
    earlier: Condvar,
}

struct Alarm {
    until: Instant,
    woken: oneshot::Sender<()>,
}

/// Started when somebody first waits; `None` where there can be no thread.
fn alarms() -> Option<&'static Arc<Alarms>> {
    static ALARMS: OnceLock<Option<Arc<Alarms>>> = OnceLock::new();
    let start = || {
        let alarms = Arc::new(Alarms { waiting: Mutex::default(), earlier: Condvar::new() });
        let own = Arc::clone(&alarms);
        let thread = std::thread::Builder::new().name("probe-delays".into()).spawn(move || own.run());
        thread.is_ok().then_some(alarms)
    };
    ALARMS.get_or_init(start).as_ref()
}

impl Alarms {
    fn add(&self, until: Instant, woken: oneshot::Sender<()>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Reverse(Alarm { until, woken }));
        self.earlier.notify_one();
    }

    fn run(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            while waiting.peek().is_some_and(|Reverse(next)| next.until <= now) {
                // Who no longer waits is forgotten here.
                let _ = waiting.pop().map(|Reverse(due)| due.woken.send(()));
            }
            waiting = match waiting.peek().map(|Reverse(next)| next.until - now) {
                None => self.earlier.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(time) => self.earlier.wait_timeout(waiting, time).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.until.cmp(&other.until)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}

impl Eq for Alarm {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pauses_last_as_long_as_they_say_whoever_began_first() {
        let begun = Instant::now();
        let lasts = |millis| async move {
            pause(Duration::from_millis(millis)).await;
            begun.elapsed()
        };
        let (long, short) = tokio::join!(lasts(30), lasts(5));
        assert!(long >= Duration::from_millis(30) && short >= Duration::from_millis(5) && short < long);
    }

    #[test]
    fn delays_are_set_while_a_relay_runs() {
        let injected = Injected::default();
        assert!(injected.of(Delay::Request).is_none());
        injected.set(&Delays { request: Some(Span::from_millis(20)), ..Delays::default() });
        assert_eq!(injected.of(Delay::Request), Some(Duration::from_millis(20)));
        assert!(injected.of(Delay::LinkResponse).is_none());
    }
}
