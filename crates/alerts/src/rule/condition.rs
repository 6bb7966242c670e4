//! When a rule speaks: what a subject's numbers must be.
//!
//! Everywhere a number that *touches* its threshold has crossed it: an availability of exactly 80 % is down when the threshold is 80 %,
//! and it is up again only above. A rule can ask for more before it believes a recovery (`recover_…`): between the two thresholds nothing
//! changes, so a number that trembles around one of them opens one alert, not one per tremble.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Problem, Reads, Span};

/// How many outcomes a frame must hold before its share is believed, unless a rule says otherwise. With six, one failure among the very
/// first checks is 83 % and opens nothing at 80 %.
const MIN_RECORDS: u32 = 6;
/// Longest frame, and longest time anything is waited for.
const LONGEST: Span = Span::from_secs(366 * 86_400);
/// Most pairs of windows of a burn rate.
const MAX_PAIRS: usize = 4;

/// What must hold for an alert to open, and for it to be over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Of the outcomes in a frame, at most this share was good.
    Availability {
        /// Percent of good outcomes at or below which it is down.
        #[serde(default = "eighty")]
        #[schemars(range(min = 0, max = 100))]
        percent: f64,
        /// Percent above which it is up again; the same as `percent` without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0, max = 100))]
        recover_percent: Option<f64>,
        /// The frame.
        #[serde(default = "two_minutes")]
        over: Span,
        /// Outcomes that the frame must hold. Where fewer fit, because a subject is asked less often, as many as fit are enough.
        #[serde(default = "min_records")]
        min_records: u32,
    },
    /// Of the outcomes in a frame, at least this share was bad.
    ErrorRate {
        /// Percent of bad outcomes at or above which the alert opens.
        #[schemars(range(min = 0, max = 100))]
        percent: f64,
        /// Percent below which it is over; the same as `percent` without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0, max = 100))]
        recover_percent: Option<f64>,
        /// The frame.
        over: Span,
        /// As for availability.
        #[serde(default = "min_records")]
        min_records: u32,
    },
    /// A number is at or above a threshold.
    AtLeast {
        threshold: f64,
        /// Below this it is over; the same as `threshold` without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recover: Option<f64>,
        /// A number older than this tells nothing any more.
        #[serde(default = "five_minutes")]
        stale_after: Span,
    },
    /// A number is at or below a threshold.
    AtMost {
        threshold: f64,
        /// Above this it is over; the same as `threshold` without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recover: Option<f64>,
        /// A number older than this tells nothing any more.
        #[serde(default = "five_minutes")]
        stale_after: Span,
    },
    /// So many things were counted in a frame: dropped packets, resets.
    Count {
        /// At or above this the alert opens.
        at_least: u64,
        /// Below this it is over; the same as `at_least` without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recover: Option<u64>,
        /// The frame.
        over: Span,
    },
    /// Something ends soon: a certificate.
    Expiry {
        /// From this long before the end on.
        within: Span,
    },
    /// Nothing was heard for a time from what was heard before.
    Silence {
        /// The time.
        after: Span,
    },
    /// Errors eat the budget of an objective too fast, in a long window and still in a short one.
    BurnRate {
        /// Percent of outcomes that shall be good; the rest is the budget.
        #[schemars(range(min = 0, max = 100))]
        objective_percent: f64,
        /// The alert opens when one pair is burning, and is over when none is.
        windows: Vec<BurnWindow>,
        /// Outcomes that each short window must hold.
        #[serde(default = "min_records")]
        min_records: u32,
    },
}

/// A pair of windows. The long one says that it matters, the short one that it still goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BurnWindow {
    pub long: Span,
    pub short: Span,
    /// How many times faster than the objective allows: 1 uses the budget up exactly.
    pub rate: f64,
}

fn eighty() -> f64 {
    80.0
}

fn two_minutes() -> Span {
    Span::from_secs(120)
}

fn five_minutes() -> Span {
    Span::from_secs(300)
}

fn min_records() -> u32 {
    MIN_RECORDS
}

impl Condition {
    /// Down at or below 80 % of the last two minutes.
    pub fn down() -> Self {
        Self::Availability { percent: eighty(), recover_percent: None, over: two_minutes(), min_records: MIN_RECORDS }
    }

    /// What kind of series it judges; `None` when any will do.
    pub(crate) fn reads(&self) -> Option<Reads> {
        Some(match self {
            Self::Availability { .. } | Self::ErrorRate { .. } | Self::BurnRate { .. } => Reads::Outcomes,
            Self::AtLeast { .. } | Self::AtMost { .. } => Reads::Value,
            Self::Count { .. } => Reads::Count,
            Self::Expiry { .. } => Reads::Deadline,
            Self::Silence { .. } => return None,
        })
    }

    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Problems(Vec::new());
        match self {
            Self::Availability { percent, recover_percent, over, min_records } => {
                found.percent("percent", *percent);
                found.span("over", *over);
                found.records(*min_records);
                if let Some(recover) = recover_percent {
                    found.percent("recover_percent", *recover);
                    found.order("recover_percent", *recover, "at or above", *percent, recover >= percent);
                }
                // Availability can never be above 100 %: nothing would ever be over.
                let last = recover_percent.unwrap_or(*percent);
                found.check(last != 100.0, "recover_percent", last, "below 100, or nothing ever recovers");
            }
            Self::ErrorRate { percent, recover_percent, over, min_records } => {
                found.percent("percent", *percent);
                found.span("over", *over);
                found.records(*min_records);
                if let Some(recover) = recover_percent {
                    found.percent("recover_percent", *recover);
                    found.order("recover_percent", *recover, "at or below", *percent, recover <= percent);
                }
                let last = recover_percent.unwrap_or(*percent);
                found.check(last != 0.0, "recover_percent", last, "above 0, or nothing ever recovers");
            }
            Self::AtLeast { threshold, recover, stale_after } => {
                found.number("threshold", *threshold);
                found.span("stale_after", *stale_after);
                if let Some(recover) = recover {
                    found.order("recover", *recover, "at or below", *threshold, recover <= threshold);
                }
            }
            Self::AtMost { threshold, recover, stale_after } => {
                found.number("threshold", *threshold);
                found.span("stale_after", *stale_after);
                if let Some(recover) = recover {
                    found.order("recover", *recover, "at or above", *threshold, recover >= threshold);
                }
            }
            Self::Count { at_least, recover, over } => {
                found.span("over", *over);
                found.check(*at_least > 0, "at_least", *at_least, "1 or more");
                if let Some(recover) = recover {
                    found.order("recover", *recover, "from 1 to", *at_least, (1..=*at_least).contains(recover));
                }
            }
            Self::Expiry { within } => found.span("within", *within),
            Self::Silence { after } => found.span("after", *after),
            Self::BurnRate { objective_percent, windows, min_records } => {
                found.percent("objective_percent", *objective_percent);
                found.records(*min_records);
                found.check(*objective_percent < 100.0, "objective_percent", objective_percent, "below 100");
                let pairs = windows.len();
                found.check((1..=MAX_PAIRS).contains(&pairs), "windows", format!("{pairs} pairs"), "1 to 4 pairs");
                for (place, BurnWindow { long, short, rate }) in windows.iter().enumerate() {
                    found.span(&format!("windows[{place}].long"), *long);
                    found.check(
                        short < long,
                        &format!("windows[{place}].short"),
                        short,
                        format!("shorter than {long}"),
                    );
                    let positive = rate.is_finite() && *rate > 0.0;
                    found.check(positive, &format!("windows[{place}].rate"), rate, "a number above 0");
                }
            }
        }
        found.0
    }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn check(&mut self, holds: bool, path: &str, found: impl std::fmt::Display, allowed: impl Into<String>) {
        if !holds {
            self.0.push(Problem::new(path, found, allowed));
        }
    }

    fn percent(&mut self, path: &str, found: f64) {
        self.check((0.0..=100.0).contains(&found), path, found, "a number from 0 to 100");
    }

    fn number(&mut self, path: &str, found: f64) {
        self.check(found.is_finite(), path, found, "a number");
    }

    fn span(&mut self, path: &str, found: Span) {
        self.check(found <= LONGEST, path, found, format!("at most {LONGEST}"));
    }

    fn records(&mut self, found: u32) {
        self.check(found > 0, "min_records", found, "1 or more");
    }

    fn order<N: std::fmt::Display>(&mut self, path: &str, found: N, how: &str, other: N, holds: bool) {
        self.check(holds, path, found, format!("{how} {other}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(condition: serde_json::Value) -> Vec<String> {
        let read: Condition = serde_json::from_value(condition).unwrap();
        read.problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_site_is_down_at_80_percent_of_two_minutes_unless_told_otherwise() {
        let read: Condition = serde_json::from_value(json!({ "kind": "availability" })).unwrap();
        assert_eq!(read, Condition::down());
        assert!(read.problems().is_empty());
    }

    #[test]
    fn every_wrong_number_is_told_with_what_is_allowed() {
        assert_eq!(
            problems(json!({ "kind": "availability", "percent": 120, "recover_percent": 70, "min_records": 0 })),
            [
                "percent: 120 is not a number from 0 to 100",
                "min_records: 0 is not 1 or more",
                "recover_percent: 70 is not at or above 120",
            ]
        );
        assert_eq!(
            problems(json!({ "kind": "availability", "percent": 100 })),
            ["recover_percent: 100 is not below 100, or nothing ever recovers"]
        );
        assert_eq!(
            problems(json!({ "kind": "at_least", "threshold": 5, "recover": 6, "stale_after": "4000d" })),
            ["stale_after: 4000d is not at most 366d", "recover: 6 is not at or below 5"]
        );
        assert_eq!(
            problems(
                json!({ "kind": "burn_rate", "objective_percent": 100, "windows": [{ "long": "5m", "short": "1h", "rate": 0 }] })
            ),
            [
                "objective_percent: 100 is not below 100",
                "windows[0].short: 1h is not shorter than 5m",
                "windows[0].rate: 0 is not a number above 0",
            ]
        );
        assert_eq!(problems(json!({ "kind": "count", "at_least": 0, "over": "1m" })), ["at_least: 0 is not 1 or more"]);
    }

    #[test]
    fn a_key_of_another_condition_is_refused() {
        let read: Result<Condition, _> =
            serde_json::from_value(json!({ "kind": "silence", "after": "5m", "percent": 3 }));
        assert!(read.unwrap_err().to_string().contains("unknown field `percent`"));
    }
}
