//! Results of checks and probes that rules are told again after a restart, as they were told the first time.

use std::{collections::HashMap, sync::Arc};

use wirereel_query::checks::CheckState;
use wirereel_store::{CheckReading, ProbeReading, Reader};

use crate::{
    EngineError,
    alerting::{Judge, OwnedReading, Reading},
    config, probing,
};

/// The kind of subject that a website is.
const KIND: &str = "website";

/// Tells a judge everything that was known since an instant, in the order in which it was.
pub(super) fn tell_again(
    judge: &mut Judge,
    reader: &Reader,
    since_ns: i64,
    config: &config::Config,
) -> Result<(), EngineError> {
    let websites: HashMap<&str, i64> =
        config.websites.iter().map(|website| (website.display_name(), website.interval.as_nanos())).collect();
    let probes: HashMap<&str, i64> =
        config.probes.iter().map(|probe| (probe.name.as_str(), probe.interval.as_nanos())).collect();
    let mut sent = Vec::new();
    reader.probe_readings_since(since_ns, |result| sent.push(result))?;
    let mut sent = sent.into_iter().peekable();
    let mut again = Again { judge, blind: Blind::default(), told: Vec::new() };
    let every = |result: &ProbeReading| probes.get(result.probe.as_str()).copied();
    reader.check_readings_since(since_ns, |result| {
        while let Some(earlier) = sent.next_if(|earlier| earlier.known_ns <= result.known_ns) {
            again.probe(&earlier, every(&earlier));
        }
        again.check(&result, websites.get(result.website.as_str()).copied());
    })?;
    for result in sent {
        again.probe(&result, every(&result));
    }
    again.blind.ends(again.judge);
    Ok(())
}

struct Again<'a> {
    judge: &'a mut Judge,
    blind: Blind,
    told: Vec<OwnedReading>,
}

impl Again<'_> {
    fn check(&mut self, result: &CheckReading, every_ns: Option<i64>) {
        if result.state == CheckState::SelfOffline {
            self.blind.goes_on((result.intended_ns, result.known_ns), result.instants, every_ns);
            return;
        }
        self.blind.ends(self.judge);
        self.told.clear();
        readings(result, every_ns, &mut self.told);
        self.judge.hear(&self.told);
    }

    fn probe(&mut self, result: &ProbeReading, every_ns: Option<i64>) {
        if result.state == CheckState::SelfOffline {
            self.blind.goes_on((result.intended_ns, result.known_ns), result.instants, every_ns);
            return;
        }
        self.blind.ends(self.judge);
        self.told.clear();
        probe_readings(result, every_ns, &mut self.told);
        self.judge.hear(&self.told);
    }
}

/// A time in which this machine could check nothing.
#[derive(Default)]
struct Blind(Option<(i64, i64)>);

impl Blind {
    fn goes_on(&mut self, (intended_ns, known_ns): (i64, i64), instants: u32, every_ns: Option<i64>) {
        let more = i64::from(instants.max(1)) - 1;
        let end_ns = known_ns.max(intended_ns.saturating_add(every_ns.unwrap_or(0).saturating_mul(more)));
        let (from_ns, to_ns) = self.0.unwrap_or((intended_ns, end_ns));
        self.0 = Some((from_ns.min(intended_ns), to_ns.max(end_ns)));
    }

    /// Every state is gone through for it: once for many results in a row.
    fn ends(&mut self, judge: &mut Judge) {
        if let Some((from_ns, to_ns)) = self.0.take() {
            judge.blind(from_ns, to_ns);
        }
    }
}

fn probe_readings(result: &ProbeReading, every_ns: Option<i64>, into: &mut Vec<OwnedReading>) {
    let (is_up, Some(total_ns)) = (result.state == CheckState::Up, result.total_ns) else { return };
    if !matches!(result.state, CheckState::Up | CheckState::Down) {
        return;
    }
    let name: Arc<str> = result.probe.as_str().into();
    let told = probing::told(is_up, total_ns).into_iter().flatten();
    into.extend(told.map(|(metric, reading)| OwnedReading {
        kind: probing::KIND,
        name: Arc::clone(&name),
        metric,
        at_ns: result.known_ns,
        every_ns,
        reading,
    }));
}

fn readings(result: &CheckReading, every_ns: Option<i64>, into: &mut Vec<OwnedReading>) {
    let is_up = match result.state {
        CheckState::Up => true,
        CheckState::Down => false,
        CheckState::Overrun | CheckState::SelfOffline => return,
    };
    let name: Arc<str> = result.website.as_str().into();
    let mut say = |metric, reading| {
        into.push(OwnedReading {
            kind: KIND,
            name: Arc::clone(&name),
            metric,
            at_ns: result.known_ns,
            every_ns,
            reading,
        });
    };
    say("up", Reading::Outcomes { good: u64::from(is_up), bad: u64::from(!is_up) });
    if let Some(us) = result.response_us {
        say("response_ms", Reading::Value(us as f64 / 1e3));
    }
    if let Some(us) = result.ttfb_us {
        say("ttfb_ms", Reading::Value(us as f64 / 1e3));
    }
    if let Some(us) = result.certificate_not_after_us {
        say("certificate", Reading::Deadline(us.saturating_mul(1_000)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_of_a_website_is_not_told_and_what_was_not_measured_neither() {
        let result = |state, response_us| CheckReading {
            website: "shop".into(),
            intended_ns: 1,
            known_ns: 7,
            instants: 1,
            state,
            response_us,
            ttfb_us: None,
            certificate_not_after_us: Some(5),
        };
        let told = |state, response_us| {
            let mut told = Vec::new();
            readings(&result(state, response_us), Some(10), &mut told);
            told.into_iter().map(|one| (one.metric, one.at_ns, one.every_ns, one.reading)).collect::<Vec<_>>()
        };
        assert_eq!(told(CheckState::Overrun, None), []);
        assert_eq!(told(CheckState::SelfOffline, None), []);
        assert_eq!(
            told(CheckState::Down, None),
            [
                ("up", 7, Some(10), Reading::Outcomes { good: 0, bad: 1 }),
                ("certificate", 7, Some(10), Reading::Deadline(5_000)),
            ]
        );
        assert_eq!(told(CheckState::Up, Some(1_500))[1], ("response_ms", 7, Some(10), Reading::Value(1.5)));
    }
}
