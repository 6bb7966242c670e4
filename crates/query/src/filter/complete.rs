//! What could be written at the cursor of the query box.

use super::{
    field::Field,
    fields::FIELDS,
    lexer::{RawTerm, RawValue, Shape, TokenKind, lex},
    place::{Span, byte_at},
};
use crate::answer::Suggestion;

/// What fits at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub enum Completion {
    /// Field names that match what is written so far; perhaps none.
    Names(Vec<Suggestion>),
    /// A value of this field. The recording knows which values there are; `fixed` are those that need no looking up.
    /// `start..end` is what a value replaces, in UTF-16 units.
    Value { field: &'static Field, prefix: String, start: u32, end: u32, fixed: Vec<Suggestion> },
    /// Something that cannot be suggested: a comparison, a range, a value of an unknown field.
    Nothing,
}

/// What fits at `cursor`, a position in `text` in UTF-16 units.
pub fn complete(text: &str, cursor: u32) -> Completion {
    let at = byte_at(text, cursor);
    let lexed = lex(text);
    let touched = lexed.tokens.iter().find_map(|token| match &token.kind {
        TokenKind::Term(term) if token.span.start <= at && at <= token.span.end => Some((term, token.span)),
        _ => None,
    });
    match touched {
        None => names(text, Span::new(at, at), at),
        Some((RawTerm { field: None, .. }, span)) => names(text, span, at),
        Some((RawTerm { field: Some(name), .. }, _)) if at <= name.end => {
            names(text, Span::new(name.start, name.end + 1), at)
        }
        Some((RawTerm { field: Some(name), values }, _)) => match Field::named(name.of(text)) {
            Some(field) => value(text, field, values, at),
            None => Completion::Nothing,
        },
    }
}

/// Names that begin with what stands before the cursor, then those that contain it.
fn names(text: &str, span: Span, at: usize) -> Completion {
    let prefix = text[span.start..at.max(span.start)].to_ascii_lowercase();
    let (start, end) = span.utf16(text);
    let all = |field: &'static Field| std::iter::once(&field.name).chain(field.aliases);
    let begins = |field: &&'static Field| all(field).any(|name| name.starts_with(&prefix));
    let contains = |field: &&'static Field| !begins(field) && all(field).any(|name| name.contains(&prefix));
    let matching = FIELDS.iter().filter(begins).chain(FIELDS.iter().filter(contains));
    let suggestions = matching.map(|field| Suggestion {
        insert: format!("{}:", field.name),
        start,
        end,
        detail: format!("{}, as in {}", field.help, field.example),
        count: None,
    });
    Completion::Names(suggestions.collect())
}

fn value(text: &str, field: &'static Field, values: &[RawValue], at: usize) -> Completion {
    let touched = values.iter().find(|value| value.span.start <= at && at <= value.span.end);
    let Some(RawValue { shape: Shape::Word { compare: None, .. }, span }) = touched else {
        return Completion::Nothing;
    };
    let (start, end) = span.utf16(text);
    let prefix = text[span.start..at].trim_start_matches(['=', '"', '\'']).to_owned();
    let none = field.optional.then_some(("none", "without a value"));
    let fixed = field.values.iter().map(|value| (*value, field.help)).chain(none);
    let begins = |value: &str| value.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase());
    let fixed = fixed.filter(|(value, _)| begins(value)).map(|(value, detail)| Suggestion {
        insert: value.to_owned(),
        start,
        end,
        detail: detail.to_owned(),
        count: None,
    });
    Completion::Value { field, start, end, fixed: fixed.collect(), prefix }
}

/// `value` as it is written in a filter: in quotation marks when it would be read as something else.
pub fn quote(value: &str) -> String {
    let special = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '*' | '"' | '\'' | '\\');
    let starts_special = value.starts_with(['>', '<', '=', '[', '{']);
    if value.is_empty() || value == "none" || starts_special || value.contains(special) {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Completion, complete, quote};

    fn inserts(text: &str) -> Vec<String> {
        match complete(text, text.encode_utf16().count() as u32) {
            Completion::Names(names) => names.into_iter().map(|name| name.insert).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_box_suggests_every_field() {
        assert_eq!(inserts("").len(), super::FIELDS.len());
        assert_eq!(inserts("service:cart ")[0], "service:");
        assert_eq!(inserts("-").len(), super::FIELDS.len());
    }

    #[test]
    fn names_that_begin_so_come_before_names_that_contain_it() {
        assert_eq!(inserts("sta"), ["status:", "grpc_status:"]);
        assert_eq!(inserts("status:500 tra"), ["trace_id:", "transport:", "retransmits:"]);
        assert_eq!(inserts("nothing"), Vec::<String>::new());
    }

    #[test]
    fn a_value_is_asked_of_the_recording_with_its_place() {
        let text = "🙂 service:ca";
        let Completion::Value { field, prefix, start, end, fixed } = complete(text, 13) else { panic!() };
        assert_eq!((field.name, &*prefix, start, end, fixed.len()), ("service", "ca", 11, 13, 0));
        let Completion::Value { prefix, start, end, fixed, .. } = complete("status:500,", 11) else { panic!() };
        assert_eq!((&*prefix, start, end), ("", 11, 11));
        assert_eq!(fixed.last().unwrap().insert, "none");
        let Completion::Value { prefix, start, end, .. } = complete("path:\"/a b\" x", 9) else { panic!() };
        assert_eq!((&*prefix, start, end), ("/a ", 5, 11));
    }

    #[test]
    fn comparisons_and_unknown_fields_suggest_nothing() {
        assert_eq!(complete("status:>4", 9), Completion::Nothing);
        assert_eq!(complete("statsu:4", 8), Completion::Nothing);
    }

    #[test]
    fn a_quoted_value_comes_back_as_itself() {
        for value in ["cart", "a b", "none", "a\"b\\c", "*", ">1", "", "x,y", "/api/v1", "[::1]:80"] {
            let filter = crate::filter::parse(&format!("path:{}", quote(value))).unwrap();
            assert_eq!(filter.to_sql().params, [crate::filter::Param::Text(value.into())], "{value}");
        }
    }
}
