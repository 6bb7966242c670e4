//! Days, weeks and months put together of hours.

use std::collections::BTreeMap;

use wirereel_checks::Summary;
use wirereel_query::checks::{CheckPeriod, CheckPhases};

use super::figures;

const DAY_US: i64 = 86_400_000_000;
const DAYS_TOLD: i64 = 31;

/// All of them, ascending.
#[derive(Debug, Default)]
pub(crate) struct Periods {
    pub(crate) days: Vec<CheckPeriod>,
    pub(crate) weeks: Vec<CheckPeriod>,
    pub(crate) months: Vec<CheckPeriod>,
}

/// Puts hours together: begin in milliseconds since 1970, and what came in it. Days are told of the 31 days that end with the day of an
/// instant.
pub(crate) fn periods(hours: impl IntoIterator<Item = (i64, Summary)>, at_us: i64) -> Periods {
    let (mut days, mut weeks, mut months): (Parts, Parts, Parts) = Default::default();
    let last_day = at_us.div_euclid(DAY_US);
    for (begin_ms, summary) in hours {
        let day = (begin_ms * 1_000).div_euclid(DAY_US);
        if day > last_day - DAYS_TOLD {
            days.entry((day, day + 1)).or_default().merge(&summary);
        }
        // The first of January 1970 was a Thursday.
        let monday = day - (day + 3).rem_euclid(7);
        weeks.entry((monday, monday + 7)).or_default().merge(&summary);
        months.entry(month_of(day)).or_default().merge(&summary);
    }
    Periods { days: told(days), weeks: told(weeks), months: told(months) }
}

/// By first day and the day after the last, since 1970.
type Parts = BTreeMap<(i64, i64), Summary>;

fn told(parts: Parts) -> Vec<CheckPeriod> {
    let told = parts.into_iter().map(|((from, to), summary)| CheckPeriod {
        begin_us: from * DAY_US,
        end_us: to * DAY_US,
        figures: figures(&summary, CheckPhases::default(), Vec::new()),
    });
    told.collect()
}

/// The first day of a day's month and of the next one.
fn month_of(day: i64) -> (i64, i64) {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_year = |year: i64| if is_leap(year) { 366 } else { 365 };
    let (mut year, mut begin) = (1970, 0);
    while day < begin {
        year -= 1;
        begin -= days_of_year(year);
    }
    while day >= begin + days_of_year(year) {
        begin += days_of_year(year);
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < begin + length {
            return (begin, begin + length);
        }
        begin += length;
    }
    (day, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_become_days_weeks_from_monday_and_months() {
        let day = 20_420; // 2025-11-28, a Friday.
        let hour = |day: i64, hour: i64| ((day * 24 + hour) * 3_600_000, Summary { up: 1, ..Summary::default() });
        let hours = [hour(day - 40, 3), hour(day, 0), hour(day, 23), hour(day + 3, 0)];
        let told = periods(hours, (day + 3) * DAY_US);
        let counted = |periods: &[CheckPeriod]| {
            periods
                .iter()
                .map(|p| (p.begin_us / DAY_US - day, p.end_us / DAY_US - day, p.figures.up))
                .collect::<Vec<_>>()
        };
        assert_eq!(counted(&told.days), [(0, 1, 2), (3, 4, 1)]);
        assert_eq!(counted(&told.weeks), [(-46, -39, 1), (-4, 3, 2), (3, 10, 1)]);
        assert_eq!(counted(&told.months), [(-58, -27, 1), (-27, 3, 2), (3, 34, 1)]);
        assert_eq!(month_of(59), (59, 90), "March 1970");
        assert_eq!(month_of(11_016), (10_988, 11_017), "the 29th of February 2000");
    }
}
