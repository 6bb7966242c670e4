//! Figures as hosts are told them, and hours as they are stored.

use std::sync::Arc;

use wirereel_checks::{
    State, Summary,
    stats::{Histogram, Outcome, RollUp, Sample, Times},
};
use wirereel_query::checks::{CheckFigures, CheckMark, CheckOutcome, CheckPhases, CheckState, CheckTimes};
use wirereel_store::{CheckHour, CheckSample, HourTimes};

/// What is told of a summary.
pub(crate) fn figures(summary: &Summary, phases: CheckPhases, strip: Vec<CheckMark>) -> CheckFigures {
    let at = |share| summary.histogram.percentile_us(share);
    CheckFigures {
        up: summary.up,
        down: summary.down,
        overruns: summary.overruns,
        self_offline: summary.self_offline,
        availability: summary.availability(),
        response: CheckTimes { p50_us: at(0.5), p95_us: at(0.95), p99_us: at(0.99), ..times(&summary.responses) },
        ttfb: times(&summary.ttfb),
        outcomes: outcomes(summary),
        phases,
        strip,
    }
}

fn times(times: &Times) -> CheckTimes {
    CheckTimes { count: times.count, avg_us: times.avg_us(), max_us: times.max_us, ..CheckTimes::default() }
}

/// Most frequent first. A status that counted as down at one time and not at another is one.
fn outcomes(summary: &Summary) -> Vec<CheckOutcome> {
    let mut told: Vec<CheckOutcome> = named(summary)
        .into_iter()
        .map(|(outcome, count, failures)| CheckOutcome {
            outcome,
            count: u64::from(count),
            failure: 2 * failures > count,
        })
        .collect();
    told.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.outcome.cmp(&other.outcome)));
    told
}

/// Names, how often, and how often of that as a failure.
fn named(summary: &Summary) -> Vec<(String, u32, u32)> {
    let mut named: Vec<(String, u32, u32)> = Vec::new();
    for (outcome, count) in &summary.outcomes {
        let (name, failures) = (outcome.name(), if outcome.is_failure() { *count } else { 0 });
        match named.iter_mut().find(|(other, ..)| *other == name) {
            Some((_, counts, failing)) => (*counts, *failing) = (*counts + count, *failing + failures),
            None => named.push((name.into_owned(), *count, failures)),
        }
    }
    named
}

/// An hour as it is stored.
pub(super) fn hour_of(website: &Arc<str>, hour: &RollUp) -> CheckHour {
    let summary = &hour.summary;
    let times = |times: &Times| HourTimes { count: times.count, sum_us: times.sum_us, max_us: times.max_us };
    CheckHour {
        website: Arc::clone(website),
        hour_s: hour.begin_ms / 1_000,
        up: summary.up,
        down: summary.down,
        overruns: summary.overruns,
        self_offline: summary.self_offline,
        response: times(&summary.responses),
        ttfb: times(&summary.ttfb),
        outcomes: named(summary),
        classes: summary.histogram.classes().collect(),
    }
}

/// An hour as it was stored.
pub(crate) fn hour_summary(hour: &CheckHour) -> Summary {
    let times = |times: &HourTimes| Times { count: times.count, sum_us: times.sum_us, max_us: times.max_us };
    let mut outcomes: Vec<(Outcome, u32)> = Vec::new();
    for (name, count, failures) in &hour.outcomes {
        let parts =
            [(Outcome::named(name, false), count.saturating_sub(*failures)), (Outcome::named(name, true), *failures)];
        outcomes.extend(parts.into_iter().filter(|(_, count)| *count > 0));
    }
    outcomes.sort_unstable();
    Summary {
        up: hour.up,
        down: hour.down,
        overruns: hour.overruns,
        self_offline: hour.self_offline,
        responses: times(&hour.response),
        ttfb: times(&hour.ttfb),
        outcomes,
        histogram: Histogram::of_classes(hour.classes.iter().copied()),
    }
}

/// A stored result as statistics need it.
pub(crate) fn sample_of(stored: &CheckSample<'_>) -> Sample {
    let state = match stored.state {
        CheckState::Up => State::Up,
        CheckState::Down => State::Down,
        CheckState::Overrun => State::Overrun,
        CheckState::SelfOffline => State::SelfOffline,
    };
    let counts = matches!(state, State::Up | State::Down);
    let micros = |us: Option<u64>| us.filter(|_| counts).map(Sample::micros);
    Sample {
        at_ms: stored.intended_us.div_euclid(1_000),
        state,
        response_us: micros(stored.response_us),
        ttfb_us: micros(stored.ttfb_us),
        outcome: counts.then(|| Outcome::new(stored.status, stored.failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_read_as_it_was_stored() {
        let mut summary = Summary::default();
        for n in 0..100_u32 {
            let (state, outcome) = match n % 10 {
                0 => (State::Down, Some(Outcome::new(None, Some("timeout")))),
                1 => (State::Down, Some(Outcome::new(Some(503), Some("status")))),
                2 => (State::Overrun, None),
                _ => (State::Up, Some(Outcome::new(Some(200), None))),
            };
            let us = outcome.map(|_| 1_000 + n * n);
            summary.add_sample(&Sample { at_ms: 0, state, response_us: us, ttfb_us: us, outcome }, 1);
        }
        let name: Arc<str> = "shop".into();
        let hour = hour_of(&name, &RollUp { begin_ms: 7_200_000, summary: summary.clone() });
        assert_eq!((hour.hour_s, hour_summary(&hour)), (7_200, summary.clone()));
        let told = figures(&summary, CheckPhases::default(), Vec::new());
        let outcomes: Vec<_> = told.outcomes.iter().map(|o| (o.outcome.as_str(), o.count, o.failure)).collect();
        assert_eq!(outcomes, [("200", 70, false), ("503", 10, true), ("timeout", 10, true)]);
        assert_eq!((told.availability, told.overruns), (Some(70.0 / 90.0), 10));
    }
}
