//! Round instants along a time axis.

use wirereel_query::question::TimeRange;

use crate::figures::Instant;

const MS_US: i64 = 1_000;
const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// Between ticks, in microseconds.
const STEPS_US: [i64; 30] = [
    MS_US,
    2 * MS_US,
    5 * MS_US,
    10 * MS_US,
    20 * MS_US,
    50 * MS_US,
    100 * MS_US,
    200 * MS_US,
    500 * MS_US,
    SECOND_US,
    2 * SECOND_US,
    5 * SECOND_US,
    10 * SECOND_US,
    15 * SECOND_US,
    30 * SECOND_US,
    MINUTE_US,
    2 * MINUTE_US,
    5 * MINUTE_US,
    10 * MINUTE_US,
    15 * MINUTE_US,
    30 * MINUTE_US,
    HOUR_US,
    2 * HOUR_US,
    3 * HOUR_US,
    4 * HOUR_US,
    6 * HOUR_US,
    12 * HOUR_US,
    DAY_US,
    2 * DAY_US,
    7 * DAY_US,
];

/// Most ticks that do not crowd.
const MAX_TICKS: i64 = 11;

/// Round instants in the range with their labels: as fine as they differ in it.
pub(super) fn ticks(range: TimeRange) -> Vec<(i64, String)> {
    let length_us = range.to_us - range.from_us;
    let step_us = STEPS_US
        .into_iter()
        .find(|step| length_us / step <= MAX_TICKS)
        .unwrap_or(length_us / MAX_TICKS / DAY_US * DAY_US + DAY_US);
    let first = range.from_us.div_euclid(step_us) + 1;
    let labelled = |n: i64| {
        let at_us = n * step_us;
        let instant = Instant::from_us(at_us);
        let label = match step_us {
            ..SECOND_US => format!("{}.{:03}", instant.time(), at_us.rem_euclid(SECOND_US) / MS_US),
            SECOND_US..MINUTE_US => instant.time(),
            MINUTE_US..DAY_US => instant.time_short(),
            _ => instant.date(),
        };
        (at_us, label)
    };
    (first..).map(labelled).take_while(|(at_us, _)| *at_us < range.to_us).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from_us: i64, to_us: i64) -> Vec<String> {
        ticks(TimeRange { from_us, to_us }).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        let of_seconds = |from_s: i64, to_s: i64| labels(from_s * SECOND_US, to_s * SECOND_US);
        assert_eq!(
            of_seconds(50, 170),
            ["00:01:00", "00:01:15", "00:01:30", "00:01:45", "00:02:00", "00:02:15", "00:02:30", "00:02:45"]
        );
        assert_eq!(
            of_seconds(3_500, 11_000),
            ["01:00", "01:15", "01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
        );
        assert_eq!(of_seconds(0, 86_400), ["03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
        assert_eq!(of_seconds(0, 3 * 86_400 + 1).last().map(String::as_str), Some("00:00"));
        assert_eq!(of_seconds(0, 20 * 86_400).first().map(String::as_str), Some("1970-01-03"));
        assert_eq!(of_seconds(5, 5), Vec::<String>::new());
    }

    #[test]
    fn a_range_of_milliseconds_has_ticks_too() {
        assert_eq!(labels(0, 25_000)[..2], ["00:00:00.005", "00:00:00.010"]);
        assert_eq!(labels(0, 900).len(), 0);
    }

    #[test]
    fn many_years_do_not_crowd() {
        assert!(labels(0, 40 * 365 * DAY_US).len() as i64 <= MAX_TICKS);
    }
}
