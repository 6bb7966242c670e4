//! What many results of one website come to. Summaries of parts add up to that of the whole.

use super::{Histogram, Outcome};
use crate::{CheckResult, State};

/// One result as statistics need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The instant at which the check was intended, in milliseconds since 1970.
    pub at_ms: i64,
    pub state: State,
    /// Microseconds until the whole answer was there.
    pub response_us: Option<u32>,
    /// Microseconds from the request's last byte to the answer's first.
    pub ttfb_us: Option<u32>,
    /// `None` where there was no check, or it does not count.
    pub outcome: Option<Outcome>,
}

impl Sample {
    /// Of a result.
    pub fn of(result: &CheckResult) -> Self {
        // What does not tell about the website does not count into its times.
        let measured = result.measured.as_ref().filter(|_| matches!(result.state, State::Up | State::Down));
        Self {
            at_ms: result.intended_at_ns.div_euclid(1_000_000),
            state: result.state,
            response_us: measured.and_then(crate::Measurement::response_us).map(Self::micros),
            ttfb_us: measured.and_then(|measured| measured.phases.ttfb_us).map(Self::micros),
            outcome: measured.map(Outcome::of),
        }
    }

    /// A time as it is kept: more than an hour is beyond every timeout.
    pub fn micros(us: u64) -> u32 {
        u32::try_from(us).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
    }
}

/// Counts and sums of results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    pub up: u64,
    pub down: u64,
    /// Instants without a check; they are no part of availability.
    pub overruns: u64,
    /// Instants at which this machine was asleep or had no network; they are no part of availability.
    pub self_offline: u64,
    /// Results with a whole answer, and their times in microseconds.
    pub responses: Times,
    /// Results with a first byte, and their times in microseconds.
    pub ttfb: Times,
    /// What came of checks that count, by how often, ascending.
    pub outcomes: Vec<(Outcome, u32)>,
    /// Response times.
    pub histogram: Histogram,
}

/// How many times there are, their sum and their greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub count: u64,
    pub sum_us: u64,
    pub max_us: Option<u64>,
}

impl Times {
    /// The average in microseconds; `None` of none.
    pub fn avg_us(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_us as f64 / self.count as f64)
    }

    fn add(&mut self, us: Option<u32>) {
        if let Some(us) = us {
            self.count += 1;
            self.sum_us += u64::from(us);
            self.max_us = self.max_us.max(Some(u64::from(us)));
        }
    }

    /// Takes back a time, but for what it was to the greatest.
    pub(super) fn remove(&mut self, us: Option<u32>) {
        if let Some(us) = us {
            self.count -= 1;
            self.sum_us -= u64::from(us);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum_us += other.sum_us;
        self.max_us = self.max_us.max(other.max_us);
    }
}

impl Summary {
    /// The share of checks that found it up, from 0 to 1; `None` when none counts.
    pub fn availability(&self) -> Option<f64> {
        let counted = self.checks();
        (counted > 0).then(|| self.up as f64 / counted as f64)
    }

    /// Checks that count: up or down.
    pub fn checks(&self) -> u64 {
        self.up + self.down
    }

    /// Takes in a result.
    pub fn add(&mut self, result: &CheckResult) {
        self.add_sample(&Sample::of(result), u64::from(result.instants));
    }

    /// Takes in a sample that stands for so many instants.
    pub fn add_sample(&mut self, sample: &Sample, instants: u64) {
        *self.of(sample.state) += instants;
        self.responses.add(sample.response_us);
        self.ttfb.add(sample.ttfb_us);
        if let Some(us) = sample.response_us {
            self.histogram.add(u64::from(us));
        }
        if let Some(outcome) = sample.outcome {
            self.count_outcome(outcome, 1);
        }
    }

    /// Takes back a result, but for what it was to the greatest times.
    pub(crate) fn remove_sample(&mut self, sample: &Sample) {
        *self.of(sample.state) -= 1;
        self.responses.remove(sample.response_us);
        self.ttfb.remove(sample.ttfb_us);
        if let Some(us) = sample.response_us {
            self.histogram.remove(u64::from(us));
        }
        if let Some(outcome) = sample.outcome
            && let Ok(at) = self.outcomes.binary_search_by_key(&outcome, |(outcome, _)| *outcome)
        {
            match self.outcomes[at].1 {
                0 | 1 => drop(self.outcomes.remove(at)),
                count => self.outcomes[at].1 = count - 1,
            }
        }
    }

    /// Adds all that another one holds: a day is its hours, a week its days.
    pub fn merge(&mut self, other: &Self) {
        self.up += other.up;
        self.down += other.down;
        self.overruns += other.overruns;
        self.self_offline += other.self_offline;
        self.responses.merge(&other.responses);
        self.ttfb.merge(&other.ttfb);
        self.histogram.merge(&other.histogram);
        for (outcome, count) in &other.outcomes {
            self.count_outcome(*outcome, *count);
        }
    }

    fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Up => &mut self.up,
            State::Down => &mut self.down,
            State::Overrun => &mut self.overruns,
            State::SelfOffline => &mut self.self_offline,
        }
    }

    fn count_outcome(&mut self, outcome: Outcome, more: u32) {
        match self.outcomes.binary_search_by_key(&outcome, |(outcome, _)| *outcome) {
            Ok(at) => self.outcomes[at].1 = self.outcomes[at].1.saturating_add(more),
            Err(at) => {
                self.outcomes.reserve_exact(1);
                self.outcomes.insert(at, (outcome, more));
            }
        }
    }
}
