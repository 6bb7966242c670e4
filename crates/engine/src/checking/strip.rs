//! Uptime strips: a mark for each instant, or for a stretch of several.

use wirereel_checks::{State, stats::Sample};
use wirereel_query::checks::CheckMark;

/// Marks of a strip, about.
const MARKS: i64 = 120;
const MINUTE_US: i64 = 60_000_000;
/// Times up to this are short.
const SHORT_US: i64 = 15 * MINUTE_US;

/// How long a mark of a time is, where a website is checked so often: an instant of a short time, a minute or some of a longer one.
pub(crate) fn width_us(past_us: i64, interval_us: i64) -> i64 {
    let interval_us = interval_us.max(1);
    let wanted_us = (past_us + MARKS - 1) / MARKS;
    if interval_us >= wanted_us {
        return interval_us;
    }
    // In whole intervals, so that every mark stands for as many instants.
    let whole_us = |step_us: i64| (wanted_us + step_us - 1) / step_us * step_us;
    if past_us <= SHORT_US { whole_us(interval_us) } else { whole_us(MINUTE_US.max(interval_us)) }
}

/// The strip of a time from its samples and how many instants each stands for.
pub(crate) fn strip(
    (from_us, to_us): (i64, i64),
    width_us: i64,
    samples: impl IntoIterator<Item = (Sample, u32)>,
) -> Vec<CheckMark> {
    let width_us = width_us.max(1);
    let marks = ((to_us - from_us).max(0) + width_us - 1) / width_us;
    // The last mark ends where the time does.
    let begin_us = to_us - marks * width_us;
    let mark = |number: i64| {
        let begin_us = begin_us + number * width_us;
        CheckMark { begin_us, end_us: begin_us + width_us, up: 0, down: 0, unknown: 0 }
    };
    let mut strip: Vec<CheckMark> = (0..marks).map(mark).collect();
    for (sample, instants) in samples {
        let at_us = sample.at_ms * 1_000;
        let place = usize::try_from((at_us - begin_us).div_euclid(width_us));
        let Some(mark) = place.ok().and_then(|place| strip.get_mut(place)) else { continue };
        let count = match sample.state {
            State::Up => &mut mark.up,
            State::Down => &mut mark.down,
            State::Overrun | State::SelfOffline => &mut mark.unknown,
        };
        *count = count.saturating_add(instants);
    }
    strip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_time_has_a_mark_for_each_instant_and_a_longer_one_for_each_minute() {
        let second = 1_000_000;
        assert_eq!(width_us(600 * second, 10 * second), 10 * second);
        assert_eq!(width_us(600 * second, second), 5 * second);
        assert_eq!(width_us(3_600 * second, 10 * second), 60 * second);
        assert_eq!(width_us(3_600 * second, 300 * second), 300 * second);
        let sample =
            |s: i64, state| (Sample { at_ms: s * 1_000, state, response_us: None, ttfb_us: None, outcome: None }, 1);
        let samples =
            [sample(5, State::Up), sample(11, State::Down), sample(12, State::Overrun), sample(99, State::Up)];
        let strip = strip((0, 30 * second), 10 * second, samples);
        let counts: Vec<_> =
            strip.iter().map(|mark| (mark.begin_us / second, mark.up, mark.down, mark.unknown)).collect();
        assert_eq!(counts, [(0, 1, 0, 0), (10, 0, 1, 1), (20, 0, 0, 0)]);
    }
}
