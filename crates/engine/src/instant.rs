//! Instants as people and files write them: RFC 3339, in UTC.

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// `2026-11-20T12:00:00.250Z`: in UTC, to the millisecond.
pub fn with_millis(at_us: i64) -> String {
    let (days, of_day) = (at_us.div_euclid(DAY_US), at_us.rem_euclid(DAY_US));
    let (year, month, day) = civil(days);
    let (seconds, millis) = (of_day / 1_000_000, of_day % 1_000_000 / 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Reads `2026-11-20`, `2026-11-20T12:00`, `2026-11-20 12:00:00.25Z` or one with an offset such as `+01:00`; microseconds since
/// 1970. Without an offset it is UTC. `None` when it is no instant.
pub fn parse_us(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let days = days_of(year, month, day);
    if parts.next().is_some() || civil(days) != (year, month, day) {
        return None;
    }
    let (clock, offset_minutes) = split_offset(time)?;
    Some(days * DAY_US + of_day(clock)? - offset_minutes * 60_000_000)
}

/// The clock's text and the offset's minutes.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (hours, minutes) = time[at + 1..].split_once(':')?;
    let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
    Some((&time[..at], if time[at..].starts_with('-') { -minutes } else { minutes }))
}

/// Microseconds since midnight; an empty text is midnight.
fn of_day(clock: &str) -> Option<i64> {
    if clock.is_empty() {
        return Some(0);
    }
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, micros) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            (digits(whole, 2)?, fraction_us(fraction)?)
        }
    };
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    valid.then_some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

fn fraction_us(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{text:0<6}")[..6].parse().ok()
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Year, month and day of a day since 1970. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * from_march + 2) / 5 + 1, (from_march + 2) % 12 + 1);
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since 1970 of a date; the same source.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{parse_us, with_millis};

    #[test]
    fn instants_are_read_in_the_forms_people_write() {
        let at_us = 1_795_176_000_250_000;
        for text in [
            "2026-11-20T12:00:00.25Z",
            "2026-11-20 12:00:00.250",
            "2026-11-20t13:00:00.250000+01:00",
            "2026-11-20T06:30:00.250000000-05:30",
        ] {
            assert_eq!(parse_us(text), Some(at_us), "{text}");
        }
        assert_eq!(parse_us("2026-11-20"), Some(at_us - at_us % 86_400_000_000));
        assert_eq!(parse_us("1970-01-01T00:01"), Some(60_000_000));
        assert_eq!(parse_us("2024-02-29"), Some(1_709_164_800_000_000));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "12:00",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "2026-11-20T25:00",
            "2026-11-20T12:00:00.",
            "x",
            "2026-11-20T+1:0",
        ] {
            assert_eq!(parse_us(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for at_us in [0, 1_795_176_000_250_000, -1_000, 4_102_444_800_000_000] {
            assert_eq!(parse_us(&with_millis(at_us)), Some(at_us));
        }
    }
}
