//! What is wrong in a configuration, every place of it.

use std::fmt;

/// A value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Such as `rules[2].when.over`.
    pub path: String,
    pub found: String,
    pub allowed: String,
}

/// Longest text of a wrong value that is told.
const FOUND_CHARS: usize = 80;

impl Problem {
    /// One with the found value cut to a length that can be shown.
    pub(crate) fn new(path: impl Into<String>, found: impl fmt::Display, allowed: impl Into<String>) -> Self {
        let text = found.to_string();
        let found = match text.char_indices().nth(FOUND_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        Self { path: path.into(), found, allowed: allowed.into() }
    }

    /// The same inside of something larger.
    pub(crate) fn under(mut self, prefix: &str) -> Self {
        self.path = if self.path.is_empty() { prefix.to_owned() } else { format!("{prefix}.{}", self.path) };
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} is not {}", self.path, self.found, self.allowed)
    }
}

/// Adds what is wrong with each item of a list, with its place.
pub(crate) fn each<T>(into: &mut Vec<Problem>, list: &str, items: &[T], of: impl Fn(&T) -> Vec<Problem>) {
    for (place, item) in items.iter().enumerate() {
        let prefix = format!("{list}[{place}]");
        into.extend(of(item).into_iter().map(|problem| problem.under(&prefix)));
    }
}
