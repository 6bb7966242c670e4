//! Who is due when: one heap for all websites, without threads, tasks or a clock of its own.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use super::Now;
use crate::{Check, result::State};

/// A first check comes no later than this, however long the interval.
const FIRST_WITHIN_NS: i64 = 60_000_000_000;
/// A wall clock that is this far from where it should be was set.
const CLOCK_SET_NS: i64 = 50_000_000;

/// A website for as long as it is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    slot: u32,
    generation: u32,
}

/// What an intended instant asks for.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) key: Key,
    pub(crate) website: Arc<str>,
    pub(crate) intended_at_ns: i64,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Start(Arc<Check>),
    /// There is no check for so many instants from the intended one on.
    Missed {
        instants: u32,
        state: State,
        reason: &'static str,
    },
}

/// A time in which nothing ran here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// On the continuous clock.
    pub(crate) since_ns: i64,
    pub(crate) asleep: bool,
}

struct Site {
    generation: u32,
    name: Arc<str>,
    check: Arc<Check>,
    interval_ns: i64,
    due_ns: i64,
    busy: bool,
}

/// All websites in the order of their next instants.
pub(crate) struct Queue {
    sites: Vec<Option<Site>>,
    free: Vec<u32>,
    by_name: HashMap<Arc<str>, u32>,
    /// Due on the continuous clock, slot, generation. What does not fit its slot any more is passed over.
    heap: BinaryHeap<Reverse<(i64, u32, u32)>>,
    generation: u32,
    /// What the wall clock shows more than the continuous one.
    wall_ahead_ns: i64,
}

impl Queue {
    pub(crate) fn new(now: Now) -> Self {
        Self {
            sites: Vec::new(),
            free: Vec::new(),
            by_name: HashMap::new(),
            heap: BinaryHeap::new(),
            generation: 0,
            wall_ahead_ns: now.wall_ns - now.continuous_ns,
        }
    }

    /// Takes in a website, or another state of one.
    pub(crate) fn set(&mut self, check: Arc<Check>, now: Now) {
        let website = check.website();
        let name: Arc<str> = website.display_name().into();
        let interval_ns = website.interval.as_nanos();
        let due_ns = first_due_ns(moment(&name, &website.url), interval_ns, now);
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let slot = match self.by_name.get(&name) {
            Some(slot) => *slot,
            None => match self.free.pop() {
                Some(slot) => slot,
                None => {
                    self.sites.push(None);
                    u32::try_from(self.sites.len() - 1).unwrap_or(u32::MAX)
                }
            },
        };
        self.by_name.insert(Arc::clone(&name), slot);
        if let Some(place) = self.sites.get_mut(slot as usize) {
            *place = Some(Site { generation, name, check, interval_ns, due_ns, busy: false });
            self.heap.push(Reverse((due_ns, slot, generation)));
        }
        self.tidy();
    }

    /// Throws away what is passed over in the heap, when that is most of it.
    fn tidy(&mut self) {
        if self.heap.len() > 64 && self.heap.len() > 4 * self.by_name.len() {
            let sites = &self.sites;
            self.heap.retain(|Reverse((_, slot, generation))| {
                sites.get(*slot as usize).and_then(Option::as_ref).is_some_and(|site| site.generation == *generation)
            });
        }
    }

    /// Takes a website out; says which, if it was there.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Key> {
        let slot = self.by_name.remove(name)?;
        let site = self.sites.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        self.tidy();
        Some(Key { slot, generation: site.generation })
    }

    /// The names that are scheduled.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_name.keys()
    }

    /// Whether a website is scheduled just so.
    pub(crate) fn has(&self, check: &Check) -> bool {
        let slot = self.by_name.get(check.website().display_name());
        let site = slot.and_then(|slot| self.sites.get(*slot as usize)?.as_ref());
        site.is_some_and(|site| site.check.website() == check.website())
    }

    /// When the next instant is, on the continuous clock.
    pub(crate) fn next_due_ns(&mut self) -> Option<i64> {
        while let Some(Reverse((due_ns, slot, generation))) = self.heap.peek().copied() {
            if self.site(slot, generation).is_some() {
                return Some(due_ns);
            }
            self.heap.pop();
        }
        None
    }

    /// The next instant that has come.
    pub(crate) fn pop(&mut self, now: Now, pause: Option<Pause>) -> Option<Due> {
        if self.next_due_ns()? > now.continuous_ns {
            return None;
        }
        let wall_ahead_ns = now.wall_ns - now.continuous_ns;
        if (wall_ahead_ns - self.wall_ahead_ns).abs() > CLOCK_SET_NS {
            self.wall_ahead_ns = wall_ahead_ns;
        }
        let wall_ahead_ns = self.wall_ahead_ns;
        let Reverse((due_ns, slot, generation)) = self.heap.pop()?;
        let site = self.site(slot, generation)?;
        let key = Key { slot, generation };
        // Instants that have come since this one as well.
        let further = (now.continuous_ns - due_ns) / site.interval_ns;
        let missed = |instants: i64, state, reason| What::Missed {
            instants: u32::try_from(instants).unwrap_or(u32::MAX),
            state,
            reason,
        };
        let (what, taken) = match pause {
            Some(pause) if due_ns >= pause.since_ns => {
                let reason =
                    if pause.asleep { "This machine was asleep" } else { "Nothing ran on this machine for a while" };
                (missed(further + 1, State::SelfOffline, reason), further + 1)
            }
            _ if site.busy => (missed(further + 1, State::Overrun, "The check before was still running"), further + 1),
            _ if further > 0 => (missed(further, State::Overrun, "This machine was too late for it"), further),
            _ => {
                site.busy = true;
                (What::Start(Arc::clone(&site.check)), 1)
            }
        };
        site.due_ns = due_ns + taken * site.interval_ns;
        let due = Due { key, website: Arc::clone(&site.name), intended_at_ns: due_ns + wall_ahead_ns, what };
        let next = Reverse((site.due_ns, slot, generation));
        self.heap.push(next);
        Some(due)
    }

    /// A check has ended; the website's next instant may begin another.
    pub(crate) fn ended(&mut self, key: Key) {
        if let Some(site) = self.site(key.slot, key.generation) {
            site.busy = false;
        }
    }

    fn site(&mut self, slot: u32, generation: u32) -> Option<&mut Site> {
        self.sites.get_mut(slot as usize)?.as_mut().filter(|site| site.generation == generation)
    }
}

/// A website's own moment: FNV-1a of its name and URL, the same on every machine and after every start.
fn moment(name: &str, url: &str) -> u64 {
    let bytes = name.bytes().chain([0]).chain(url.bytes());
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // Names that differ only in their last letter would be neighbours: stirred as SplitMix64 does.
    let stirred = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let stirred = (stirred ^ (stirred >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    stirred ^ (stirred >> 31)
}

/// The first instant after now at which the wall clock is at the website's moment of the interval.
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
    use crate::{Checker, Website, config::Span};

    fn check(name: usize, interval_ms: u64) -> Arc<Check> {
        let website = Website {
            interval: Span::from_millis(interval_ms),
            ..Website::new(&format!("site{name}"), "http://localhost/")
        };
        Arc::new(Checker::new().prepare(&website).expect("nothing is wrong with it"))
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
                queue.set(check(name, *interval), at(0));
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
                    let expected = next.get(&due.website).copied().unwrap_or(due.intended_at_ns);
                    prop_assert_eq!(due.intended_at_ns, expected);
                    let instants = match due.what {
                        What::Start(_) => {
                            prop_assert!(!is_pause && !running.contains(&due.key), "none while it runs or nothing ran");
                            running.push(due.key);
                            1
                        }
                        What::Missed { instants, .. } => i64::from(instants),
                    };
                    next.insert(due.website, due.intended_at_ns + instants * interval_ns);
                }
                for (name, next_ns) in &next {
                    prop_assert!(*next_ns > at(now_ns).wall_ns, "{} has an instant that was left out", name);
                }
                before_ns = now_ns;
            }
        }
    }

    #[test]
    fn a_website_with_a_long_interval_is_first_checked_within_a_minute() {
        let mut queue = Queue::new(at(0));
        queue.set(check(1, 86_400_000), at(0));
        assert!(queue.next_due_ns().is_some_and(|due_ns| due_ns < FIRST_WITHIN_NS));
    }

    #[test]
    fn what_was_taken_out_does_not_stay_in_the_heap() {
        let mut queue = Queue::new(at(0));
        for round in 0..1_000 {
            queue.set(check(round % 3, 1_000 + round as u64), at(0));
            queue.remove(&format!("site{}", (round + 1) % 3));
        }
        assert!(queue.heap.len() < 300 && queue.sites.len() <= 3, "{} {}", queue.heap.len(), queue.sites.len());
        assert!(queue.remove("nobody").is_none());
    }
}
