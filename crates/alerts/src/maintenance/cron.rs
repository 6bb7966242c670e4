//! Cron's five fields, as crontab(5) has them: `minute hour day-of-month month day-of-week`.
//!
//! Lists, ranges, steps and English names are read; `L`, `W` and `#` are not. Where both days are restricted, either is enough.

use jiff::civil::{Date, Time};

/// A field's values as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// Whether it began with `*`.
    any: bool,
}

impl Field {
    fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| value < 64 && self.bits & (1 << value) != 0)
    }
}

/// An expression that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is allowed, for the first field that is not.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(
                "five fields such as \"30 2 * * sun\": minute, hour, day of the month, month, day of the week".into()
            );
        };
        let cron = Self {
            minutes: field(minute, "minute", 0, 59, &[])?,
            hours: field(hour, "hour", 0, 23, &[])?,
            days: field(day, "day of the month", 1, 31, &[])?,
            months: field(month, "month", 1, 12, &MONTHS)?,
            weekdays: week(field(weekday, "day of the week", 0, 7, &WEEKDAYS)?),
        };
        if cron.weekdays.any && !cron.has_a_day() {
            return Err("a day that some month has".into());
        }
        Ok(cron)
    }

    /// Whether some month that is meant has some day that is meant.
    fn has_a_day(&self) -> bool {
        const LENGTHS: [i8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        (1..=12_i8)
            .zip(LENGTHS)
            .any(|(month, length)| self.months.has(month) && (1..=length).any(|day| self.days.has(day)))
    }

    /// Whether a date is meant.
    pub(super) fn on(&self, date: Date) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().to_sunday_zero_offset());
        let either = if self.days.any || self.weekdays.any { day && weekday } else { day || weekday };
        self.months.has(date.month()) && either
    }

    /// Whether every hour is meant: such an expression follows real time through a change of the clock, as crontab(5) says.
    pub(super) fn is_hourly(&self) -> bool {
        self.hours.any
    }

    /// Whether a time of day is meant.
    pub(super) fn at(&self, time: Time) -> bool {
        self.hours.has(time.hour()) && self.minutes.has(time.minute())
    }

    /// The times of a day, in order.
    pub(super) fn times(&self) -> impl Iterator<Item = Time> {
        let hours = (0..24).filter(|&hour| self.hours.has(hour));
        let minutes = move || (0..60).filter(|&minute| self.minutes.has(minute));
        hours.flat_map(move |hour| minutes().map(move |minute| Time::constant(hour, minute, 0, 0)))
    }
}

/// Sunday is 0 and 7.
fn week(field: Field) -> Field {
    let sunday = field.bits >> 7 & 1;
    Field { bits: (field.bits | sunday) & 0x7f, ..field }
}

fn field(text: &str, name: &str, least: u8, most: u8, names: &[&str]) -> Result<Field, String> {
    let wrong =
        || format!("five fields whose {name} is from {least} to {most}, a list, a range or a step: {text} is none");
    let value = |word: &str| -> Result<u8, String> {
        let lower = word.to_ascii_lowercase();
        if let Some(place) = names.iter().position(|name| *name == lower) {
            // Months count from 1, days of the week from 0.
            return u8::try_from(place).map(|place| place + least).map_err(|_| wrong());
        }
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let value = if digits { word.parse().ok() } else { None };
        value.filter(|value| (least..=most).contains(value)).ok_or_else(wrong)
    };
    let mut bits = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u8>().ok().filter(|&step| step > 0).ok_or_else(wrong)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (value(from)?, value(to)?),
            // A step alone goes on to the end.
            None if step.is_some() => (value(range)?, most),
            None => (value(range)?, value(range)?),
        };
        if from > to {
            return Err(wrong());
        }
        for value in (from..=to).step_by(usize::from(step.unwrap_or(1))) {
            bits |= 1 << value;
        }
    }
    Ok(Field { bits, any: text.starts_with('*') })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn times(text: &str) -> Vec<String> {
        Cron::parse(text).unwrap().times().map(|time| time.strftime("%H:%M").to_string()).collect()
    }

    #[test]
    fn lists_ranges_steps_and_names_are_read() {
        assert_eq!(times("30 2 * * *"), ["02:30"]);
        assert_eq!(times("*/20 1-5/2 * * *").len(), 9);
        assert_eq!(times("5,50/5 0 * * *"), ["00:05", "00:50", "00:55"]);
        let sundays = Cron::parse("0 2 * Nov sun").unwrap();
        assert!(sundays.on(date(2026, 11, 29)) && !sundays.on(date(2026, 11, 28)) && !sundays.on(date(2026, 12, 6)));
        assert_eq!(Cron::parse("0 2 * 11 7"), Ok(sundays));
    }

    #[test]
    fn of_two_restricted_days_either_is_enough() {
        let either = Cron::parse("0 0 13 * fri").unwrap();
        assert!(either.on(date(2026, 11, 13)) && either.on(date(2026, 11, 27)) && either.on(date(2026, 12, 13)));
        assert!(!either.on(date(2026, 11, 26)));
    }

    #[test]
    fn what_cannot_be_read_or_never_comes_is_refused() {
        for text in ["", "* * * *", "60 * * * *", "5-3 * * * *", "*/0 * * * *", "a * * * *", "+1 * * * *", "0 0 L * *"]
        {
            assert!(Cron::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Cron::parse("0 0 31 feb,apr *"), Err("a day that some month has".into()));
        assert!(Cron::parse("0 0 29 feb *").is_ok() && Cron::parse("0 0 31 feb mon").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-0-9*/, a-z]{0,40}") {
            let _ = Cron::parse(&text);
        }
    }
}
