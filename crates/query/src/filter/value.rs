//! Numbers as people write them: whole numbers, time spans with a unit, sizes.

/// Units of time in microseconds. Longer names first where one begins another.
const TIME_UNITS: &[(&str, f64)] =
    &[("us", 1.0), ("µs", 1.0), ("μs", 1.0), ("ms", 1e3), ("s", 1e6), ("min", 60e6), ("m", 60e6), ("h", 3_600e6)];

/// Units of size in bytes.
const SIZE_UNITS: &[(&str, f64)] = &[
    ("b", 1.0),
    ("k", 1e3),
    ("kb", 1e3),
    ("kib", 1_024.0),
    ("m", 1e6),
    ("mb", 1e6),
    ("mib", 1_048_576.0),
    ("g", 1e9),
    ("gb", 1e9),
    ("gib", 1_073_741_824.0),
];

/// A time span in microseconds; `0` needs no unit. `None` when it is none.
pub(super) fn duration_us(text: &str) -> Option<i64> {
    let (number, unit) = split(text)?;
    if number == 0.0 && unit.is_empty() {
        return Some(0);
    }
    let (_, each) = TIME_UNITS.iter().find(|(name, _)| *name == unit)?;
    whole(number * each)
}

/// A size in bytes. `None` when it is none.
pub(super) fn size_bytes(text: &str) -> Option<i64> {
    let (number, unit) = split(text)?;
    let unit = unit.to_ascii_lowercase();
    let each = if unit.is_empty() { 1.0 } else { SIZE_UNITS.iter().find(|(name, _)| *name == unit)?.1 };
    whole(number * each)
}

/// A class of statuses such as `5xx`, as its first and last.
pub(super) fn status_class(text: &str) -> Option<(i64, i64)> {
    match text.as_bytes() {
        [digit @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => {
            let first = i64::from(digit - b'0') * 100;
            Some((first, first + 99))
        }
        _ => None,
    }
}

/// A plain decimal number and what follows it.
fn split(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit))
}

/// To the nearest whole; `None` beyond what a double counts exactly.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value <= EXACT).then_some(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::{duration_us, size_bytes, status_class};

    #[test]
    fn time_spans_need_a_unit() {
        for (text, expected) in [
            ("250ms", Some(250_000)),
            ("1.5s", Some(1_500_000)),
            ("10us", Some(10)),
            ("10µs", Some(10)),
            ("2m", Some(120_000_000)),
            ("1h", Some(3_600_000_000)),
            ("0", Some(0)),
            ("250", None),
            ("ms", None),
            ("-1s", None),
            ("1.2.3s", None),
            ("99999999999999h", None),
        ] {
            assert_eq!(duration_us(text), expected, "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_or_have_a_unit_in_any_case() {
        for (text, expected) in [
            ("10", Some(10)),
            ("10kB", Some(10_000)),
            ("10KiB", Some(10_240)),
            ("1.5MB", Some(1_500_000)),
            ("2g", Some(2_000_000_000)),
            ("10parsec", None),
            ("", None),
        ] {
            assert_eq!(size_bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_status_class_is_a_hundred_statuses() {
        assert_eq!(status_class("5xx"), Some((500, 599)));
        assert_eq!(status_class("6xx"), None);
        assert_eq!(status_class("50x"), None);
    }
}
