//! Figures with their units, short enough for a table cell.

use wirereel_query::question::TimeRange;

/// `31,220`
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 flow`, `9,812 flows`.
pub(crate) fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// Three digits that count: `0.42`, `9.81`, `98.1`, `981`.
fn short(value: f64) -> String {
    match value {
        value if value >= 99.95 => format!("{value:.0}"),
        value if value >= 9.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A duration in microseconds: `870 µs`, `12.3 ms`, `1.25 s`, `5.50 min`.
pub(crate) fn duration(us: u64) -> String {
    let value = us as f64;
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", short(value / 1e3)),
        1_000_000..120_000_000 => format!("{} s", short(value / 1e6)),
        120_000_000..7_200_000_000 => format!("{} min", short(value / 60e6)),
        _ => format!("{} h", short(value / 3_600e6)),
    }
}

/// As [`duration`]; a dash when there was not a single response.
pub(crate) fn maybe_duration(us: Option<u64>) -> String {
    us.map_or_else(|| "–".to_owned(), duration)
}

/// `512 B`, `48.1 MB`; units are powers of 1000.
pub(crate) fn bytes(value: u64) -> String {
    let number = value as f64;
    match value {
        0..1_000 => format!("{value} B"),
        1_000..1_000_000 => format!("{} kB", short(number / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", short(number / 1e6)),
        _ => format!("{} GB", short(number / 1e9)),
    }
}

/// A share of 1 as `1.2 %`; something that is not nothing never shows as `0 %`.
pub(crate) fn share(value: f64) -> String {
    match value * 100.0 {
        percent if percent <= 0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => "< 0.1 %".to_owned(),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// `12.3 /s`
pub(crate) fn rate(per_s: f64) -> String {
    format!("{} /s", short(per_s))
}

/// `text` in at most `most` characters, the end replaced by `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

/// An instant in UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
}

impl Instant {
    /// From microseconds since 1970. Source: the days-to-civil algorithm of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    pub(crate) fn from_us(us: i64) -> Self {
        let seconds = us.div_euclid(1_000_000);
        let days = seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            second_of_day: seconds.rem_euclid(86_400),
        }
    }

    /// `2026-11-20`
    pub(crate) fn date(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `14:02:11`
    pub(crate) fn time(self) -> String {
        let second = self.second_of_day;
        format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
    }

    /// `14:02`
    pub(crate) fn time_short(self) -> String {
        self.time()[..5].to_owned()
    }
}

/// `2026-11-20 14:02:11 to 14:07:41 UTC, 5.50 min`; the second date where it differs.
pub(crate) fn span(range: TimeRange) -> String {
    let (from, to) = (Instant::from_us(range.from_us), Instant::from_us(range.to_us));
    let day = if from.date() == to.date() { String::new() } else { to.date() + " " };
    let length = duration(range.to_us.saturating_sub(range.from_us).max(0) as u64);
    format!("{} {} to {day}{} UTC, {length}", from.date(), from.time(), to.time())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_have_units() {
        assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([duration(870), duration(12_340), duration(1_250_000)], ["870 µs", "12.3 ms", "1.25 s"]);
        assert_eq!([duration(330_000_000), duration(86_400_000_000)], ["5.50 min", "24.0 h"]);
        assert_eq!([bytes(12), bytes(48_120_000)], ["12 B", "48.1 MB"]);
        assert_eq!([share(0.0), share(0.0002), share(0.012), share(1.0)], ["0 %", "< 0.1 %", "1.2 %", "100 %"]);
        assert_eq!([counted(1, "flow"), counted(2, "flow")], ["1 flow", "2 flows"]);
        assert_eq!(cut("/api/products", 8), "/api/pr…");
    }

    #[test]
    fn instants_are_utc_before_and_after_1970() {
        let told = |us| format!("{} {}", Instant::from_us(us).date(), Instant::from_us(us).time());
        assert_eq!(told(0), "1970-01-01 00:00:00");
        assert_eq!(told(1_709_210_096_500_000), "2024-02-29 12:34:56");
        assert_eq!(told(-1), "1969-12-31 23:59:59");
        assert_eq!(
            span(TimeRange { from_us: 1_709_210_096_000_000, to_us: 1_709_251_200_000_000 }),
            "2024-02-29 12:34:56 to 2024-03-01 00:00:00 UTC, 11.4 h"
        );
    }
}
