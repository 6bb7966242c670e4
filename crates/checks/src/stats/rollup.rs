//! Hours and days of one website: what is left of results when they are gone.

use super::{Sample, Summary};
use crate::{CheckResult, config::MAX_TIMEOUT};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long a roll-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Width {
    Hour,
    Day,
}

impl Width {
    /// When the hour or day (UTC) of a moment begins, in milliseconds since 1970.
    pub fn begin_ms(self, at_ms: i64) -> i64 {
        let width_ms = match self {
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        };
        at_ms.div_euclid(width_ms) * width_ms
    }
}

/// An hour or a day of a website, or a longer time that was put together of some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollUp {
    /// Milliseconds since 1970.
    pub begin_ms: i64,
    pub summary: Summary,
}

/// The hours of one website that are not over. A check that was intended in an hour may end in the next.
#[derive(Debug, Default)]
pub struct OpenHours {
    /// Ascending; two at most but after a sleep.
    open: Vec<RollUp>,
    closed_until_ms: i64,
}

impl OpenHours {
    /// Hours of a website whose hours until a moment, in milliseconds since 1970, are closed already.
    pub fn from(begin_ms: i64) -> Self {
        Self { open: Vec::new(), closed_until_ms: Width::Hour.begin_ms(begin_ms) }
    }

    /// Takes in a result. One of an hour that is closed already comes later than any check can, and is not taken: `false`.
    pub fn record(&mut self, result: &CheckResult) -> bool {
        self.record_sample(&Sample::of(result), u64::from(result.instants))
    }

    /// As [`Self::record`], of a sample that stands for so many instants.
    pub fn record_sample(&mut self, sample: &Sample, instants: u64) -> bool {
        let begin_ms = Width::Hour.begin_ms(sample.at_ms);
        if begin_ms < self.closed_until_ms {
            return false;
        }
        let at = match self.open.binary_search_by_key(&begin_ms, |hour| hour.begin_ms) {
            Ok(at) => at,
            Err(at) => {
                self.open.reserve_exact(1);
                self.open.insert(at, RollUp { begin_ms, summary: Summary::default() });
                at
            }
        };
        self.open[at].summary.add_sample(sample, instants);
        true
    }

    /// Hours that are over and to which nothing can come any more at a moment, in nanoseconds since 1970.
    pub fn close(&mut self, now_ns: i64) -> Vec<RollUp> {
        let grace_ms = i64::try_from(2 * MAX_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
        let until_ms = Width::Hour.begin_ms(now_ns.div_euclid(1_000_000).saturating_sub(grace_ms));
        self.closed_until_ms = self.closed_until_ms.max(until_ms);
        let over = self.open.partition_point(|hour| hour.begin_ms < self.closed_until_ms);
        self.open.drain(..over).collect()
    }

    /// Hours that are not over, with what is known of them.
    pub fn open(&self) -> &[RollUp] {
        &self.open
    }
}

/// Puts hours together to days, or any roll-ups to wider ones. Takes them in any order; gives them ascending.
pub fn roll_up(width: Width, parts: impl IntoIterator<Item = RollUp>) -> Vec<RollUp> {
    let mut wider: std::collections::BTreeMap<i64, Summary> = std::collections::BTreeMap::new();
    for part in parts {
        wider.entry(width.begin_ms(part.begin_ms)).or_default().merge(&part.summary);
    }
    wider.into_iter().map(|(begin_ms, summary)| RollUp { begin_ms, summary }).collect()
}
