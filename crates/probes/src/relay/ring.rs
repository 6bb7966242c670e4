//! The latest probes that a hop saw: what it can say when it is asked afterwards.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::{
    ProbeId,
    record::{Ending, Stay},
};

/// A bounded memory of probes by id; the oldest is forgotten first.
#[derive(Debug)]
pub(super) struct Ring {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// How many were forgotten: the number of the first in `entries`.
    forgotten: u64,
    entries: VecDeque<Entry>,
    /// The number of the latest entry of an id.
    latest: HashMap<ProbeId, u64>,
}

#[derive(Debug)]
struct Entry {
    id: ProbeId,
    entered: Instant,
    received_at_ns: i64,
    sent: Option<Instant>,
    left: Option<(Instant, Ending)>,
}

/// A probe's place in the ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(u64);

impl Ring {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), kept: Mutex::default() }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, id: ProbeId, entered: Instant, received_at_ns: i64) -> Place {
        let mut kept = self.kept();
        if kept.entries.len() == self.most
            && let Some(oldest) = kept.entries.pop_front()
        {
            let number = kept.forgotten;
            kept.forgotten += 1;
            // A later one of the same id stays known.
            if kept.latest.get(&oldest.id) == Some(&number) {
                kept.latest.remove(&oldest.id);
            }
        }
        let number = kept.forgotten + kept.entries.len() as u64;
        kept.entries.push_back(Entry { id, entered, received_at_ns, sent: None, left: None });
        kept.latest.insert(id, number);
        Place(number)
    }

    pub(super) fn sent(&self, place: Place, at: Instant) {
        self.change(place, |entry| entry.sent = Some(at));
    }

    pub(super) fn left(&self, place: Place, at: Instant, ending: Ending) {
        self.change(place, |entry| entry.left = Some((at, ending)));
    }

    /// What became of a probe, unless it is forgotten or never came.
    pub(super) fn find(&self, id: ProbeId, now: Instant) -> Option<Stay> {
        let mut kept = self.kept();
        let number = *kept.latest.get(&id)?;
        let entry = kept.entry(Place(number))?;
        let nanos = |until: Instant| until.saturating_duration_since(entry.entered).as_nanos() as u64;
        Some(Stay {
            age_ns: nanos(now),
            sent_ns: entry.sent.map(nanos),
            left: entry.left.map(|(at, ending)| (nanos(at), ending)),
            received_at_ns: entry.received_at_ns,
        })
    }

    fn change(&self, place: Place, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.kept().entry(place) {
            change(entry);
        }
    }
}

impl Kept {
    fn entry(&mut self, place: Place) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(place.0.checked_sub(self.forgotten)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_probe_is_known_until_as_many_as_the_ring_holds_came_after_it() {
        let (ring, begun) = (Ring::new(2), Instant::now());
        let at = |millis| begun + Duration::from_millis(millis);
        let ids = [1, 2, 3].map(|byte| ProbeId([byte; 16]));
        let first = ring.enter(ids[0], at(0), 17);
        ring.sent(first, at(2));
        let seen = Stay { age_ns: 5_000_000, sent_ns: Some(2_000_000), left: None, received_at_ns: 17 };
        assert_eq!(ring.find(ids[0], at(5)), Some(seen));
        ring.left(first, at(4), Ending::Answered);
        let left = ring.find(ids[0], at(5)).and_then(|stay| stay.left);
        assert_eq!(left, Some((4_000_000, Ending::Answered)));
        ring.enter(ids[1], at(6), 18);
        assert!(ring.find(ids[0], at(7)).is_some());
        ring.enter(ids[2], at(8), 19);
        assert!(ring.find(ids[0], at(9)).is_none() && ring.find(ids[1], at(9)).is_some());
        ring.left(first, at(9), Ending::Failed);
        assert!(ring.find(ids[1], at(9)).is_some_and(|stay| stay.left.is_none()), "who is forgotten changes nobody");
    }

    #[test]
    fn of_an_id_that_came_twice_the_later_stay_is_told() {
        let (ring, begun, id) = (Ring::new(2), Instant::now(), ProbeId([1; 16]));
        ring.enter(id, begun, 1);
        ring.enter(id, begun, 2);
        ring.enter(ProbeId([2; 16]), begun, 3);
        assert_eq!(ring.find(id, begun).map(|stay| stay.received_at_ns), Some(2));
        ring.enter(ProbeId([3; 16]), begun, 4);
        assert_eq!((ring.find(id, begun), ring.kept().latest.len()), (None, 2));
    }
}
