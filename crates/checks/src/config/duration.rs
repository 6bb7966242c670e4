//! Durations as people write them: `500ms`, `10s`, `5m`, `24h`.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A positive duration in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    millis: u64,
}

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    /// Whole seconds; at least one.
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1_000))
    }

    /// Whole milliseconds; at least one.
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis: if millis == 0 { 1 } else { millis } }
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// As the standard library counts it.
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// Nanoseconds; at most `i64::MAX`.
    pub fn as_nanos(self) -> i64 {
        i64::try_from(self.as_duration().as_nanos()).unwrap_or(i64::MAX)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let unit_from = text.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = text.split_at(unit_from);
            let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
            number.parse::<u64>().ok()?.checked_mul(*scale).filter(|millis| *millis > 0)
        };
        match parsed() {
            Some(millis) => Ok(Self { millis }),
            None => Err(format!("{text:?} is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)")),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every number of milliseconds is whole in the last unit.
        let (unit, scale) =
            UNITS.into_iter().find(|(_, scale)| self.millis.is_multiple_of(*scale)).unwrap_or(("ms", 1));
        write!(f, "{}{unit}", self.millis / scale)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
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
    fn a_duration_is_written_in_its_largest_whole_unit() {
        for (text, millis, written) in [("500ms", 500, "500ms"), ("90s", 90_000, "90s"), ("60m", 3_600_000, "1h")] {
            let span: Span = text.parse().expect(text);
            assert_eq!((span.as_millis(), span.to_string().as_str()), (millis, written));
        }
    }

    #[test]
    fn a_wrong_duration_says_what_was_found_and_what_is_allowed() {
        for text in ["5x", "", "s", "10", "-1s", "1.5s", "0s", "99999999999999999999s"] {
            let error = text.parse::<Span>().expect_err(text);
            assert!(error.contains(&format!("{text:?}")) && error.contains("\"10s\""), "{error}");
        }
    }
}
