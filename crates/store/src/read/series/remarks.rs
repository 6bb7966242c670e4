//! What stands out in a series: its peak, and silences.

use std::collections::HashMap;

use wirereel_query::{
    question::TimeRange,
    reel::{Remark, RemarkKind},
};

use super::{
    super::{Reader, scope::Condition},
    End, Side,
    axis::Axis,
};
use crate::error::Result;

/// A peak is at least this many times the median: less is seen in the picture without words.
const PEAK_TIMES_MEDIAN: f64 = 2.0;
/// And as many robust standard deviations above it (1.4826 × the median distance from the median): chance reaches four in one of
/// 30,000 buckets of a bell curve.
const PEAK_DEVIATIONS: f64 = 4.0;
/// And it rests on so many requests: fewer bunch together by chance.
const PEAK_SUPPORT: f64 = 10.0;

/// A silence without calls is one in which so many answers were to be expected by the rate outside of it: by chance nothing comes
/// once in e²⁰ such spans.
const EXPECTED_ANSWERS: f64 = 20.0;
/// And it lasts this many times longer than nine in ten of the pauses around it: real traffic comes in bursts.
const TIMES_USUAL_PAUSE: usize = 4;
/// Calls without an answer that make a silence by themselves: two may be one client's bad luck.
const UNANSWERED_CALLS: i64 = 3;
/// Silences that are told of one service: the longest ones.
const MOST_SILENCES: usize = 5;

/// The highest bucket when it stands out by [`PEAK_TIMES_MEDIAN`], [`PEAK_DEVIATIONS`] and [`PEAK_SUPPORT`], all three; of buckets
/// with something in them, at least half recorded.
pub(super) fn peak(axis: &Axis, values: &[Option<f64>], support: &[f64], seconds: &[f64]) -> Option<Remark> {
    let half_s = axis.bucket_us as f64 / 2e6;
    let at = |bucket: usize| values[bucket].filter(|value| *value > 0.0 && seconds[bucket] >= half_s);
    let known: Vec<f64> = (0..values.len()).filter_map(at).collect();
    let median = median(known.clone())?;
    let deviation = 1.4826 * self::median(known.iter().map(|value| (value - median).abs()).collect())?;
    let highest = (0..values.len()).filter(|bucket| at(*bucket).is_some()).max_by(|a, b| {
        // The earliest of equals.
        at(*a).unwrap_or(0.0).total_cmp(&at(*b).unwrap_or(0.0)).then(b.cmp(a))
    })?;
    let value = at(highest)?;
    let stands_out = value >= PEAK_TIMES_MEDIAN * median
        && value >= median + PEAK_DEVIATIONS * deviation
        && support[highest] >= PEAK_SUPPORT;
    let range = TimeRange { from_us: axis.starts_us(highest), to_us: axis.starts_us(highest + 1) };
    stands_out.then_some(Remark { kind: RemarkKind::Peak, range, value: Some(value) })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// What a service did in a bucket.
#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    answered: i64,
    /// Requests without a good answer, and connections refused.
    unanswered: i64,
}

/// Buckets without an answer between buckets with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    from: usize,
    to: usize,
    /// An answer came before and after it.
    between: bool,
    unanswered: i64,
}

impl Reader {
    /// Silences of the services among the sides, whatever the metric and the filter: a service is silent or not.
    pub(super) fn silences(&self, axis: &Axis, sides: &[Side], seconds: &[f64]) -> Result<HashMap<i32, Vec<Remark>>> {
        let services = sides.iter().filter(|side| !side.customers).map(|side| Side { end: End::Server, ..*side });
        let services: Vec<Side> = services.collect();
        let columns = "sum(requests - failed)::BIGINT, sum(failed + refused)::BIGINT";
        let mut silences = HashMap::new();
        for (side, answers) in self.answers(axis, &services, columns)? {
            let mut pauses = remarkable(&answers, seconds, axis.bucket_us);
            pauses.sort_by_key(|pause| std::cmp::Reverse(pause.to - pause.from));
            pauses.truncate(MOST_SILENCES);
            for pause in pauses {
                if let Some(range) = self.exact(axis, side.node, &pause)? {
                    silences.entry(side.node).or_insert_with(Vec::new).push(Remark {
                        kind: RemarkKind::Silence,
                        range,
                        value: None,
                    });
                }
            }
        }
        Ok(silences)
    }

    fn answers(&self, axis: &Axis, services: &[Side], columns: &str) -> Result<Vec<(Side, Vec<Answers>)>> {
        let sums = self.sums(axis, services, &Condition::default(), columns)?;
        let answers = sums.into_iter().map(|(side, sums)| {
            let both = sums.first.iter().zip(&sums.second);
            (
                side,
                both.map(|(answered, unanswered)| Answers { answered: *answered, unanswered: *unanswered }).collect(),
            )
        });
        Ok(answers.collect())
    }

    /// The longest time between two answers around a pause; the axis' end stands for an answer beyond it.
    fn exact(&self, axis: &Axis, service: i32, pause: &Pause) -> Result<Option<TimeRange>> {
        let TimeRange { from_us, to_us } = axis.range();
        let begin_us = axis.starts_us(pause.from.saturating_sub(1)).max(from_us);
        let end_us = axis.starts_us(pause.to + 1).min(to_us);
        let sql = format!(
            "SELECT before_us, at_us FROM (SELECT at_us, lag(at_us) OVER (ORDER BY at_us) AS before_us FROM ( \
             SELECT response_us AS at_us FROM raw.timed_exchanges WHERE NOT failed AND server_peer IN ( \
             SELECT peer_id FROM raw.peer_names WHERE service_id = {service}) \
             AND response_us >= {begin_us} AND response_us < {end_us} \
             UNION ALL SELECT {} WHERE {} UNION ALL SELECT {} WHERE {})) \
             WHERE before_us IS NOT NULL ORDER BY at_us - before_us DESC, at_us LIMIT 1",
            axis.starts_us(pause.from),
            pause.from == 0,
            axis.starts_us(pause.to),
            pause.to == axis.buckets,
        );
        self.first(&sql, [], |row| Ok(TimeRange { from_us: row.get(0)?, to_us: row.get(1)? }))
    }
}

/// Pauses that are silences by the constants above.
fn remarkable(answers: &[Answers], seconds: &[f64], bucket_us: i64) -> Vec<Pause> {
    let pauses = pauses(answers, seconds);
    let mut lengths: Vec<usize> = pauses.iter().map(|pause| pause.to - pause.from).collect();
    lengths.sort_unstable();
    let usual = lengths.get(lengths.len().saturating_sub(1) * 9 / 10).copied().unwrap_or(0);
    let (answered, recorded): (i64, f64) = (answers.iter().map(|a| a.answered).sum(), seconds.iter().sum());
    let is_remarkable = |pause: &Pause| {
        if pause.unanswered >= UNANSWERED_CALLS && answered > 0 {
            return true;
        }
        let length_s = (pause.to - pause.from) as f64 * bucket_us as f64 / 1e6;
        let expected = answered as f64 * length_s / (recorded - length_s).max(f64::MIN_POSITIVE);
        // The longest pause is no measure of itself.
        let usual =
            if lengths.len() < 10 { lengths.len().checked_sub(2).map_or(0, |second| lengths[second]) } else { usual };
        pause.between && expected >= EXPECTED_ANSWERS && pause.to - pause.from >= TIMES_USUAL_PAUSE * usual.max(1)
    };
    pauses.into_iter().filter(is_remarkable).collect()
}

/// Stretches of recorded buckets without an answer.
fn pauses(answers: &[Answers], seconds: &[f64]) -> Vec<Pause> {
    let mut pauses = Vec::new();
    let is_silent = |bucket: usize| seconds[bucket] > 0.0 && answers[bucket].answered == 0;
    let mut from = 0;
    while from < answers.len() {
        if !is_silent(from) {
            from += 1;
            continue;
        }
        let to = (from..answers.len()).find(|bucket| !is_silent(*bucket)).unwrap_or(answers.len());
        let answered = |bucket: Option<usize>| {
            bucket.and_then(|bucket| answers.get(bucket)).is_some_and(|answers| answers.answered > 0)
        };
        pauses.push(Pause {
            from,
            to,
            between: answered(from.checked_sub(1)) && answered(Some(to)),
            unanswered: answers[from..to].iter().map(|answers| answers.unanswered).sum(),
        });
        from = to;
    }
    pauses
}

#[cfg(test)]
mod tests {
    use super::{super::axis::Source, *};

    fn axis(buckets: usize) -> Axis {
        Axis { from_us: 0, bucket_us: 1_000_000, buckets, source: Source::Rollup(1) }
    }

    fn peak_of(values: &[f64]) -> Option<usize> {
        let points: Vec<_> = values.iter().copied().map(Some).collect();
        let found = peak(&axis(values.len()), &points, values, &vec![1.0; values.len()])?;
        Some(usize::try_from(found.range.from_us / 1_000_000).unwrap())
    }

    #[test]
    fn a_bucket_far_above_the_others_is_the_peak_and_noise_is_none() {
        let noise: Vec<f64> = (0..200).map(|n| 100.0 + f64::from(n * 37 % 21)).collect();
        assert_eq!(peak_of(&noise), None);
        let mut burst = noise;
        burst[70] = 412.0;
        burst[71] = 412.0;
        assert_eq!(peak_of(&burst), Some(70));
        assert_eq!(peak_of(&[1.0, 1.0, 9.0, 1.0]), None, "nine requests are no peak");
        assert_eq!(peak_of(&[]), None);
    }

    #[test]
    fn a_bucket_that_was_hardly_recorded_is_no_peak() {
        let values = [Some(20.0), Some(5_000.0), Some(21.0), Some(22.0)];
        assert_eq!(peak(&axis(4), &values, &[20.0, 50.0, 21.0, 22.0], &[1.0, 0.01, 1.0, 1.0]), None);
    }

    fn silences(counts: &[(i64, i64)]) -> Vec<(usize, usize)> {
        let answers: Vec<_> = counts
            .iter()
            .map(|(answered, unanswered)| Answers { answered: *answered, unanswered: *unanswered })
            .collect();
        remarkable(&answers, &vec![1.0; counts.len()], 1_000_000)
            .into_iter()
            .map(|pause| (pause.from, pause.to))
            .collect()
    }

    #[test]
    fn nothing_answered_for_long_is_a_silence_between_traffic_only() {
        let quiet = [vec![(9, 0); 20], vec![(0, 0); 8], vec![(9, 0); 20]].concat();
        assert_eq!(silences(&quiet), [(20, 28)]);
        assert_eq!(silences(&quiet[..28]), [], "it may just have had nothing to do");
        assert_eq!(silences(&[(1, 0), (0, 0), (0, 0)].repeat(30)), [], "pauses as usual");
    }

    #[test]
    fn nothing_answered_while_called_is_a_silence_also_at_the_end() {
        let refused = [vec![(3, 0); 20], vec![(0, 1); 4]].concat();
        assert_eq!(silences(&refused), [(20, 24)]);
        assert_eq!(silences(&refused[..22]), [], "two calls may be bad luck");
    }

    #[test]
    fn what_was_not_recorded_is_no_silence() {
        let answers = vec![Answers { answered: 0, unanswered: 0 }; 30];
        assert_eq!(pauses(&answers, &[0.0; 30]), []);
    }
}
