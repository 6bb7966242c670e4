//! When each website is checked, and whose fault it is when one is not.

pub use wirereel_schedule::{
    Clock, Connectivity, Measure, Now, Reference, ScheduleOptions, SystemClock, SystemReference,
};
use wirereel_schedule::{Outcome, Planned, Verdict};

use crate::{Check, CheckResult, Checker, Measurement};

/// A schedule of checks.
pub type Schedule = wirereel_schedule::Schedule<Check>;

impl Planned for Check {
    type Measured = Measurement;
    type Result = CheckResult;
    const NOUN: &'static str = "check";

    fn name(&self) -> &str {
        self.website().display_name()
    }

    fn target(&self) -> &str {
        &self.website().url
    }

    fn interval_ns(&self) -> i64 {
        self.website().interval.as_nanos()
    }

    fn is_paused(&self) -> bool {
        self.website().paused
    }

    fn is_same(&self, other: &Self) -> bool {
        self.website() == other.website()
    }

    fn verdict(&self, measured: &Measurement) -> Verdict {
        match &measured.failure {
            None if self.is_local() => Verdict::UpHere,
            None => Verdict::Up,
            Some(failure) if failure.is_own_trouble() => Verdict::OwnTrouble(failure.to_string()),
            Some(_) if self.is_local() => Verdict::DownHere,
            Some(failure) if !failure.may_be_own_network() => Verdict::Down,
            Some(_) => Verdict::Unreached {
                host: self.target.host().map(|host| host.to_string()),
                remote: measured.remote.map(|remote| remote.ip()),
            },
        }
    }
}

impl Measure<Check> for Checker {
    async fn measure(&self, check: &std::sync::Arc<Check>) -> Measurement {
        Self::measure(self, check).await
    }
}

impl From<Outcome<Measurement>> for CheckResult {
    fn from(outcome: Outcome<Measurement>) -> Self {
        let Outcome { name, intended_at_ns, at_ns, instants, state, reason, measured } = outcome;
        Self { website: name, intended_at_ns, at_ns, instants, state, reason, measured }
    }
}
