//! Durations as people write them: `500ms`, `10s`, `5m`, `24h`.
#![forbid(unsafe_code)]

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A positive duration of whole milliseconds, at most some 292 years: what nanoseconds in 64 bits can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    millis: u64,
}

const NANOS_PER_MILLI: u64 = 1_000_000;
const MOST_MILLIS: u64 = i64::MAX as u64 / NANOS_PER_MILLI;

impl Span {
    /// Whole seconds; at least a millisecond.
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1_000))
    }

    /// Whole milliseconds; at least one.
    pub const fn from_millis(millis: u64) -> Self {
        let millis = if millis == 0 { 1 } else { millis };
        Self { millis: if millis > MOST_MILLIS { MOST_MILLIS } else { millis } }
    }

    /// Nanoseconds, of which whole milliseconds count; at least one of those.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self::from_millis(if nanos > 0 { nanos as u64 / NANOS_PER_MILLI } else { 0 })
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// Nanoseconds, as capture times are counted.
    pub const fn as_nanos(self) -> i64 {
        (self.millis * NANOS_PER_MILLI) as i64
    }

    /// As the standard library counts it.
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.millis)
    }
}

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let millis =
            number.checked_mul(*scale).filter(|millis| (1..=MOST_MILLIS).contains(millis)).ok_or_else(wrong)?;
        Ok(Self { millis })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.millis;
        match UNITS.iter().find(|(_, scale)| millis.is_multiple_of(*scale)) {
            Some((unit, scale)) => write!(f, "{}{unit}", millis / scale),
            None => write!(f, "{millis}ms"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$", "examples": ["10s", "5m"] })
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn durations_are_read_and_written_in_their_largest_whole_unit() {
        for (text, millis, written) in [
            ("500ms", 500, "500ms"),
            ("10s", 10_000, "10s"),
            ("90s", 90_000, "90s"),
            ("120s", 120_000, "2m"),
            ("24h", 86_400_000, "1d"),
        ] {
            let span: Span = text.parse().expect(text);
            assert_eq!(span.as_nanos(), millis * 1_000_000, "{text}");
            assert_eq!(span.to_string(), written);
        }
    }

    #[test]
    fn a_wrong_duration_says_what_was_found_and_what_is_allowed() {
        for text in ["5x", "", "s", "-1s", "1.5s", "0s", "99999999999999999999s", "200000d"] {
            let error = text.parse::<Span>().expect_err(text);
            assert!(error.contains(&format!("{text:?}")) && error.contains("\"10s\""), "{error}");
        }
    }
}
