//! A catalog of many services: who changed is told by two blocking queries, and asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use tokio_util::task::AbortOnDropHandle;

use super::{
    answers::{CheckRow, Row},
    blocking::Returned,
    watched::{Asker, Said},
};
use crate::discovery::pace::{BackOff, Pace};

/// Questions at the same time.
const AT_ONCE: usize = 16;
/// The catalog's bell and that of checks ring one after the other for one change.
const SETTLE: Duration = Duration::from_millis(200);
/// All are asked at least so often: of several changes between two returns, one may have explained the index of another.
const ALL_AT_LEAST: Duration = Duration::from_secs(600);
const FIRST_AGAIN: Duration = Duration::from_secs(1);
const LAST_AGAIN: Duration = Duration::from_secs(60);

/// A service, or a node.
type About = (String, String);

/// See the module.
pub(super) struct Bells {
    _checks: AbortOnDropHandle<()>,
    seen: BTreeMap<About, Vec<CheckRow>>,
    to_ask: BTreeSet<String>,
    asking: BTreeSet<String>,
    asks: JoinSet<()>,
    /// Who could not be asked, and when it is tried again.
    again: BTreeSet<String>,
    again_at: Option<Instant>,
    back_off: BackOff,
    /// An index that nothing has explained, and when that is decided.
    unexplained: Option<(u64, Instant)>,
    /// The highest index of late answers, and when the last of them came.
    answered: (u64, Instant),
    /// Of the catalog.
    index: u64,
    all_at: Instant,
}

impl Bells {
    /// Listens, and wants everybody asked.
    pub(super) fn new(asker: &Asker, now: Instant) -> Self {
        Self {
            _checks: asker.watch(&["health", "state", "any"], Said::Checks),
            seen: BTreeMap::new(),
            to_ask: BTreeSet::new(),
            asking: BTreeSet::new(),
            asks: JoinSet::new(),
            again: BTreeSet::new(),
            again_at: None,
            back_off: BackOff::new(FIRST_AGAIN, LAST_AGAIN),
            unexplained: Some((u64::MAX, now)),
            answered: (0, now),
            index: 0,
            all_at: now + ALL_AT_LEAST,
        }
    }

    /// The catalog's bell: these changed as it says itself, others are gone, and its index moved.
    pub(super) fn services(&mut self, changed: Vec<String>, is_gone: bool, moved: Option<u64>, now: Instant) {
        self.to_ask.extend(changed);
        let Some(index) = moved else { return };
        // Backwards: it is another state, and nobody says what is different.
        let to_explain = if index < self.index { u64::MAX } else { index };
        self.index = index;
        self.unexplained = match self.unexplained {
            Some((other, at)) => Some((other.max(to_explain), at)),
            None => Some((to_explain, now + SETTLE)),
        };
        if is_gone {
            // That is what the index is about.
            self.answers(index, now);
        }
    }

    /// An index that explains the catalog's. Of two bells that ring for one change either may be first, so that answers count a while.
    fn answers(&mut self, index: u64, now: Instant) {
        let (highest, at) = self.answered;
        let is_old = now.saturating_duration_since(at) > 2 * SETTLE;
        self.answered = (if is_old { index } else { highest.max(index) }, now);
    }

    /// The checks' bell.
    pub(super) fn checks(&mut self, returned: Returned<Vec<CheckRow>>, on_node: impl Fn(&str) -> Vec<String>) {
        let Some(rows) = returned.changed else { return };
        let mut now: BTreeMap<About, Vec<CheckRow>> = BTreeMap::new();
        for row in rows {
            let node = if row.service_name.is_empty() { row.node.clone() } else { String::new() };
            now.entry((row.service_name.clone(), node)).or_default().push(row);
        }
        now.values_mut().for_each(|rows| rows.sort());
        let is_first = self.seen.is_empty();
        let before = std::mem::replace(&mut self.seen, now);
        if is_first {
            // Everybody is asked anyway.
            return;
        }
        let other = |about: &&About| self.seen.get(*about) != before.get(*about);
        let changed: BTreeSet<&About> = self.seen.keys().chain(before.keys()).filter(other).collect();
        for (service, node) in changed {
            if service.is_empty() {
                self.to_ask.extend(on_node(node));
            } else {
                self.to_ask.insert(service.clone());
            }
        }
    }

    /// Only these are wanted.
    pub(super) fn keep(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.to_ask.retain(|name| is_wanted(name));
        self.again.retain(|name| is_wanted(name));
    }

    /// A service has answered, with its index, or could not be asked.
    pub(super) fn asked(&mut self, name: &str, answered: Option<Option<u64>>, now: Instant) {
        self.asking.remove(name);
        match answered {
            Some(index) => {
                self.back_off.reset();
                self.answers(index.unwrap_or(0), now);
            }
            None => {
                self.again.insert(name.to_owned());
                if self.again_at.is_none() {
                    self.again_at = Some(now + self.back_off.next());
                }
            }
        }
    }

    /// When something is to be done although nothing is heard.
    pub(super) fn due(&self) -> Option<Instant> {
        let is_idle = self.to_ask.is_empty() && self.asking.is_empty();
        let decided = self.unexplained.filter(|_| is_idle).map(|(_, at)| at);
        [decided, self.again_at, Some(self.all_at)].into_iter().flatten().min()
    }

    /// Asks whoever is to be asked and may be.
    pub(super) fn act<'a>(
        &mut self,
        asker: &Asker,
        everybody: impl Iterator<Item = &'a String>,
        all: &mut Pace,
        now: Instant,
    ) {
        if self.again_at.is_some_and(|at| at <= now) {
            self.again_at = None;
            self.to_ask.append(&mut self.again);
        }
        if self.all_at <= now {
            self.all_at = now + ALL_AT_LEAST;
            self.unexplained = Some((u64::MAX, now));
        }
        if self.to_ask.is_empty()
            && self.asking.is_empty()
            && let Some((index, _)) = self.unexplained.filter(|(_, at)| *at <= now)
        {
            let (highest, at) = self.answered;
            if highest >= index && now.saturating_duration_since(at) <= 3 * SETTLE {
                self.unexplained = None;
            } else {
                match all.take(now) {
                    Ok(()) => {
                        self.unexplained = None;
                        self.all_at = now + ALL_AT_LEAST;
                        self.to_ask.extend(everybody.cloned());
                    }
                    Err(until) => self.unexplained = Some((index, until)),
                }
            }
        }
        while self.asks.try_join_next().is_some() {}
        while self.asking.len() < AT_ONCE {
            // Who is being asked is asked once more afterwards: what is on its way may be older.
            let Some(name) = self.to_ask.iter().find(|name| !self.asking.contains(*name)).cloned() else { break };
            self.to_ask.remove(&name);
            self.asking.insert(name.clone());
            let asker = asker.clone();
            self.asks.spawn(async move {
                let _turn = asker.turns.acquire().await;
                let answer = asker.client.ask::<Vec<Row>>(&["health", "service", &name], &asker.tags, None).await;
                // Nobody listens any more only when the source ends.
                let _ = asker.said.send(Said::Asked(name, answer)).await;
            });
        }
    }
}
