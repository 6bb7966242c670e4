//! How long and how much of what is captured live is kept.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::Span;

const GIBIBYTE: f64 = (1_u64 << 30) as f64;

/// How long and how much of what is captured live is kept: packets and rows together. The bound that is met first counts. Imported captures
/// are never touched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// What is older than this is removed.
    pub keep: Span,
    /// Packets and rows take at most so many GiB of disk: the oldest go.
    pub at_most_gib: Gibibytes,
    /// While fewer GiB than this are free on the disk, capture pauses: packets are counted as lost until there is room again.
    pub free_space_gib: Gibibytes,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep: Span::from_secs(24 * 3_600), at_most_gib: Gibibytes(20.0), free_space_gib: Gibibytes(1.0) }
    }
}

/// An amount of disk, at least a mebibyte.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Gibibytes(f64);

impl Gibibytes {
    const LEAST: f64 = 1.0 / 1_024.0;
    const MOST: f64 = 1e6;

    /// The amount in bytes.
    pub fn bytes(self) -> u64 {
        (self.0 * GIBIBYTE) as u64
    }
}

impl<'de> Deserialize<'de> for Gibibytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let gib = f64::deserialize(deserializer)?;
        if (Self::LEAST..=Self::MOST).contains(&gib) {
            Ok(Self(gib))
        } else {
            Err(de::Error::custom(format!(
                "{gib} is not a number of GiB such as 20 or 0.5 (at least 0.001, at most 1000000)"
            )))
        }
    }
}

impl JsonSchema for Gibibytes {
    fn schema_name() -> Cow<'static, str> {
        "Gibibytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": Self::LEAST, "maximum": Self::MOST, "examples": [20, 0.5] })
    }
}
