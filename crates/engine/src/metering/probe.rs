//! A probe's counters and its last call.

use std::time::Duration;

use wirereel_probes::{Hop, Measured, ProbeResult, Reported, State};

use super::{Distribution, HopMeter, Results};

/// What is counted of a probe as results come.
#[derive(Debug, Default)]
pub(crate) struct ProbeCounts {
    pub(crate) results: Results,
    pub(crate) durations: Distribution,
    pub(crate) last: Option<Measured>,
    /// When that was to begin, microseconds since 1970.
    last_us: i64,
    /// The latest of which packets tell what hops do not say, and when it was to begin. They come some seconds later.
    observed: Option<(i64, Measured)>,
}

/// For so long a call that was observed stands for those that are not yet, microseconds.
const OBSERVED_US: i64 = 60_000_000;

impl ProbeCounts {
    pub(crate) fn take(&mut self, result: &ProbeResult) {
        self.results.count(result.state, result.instants);
        if let Some(measured) = result.measured.as_ref().filter(|_| matches!(result.state, State::Up | State::Down)) {
            self.durations.record(Duration::from_nanos(measured.total_ns));
            self.last = Some(measured.clone());
            self.last_us = result.intended_at_ns.div_euclid(1_000);
        }
    }

    pub(crate) fn observe(&mut self, intended_us: i64, measured: Measured) {
        if self.observed.as_ref().is_none_or(|(before_us, _)| *before_us <= intended_us) {
            self.observed = Some((intended_us, measured));
        }
    }

    /// The call whose total and hops are told: the last one, or while packets tell more of one shortly before, that one.
    pub(crate) fn split(&self) -> Option<&Measured> {
        let last = self.last.as_ref()?;
        let says_less = last.failure.is_none() && last.hops.iter().any(|hop| hop.reported == Reported::Opaque);
        match &self.observed {
            Some((at_us, observed)) if says_less && at_us.saturating_add(OBSERVED_US) >= self.last_us => Some(observed),
            _ => Some(last),
        }
    }
}

/// A hop as it is told.
pub(crate) fn hop_meter(hop: &Hop) -> HopMeter {
    let signed = |nanos: Option<i64>| nanos.map(|nanos| nanos as f64 / 1e9);
    let unsigned = |nanos: Option<u64>| nanos.map(|nanos| nanos as f64 / 1e9);
    HopMeter {
        position: u32::from(hop.position),
        hop: hop.hop.clone(),
        region: hop.region.clone(),
        reported: match hop.reported {
            Reported::Reported => "reported",
            Reported::Observed => "observed",
            Reported::Opaque => "opaque",
        },
        own_s: signed(hop.own_ns),
        link_s: signed(hop.link_ns),
        queue_s: unsigned(hop.queue_ns),
        backend_s: unsigned(hop.backend_ns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_observed_stands_for_those_of_the_next_minute() {
        let hop = |reported| Hop {
            position: 0,
            hop: "nginx".into(),
            region: String::new(),
            role: None,
            reported,
            own_ns: None,
            link_ns: None,
            residence_ns: None,
            queue_ns: None,
            backend_ns: None,
            received_at_ns: None,
        };
        let measured = |reported, total_ns| Measured { total_ns, hops: vec![hop(reported)], ..Measured::default() };
        let result = |at_s: i64, failure: Option<&str>| ProbeResult {
            probe: "a".into(),
            intended_at_ns: at_s * 1_000_000_000,
            at_ns: 0,
            instants: 1,
            state: if failure.is_some() { State::Down } else { State::Up },
            reason: None,
            measured: Some(Measured { failure: failure.map(str::to_owned), ..measured(Reported::Opaque, 1) }),
        };
        let mut counts = ProbeCounts::default();
        assert_eq!(counts.split(), None);
        counts.take(&result(100, None));
        assert_eq!(counts.split().map(|told| told.total_ns), Some(1));
        counts.observe(100_000_000, measured(Reported::Observed, 2));
        counts.observe(90_000_000, measured(Reported::Observed, 3));
        counts.take(&result(160, None));
        assert_eq!(counts.split().map(|told| told.total_ns), Some(2), "the latest that was observed");
        counts.take(&result(150, Some("timeout")));
        assert_eq!(counts.split().map(|told| told.total_ns), Some(1), "one that failed is told as it is");
        counts.take(&result(161, None));
        assert_eq!(counts.split().map(|told| told.total_ns), Some(1), "that was long ago");
    }

    #[test]
    fn results_are_counted_by_state_and_the_last_call_is_told_with_its_hops() {
        let hop = Hop {
            position: 2,
            hop: "Gateway B".into(),
            region: "Region B".into(),
            role: None,
            reported: Reported::Observed,
            own_ns: Some(1_500_000),
            link_ns: Some(-250_000),
            residence_ns: None,
            queue_ns: None,
            backend_ns: None,
            received_at_ns: None,
        };
        let result = |state, instants, total_ns: Option<u64>| ProbeResult {
            probe: "catalog".into(),
            intended_at_ns: 0,
            at_ns: 0,
            instants,
            state,
            reason: None,
            measured: total_ns.map(|total_ns| Measured { total_ns, hops: vec![hop.clone()], ..Measured::default() }),
        };
        let mut counts = ProbeCounts::default();
        counts.take(&result(State::Up, 1, Some(5_000_000)));
        counts.take(&result(State::Down, 1, Some(9_000_000)));
        counts.take(&result(State::Overrun, 7, None));
        counts.take(&result(State::SelfOffline, 3, Some(1)));
        assert_eq!(counts.results, Results { up: 1, down: 1, overrun: 7, self_offline: 3 });
        assert_eq!(counts.durations.count(), 2);
        let last = counts.last.expect("the last call");
        assert_eq!(last.total_ns, 9_000_000);
        let told = hop_meter(&last.hops[0]);
        assert_eq!((told.reported, told.own_s, told.link_s), ("observed", Some(0.001_5), Some(-0.000_25)));
    }
}
