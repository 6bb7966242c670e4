//! Figures of a time, from single results.

use wirereel_checks::stats;
use wirereel_probes::{ProbeResult, State};
use wirereel_query::{
    checks::{CheckOutcome, CheckState, CheckTimes},
    probes::ProbeFigures,
};
use wirereel_store::ProbeSample;

use crate::checking::{strip, width_us};

/// Kinds of failure. Results in memory have their places in this list.
const FAILURES: [&str; 13] = [
    "dns",
    "refused",
    "unreachable",
    "timeout",
    "tls",
    "reset",
    "grpc_status",
    "http_status",
    "not_serving",
    "request",
    "protocol",
    "own_limits",
    "other",
];

/// A result as figures need it: forty bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) intended_us: i64,
    pub(crate) instants: u32,
    pub(crate) state: State,
    pub(crate) total_ns: Option<u64>,
    failure: Option<u8>,
}

impl Sample {
    /// Of a result.
    pub(crate) fn of(result: &ProbeResult) -> Self {
        let measured = result.measured.as_ref();
        Self {
            intended_us: result.intended_at_ns.div_euclid(1_000),
            instants: result.instants,
            state: result.state,
            total_ns: measured.map(|measured| measured.total_ns),
            failure: measured.and_then(|measured| measured.failure.as_deref()).map(place_of),
        }
    }
}

fn place_of(failure: &str) -> u8 {
    FAILURES.iter().position(|known| *known == failure).unwrap_or(FAILURES.len() - 1) as u8
}

/// A stored result.
pub(crate) fn sample_of(stored: &ProbeSample) -> Sample {
    Sample {
        intended_us: stored.intended_us,
        instants: stored.instants,
        state: match stored.state {
            CheckState::Up => State::Up,
            CheckState::Down => State::Down,
            CheckState::Overrun => State::Overrun,
            CheckState::SelfOffline => State::SelfOffline,
        },
        total_ns: stored.total_ns,
        failure: stored.failure.as_deref().map(place_of),
    }
}

/// What is told of results of a time, which begins at its first instant and ends before the second.
pub(crate) fn figures<'a>(
    samples: impl Iterator<Item = &'a Sample> + Clone,
    range: (i64, i64),
    interval_us: i64,
) -> ProbeFigures {
    let within = samples.filter(|sample| (range.0..range.1).contains(&sample.intended_us));
    let mut told = ProbeFigures::default();
    let mut outcomes = [0_u64; FAILURES.len() + 1];
    let mut totals = Vec::new();
    for sample in within.clone() {
        let count = match sample.state {
            State::Up => &mut told.up,
            State::Down => &mut told.down,
            State::Overrun => &mut told.overruns,
            State::SelfOffline => &mut told.self_offline,
        };
        *count += u64::from(sample.instants);
        match sample.state {
            State::Up => {
                outcomes[FAILURES.len()] += u64::from(sample.instants);
                totals.extend(sample.total_ns);
            }
            State::Down => {
                let place = sample.failure.map_or(FAILURES.len() - 1, usize::from);
                outcomes[place] += u64::from(sample.instants);
            }
            State::Overrun | State::SelfOffline => {}
        }
    }
    let counted = told.up + told.down;
    told.success = (counted > 0).then(|| told.up as f64 / counted as f64);
    told.total = times(&mut totals);
    let names = FAILURES.iter().map(|kind| (*kind, true)).chain([("ok", false)]);
    let some = names.zip(outcomes).filter(|(_, count)| *count > 0);
    told.outcomes =
        some.map(|((name, failure), count)| CheckOutcome { outcome: name.into(), count, failure }).collect();
    told.outcomes.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.outcome.cmp(&other.outcome)));
    let marked = within.map(|sample| {
        let at_ms = sample.intended_us.div_euclid(1_000);
        let bare = stats::Sample { at_ms, state: sample.state, response_us: None, ttfb_us: None, outcome: None };
        (bare, sample.instants)
    });
    told.strip = strip(range, width_us(range.1 - range.0, interval_us), marked);
    told
}

fn times(totals_ns: &mut [u64]) -> CheckTimes {
    let [p50_us, p95_us, p99_us] = percentiles(totals_ns, [0.5, 0.95, 0.99]);
    let sum: f64 = totals_ns.iter().map(|ns| *ns as f64).sum();
    CheckTimes {
        count: totals_ns.len() as u64,
        avg_us: (!totals_ns.is_empty()).then(|| sum / totals_ns.len() as f64 / 1e3),
        max_us: totals_ns.last().map(|ns| ns / 1_000),
        p50_us,
        p95_us,
        p99_us,
    }
}

/// The least value below or at which such shares of all are, in microseconds. Orders them.
pub(crate) fn percentiles<const N: usize>(totals_ns: &mut [u64], shares: [f64; N]) -> [Option<u64>; N] {
    totals_ns.sort_unstable();
    shares.map(|share| {
        let rank = (share * totals_ns.len() as f64).ceil() as usize;
        totals_ns.get(rank.saturating_sub(1)).map(|ns| ns / 1_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_count_what_says_something_and_times_are_those_of_probes_that_succeeded() {
        let sample = |n: i64| Sample {
            intended_us: n * 1_000_000,
            instants: if n == 7 { 3 } else { 1 },
            state: match n {
                3 | 4 => State::Down,
                7 => State::SelfOffline,
                8 => State::Overrun,
                _ => State::Up,
            },
            total_ns: (n < 7 || n == 9).then_some(n.unsigned_abs() * 1_000_000),
            failure: (n == 3).then(|| place_of("timeout")).or((n == 4).then(|| place_of("a new kind"))),
        };
        let samples: Vec<Sample> = (0..20).map(sample).collect();
        let told = figures(samples.iter(), (0, 10_000_000), 1_000_000);
        assert_eq!((told.up, told.down, told.overruns, told.self_offline, told.success), (6, 2, 1, 3, Some(0.75)));
        assert_eq!((told.total.count, told.total.p50_us, told.total.max_us), (6, Some(2_000), Some(9_000)));
        let outcomes: Vec<_> = told.outcomes.iter().map(|one| (one.outcome.as_str(), one.count, one.failure)).collect();
        assert_eq!(outcomes, [("ok", 6, false), ("other", 1, true), ("timeout", 1, true)]);
        assert_eq!(told.strip.iter().map(|mark| mark.unknown).sum::<u32>(), 4);
        assert_eq!(
            figures([].iter(), (0, 1), 1),
            ProbeFigures { strip: figures([].iter(), (0, 1), 1).strip, ..ProbeFigures::default() }
        );
    }
}
