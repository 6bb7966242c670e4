//! The two ways in which certificates write a time (RFC 5280 §4.1.2.5).

use super::der::Element;

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

const SECOND_NS: i64 = 1_000_000_000;

/// The last second that 64 bits of nanoseconds hold: 2262-04-11 23:47:16. Certificates that never expire say the year 9999.
const LAST_SECOND: i64 = i64::MAX / SECOND_NS;

/// Nanoseconds since 1970-01-01 UTC, at most those of [`LAST_SECOND`]; `None` when it is no time.
pub(super) fn nanoseconds(time: Element<'_>) -> Option<i64> {
    let (year_digits, century) = match time.tag {
        UTC_TIME => (2, 0),
        GENERALIZED_TIME => (4, 1),
        _ => return None,
    };
    let digits = time.content.strip_suffix(b"Z")?;
    if digits.len() != year_digits + 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    let (year, rest) = digits.split_at(year_digits);
    let year = match (number(year), century) {
        (year, 1) => year,
        (year @ 50.., _) => 1900 + year,
        (year, _) => 2000 + year,
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(&rest[at..at + 2]));
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds.clamp(-LAST_SECOND, LAST_SECOND) * SECOND_NS)
}

/// Days of the Gregorian calendar, counted in years that begin in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    const DAYS_FROM_MARCH_OF_YEAR_0_TO_1970: i64 = 719_468;
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 153 days are five months of 31, 30, 31, 30 and 31.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - DAYS_FROM_MARCH_OF_YEAR_0_TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(tag: u8, text: &str) -> Option<i64> {
        nanoseconds(Element { tag, content: text.as_bytes(), at: 0 }).map(|ns| ns / SECOND_NS)
    }

    #[test]
    fn both_forms_give_the_same_second() {
        for (short, long, expected) in [
            ("700101000000Z", "19700101000000Z", 0),
            ("000229120000Z", "20000229120000Z", 951_825_600),
            ("491231235959Z", "20491231235959Z", 2_524_607_999),
            ("500101000000Z", "19500101000000Z", -631_152_000),
            ("240301000000Z", "20240301000000Z", 1_709_251_200),
        ] {
            assert_eq!(seconds(UTC_TIME, short), Some(expected), "{short}");
            assert_eq!(seconds(GENERALIZED_TIME, long), Some(expected), "{long}");
        }
    }

    #[test]
    fn a_certificate_that_never_expires_ends_with_the_last_second_that_can_be_told() {
        assert_eq!(seconds(GENERALIZED_TIME, "99991231235959Z"), Some(LAST_SECOND));
        assert_eq!(seconds(GENERALIZED_TIME, "00000101000000Z"), Some(-LAST_SECOND));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "Z", "241301000000Z", "240100000000Z", "240101240000Z", "2401010000Z", "240101000000", "24a101000000Z"]
        {
            assert_eq!(seconds(UTC_TIME, text), None, "{text}");
        }
        assert_eq!(seconds(0x0c, "240101000000Z"), None);
    }
}
