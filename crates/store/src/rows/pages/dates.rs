//! Date fields: servers send another one every second with answers that are the same otherwise. A page's text has a mark in its place, and
//! the date is in the rows.

use std::sync::Arc;

/// Stands where the date was; a text that holds it already is left as it is.
const MARK: &str = "\u{1}";

/// `Date: `, in any case.
const FIELD: &str = "date: ";

/// `Thu, 26 Nov 2026 12:22:43 GMT` (RFC 9110 §5.6.7).
const DATE_BYTES: usize = 29;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A block of field lines with the mark, and its date in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) block: Arc<str>,
    pub(super) date_s: i64,
}

/// Takes the date out of a block of field lines; `None` where there is none, or one that its number would not give back byte for byte.
fn without_date(block: &str) -> Option<Dated> {
    let mut start = 0;
    let line = block.split('\n').find(|line| {
        let is_date = line.len() == FIELD.len() + DATE_BYTES
            && line.get(..FIELD.len()).is_some_and(|name| name.eq_ignore_ascii_case(FIELD));
        start += if is_date { 0 } else { line.len() + 1 };
        is_date
    })?;
    let date = line.get(FIELD.len()..)?;
    let date_s = seconds_of(date).filter(|seconds| *seconds >= 0 && date_of(*seconds) == date)?;
    let (before, after) = (&block[..start + FIELD.len()], &block[start + line.len()..]);
    (!block.contains(MARK)).then(|| Dated { block: [before, MARK, after].concat().into(), date_s })
}

/// Seconds since 1970 of a date in the usual form.
fn seconds_of(date: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (day, year) = (number(5..7)?, number(12..16)?);
    let month = MONTHS.iter().position(|month| date.get(8..11) == Some(month))? as i64 + 1;
    let (hour, minute, second) = (number(17..19)?, number(20..22)?, number(23..25)?);
    Some(((days_until(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, by years that begin in March, so that the leap day is the last one.
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date as servers write it.
fn date_of(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut year = 1970 + days.div_euclid(366);
    while days_until(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days_until(year, *month, 1) <= days).unwrap_or(1);
    let day = days - days_until(year, month, 1) + 1;
    let names = (DAYS[days.rem_euclid(7) as usize], MONTHS[month as usize - 1]);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} GMT", names.0, names.1)
}

/// Blocks that were looked into, by the place in memory that many rows share.
const PLACES: usize = 256;

/// Blocks without their dates. Those that rows share are looked into once.
#[derive(Debug, Default)]
pub(super) struct Dates {
    known: Vec<Option<(Arc<str>, Option<Dated>)>>,
}

impl Dates {
    pub(super) fn of(&mut self, block: &Arc<str>) -> Option<Dated> {
        if self.known.is_empty() {
            self.known.resize(PLACES, None);
        }
        // Allocations are some 16 bytes apart at least.
        let place = &mut self.known[(Arc::as_ptr(block).cast::<u8>().addr() >> 4) % PLACES];
        if let Some((known, dated)) = place
            && Arc::ptr_eq(known, block)
        {
            return dated.clone();
        }
        let dated = without_date(block);
        *place = Some((Arc::clone(block), dated.clone()));
        dated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_they_were_read() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Thu, 26 Nov 2026 12:22:43 GMT", 1_795_695_763),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] {
            assert_eq!((seconds_of(date), date_of(seconds)), (Some(seconds), date.to_owned()));
        }
        for day in (0..80_000).step_by(97) {
            assert_eq!(seconds_of(&date_of(day * 86_400 + 7)), Some(day * 86_400 + 7));
        }
    }

    #[test]
    fn a_block_has_a_mark_where_its_date_was() {
        let dated = without_date("Server: a\nDate: Sun, 06 Nov 1994 08:49:37 GMT\nETag: b").unwrap();
        assert_eq!((&*dated.block, dated.date_s), ("Server: a\nDate: \u{1}\nETag: b", 784_111_777));
        let alone = without_date("date: Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(&*alone.block, "date: \u{1}");
    }

    #[test]
    fn what_could_not_be_given_back_stays_in_the_text() {
        for block in [
            "Server: a",
            "",
            "Date: now",
            "Date: Mon, 06 Nov 1994 08:49:37 GMT",
            "Date: Sun, 6 Nov 1994 08:49:37 GMT",
            "Date: Sun, 06 Nov 1994 08:49:61 GMT",
            "Date: Sun, 06 Nov 1994 24:49:37 GMT",
            "Date: Sun, 06 Now 1994 08:49:37 GMT",
            "Date: Wed, 31 Dec 1969 23:59:59 GMT",
            "Date: \u{e9}un, 6 Nov 1994 08:49:37 GMT",
            "X-Date: Sun, 06 Nov 1994 08:49:37 GMT",
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\nA: \u{1}",
        ] {
            assert_eq!(without_date(block), None, "{block}");
        }
    }

    #[test]
    fn a_shared_block_is_looked_into_once_and_others_for_themselves() {
        let mut dates = Dates::default();
        let blocks: Vec<Arc<str>> =
            (0..2_000).map(|second| Arc::from(format!("Date: {}", date_of(second)).as_str())).collect();
        for _ in 0..2 {
            for (second, block) in blocks.iter().enumerate() {
                assert_eq!(dates.of(block).map(|dated| dated.date_s), Some(second as i64));
            }
        }
        assert_eq!(dates.known.len(), PLACES);
    }
}
