//! Websites as `wirereel.json` has them: reading, validation, and the JSON Schema for editors.

mod duration;
mod problems;
mod read;
mod status;
mod target;
mod website;

pub use duration::Span;
pub use problems::Problem;
pub(crate) use problems::{MAX_TIMEOUT, REGEX_BYTES};
pub use status::StatusRange;
pub(crate) use target::{Endpoint, Target, proxy, resolver};
pub use website::{AddressFamily, Expect, ExpectJson, HttpVersion, Method, Tls, Website};

/// The JSON Schema of a website, for editors and forms.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Website).to_value()
}
