//! Results of checks that rules are told again after a restart, as they were told the first time.

use std::{collections::HashMap, sync::Arc};

use wirereel_query::checks::CheckState;
use wirereel_store::{CheckReading, Reader};

use crate::{
    EngineError,
    alerting::{Judge, OwnedReading, Reading},
    config,
};

/// The kind of subject that a website is.
const KIND: &str = "website";

/// Tells a judge everything that was known since an instant.
pub(super) fn tell_again(
    judge: &mut Judge,
    reader: &Reader,
    since_ns: i64,
    config: &config::Config,
) -> Result<(), EngineError> {
    let every: HashMap<&str, i64> =
        config.websites.iter().map(|website| (website.display_name(), website.interval.as_nanos())).collect();
    let (mut blind, mut told) = (Blind::default(), Vec::new());
    reader.check_readings_since(since_ns, |result| {
        let every_ns = every.get(result.website.as_str()).copied();
        if result.state == CheckState::SelfOffline {
            blind.goes_on(&result, every_ns.unwrap_or(0));
            return;
        }
        blind.ends(judge);
        told.clear();
        readings(&result, every_ns, &mut told);
        judge.hear(&told);
    })?;
    blind.ends(judge);
    Ok(())
}

/// A time in which this machine could check nothing.
#[derive(Default)]
struct Blind(Option<(i64, i64)>);

impl Blind {
    fn goes_on(&mut self, result: &CheckReading, every_ns: i64) {
        let more = i64::from(result.instants.max(1)) - 1;
        let end_ns = result.known_ns.max(result.intended_ns.saturating_add(every_ns.saturating_mul(more)));
        let (from_ns, to_ns) = self.0.unwrap_or((result.intended_ns, end_ns));
        self.0 = Some((from_ns.min(result.intended_ns), to_ns.max(end_ns)));
    }

    /// Every state is gone through for it: once for many results in a row.
    fn ends(&mut self, judge: &mut Judge) {
        if let Some((from_ns, to_ns)) = self.0.take() {
            judge.blind(from_ns, to_ns);
        }
    }
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
