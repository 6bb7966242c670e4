//! What many results of one website come to. Summaries of parts add up to that of the whole.

use serde::{Deserialize, Serialize};

use super::Histogram;
use crate::{CheckResult, State};

/// One result as statistics need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) at_ms: i64,
    pub(crate) outcome: Outcome,
    /// Microseconds until the whole answer was there.
    pub(crate) response_us: Option<u32>,
    /// Microseconds from the request's last byte to the answer's first.
    pub(crate) ttfb_us: Option<u32>,
    pub(crate) status: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Up,
    Down,
    Overrun,
    SelfOffline,
}

impl Sample {
    pub(crate) fn of(result: &CheckResult) -> Self {
        let outcome = match result.state {
            State::Up => Outcome::Up,
            State::Down => Outcome::Down,
            State::Overrun => Outcome::Overrun,
            State::SelfOffline => Outcome::SelfOffline,
        };
        // What does not tell about the website does not count into its times.
        let measured = result.measured.as_ref().filter(|_| matches!(outcome, Outcome::Up | Outcome::Down));
        // More than an hour is beyond every timeout.
        let micros = |us: u64| u32::try_from(us).unwrap_or(u32::MAX - 1).min(u32::MAX - 1);
        Self {
            at_ms: result.intended_at_ns.div_euclid(1_000_000),
            outcome,
            response_us: measured.and_then(crate::Measurement::response_us).map(micros),
            ttfb_us: measured.and_then(|measured| measured.phases.ttfb_us).map(micros),
            status: measured.and_then(|measured| measured.status),
        }
    }
}

/// Counts and sums of results.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// How often each status came, ascending.
    pub statuses: Vec<(u16, u32)>,
    /// Response times.
    pub histogram: Histogram,
}

/// How many times there are, their sum and their greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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

    pub(crate) fn add_sample(&mut self, sample: &Sample, instants: u64) {
        *self.of(sample.outcome) += instants;
        self.responses.add(sample.response_us);
        self.ttfb.add(sample.ttfb_us);
        if let Some(us) = sample.response_us {
            self.histogram.add(u64::from(us));
        }
        if let Some(status) = sample.status {
            self.count_status(status, 1);
        }
    }

    /// Takes back a result, but for what it was to the greatest times.
    pub(crate) fn remove_sample(&mut self, sample: &Sample) {
        *self.of(sample.outcome) -= 1;
        self.responses.remove(sample.response_us);
        self.ttfb.remove(sample.ttfb_us);
        if let Some(us) = sample.response_us {
            self.histogram.remove(u64::from(us));
        }
        if let Some(status) = sample.status
            && let Ok(at) = self.statuses.binary_search_by_key(&status, |(status, _)| *status)
        {
            match self.statuses[at].1 {
                0 | 1 => drop(self.statuses.remove(at)),
                count => self.statuses[at].1 = count - 1,
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
        for (status, count) in &other.statuses {
            self.count_status(*status, *count);
        }
    }

    fn of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Up => &mut self.up,
            Outcome::Down => &mut self.down,
            Outcome::Overrun => &mut self.overruns,
            Outcome::SelfOffline => &mut self.self_offline,
        }
    }

    fn count_status(&mut self, status: u16, more: u32) {
        match self.statuses.binary_search_by_key(&status, |(status, _)| *status) {
            Ok(at) => self.statuses[at].1 = self.statuses[at].1.saturating_add(more),
            Err(at) => {
                self.statuses.reserve_exact(1);
                self.statuses.insert(at, (status, more));
            }
        }
    }
}
