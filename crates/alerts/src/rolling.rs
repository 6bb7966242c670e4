//! Good and bad outcomes of the last frame of time, in bounded memory.
//!
//! A frame is cut into [`SLOTS`] slots of equal width on the clock; an outcome is counted in the slot it falls into, and leaves with it.
//! So the frame reaches back its whole length less at most one slot, which for two minutes is one second.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Slots of a frame: its resolution, and the bound of its memory.
pub const SLOTS: i64 = 120;

/// A slot and what was counted in it. Slots in which nothing happened are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slot(i64, u64, u64);

/// Sums over the last frame. A new outcome and the leaving of old ones change them; nothing is summed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Rolling {
    width_ns: i64,
    slots: VecDeque<Slot>,
    good: u64,
    bad: u64,
    /// The newest slot the clock was seen in.
    now: i64,
}

impl Rolling {
    /// An empty frame of this length.
    pub fn new(frame_ns: i64) -> Self {
        let width_ns = (frame_ns.max(1) - 1) / SLOTS + 1;
        Self { width_ns, slots: VecDeque::new(), good: 0, bad: 0, now: i64::MIN }
    }

    /// Whether both count over frames of the same length.
    pub fn same_frame(&self, other: &Self) -> bool {
        self.width_ns == other.width_ns
    }

    /// Counts outcomes at an instant, which may be older than others as long as its slot is in the frame; `false` when it is not.
    pub fn add(&mut self, at_ns: i64, good: u64, bad: u64) -> bool {
        let slot = at_ns.div_euclid(self.width_ns);
        self.forget_until(slot);
        if slot <= self.now.saturating_sub(SLOTS) {
            return false;
        }
        let place = self.slots.iter().rposition(|&Slot(other, ..)| other <= slot);
        match place {
            Some(place) if self.slots[place].0 == slot => {
                let Slot(_, had_good, had_bad) = &mut self.slots[place];
                *had_good = had_good.saturating_add(good);
                *had_bad = had_bad.saturating_add(bad);
            }
            Some(place) => self.slots.insert(place + 1, Slot(slot, good, bad)),
            None => self.slots.push_front(Slot(slot, good, bad)),
        }
        self.good = self.good.saturating_add(good);
        self.bad = self.bad.saturating_add(bad);
        true
    }

    /// Lets go of what is no longer in the frame that ends at an instant.
    pub fn pass(&mut self, at_ns: i64) {
        self.forget_until(at_ns.div_euclid(self.width_ns));
    }

    fn forget_until(&mut self, now: i64) {
        self.now = self.now.max(now);
        while let Some(&Slot(slot, good, bad)) = self.slots.front()
            && slot <= self.now.saturating_sub(SLOTS)
        {
            self.slots.pop_front();
            self.good -= good.min(self.good);
            self.bad -= bad.min(self.bad);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.clear();
        (self.good, self.bad) = (0, 0);
    }

    pub fn good(&self) -> u64 {
        self.good
    }

    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// All outcomes of the frame.
    pub fn total(&self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    /// The instant at which the oldest outcomes leave.
    pub fn next_leave_ns(&self) -> Option<i64> {
        self.slots.front().map(|slot| self.leaves_ns(*slot))
    }

    /// The instant from which on the frame is empty, if nothing more comes.
    pub fn empty_ns(&self) -> Option<i64> {
        self.slots.back().map(|slot| self.leaves_ns(*slot))
    }

    fn leaves_ns(&self, Slot(slot, ..): Slot) -> i64 {
        slot.saturating_add(SLOTS).saturating_mul(self.width_ns)
    }
}

/// What is kept on disk: the sums follow from it.
#[derive(Serialize, Deserialize)]
struct Kept {
    width_ns: i64,
    slots: Vec<Slot>,
}

impl From<Rolling> for Kept {
    fn from(rolling: Rolling) -> Self {
        Self { width_ns: rolling.width_ns, slots: rolling.slots.into() }
    }
}

impl TryFrom<Kept> for Rolling {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, &'static str> {
        let sorted = kept.slots.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if kept.width_ns < 1 || kept.slots.len() > SLOTS as usize || !sorted {
            return Err("a frame whose slots are not in order");
        }
        let sum = |of: fn(&Slot) -> u64| kept.slots.iter().map(of).fold(0_u64, u64::saturating_add);
        Ok(Self {
            width_ns: kept.width_ns,
            good: sum(|slot| slot.1),
            bad: sum(|slot| slot.2),
            now: kept.slots.last().map_or(i64::MIN, |slot| slot.0),
            slots: kept.slots.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTES_2: i64 = 120_000_000_000;
    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn an_outcome_leaves_when_its_slot_is_a_frame_old() {
        let mut rolling = Rolling::new(MINUTES_2);
        assert!(rolling.add(10 * SECOND + 999, 0, 1));
        assert_eq!(rolling.next_leave_ns(), Some(130 * SECOND));
        rolling.pass(130 * SECOND - 1);
        assert_eq!((rolling.good(), rolling.bad()), (0, 1));
        rolling.pass(130 * SECOND);
        assert_eq!(rolling.total(), 0);
        assert!(!rolling.add(10 * SECOND, 1, 0), "older than the frame");
    }

    #[test]
    fn hostile_times_and_counts_neither_overflow_nor_grow() {
        let mut rolling = Rolling::new(1);
        for at in [i64::MAX, i64::MIN, 0, i64::MAX - 1] {
            rolling.add(at, u64::MAX, u64::MAX);
            rolling.pass(at);
        }
        assert!(rolling.slots.len() <= SLOTS as usize && rolling.empty_ns().is_some());
    }

    proptest! {
        #[test]
        fn rolling_is_the_same_as_counting_from_scratch(
            frame in 1_i64..10_000,
            outcomes in prop::collection::vec((-200_i64..400, 0_u64..3, 0_u64..3, any::<bool>()), 1..300),
        ) {
            let (mut rolling, mut now, mut all) = (Rolling::new(frame), 0_i64, Vec::new());
            let width = rolling.width_ns;
            for (step, good, bad, kept) in outcomes {
                // Some are late, by up to 200.
                let at = now + step;
                now = now.max(at);
                rolling.add(at, good, bad);
                rolling.pass(now);
                all.push((at, good, bad));
                if kept {
                    // What was on disk counts on.
                    let text = serde_json::to_string(&rolling).unwrap();
                    rolling = serde_json::from_str(&text).unwrap();
                    rolling.pass(now);
                }
                let oldest = (now.div_euclid(width) - SLOTS + 1) * width;
                let inside = all.iter().filter(|(at, ..)| *at >= oldest);
                let sums = inside.fold((0, 0), |(g, b), (_, good, bad)| (g + good, b + bad));
                prop_assert_eq!((rolling.good(), rolling.bad()), sums);
                prop_assert!(rolling.slots.len() <= SLOTS as usize);
            }
        }
    }
}
