//! A website's counters and its last check.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use wirereel_checks::{CheckResult, Measurement, Phases, State, measure::SpokenHttp};

use super::Distribution;

/// Intended instants by what came of them, since the workbench started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Results {
    pub up: u64,
    pub down: u64,
    pub overrun: u64,
    pub self_offline: u64,
}

impl Results {
    /// Each state by its name.
    pub fn by_state(&self) -> [(&'static str, u64); 4] {
        [("up", self.up), ("down", self.down), ("overrun", self.overrun), ("self_offline", self.self_offline)]
    }

    pub(super) fn count(&mut self, state: State, instants: u32) {
        let count = match state {
            State::Up => &mut self.up,
            State::Down => &mut self.down,
            State::Overrun => &mut self.overrun,
            State::SelfOffline => &mut self.self_offline,
        };
        *count += u64::from(instants);
    }
}

/// What the last check measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastCheck {
    pub total: Duration,
    pub phases: Phases,
    pub status: Option<u16>,
    /// 1.0, 1.1 or 2.
    pub http_version: Option<&'static str>,
    pub is_tls: bool,
    /// When the server's certificate expires, seconds since 1970.
    pub expires_s: Option<i64>,
    pub remote: Option<SocketAddr>,
}

/// A website at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WebsiteMeter {
    pub name: Arc<str>,
    pub url: String,
    /// `None` when it is not known now: it rests, or this machine was offline.
    pub is_up: Option<bool>,
    pub results: Results,
    /// Of checks that ended.
    pub durations: Distribution,
    pub last: Option<LastCheck>,
}

/// What is counted of a website as results come.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) results: Results,
    pub(crate) durations: Distribution,
    pub(crate) last: Option<LastCheck>,
}

impl Meter {
    pub(crate) fn take(&mut self, result: &CheckResult) {
        self.results.count(result.state, result.instants);
        if let Some(measured) = result.measured.as_ref().filter(|_| matches!(result.state, State::Up | State::Down)) {
            self.durations.record(Duration::from_micros(measured.total_us));
            self.last = Some(last(measured));
        }
    }
}

fn last(measured: &Measurement) -> LastCheck {
    let certificate = measured.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
    LastCheck {
        total: Duration::from_micros(measured.total_us),
        phases: measured.phases,
        status: measured.status,
        http_version: measured.http_version.map(|version| match version {
            SpokenHttp::Http10 => "1.0",
            SpokenHttp::Http11 => "1.1",
            SpokenHttp::Http2 => "2",
        }),
        is_tls: measured.tls.is_some(),
        expires_s: certificate.map(|certificate| certificate.not_after_s),
        remote: measured.remote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_counted_by_state_and_only_what_was_measured_has_a_duration() {
        let result = |state, instants, total_us: Option<u64>| CheckResult {
            website: "shop".into(),
            intended_at_ns: 0,
            at_ns: 0,
            instants,
            state,
            reason: None,
            measured: total_us.map(|total_us| Measurement { total_us, status: Some(200), ..Measurement::default() }),
        };
        let mut meter = Meter::default();
        meter.take(&result(State::Up, 1, Some(5_000)));
        meter.take(&result(State::Down, 1, Some(9_000)));
        meter.take(&result(State::Overrun, 7, None));
        meter.take(&result(State::SelfOffline, 3, Some(1)));
        assert_eq!(meter.results, Results { up: 1, down: 1, overrun: 7, self_offline: 3 });
        assert_eq!(meter.durations.count(), 2, "what was measured offline says nothing about the website");
        assert_eq!(meter.last.map(|last| last.total), Some(Duration::from_millis(9)));
    }
}
