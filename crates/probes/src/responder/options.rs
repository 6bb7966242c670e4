//! A responder in its configuration.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirereel_span::Span;

use super::work::UNAVAILABLE;
use crate::net::ListenTls;

/// A responder and the load that it plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResponderOptions {
    /// What it calls itself in its records.
    pub name: String,
    /// Its region.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The address and port that it listens on; port 0 takes a free one.
    pub listen: String,
    /// How TLS is spoken with callers; without it, it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen_tls: Option<ListenTls>,
    /// A file whose text is the key that its records are signed with (HMAC-SHA-256). Then it says nothing of itself to requests that are
    /// not signed with the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// What it does where a request does not say.
    #[serde(skip_serializing_if = "is_default")]
    pub load: Load,
    /// Its wall clock is wrong by so many milliseconds, for tests.
    #[schemars(title = "Wall clock offset", extend("x-unit" = "ms"))]
    #[serde(skip_serializing_if = "is_default")]
    pub wall_clock_offset_ms: i64,
}

impl Default for ResponderOptions {
    fn default() -> Self {
        Self {
            name: "responder".into(),
            region: String::new(),
            listen: "127.0.0.1:50051".into(),
            listen_tls: None,
            key_file: None,
            load: Load::default(),
            wall_clock_offset_ms: 0,
        }
    }
}

/// A service's work, as it is played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Load {
    /// How long every request takes.
    #[schemars(title = "Delay")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// How many of a thousand requests are answered with an error.
    #[schemars(title = "Errors", range(min = 0, max = 1_000), extend("x-unit" = "‰"))]
    pub errors_per_mille: u16,
    /// The gRPC status of such an error.
    #[schemars(title = "Error status", range(min = 1, max = 16))]
    pub error_code: u8,
    /// Whether the service's health takes as long and fails as often, as that of a service that looks at what it needs. Otherwise it is
    /// told at once.
    #[schemars(title = "Health too")]
    #[serde(skip_serializing_if = "is_default")]
    pub health: bool,
}

impl Default for Load {
    fn default() -> Self {
        Self { delay: None, errors_per_mille: 0, error_code: UNAVAILABLE, health: false }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
