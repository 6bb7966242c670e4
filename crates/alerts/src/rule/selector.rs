//! Whom a rule, a maintenance window or a target is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 2_048;

/// What an alert is about: a website, a probe, a service. To this crate both words are only text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Such as `website`.
    pub kind: String,
    /// Such as `shop`.
    pub name: String,
}

impl Subject {
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }
}

/// Subjects, by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selector {
    /// Such as `website`; empty is every kind.
    pub kind: String,
    /// Names, with `*` for any text; empty is every name.
    pub names: Vec<String>,
    /// Names that are not meant, with `*` for any text.
    pub except: Vec<String>,
}

impl Selector {
    /// Every subject of a kind.
    pub fn kind(kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..Self::default() }
    }

    /// Whether it means a subject.
    pub fn matches(&self, kind: &str, name: &str) -> bool {
        (self.kind.is_empty() || self.kind == kind)
            && (self.names.is_empty() || self.names.iter().any(|pattern| is_like(pattern, name)))
            && !self.except.iter().any(|pattern| is_like(pattern, name))
    }

    /// Everything that is wrong with it.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let lists = [("names", &self.names), ("except", &self.except)];
        let patterns = lists.into_iter().flat_map(|(list, patterns)| {
            patterns.iter().enumerate().map(move |(place, pattern)| (format!("{list}[{place}]"), pattern))
        });
        patterns
            .filter(|(_, pattern)| pattern.is_empty() || pattern.len() > MAX_PATTERN)
            .map(|(path, pattern)| {
                Problem::new(path, format!("{pattern:?}"), "a name of 1 to 2048 bytes, * for any text")
            })
            .collect()
    }
}

/// Whether a text is like a pattern in which `*` stands for any text. Takes time in proportion to both lengths' product at worst.
pub(crate) fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    // Where the last star was, and where the text that it stands for ends.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        if pattern.get(place) == Some(&b'*') {
            star = Some((place, at));
            place += 1;
        } else if pattern.get(place) == Some(&text[at]) {
            (at, place) = (at + 1, place + 1);
        } else if let Some((before, end)) = star {
            star = Some((before, end + 1));
            (at, place) = (end + 1, before + 1);
        } else {
            return false;
        }
    }
    pattern[place..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_exceptions_win() {
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("shop*", "shop-1", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("", "", true),
            ("", "x", false),
            ("x**", "x", true),
        ] {
            assert_eq!(is_like(pattern, text), wanted, "{pattern:?} {text:?}");
        }
        let selector =
            Selector { names: vec!["shop*".into()], except: vec!["*-test".into()], ..Selector::kind("website") };
        assert!(selector.matches("website", "shop-1"));
        assert!(!selector.matches("probe", "shop-1") && !selector.matches("website", "shop-test"));
        assert!(Selector::default().matches("any", "thing"));
    }
}
