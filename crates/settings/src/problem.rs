//! A value that is not allowed.

use std::fmt;

use serde::Serialize;

/// A value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Below what is read, such as `expect.json[1].path`; empty is the whole of it.
    pub path: String,
    /// As it is written, shortened.
    pub found: String,
    /// What would be allowed, to be read after "is not".
    pub allowed: String,
}

/// Longest text of a wrong value that is told.
const FOUND_CHARS: usize = 80;

impl Problem {
    /// A value as it is, shortened.
    pub fn new(path: impl Into<String>, found: impl fmt::Display, allowed: impl Into<String>) -> Self {
        let text = found.to_string();
        let found = match text.char_indices().nth(FOUND_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        Self { path: path.into(), found, allowed: allowed.into() }
    }

    /// A text, in quotes.
    pub fn text(path: impl Into<String>, found: &str, allowed: impl Into<String>) -> Self {
        Self::new(path, format_args!("{found:?}"), allowed)
    }

    /// The same inside of something larger.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.path = if self.path.is_empty() { prefix.to_owned() } else { format!("{prefix}.{}", self.path) };
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, found, allowed } = self;
        if path.is_empty() {
            write!(f, "{found} is not {allowed}")
        } else {
            write!(f, "{path}: {found} is not {allowed}")
        }
    }
}
