//! What is wrong, since when: conditions that must hold for a while before they are told, and be over for a while before they are not.
//!
//! It knows no rule and no words: who judges otherwise gives it other conditions.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Findings that are over, kept at most.
const OVER: usize = 200;

/// A moment by both clocks: spans are measured by the one that never leaps, and told by the one on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    pub(crate) since_start: Duration,
    /// Microseconds since 1970.
    pub(crate) at_us: i64,
}

/// How a condition is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Bad,
    /// Not bad any more, and not good enough to be over.
    Between,
    Good,
}

/// Something that may be wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) id: String,
    pub(crate) level: Level,
    /// It must be bad so long without a break to be told.
    pub(crate) pending: Duration,
    /// And good so long to be over.
    pub(crate) clears: Duration,
}

/// Something that is or was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) id: String,
    pub(crate) opened_us: i64,
    pub(crate) ended_us: Option<i64>,
}

#[derive(Debug)]
struct Standing {
    bad_since: Option<Duration>,
    good_since: Option<Duration>,
    opened_us: Option<i64>,
    clears: Duration,
}

/// All that is watched.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    standing: BTreeMap<String, Standing>,
    over: VecDeque<Finding>,
}

impl Findings {
    /// Takes in how conditions are now. One that is not among them any more is good.
    pub(crate) fn observe(&mut self, now: Now, conditions: &[Condition]) {
        for condition in conditions {
            self.one(now, condition);
        }
        let missing: Vec<Condition> = self
            .standing
            .iter()
            .filter(|(id, _)| !conditions.iter().any(|condition| condition.id == **id))
            .map(|(id, standing)| Condition {
                id: id.clone(),
                level: Level::Good,
                pending: Duration::ZERO,
                clears: standing.clears,
            })
            .collect();
        for condition in &missing {
            self.one(now, condition);
        }
    }

    fn one(&mut self, now: Now, condition: &Condition) {
        if condition.level != Level::Bad && !self.standing.contains_key(&condition.id) {
            return;
        }
        let standing = self.standing.entry(condition.id.clone()).or_insert(Standing {
            bad_since: None,
            good_since: None,
            opened_us: None,
            clears: condition.clears,
        });
        standing.clears = condition.clears;
        let began = |since: Option<Duration>, holds: bool| holds.then(|| since.unwrap_or(now.since_start));
        standing.bad_since = began(standing.bad_since, condition.level == Level::Bad);
        standing.good_since = began(standing.good_since, condition.level == Level::Good);
        let lasts = |since: Option<Duration>, long: Duration| {
            since.is_some_and(|since| now.since_start.saturating_sub(since) >= long)
        };
        match standing.opened_us {
            None if lasts(standing.bad_since, condition.pending) => standing.opened_us = Some(now.at_us),
            None if condition.level == Level::Good => drop(self.standing.remove(&condition.id)),
            Some(opened_us) if lasts(standing.good_since, condition.clears) => {
                self.standing.remove(&condition.id);
                if self.over.len() >= OVER {
                    self.over.pop_front();
                }
                self.over.push_back(Finding { id: condition.id.clone(), opened_us, ended_us: Some(now.at_us) });
            }
            _ => {}
        }
    }

    /// What is wrong now.
    pub(crate) fn open(&self) -> impl Iterator<Item = Finding> {
        self.standing.iter().filter_map(|(id, standing)| {
            Some(Finding { id: id.clone(), opened_us: standing.opened_us?, ended_us: None })
        })
    }

    /// What was wrong, in the order in which it ended.
    pub(crate) fn over(&self) -> impl Iterator<Item = &Finding> {
        self.over.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Now {
        Now { since_start: Duration::from_secs(second), at_us: 1_000_000 * second as i64 }
    }

    fn lag(level: Level) -> [Condition; 1] {
        [Condition { id: "lag".into(), level, pending: Duration::from_secs(5), clears: Duration::from_secs(10) }]
    }

    #[test]
    fn what_is_bad_for_a_moment_is_not_told_and_what_is_good_for_a_moment_is_not_over() {
        let mut findings = Findings::default();
        findings.observe(at(0), &lag(Level::Bad));
        findings.observe(at(4), &lag(Level::Between));
        findings.observe(at(6), &lag(Level::Bad));
        assert_eq!(findings.open().count(), 0, "it was not bad all the time");
        findings.observe(at(11), &lag(Level::Bad));
        let open = Finding { id: "lag".into(), opened_us: 11_000_000, ended_us: None };
        assert_eq!(findings.open().collect::<Vec<_>>(), std::slice::from_ref(&open));
        findings.observe(at(12), &lag(Level::Good));
        findings.observe(at(21), &lag(Level::Between));
        findings.observe(at(22), &lag(Level::Good));
        assert_eq!(findings.open().collect::<Vec<_>>(), [open], "it was not good for ten seconds");
        findings.observe(at(32), &lag(Level::Good));
        assert_eq!(findings.open().count(), 0);
        let over: Vec<_> = findings.over().cloned().collect();
        assert_eq!(over, [Finding { id: "lag".into(), opened_us: 11_000_000, ended_us: Some(32_000_000) }]);
    }

    #[test]
    fn a_condition_that_is_gone_is_over_after_its_time() {
        let mut findings = Findings::default();
        let drops = [Condition {
            id: "drops:agent:a".into(),
            level: Level::Bad,
            pending: Duration::ZERO,
            clears: Duration::from_secs(30),
        }];
        findings.observe(at(1), &drops);
        assert_eq!(findings.open().count(), 1, "told at once");
        findings.observe(at(2), &[]);
        findings.observe(at(31), &[]);
        assert_eq!(findings.open().count(), 1);
        findings.observe(at(32), &[]);
        assert_eq!((findings.open().count(), findings.over().count()), (0, 1));
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let mut findings = Findings::default();
        for n in 0..OVER as u64 + 5 {
            let now =
                [Condition { id: n.to_string(), level: Level::Bad, pending: Duration::ZERO, clears: Duration::ZERO }];
            findings.observe(at(n), &now);
        }
        assert_eq!(findings.over().count(), OVER);
    }
}
