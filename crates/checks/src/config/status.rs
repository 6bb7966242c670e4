//! Which status codes count as up: `200`, `200-299`, `2xx`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Status codes from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

impl StatusRange {
    /// The codes of success: 200 to 299.
    pub const SUCCESS: Self = Self { first: 200, last: 299 };

    /// Whether the code lies inside.
    pub fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }

    fn new(first: u16, last: u16) -> Option<Self> {
        (100 <= first && first <= last && last <= 999).then_some(Self { first, last })
    }
}

impl FromStr for StatusRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = |text: &str| {
            let hundreds: u16 = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"))?.parse().ok()?;
            Self::new(hundreds.checked_mul(100)?, hundreds.checked_mul(100)? + 99)
        };
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            Self::new(first.trim().parse().ok()?, last.trim().parse().ok()?)
        };
        let text = text.trim();
        class(text).or_else(|| range(text)).ok_or_else(|| {
            format!("{text:?} is not a status code such as 200, a range such as \"200-299\" or a class such as \"2xx\"")
        })
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

impl Serialize for StatusRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.first == self.last { serializer.serialize_u16(self.first) } else { serializer.collect_str(self) }
    }
}

impl<'de> Deserialize<'de> for StatusRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Code(u64),
            Text(Cow<'a, str>),
        }
        let text = match Written::deserialize(deserializer) {
            Ok(Written::Code(code)) => code.to_string(),
            Ok(Written::Text(text)) => text.into_owned(),
            Err(_) => {
                return Err(de::Error::custom("expected a status code such as 200 or a range such as \"200-299\""));
            }
        };
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for StatusRange {
    fn schema_name() -> Cow<'static, str> {
        "StatusRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 999 },
                { "type": "string", "pattern": "^([1-9]xx|[1-9][0-9]{2}(-[1-9][0-9]{2})?)$" }
            ],
            "examples": [200, "200-299", "2xx"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ranges_and_classes_are_read_and_written() {
        let read: Vec<StatusRange> = serde_json::from_str(r#"[200, "204", "301-308", "4xx"]"#).expect("readable");
        assert_eq!(serde_json::to_string(&read).expect("written"), r#"[200,204,"301-308","400-499"]"#);
        assert!(read[3].contains(499) && !read[3].contains(500) && read[2].contains(301));
        for text in ["", "20", "1000", "300-200", "xx", "0xx", "two", "200-", "9999xx"] {
            assert!(text.parse::<StatusRange>().expect_err(text).contains("is not a status code"), "{text}");
        }
    }
}
