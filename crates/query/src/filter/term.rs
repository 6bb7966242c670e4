//! One term, checked: a field that exists, and values that it takes.

use std::net::IpAddr;

use super::{
    field::{Field, Kind},
    lexer::{Bound, Compare, RawTerm, RawValue, Shape, Word},
    network::{BadNetwork, Network},
    place::{Problem, Span},
    value::{duration_us, size_bytes, status_class},
};

/// A checked term: it matches when any of its tests does, in any column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    /// Text without a field, in small letters: found in any of the columns that are read most.
    Anywhere(Vec<String>),
    Field {
        field: &'static Field,
        tests: Vec<Test>,
    },
}

/// What a column's value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// `none`
    Missing,
    /// `*`
    Present,
    Text(String),
    /// Pieces with anything between them.
    Pattern(Vec<String>),
    Number(i64),
    Between(Limits),
    Flag(bool),
    Network(Network),
}

/// Bounds of a number; at least one is there.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Limits {
    pub(super) lower: Option<Limit>,
    pub(super) upper: Option<Limit>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) value: i64,
    pub(super) inclusive: bool,
}

impl Limits {
    fn from_compare(compare: Compare, value: i64) -> Self {
        let limit = |inclusive| Some(Limit { value, inclusive });
        match compare {
            Compare::AtLeast => Self { lower: limit(true), upper: None },
            Compare::Above => Self { lower: limit(false), upper: None },
            Compare::AtMost => Self { lower: None, upper: limit(true) },
            Compare::Below => Self { lower: None, upper: limit(false) },
        }
    }
}

/// Checks `raw`, a term that covers `span` of `text`.
pub(super) fn check(text: &str, raw: &RawTerm, span: Span) -> Result<Term, Problem> {
    let Some(name_span) = raw.field else {
        return anywhere(raw, span);
    };
    let name = name_span.of(text);
    let field = Field::named(name).ok_or_else(|| unknown_field(name, name_span, span.of(text)))?;
    let whole = Span::new(name_span.start, name_span.end + 1);
    let tests = raw.values.iter().map(|value| test(field, value, whole)).collect::<Result<Vec<_>, _>>()?;
    Ok(Term::Field { field, tests })
}

fn anywhere(raw: &RawTerm, span: Span) -> Result<Term, Problem> {
    let pieces = match raw.values.first() {
        Some(RawValue { shape: Shape::Word { word, .. }, .. }) => &word.pieces[..],
        _ => &[],
    };
    if pieces.iter().all(String::is_empty) {
        return Err(Problem::new(span, "nothing to search for: write some text, or field:value"));
    }
    Ok(Term::Anywhere(pieces.iter().map(|piece| piece.to_lowercase()).collect()))
}

fn unknown_field(name: &str, span: Span, term: &str) -> Problem {
    Problem::new(
        span,
        match Field::nearest(name) {
            Some(known) => format!("there is no field {name}: did you mean {known}?"),
            None => format!("there is no field {name}: to search for the text, quote it: \"{term}\""),
        },
    )
}

fn test(field: &'static Field, raw: &RawValue, name: Span) -> Result<Test, Problem> {
    let refuse = |found: &str| Problem::new(raw.span, format!("{} takes {}, not {found}", field.name, taken(field)));
    match &raw.shape {
        Shape::Range { lower, upper } => {
            if !is_number(field.kind) {
                return Err(refuse("a range"));
            }
            range(field.kind, lower, upper).map_err(|found| refuse(&format!("\"{found}\"")))
        }
        Shape::Word { compare, word } => {
            if word.pieces.iter().all(String::is_empty) && word.pieces.len() == 1 && !word.quoted {
                let place = if raw.span.start == raw.span.end { Span::new(name.start, raw.span.end) } else { raw.span };
                return Err(Problem::new(place, format!("a value is missing: {} takes {}", field.name, taken(field))));
            }
            match compare {
                Some(_) if !is_number(field.kind) => Err(refuse("a comparison")),
                Some(compare) => {
                    let text = word.exact().ok_or_else(|| refuse("a wildcard"))?;
                    let value = number(field.kind, text).ok_or_else(|| refuse(&format!("\"{text}\"")))?;
                    Ok(Test::Between(Limits::from_compare(*compare, value)))
                }
                None => plain(field, word).map_err(|found| match found {
                    Refused::Found(found) => refuse(&found),
                    Refused::Because(reason) => Problem::new(raw.span, reason),
                }),
            }
        }
    }
}

enum Refused {
    /// What was found in place of what is allowed.
    Found(String),
    /// A whole sentence.
    Because(&'static str),
}

/// A value without comparison.
fn plain(field: &Field, word: &Word) -> Result<Test, Refused> {
    let Some(text) = word.exact() else {
        return match field.kind {
            _ if word.pieces.iter().all(String::is_empty) => Ok(Test::Present),
            Kind::Name => Ok(Test::Pattern(word.pieces.clone())),
            Kind::Folded | Kind::Words | Kind::Address => Ok(Test::Pattern(lowered(&word.pieces))),
            _ => Err(Refused::Found("a wildcard".into())),
        };
    };
    if text == "none" && !word.quoted && !field.values.contains(&"none") {
        return Ok(Test::Missing);
    }
    let found = || Refused::Found(format!("\"{text}\""));
    match field.kind {
        Kind::Name => Ok(Test::Text(text.to_owned())),
        Kind::Folded => Ok(Test::Text(text.to_lowercase())),
        Kind::Words => Ok(Test::Pattern(vec![String::new(), text.to_lowercase(), String::new()])),
        Kind::Flag => match &*text.to_ascii_lowercase() {
            "true" | "yes" => Ok(Test::Flag(true)),
            "false" | "no" => Ok(Test::Flag(false)),
            _ => Err(found()),
        },
        Kind::Address => address(text, found),
        Kind::Status => match status_class(text) {
            Some((first, last)) => Ok(Test::Between(inclusive(first, last))),
            None => number(field.kind, text).map(Test::Number).ok_or_else(found),
        },
        Kind::Number { .. } | Kind::Duration | Kind::Size => {
            number(field.kind, text).map(Test::Number).ok_or_else(found)
        }
    }
}

/// Addresses are compared as text, so another spelling of the same one is brought into the usual form first.
fn address(text: &str, found: impl Fn() -> Refused) -> Result<Test, Refused> {
    match Network::read(text) {
        Some(Ok(network)) => Ok(Test::Network(network)),
        Some(Err(BadNetwork::ZeroPart)) => Err(Refused::Because(
            "an IPv6 network that ends inside of a part can only be searched for when every part before is other than zero",
        )),
        Some(Err(BadNetwork::NotANetwork)) => Err(found()),
        None => text.parse::<IpAddr>().map(|ip| Test::Text(ip.to_string())).map_err(|_| found()),
    }
}

fn lowered(pieces: &[String]) -> Vec<String> {
    pieces.iter().map(|piece| piece.to_lowercase()).collect()
}

fn inclusive(first: i64, last: i64) -> Limits {
    let limit = |value| Some(Limit { value, inclusive: true });
    Limits { lower: limit(first), upper: limit(last) }
}

/// A range with the number texts of its ends; gives the text that is no number.
fn range(kind: Kind, lower: &Bound, upper: &Bound) -> Result<Test, String> {
    let limits = Limits { lower: limit(kind, lower)?, upper: limit(kind, upper)? };
    Ok(if limits == Limits::default() { Test::Present } else { Test::Between(limits) })
}

/// One end of a range, if there is one.
fn limit(kind: Kind, bound: &Bound) -> Result<Option<Limit>, String> {
    let Some(text) = &bound.text else { return Ok(None) };
    let value = number(kind, text).ok_or_else(|| text.clone())?;
    let inclusive = bound.inclusive;
    Ok(Some(Limit { value, inclusive }))
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Number { .. } | Kind::Status | Kind::Duration | Kind::Size)
}

/// A number in the column's unit.
fn number(kind: Kind, text: &str) -> Option<i64> {
    let within = |least, most| text.parse().ok().filter(|value| (least..=most).contains(value));
    match kind {
        Kind::Number { least, most } => within(least, most),
        Kind::Status => within(100, 599),
        Kind::Duration => duration_us(text),
        Kind::Size => size_bytes(text),
        Kind::Name | Kind::Folded | Kind::Words | Kind::Flag | Kind::Address => None,
    }
}

/// What a field's values look like, for messages.
fn taken(field: &Field) -> String {
    let kind = match field.kind {
        Kind::Name | Kind::Folded => "text, with * for any characters".into(),
        Kind::Words => "text that is found anywhere in it".into(),
        Kind::Number { least, most: i64::MAX } => format!("a number from {least} on, >=10 or [10 TO 20]"),
        Kind::Number { least, most } => format!("a number from {least} to {most}, >=10 or [10 TO 20]"),
        Kind::Status => "a number from 100 to 599, a class such as 5xx, >=400 or [400 TO 499]".into(),
        Kind::Duration => "a time with its unit (us, ms, s, m, h) such as >250ms or [1s TO 2s]".into(),
        Kind::Size => "a size such as 512, >10kB or [1MiB TO 2MiB]".into(),
        Kind::Flag => "true or false".into(),
        Kind::Address => "an address, a network such as 10.0.0.0/8, or text with *".to_owned(),
    };
    if field.optional { format!("{kind}, or none") } else { kind }
}
