//! What is heard, on its way to whoever judges it. Whoever feeds never waits: what finds no room is counted.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use wirereel_alerts::{Observation, Reading, Subject};

/// Readings of one message, and messages that wait, at most: a quarter of a million readings.
const AT_ONCE: usize = 256;
pub(super) const MESSAGES: usize = 1_024;
/// Orders that wait beside a full queue, at most.
const ORDERS: usize = 1_024;

/// A reading with the words it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedReading {
    /// Such as `website`.
    pub kind: &'static str,
    pub name: Arc<str>,
    /// Such as `up`.
    pub metric: &'static str,
    /// When it was known, nanoseconds since 1970; rising within a series.
    pub at_ns: i64,
    /// How often the subject is asked, in nanoseconds.
    pub every_ns: Option<i64>,
    pub reading: Reading,
}

impl OwnedReading {
    pub(super) fn seen(&self) -> Observation<'_> {
        Observation {
            kind: self.kind,
            name: &self.name,
            metric: self.metric,
            at_ns: self.at_ns,
            every_ns: self.every_ns,
            reading: self.reading,
        }
    }
}

/// Something to be taken into account.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    Readings(Vec<OwnedReading>),
    /// Nothing could be measured between two instants.
    Blind {
        from_ns: i64,
        to_ns: i64,
    },
    Forget(Subject),
    /// Of a kind there is nobody but these.
    KeepOnly {
        kind: String,
        names: Vec<String>,
    },
}

/// The way there.
pub(super) struct Feed {
    sender: Sender<Heard>,
    receiver: Receiver<Heard>,
    /// Orders that found no room: few, and not to be lost.
    orders: Mutex<VecDeque<Heard>>,
    lost: AtomicU64,
}

impl Default for Feed {
    fn default() -> Self {
        let (sender, receiver) = bounded(MESSAGES);
        Self { sender, receiver, orders: Mutex::default(), lost: AtomicU64::new(0) }
    }
}

impl Feed {
    pub(super) fn readings(&self, readings: Vec<OwnedReading>) {
        let mut rest = readings.into_iter();
        loop {
            let some: Vec<OwnedReading> = rest.by_ref().take(AT_ONCE).collect();
            let count = some.len() as u64;
            if count == 0 {
                return;
            }
            if self.sender.try_send(Heard::Readings(some)).is_err() {
                self.lost.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn order(&self, order: Heard) {
        if let Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) = self.sender.try_send(order) {
            let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
            if orders.len() >= ORDERS {
                orders.pop_front();
            }
            orders.push_back(order);
        }
    }

    /// The next that is heard, orders that found no room last.
    pub(super) fn next(&self) -> Option<Heard> {
        self.receiver.try_recv().ok().or_else(|| self.orders.lock().unwrap_or_else(PoisonError::into_inner).pop_front())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    pub(super) fn receiver(&self) -> &Receiver<Heard> {
        &self.receiver
    }

    /// Readings that found no room since the start.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(count: usize) -> Vec<OwnedReading> {
        let one = |at: usize| OwnedReading {
            kind: "website",
            name: "shop".into(),
            metric: "up",
            at_ns: at as i64,
            every_ns: None,
            reading: Reading::Outcomes { good: 1, bad: 0 },
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn whoever_feeds_never_waits_and_what_finds_no_room_is_counted_but_orders_stay() {
        let feed = Feed::default();
        feed.readings(readings(AT_ONCE * MESSAGES));
        assert_eq!(feed.lost(), 0);
        feed.readings(readings(AT_ONCE + 3));
        assert_eq!(feed.lost(), AT_ONCE as u64 + 3);
        feed.order(Heard::Blind { from_ns: 1, to_ns: 2 });
        let (mut count, mut last) = (0, None);
        while let Some(heard) = feed.next() {
            if let Heard::Readings(readings) = &heard {
                assert_eq!(readings[0].at_ns as usize, count);
                count += readings.len();
            }
            last = Some(heard);
        }
        assert_eq!((count, last), (AT_ONCE * MESSAGES, Some(Heard::Blind { from_ns: 1, to_ns: 2 })));
    }
}
