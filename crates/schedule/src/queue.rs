//! Who is due when: one heap for all, without threads, tasks or a clock of its own.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use crate::{Now, Planned, State};

/// The first instant comes no later than this, however long the interval.
const FIRST_WITHIN_NS: i64 = 60_000_000_000;
/// A wall clock that is this far from where it should be was set.
const CLOCK_SET_NS: i64 = 50_000_000;

/// What is planned, for as long as it is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    slot: u32,
    generation: u32,
}

/// What an intended instant asks for.
pub(crate) struct Due<P> {
    pub(crate) key: Key,
    pub(crate) name: Arc<str>,
    pub(crate) intended_at_ns: i64,
    pub(crate) what: What<P>,
}

pub(crate) enum What<P> {
    Start(Arc<P>),
    /// Nothing is measured for so many instants from the intended one on.
    Missed {
        instants: u32,
        why: Why,
    },
}

/// Why nothing is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Asleep,
    StoodStill,
    Busy,
    TooLate,
}

impl Why {
    pub(crate) fn state(self) -> State {
        match self {
            Self::Asleep | Self::StoodStill => State::SelfOffline,
            Self::Busy | Self::TooLate => State::Overrun,
        }
    }

    /// As a sentence without its period, about what is called so.
    pub(crate) fn sentence(self, noun: &str) -> String {
        match self {
            Self::Asleep => "This machine was asleep".to_owned(),
            Self::StoodStill => "Nothing ran on this machine for a while".to_owned(),
            Self::Busy => format!("The {noun} before was still running"),
            Self::TooLate => "This machine was too late for it".to_owned(),
        }
    }
}

/// A time in which nothing ran here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// On the continuous clock.
    pub(crate) since_ns: i64,
    pub(crate) asleep: bool,
}

struct Place<P> {
    generation: u32,
    name: Arc<str>,
    planned: Arc<P>,
    interval_ns: i64,
    due_ns: i64,
    busy: bool,
}

/// All in the order of their next instants.
pub(crate) struct Queue<P> {
    places: Vec<Option<Place<P>>>,
    free: Vec<u32>,
    by_name: HashMap<Arc<str>, u32>,
    /// Due on the continuous clock, slot, generation. What does not fit its slot any more is passed over.
    heap: BinaryHeap<Reverse<(i64, u32, u32)>>,
    generation: u32,
    /// What the wall clock shows more than the continuous one.
    wall_ahead_ns: i64,
}

impl<P: Planned> Queue<P> {
    pub(crate) fn new(now: Now) -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            by_name: HashMap::new(),
            heap: BinaryHeap::new(),
            generation: 0,
            wall_ahead_ns: now.wall_ns - now.continuous_ns,
        }
    }

    /// Takes one in, or another state of one.
    pub(crate) fn set(&mut self, planned: Arc<P>, now: Now) {
        let name: Arc<str> = planned.name().into();
        let interval_ns = planned.interval_ns().max(1);
        let due_ns = first_due_ns(moment(&name, planned.target()), interval_ns, now);
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let slot = match self.by_name.get(&name) {
            Some(slot) => *slot,
            None => match self.free.pop() {
                Some(slot) => slot,
                None => {
                    self.places.push(None);
                    u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
                }
            },
        };
        self.by_name.insert(Arc::clone(&name), slot);
        if let Some(place) = self.places.get_mut(slot as usize) {
            *place = Some(Place { generation, name, planned, interval_ns, due_ns, busy: false });
            self.heap.push(Reverse((due_ns, slot, generation)));
        }
        self.tidy();
    }

    /// Throws away what is passed over in the heap, when that is most of it.
    fn tidy(&mut self) {
        if self.heap.len() > 64 && self.heap.len() > 4 * self.by_name.len() {
            let places = &self.places;
            self.heap.retain(|Reverse((_, slot, generation))| {
                places.get(*slot as usize).and_then(Option::as_ref).is_some_and(|place| place.generation == *generation)
            });
        }
    }

    /// Takes one out; says which, if it was there.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Key> {
        let slot = self.by_name.remove(name)?;
        let place = self.places.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        self.tidy();
        Some(Key { slot, generation: place.generation })
    }

    /// The names that are scheduled.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_name.keys()
    }

    /// Whether it is scheduled just so.
    pub(crate) fn has(&self, planned: &P) -> bool {
        let slot = self.by_name.get(planned.name());
        let place = slot.and_then(|slot| self.places.get(*slot as usize)?.as_ref());
        place.is_some_and(|place| place.planned.is_same(planned))
    }

    /// When the next instant is, on the continuous clock.
    pub(crate) fn next_due_ns(&mut self) -> Option<i64> {
        while let Some(Reverse((due_ns, slot, generation))) = self.heap.peek().copied() {
            if self.place(slot, generation).is_some() {
                return Some(due_ns);
            }
            self.heap.pop();
        }
        None
    }

    /// The next instant that has come.
    pub(crate) fn pop(&mut self, now: Now, pause: Option<Pause>) -> Option<Due<P>> {
        if self.next_due_ns()? > now.continuous_ns {
            return None;
        }
        let wall_ahead_ns = now.wall_ns - now.continuous_ns;
        if (wall_ahead_ns - self.wall_ahead_ns).abs() > CLOCK_SET_NS {
            self.wall_ahead_ns = wall_ahead_ns;
        }
        let wall_ahead_ns = self.wall_ahead_ns;
        let Reverse((due_ns, slot, generation)) = self.heap.pop()?;
        let place = self.place(slot, generation)?;
        let key = Key { slot, generation };
        // Instants that have come since this one as well.
        let further = (now.continuous_ns - due_ns) / place.interval_ns;
        let missed = |instants: i64, why| What::Missed { instants: u32::try_from(instants).unwrap_or(u32::MAX), why };
        let (what, taken) = match pause {
            Some(pause) if due_ns >= pause.since_ns => {
                (missed(further + 1, if pause.asleep { Why::Asleep } else { Why::StoodStill }), further + 1)
            }
            _ if place.busy => (missed(further + 1, Why::Busy), further + 1),
            _ if further > 0 => (missed(further, Why::TooLate), further),
            _ => {
                place.busy = true;
                (What::Start(Arc::clone(&place.planned)), 1)
            }
        };
        place.due_ns = due_ns + taken * place.interval_ns;
        let due = Due { key, name: Arc::clone(&place.name), intended_at_ns: due_ns + wall_ahead_ns, what };
        let next = Reverse((place.due_ns, slot, generation));
        self.heap.push(next);
        Some(due)
    }

    /// A measurement has ended; the next instant may begin another.
    pub(crate) fn ended(&mut self, key: Key) {
        if let Some(place) = self.place(key.slot, key.generation) {
            place.busy = false;
        }
    }

    fn place(&mut self, slot: u32, generation: u32) -> Option<&mut Place<P>> {
        self.places.get_mut(slot as usize)?.as_mut().filter(|place| place.generation == generation)
    }
}

/// One's own moment: FNV-1a of its name and target, the same on every machine and after every start.
fn moment(name: &str, target: &str) -> u64 {
    let bytes = name.bytes().chain([0]).chain(target.bytes());
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // Names that differ only in their last letter would be neighbours: stirred as SplitMix64 does.
    let stirred = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let stirred = (stirred ^ (stirred >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    stirred ^ (stirred >> 31)
}

/// The first instant after now at which the wall clock is at the moment of the interval.
fn first_due_ns(moment: u64, interval_ns: i64, now: Now) -> i64 {
    let offset = |within_ns: i64| (moment % u64::try_from(within_ns.max(1)).unwrap_or(1)) as i64;
    let wait_ns = (offset(interval_ns) - now.wall_ns).rem_euclid(interval_ns);
    let wait_ns = if wait_ns == 0 { interval_ns } else { wait_ns };
    if wait_ns <= FIRST_WITHIN_NS {
        return now.continuous_ns + wait_ns;
    }
    now.continuous_ns + offset(FIRST_WITHIN_NS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Outcome, Verdict};

    /// A name and an interval.
    struct Plan(String, i64);

    struct Nothing;

    impl From<Outcome<()>> for Nothing {
        fn from(_: Outcome<()>) -> Self {
            Self
        }
    }

    impl Planned for Plan {
        type Measured = ();
        type Result = Nothing;
        const NOUN: &'static str = "test";

        fn name(&self) -> &str {
            &self.0
        }

        fn target(&self) -> &str {
            "http://localhost/"
        }

        fn interval_ns(&self) -> i64 {
            self.1
        }

        fn is_paused(&self) -> bool {
            false
        }

        fn is_same(&self, other: &Self) -> bool {
            self.1 == other.1
        }

        fn verdict(&self, (): &()) -> Verdict {
            Verdict::Up
        }
    }

    fn plan(name: usize, interval_ms: u64) -> Arc<Plan> {
        Arc::new(Plan(format!("site{name}"), interval_ms as i64 * 1_000_000))
    }

    fn at(ns: i64) -> Now {
        Now { continuous_ns: ns, awake_ns: ns, wall_ns: 1_790_000_000_000_000_000 + ns }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_happens_instants_follow_each_other_without_gap_or_overlap(
            intervals in prop::collection::vec(100..3_000_u64, 1..5),
            steps in prop::collection::vec((0..4_000_i64, any::<bool>(), any::<u8>()), 1..60),
        ) {
            let mut queue = Queue::new(at(0));
            for (name, interval) in intervals.iter().enumerate() {
                queue.set(plan(name, *interval), at(0));
            }
            let mut next: HashMap<Arc<str>, i64> = HashMap::new();
            let mut running: Vec<Key> = Vec::new();
            let (mut now_ns, mut before_ns) = (0, 0);
            for (step_ms, is_pause, ends) in steps {
                now_ns += step_ms * 1_000_000;
                running.retain(|key| {
                    let stays = ends & 1 << (key.slot % 8) == 0;
                    if !stays {
                        queue.ended(*key);
                    }
                    stays
                });
                let pause = is_pause.then_some(Pause { since_ns: before_ns, asleep: true });
                while let Some(due) = queue.pop(at(now_ns), pause) {
                    let slot = due.key.slot as usize;
                    let interval_ns = intervals[slot] as i64 * 1_000_000;
                    let expected = next.get(&due.name).copied().unwrap_or(due.intended_at_ns);
                    prop_assert_eq!(due.intended_at_ns, expected);
                    let instants = match due.what {
                        What::Start(_) => {
                            prop_assert!(!is_pause && !running.contains(&due.key), "none while it runs or nothing ran");
                            running.push(due.key);
                            1
                        }
                        What::Missed { instants, .. } => i64::from(instants),
                    };
                    next.insert(due.name, due.intended_at_ns + instants * interval_ns);
                }
                for (name, next_ns) in &next {
                    prop_assert!(*next_ns > at(now_ns).wall_ns, "{} has an instant that was left out", name);
                }
                before_ns = now_ns;
            }
        }
    }

    #[test]
    fn what_has_a_long_interval_is_first_measured_within_a_minute() {
        let mut queue = Queue::new(at(0));
        queue.set(plan(1, 86_400_000), at(0));
        assert!(queue.next_due_ns().is_some_and(|due_ns| due_ns < FIRST_WITHIN_NS));
    }

    #[test]
    fn what_was_taken_out_does_not_stay_in_the_heap() {
        let mut queue = Queue::new(at(0));
        for round in 0..1_000 {
            queue.set(plan(round % 3, 1_000 + round as u64), at(0));
            queue.remove(&format!("site{}", (round + 1) % 3));
        }
        assert!(queue.heap.len() < 300 && queue.places.len() <= 3, "{} {}", queue.heap.len(), queue.places.len());
        assert!(queue.remove("nobody").is_none());
    }
}
