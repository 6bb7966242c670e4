//! Field lines of a head or a trailer section (RFC 9112 §5).

use std::borrow::Cow;

use memchr::memchr;

/// One field. The name is given as sent and in lower case.
#[derive(Clone, Copy)]
pub(in crate::app) struct Field<'a> {
    pub name: &'a str,
    pub lower: &'a str,
    pub value: &'a str,
    /// It has white space before its colon or is folded: some readers do not see it (RFC 9112 §5.1, §5.2).
    pub is_odd: bool,
}

/// Visits each field of `lines`; folded lines are joined by one space (RFC 9112 §5.2). Returns how many lines had no name:
/// they are left out, because nothing tells whether they hold a secret.
pub(super) fn visit_fields(lines: &str, mut visit: impl FnMut(Field<'_>)) -> usize {
    let mut nameless = 0;
    let mut lower = String::with_capacity(64);
    let mut rest = lines;
    while !rest.is_empty() {
        let mut line = Cow::Borrowed(take_line(&mut rest));
        while is_folded(rest) {
            let more = take_line(&mut rest).trim_ascii();
            if !more.is_empty() {
                line.to_mut().extend([" ", more]);
            }
        }
        if line.is_empty() {
            continue;
        }
        // White space before the colon is a sender's fault that proxies used to pass on (RFC 9112 §5.1).
        let (name, value) = match memchr(b':', line.as_bytes()) {
            Some(colon) => (line[..colon].trim_ascii_end(), line[colon + 1..].trim_ascii()),
            None => ("", ""),
        };
        if name.is_empty() {
            nameless += 1;
            continue;
        }
        lower.clear();
        lower.push_str(name);
        lower.make_ascii_lowercase();
        let is_odd = matches!(line, Cow::Owned(_)) || line.as_bytes().get(name.len()) != Some(&b':');
        visit(Field { name, lower: &lower, value, is_odd });
    }
    nameless
}

/// Takes the first line off `rest`, without its CRLF or bare LF.
fn take_line<'a>(rest: &mut &'a str) -> &'a str {
    let (line, after) = match memchr(b'\n', rest.as_bytes()) {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (*rest, ""),
    };
    *rest = after;
    line.strip_suffix('\r').unwrap_or(line)
}

fn is_folded(rest: &str) -> bool {
    matches!(rest.as_bytes(), [b' ' | b'\t', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &str) -> (Vec<(String, String)>, usize) {
        let mut fields = Vec::new();
        let nameless = visit_fields(lines, |field| fields.push((field.lower.to_owned(), field.value.to_owned())));
        (fields, nameless)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn names_are_lowered_and_values_trimmed() {
        assert_eq!(fields("Host: a\r\nX-B:c \r\n\r\n"), (vec![pair("host", "a"), pair("x-b", "c")], 0));
        assert_eq!(fields("Host : a\nEmpty:\n\n"), (vec![pair("host", "a"), pair("empty", "")], 0));
    }

    #[test]
    fn folded_lines_are_joined_by_one_space_rfc_9112_5_2() {
        assert_eq!(fields("A: b\r\n  c\r\n\td\r\nE: f\r\n"), (vec![pair("a", "b c d"), pair("e", "f")], 0));
    }

    #[test]
    fn a_field_that_some_readers_do_not_see_is_odd() {
        let mut odd = Vec::new();
        visit_fields("A: b\r\nC : d\r\nE:\r\n f\r\nG:h\r\n", |field| odd.push((field.name.to_owned(), field.is_odd)));
        let field = |name: &str, is_odd| (name.to_owned(), is_odd);
        assert_eq!(odd, [field("A", false), field("C", true), field("E", true), field("G", false)]);
    }

    #[test]
    fn a_line_without_a_name_is_left_out_and_counted() {
        assert_eq!(fields("Mozilla 4.0 (compatible)\r\nA: b\r\n: c\r\n"), (vec![pair("a", "b")], 2));
    }
}
