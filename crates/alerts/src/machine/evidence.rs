//! What a state remembers of its subject's numbers, and what a condition says of it.

use serde::{Deserialize, Serialize};

use super::Reading;
use crate::{BurnWindow, Condition, Rolling};

/// What a condition says of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// There is nothing to judge by.
    #[default]
    NoData,
    /// There is something, but too little.
    TooLittle,
    /// The threshold is crossed.
    Bad,
    /// Neither crossed nor recovered: whatever was, stays.
    Between,
    Good,
}

/// A verdict and the number behind it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    #[serde(default, with = "exact")]
    pub(crate) value: Option<f64>,
}

/// Numbers as text, because reading JSON's numbers may change their last bit.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[allow(clippy::ref_option, reason = "as serde wants it")]
    pub(super) fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}

/// What is remembered, by what the condition needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Evidence {
    /// Good and bad outcomes of one frame, or counts, which are all bad.
    Frame(Rolling),
    /// The long and the short window of each pair, in their order.
    Frames(Vec<Rolling>),
    /// The last number and when it came.
    Number {
        #[serde(default, with = "exact")]
        value: Option<f64>,
        at_ns: i64,
    },
    /// When it ends.
    End { ends_ns: Option<i64> },
    /// When something was heard last.
    Heard { at_ns: Option<i64> },
}

/// A percentage in millionths, so that shares are compared exactly.
fn millionths(percent: f64) -> u128 {
    (percent.clamp(0.0, 100.0) * 10_000.0).round() as u128
}

/// How the share of `part` in `whole` compares with a percentage.
fn share_against(part: u64, whole: u64, percent: f64) -> std::cmp::Ordering {
    (u128::from(part) * 1_000_000).cmp(&(u128::from(whole) * millionths(percent)))
}

fn percent_of(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

/// Outcomes that are enough: `wanted`, or as many as fit where a subject is asked every `every_ns`.
fn enough(wanted: u32, frame_ns: i64, every_ns: i64) -> u64 {
    let fit = if every_ns > 0 { (frame_ns / every_ns).max(1).unsigned_abs() } else { u64::MAX };
    u64::from(wanted.max(1)).min(fit)
}

impl Evidence {
    /// Nothing yet, of the kind that a condition needs.
    pub(crate) fn none(condition: &Condition) -> Self {
        match condition {
            Condition::Availability { over, .. }
            | Condition::ErrorRate { over, .. }
            | Condition::Count { over, .. } => Self::Frame(Rolling::new(over.as_nanos())),
            Condition::BurnRate { windows, .. } => Self::Frames(
                windows
                    .iter()
                    .flat_map(|pair| [pair.long, pair.short])
                    .map(|span| Rolling::new(span.as_nanos()))
                    .collect(),
            ),
            Condition::AtLeast { .. } | Condition::AtMost { .. } => Self::Number { value: None, at_ns: 0 },
            Condition::Expiry { .. } => Self::End { ends_ns: None },
            Condition::Silence { .. } => Self::Heard { at_ns: None },
        }
    }

    /// Whether it is of the kind and size that a condition needs.
    pub(crate) fn fits(&self, condition: &Condition) -> bool {
        match (self, Self::none(condition)) {
            (Self::Frame(mine), Self::Frame(wanted)) => mine.same_frame(&wanted),
            (Self::Frames(mine), Self::Frames(wanted)) => {
                mine.len() == wanted.len() && mine.iter().zip(&wanted).all(|(mine, wanted)| mine.same_frame(wanted))
            }
            (mine, wanted) => std::mem::discriminant(mine) == std::mem::discriminant(&wanted),
        }
    }

    /// Takes a reading in; `false` when it is of a kind that the condition cannot judge.
    pub(crate) fn take(&mut self, reading: Reading, at_ns: i64) -> bool {
        match (self, reading) {
            (Self::Frame(frame), Reading::Outcomes { good, bad }) => {
                frame.add(at_ns, good, bad);
            }
            (Self::Frame(frame), Reading::Count(count)) => {
                frame.add(at_ns, 0, count);
            }
            (Self::Frames(frames), Reading::Outcomes { good, bad }) => {
                for frame in frames {
                    frame.add(at_ns, good, bad);
                }
            }
            (Self::Number { value, at_ns: since }, Reading::Value(number)) if number.is_finite() => {
                (*value, *since) = (Some(number), at_ns);
            }
            (Self::End { ends_ns }, Reading::Deadline(end)) => *ends_ns = Some(end),
            (Self::Heard { at_ns: last }, _) => *last = Some(last.map_or(at_ns, |last| last.max(at_ns))),
            _ => return false,
        }
        true
    }

    /// Forgets what was measured so far, because it no longer says anything: a maintenance window has ended, at this instant. What ends
    /// at some time still does.
    pub(crate) fn forget(&mut self, at_ns: i64) {
        match self {
            Self::Frame(frame) => frame.clear(),
            Self::Frames(frames) => frames.iter_mut().for_each(Rolling::clear),
            Self::Number { value, .. } => *value = None,
            Self::End { .. } => {}
            Self::Heard { at_ns: last } => *last = last.map(|last| last.max(at_ns)),
        }
    }

    /// Whether its condition is judged only when something arrives: a share must not change because outcomes leave the frame while no new
    /// ones come.
    fn waits_for_news(&self, condition: &Condition) -> bool {
        !matches!(condition, Condition::Count { .. }) && matches!(self, Self::Frame(_) | Self::Frames(_))
    }

    /// What a condition says at an instant. `news` when a reading has just been taken in.
    pub(crate) fn judge(
        &mut self,
        condition: &Condition,
        at_ns: i64,
        every_ns: i64,
        news: bool,
        before: Judgement,
    ) -> Judgement {
        match self {
            Self::Frame(frame) => frame.pass(at_ns),
            Self::Frames(frames) => frames.iter_mut().for_each(|frame| frame.pass(at_ns)),
            _ => {}
        }
        if !news && self.waits_for_news(condition) {
            let empty = match self {
                Self::Frame(frame) => frame.total() == 0,
                Self::Frames(frames) => frames.iter().all(|frame| frame.total() == 0),
                _ => false,
            };
            return if empty { Judgement { verdict: Verdict::NoData, value: before.value } } else { before };
        }
        let (verdict, value) = self.judge_now(condition, at_ns, every_ns);
        Judgement { verdict, value: value.or(before.value) }
    }

    fn judge_now(&self, condition: &Condition, at_ns: i64, every_ns: i64) -> (Verdict, Option<f64>) {
        match (condition, self) {
            (Condition::Availability { percent, recover_percent, over, min_records }, Self::Frame(frame)) => {
                let (good, total) = (frame.good(), frame.total());
                let verdict = if total == 0 {
                    Verdict::NoData
                } else if total < enough(*min_records, over.as_nanos(), every_ns) {
                    Verdict::TooLittle
                } else if share_against(good, total, *percent).is_le() {
                    Verdict::Bad
                } else if share_against(good, total, recover_percent.unwrap_or(*percent)).is_gt() {
                    Verdict::Good
                } else {
                    Verdict::Between
                };
                (verdict, percent_of(good, total))
            }
            (Condition::ErrorRate { percent, recover_percent, over, min_records }, Self::Frame(frame)) => {
                let (bad, total) = (frame.bad(), frame.total());
                let verdict = if total == 0 {
                    Verdict::NoData
                } else if total < enough(*min_records, over.as_nanos(), every_ns) {
                    Verdict::TooLittle
                } else if share_against(bad, total, *percent).is_ge() {
                    Verdict::Bad
                } else if share_against(bad, total, recover_percent.unwrap_or(*percent)).is_lt() {
                    Verdict::Good
                } else {
                    Verdict::Between
                };
                (verdict, percent_of(bad, total))
            }
            (Condition::Count { at_least, recover, .. }, Self::Frame(frame)) => {
                let count = frame.bad();
                let verdict = three(count >= *at_least, count < recover.unwrap_or(*at_least));
                (verdict, Some(count as f64))
            }
            (
                Condition::AtLeast { threshold, recover, stale_after },
                Self::Number { value: Some(value), at_ns: since },
            ) => {
                if at_ns.saturating_sub(*since) >= stale_after.as_nanos() {
                    return (Verdict::NoData, Some(*value));
                }
                (three(value >= threshold, *value < recover.unwrap_or(*threshold)), Some(*value))
            }
            (
                Condition::AtMost { threshold, recover, stale_after },
                Self::Number { value: Some(value), at_ns: since },
            ) => {
                if at_ns.saturating_sub(*since) >= stale_after.as_nanos() {
                    return (Verdict::NoData, Some(*value));
                }
                (three(value <= threshold, *value > recover.unwrap_or(*threshold)), Some(*value))
            }
            (Condition::Expiry { within }, Self::End { ends_ns: Some(ends) }) => {
                let left = ends.saturating_sub(at_ns);
                (three(left <= within.as_nanos(), left > within.as_nanos()), Some(left as f64 / 1e9))
            }
            (Condition::Silence { after }, Self::Heard { at_ns: Some(last) }) => {
                let silent = at_ns.saturating_sub(*last);
                (three(silent >= after.as_nanos(), silent < after.as_nanos()), Some(silent as f64 / 1e9))
            }
            (Condition::BurnRate { objective_percent, windows, min_records }, Self::Frames(frames)) => {
                burning(*objective_percent, windows, *min_records, frames, every_ns)
            }
            _ => (Verdict::NoData, None),
        }
    }

    /// The next instant after `at_ns` at which the verdict may change though nothing arrives.
    pub(crate) fn next_change_ns(&self, condition: &Condition, at_ns: i64) -> Option<i64> {
        let next = match (condition, self) {
            (Condition::Count { .. }, Self::Frame(frame)) => frame.next_leave_ns(),
            (_, Self::Frame(frame)) => frame.empty_ns(),
            (_, Self::Frames(frames)) => frames.iter().filter_map(Rolling::empty_ns).max(),
            (
                Condition::AtLeast { stale_after, .. } | Condition::AtMost { stale_after, .. },
                Self::Number { value: Some(_), at_ns: since },
            ) => Some(since.saturating_add(stale_after.as_nanos())),
            (Condition::Expiry { within }, Self::End { ends_ns }) => {
                ends_ns.map(|end| end.saturating_sub(within.as_nanos()))
            }
            (Condition::Silence { after }, Self::Heard { at_ns }) => {
                at_ns.map(|last| last.saturating_add(after.as_nanos()))
            }
            _ => None,
        };
        next.filter(|next| *next > at_ns)
    }
}

fn three(bad: bool, good: bool) -> Verdict {
    if bad {
        Verdict::Bad
    } else if good {
        Verdict::Good
    } else {
        Verdict::Between
    }
}

/// The fastest burn of the pairs is told: of a pair the slower of its two windows, since both must burn.
fn burning(
    objective: f64,
    windows: &[BurnWindow],
    min: u32,
    frames: &[Rolling],
    every_ns: i64,
) -> (Verdict, Option<f64>) {
    let budget = (1_000_000 - millionths(objective).min(1_000_000)) as f64 / 1e6;
    let (mut some, mut believed, mut bad) = (false, false, false);
    let mut fastest: Option<f64> = None;
    for (pair, frames) in windows.iter().zip(frames.chunks_exact(2)) {
        some |= frames.iter().any(|frame| frame.total() > 0);
        if frames[1].total() < enough(min, pair.short.as_nanos(), every_ns) {
            continue;
        }
        believed = true;
        let burn = |frame: &Rolling| frame.bad() as f64 / frame.total().max(1) as f64 / budget.max(f64::MIN_POSITIVE);
        let slower = burn(&frames[0]).min(burn(&frames[1]));
        bad |= slower >= pair.rate;
        fastest = Some(fastest.map_or(slower, |so_far| so_far.max(slower)));
    }
    let verdict = match (some, believed, bad) {
        (false, ..) => Verdict::NoData,
        (true, false, _) => Verdict::TooLittle,
        (true, true, true) => Verdict::Bad,
        (true, true, false) => Verdict::Good,
    };
    (verdict, fastest)
}
