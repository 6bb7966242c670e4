//! What outlives the program: a small record for each rule and subject.
//!
//! Saved together with the events that came of it, a record is a point from which everything goes on. Readings after it are fed again;
//! what comes of them has the ids it had, so nothing is stored or sent twice. Readings before it may be fed again too: each state knows
//! which it has seen.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Event, Machine,
    evidence::{Evidence, Judgement},
    state::{Phase, State},
};
use crate::{AlertConfig, Problem, Subject};

/// Version of the records that are written. Others are refused, and told.
pub const RECORD_VERSION: u32 = 1;

/// The state of one rule for one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub version: u32,
    /// Id of the rule.
    pub rule: String,
    pub subject: Subject,
    /// What of the subject the rule judges.
    pub metric: String,
    state: State,
}

impl Record {
    /// The newest reading it knows. Those after it are to be fed again.
    pub fn seen_ns(&self) -> Option<i64> {
        self.state.seen_ns
    }
}

/// What has to be written to have everything saved.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Takes the place of the record of the same rule and subject.
    Saved(Box<Record>),
    /// The record of this rule and subject is to be removed.
    Gone { rule: String, subject: Subject },
}

/// A record that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the state of {rule} for {} was written by another version ({version})", subject.name)]
    Version { rule: String, subject: Subject, version: u32 },
    #[error("there are two states of {rule} for {}", subject.name)]
    Twice { rule: String, subject: Subject },
}

/// What came of restoring.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Restored {
    /// Alerts that are over because nothing judges them any more.
    pub events: Vec<Event>,
    pub refused: Vec<Refused>,
}

impl Machine {
    /// What changed since this was asked last. Store it together with the events since then, in one transaction, before anybody is told.
    pub fn changes(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.gone);
        for at in std::mem::take(&mut self.changes) {
            // A slot may have been given up since, and a new one may have taken its place.
            if let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut)
                && std::mem::take(&mut slot.changed)
            {
                changes.push(Change::Saved(Box::new(slot.record())));
            }
        }
        changes
    }

    /// Goes on from what was saved. To be called before anything is observed. An alert whose rule is gone or no longer about its subject
    /// is over at `at_ns`.
    pub fn restore(&mut self, records: impl IntoIterator<Item = Record>, at_ns: i64) -> Restored {
        let mut restored = Restored::default();
        let mut met = std::collections::HashSet::new();
        for Record { version, rule, subject, metric, state } in records {
            if version != RECORD_VERSION {
                restored.refused.push(Refused::Version { rule, subject, version });
                continue;
            }
            if !met.insert((rule.clone(), subject.clone())) {
                restored.refused.push(Refused::Twice { rule, subject });
                continue;
            }
            let judge = self.rules.iter().find(|candidate| {
                candidate.id == rule
                    && candidate.metric == metric
                    && candidate.subject.matches(&subject.kind, &subject.name)
            });
            let Some(judge) = judge.cloned() else {
                self.let_go(rule, subject, state, at_ns, &mut restored.events);
                continue;
            };
            let key = format!("{}\0{metric}\0{}", subject.kind, subject.name);
            let state = adapted(state, &judge);
            self.place(&key, judge, subject, state);
        }
        // A series that is known here has a state for every rule that is about it, also for those that are new.
        for (rule, subject, key) in self.missing() {
            let state = State::new(&rule);
            self.place(&key, rule, subject, state);
        }
        restored
    }

    /// Rules that are about a restored series and have no state for it.
    fn missing(&self) -> Vec<(Arc<crate::Rule>, Subject, String)> {
        let mut missing = Vec::new();
        for (key, slots) in &self.series {
            let known: Vec<_> = slots.iter().filter_map(|at| self.slots.get(*at as usize)?.as_ref()).collect();
            let Some(first) = known.first() else { continue };
            let rules = self.rules.iter().filter(|rule| {
                rule.metric == first.rule.metric
                    && rule.subject.matches(&first.subject.kind, &first.subject.name)
                    && !known.iter().any(|slot| slot.rule.id == rule.id)
            });
            missing.extend(rules.map(|rule| (Arc::clone(rule), first.subject.clone(), key.clone())));
        }
        missing
    }

    /// Runs by another configuration from now on. States of rules that stay go on; alerts of rules that went are over.
    ///
    /// # Errors
    /// Everything that is wrong with it; then the one before stays in force.
    pub fn configure(&mut self, config: AlertConfig, at_ns: i64, events: &mut Vec<Event>) -> Result<(), Vec<Problem>> {
        let mut next = Self::new(config)?;
        self.tick(at_ns, events);
        next.gone = std::mem::take(&mut self.gone);
        let restored = next.restore(self.slots.iter().flatten().map(super::Slot::record), at_ns);
        events.extend(restored.events);
        next.refused += self.refused;
        // What was not saved yet still has to be.
        for at in 0..next.slots.len() as u32 {
            next.with(at, events, |_, _| true);
        }
        *self = next;
        Ok(())
    }
}

impl super::Slot {
    fn record(&self) -> Record {
        Record {
            version: RECORD_VERSION,
            rule: self.rule.id.clone(),
            subject: self.subject.clone(),
            metric: self.rule.metric.clone(),
            state: self.state.clone(),
        }
    }
}

/// A state under a rule that may have been edited since it was saved: evidence of another kind or frame begins anew, an open alert stays
/// open until the rule as it is now says otherwise.
fn adapted(mut state: State, rule: &crate::Rule) -> State {
    if !state.evidence.fits(&rule.when) {
        state.evidence = Evidence::none(&rule.when);
        state.judged = Judgement::default();
        if matches!(state.phase, Phase::Pending { .. } | Phase::Held) {
            state.phase = Phase::Calm;
        }
    }
    if state.alert.is_none() && matches!(state.phase, Phase::Firing | Phase::Recovering { .. }) {
        state.phase = Phase::Calm;
    }
    if state.alert.is_some() && !matches!(state.phase, Phase::Firing | Phase::Recovering { .. }) {
        state.phase = Phase::Firing;
    }
    if let Some(alert) = &mut state.alert {
        alert.next_remind_ns = match (rule.remind_every, alert.next_remind_ns) {
            (None, _) => None,
            (Some(every), None) => Some(state.now_ns.saturating_add(every.as_nanos())),
            (Some(_), next) => next,
        };
    }
    state
}
