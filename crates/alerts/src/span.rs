//! Durations as people write them: `500ms`, `10s`, `5m`, `24h`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// A positive duration of whole milliseconds, at most some 292 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    millis: i64,
}

impl Span {
    /// Whole milliseconds; at least one.
    pub const fn from_millis(millis: u32) -> Self {
        Self { millis: if millis == 0 { 1 } else { millis as i64 } }
    }

    /// Whole seconds; at least one.
    pub const fn from_secs(secs: u32) -> Self {
        Self { millis: if secs == 0 { 1_000 } else { secs as i64 * 1_000 } }
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.millis * NANOS_PER_MILLI
    }

    /// As the standard library counts it.
    pub const fn as_duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.millis.unsigned_abs())
    }
}

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let millis = number.checked_mul(*scale).filter(|&millis| millis > 0).ok_or_else(wrong)?;
        millis.checked_mul(NANOS_PER_MILLI).ok_or_else(wrong)?;
        Ok(Self { millis })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, scale)| self.millis % scale == 0) {
            Some((unit, scale)) => write!(f, "{}{unit}", self.millis / scale),
            None => write!(f, "{}ms", self.millis),
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
        for (text, millis, written) in
            [("500ms", 500, "500ms"), ("90s", 90_000, "90s"), ("120s", 120_000, "2m"), ("24h", 86_400_000, "1d")]
        {
            let span: Span = text.parse().expect(text);
            assert_eq!((span.as_nanos(), span.to_string().as_str()), (millis * 1_000_000, written));
        }
    }

    #[test]
    fn a_duration_that_is_wrong_or_beyond_the_clock_is_refused() {
        for text in ["5x", "", "s", "-1s", "1.5s", "0s", "99999999999999999999s", "200000d"] {
            assert!(text.parse::<Span>().expect_err(text).contains(&format!("{text:?}")));
        }
    }
}
