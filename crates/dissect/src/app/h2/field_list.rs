//! The fields of one header block as text, bounded.

use super::hpack::HpackField;

/// Bytes of one list, counted as RFC 9113 §10.5.1 does: a block of 64 KiB may name a large entry of the table tens of
/// thousands of times. HTTP/1 reads heads of this size.
pub(super) const MAX_LIST_BYTES: usize = 64 * 1024;

/// What a field costs beyond its strings.
const FIELD_OVERHEAD: usize = 32;

/// One list at a time; its memory is used again.
#[derive(Debug, Default)]
pub(super) struct FieldList {
    text: String,
    /// Where each name and value ends in `text`.
    ends: Vec<(usize, usize)>,
    size: usize,
    /// Fields stand in a part of the table that was never seen.
    pub has_unseen: bool,
    /// Fields whose name is none: they are left out, because nothing tells whether they hold a secret.
    pub nameless: usize,
    /// The bound was hit: further fields are left out.
    pub is_too_long: bool,
    /// Why the rest of the block could not be read.
    pub broken: Option<String>,
}

impl FieldList {
    pub(super) fn clear(&mut self) {
        let Self { mut text, mut ends, .. } = std::mem::take(self);
        text.clear();
        ends.clear();
        *self = Self { text, ends, ..Self::default() };
    }

    pub(super) fn push(&mut self, field: HpackField<'_>) {
        let HpackField::Known { name, value } = field else {
            self.has_unseen = true;
            return;
        };
        self.size += name.len() + value.len() + FIELD_OVERHEAD;
        if self.size > MAX_LIST_BYTES {
            self.is_too_long = true;
            return;
        }
        let Some(name) = valid_name(name) else {
            self.nameless += 1;
            return;
        };
        self.text.push_str(name);
        let name_end = self.text.len();
        let plain = std::str::from_utf8(value).ok().filter(|value| !value.bytes().any(breaks_lines));
        match plain {
            Some(value) => self.text.push_str(value.trim_ascii()),
            // One field is one line of the row, whatever its sender put into it (RFC 9113 §8.2.1).
            None => {
                let value = String::from_utf8_lossy(value);
                let one_line = value.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c });
                self.text.extend(one_line);
            }
        }
        self.ends.push((name_end, self.text.len()));
    }

    /// Bytes of text.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Names, in lower case, and values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(name_end, end)| {
            let field = (&self.text[start..*name_end], &self.text[*name_end..*end]);
            start = *end;
            field
        })
    }

    /// The value of the first pseudo-header field of this name (RFC 9113 §8.3).
    pub(super) fn pseudo(&self, name: &str) -> Option<&str> {
        self.fields()
            .take_while(|(name, _)| name.starts_with(':'))
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }
}

fn breaks_lines(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

/// A token in lower case (RFC 9113 §8.2.1), after a colon for pseudo-header fields.
fn valid_name(name: &[u8]) -> Option<&str> {
    let token = name.strip_prefix(b":").unwrap_or(name);
    let is_token = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(byte);
    if token.is_empty() || !token.iter().all(is_token) {
        return None;
    }
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(fields: &[(&str, &[u8])]) -> FieldList {
        let mut list = FieldList::default();
        for (name, value) in fields {
            list.push(HpackField::Known { name: name.as_bytes(), value });
        }
        list
    }

    #[test]
    fn fields_are_text_in_one_line_each() {
        let list = list(&[(":path", b"/"), ("a", b" b "), ("evil", b"x\r\ncookie: 1"), ("latin", b"\xe9")]);
        let fields: Vec<_> = list.fields().collect();
        assert_eq!(fields, [(":path", "/"), ("a", "b"), ("evil", "x\u{fffd}\u{fffd}cookie: 1"), ("latin", "\u{fffd}")]);
        assert_eq!((list.pseudo(":path"), list.pseudo("a")), (Some("/"), None));
    }

    #[test]
    fn a_field_without_a_proper_name_is_left_out_and_counted() {
        let mut list = list(&[("", b"x"), ("a b", b"x"), ("Cookie", b"x"), (":", b"x"), ("a\nb", b"x"), ("ok", b"x")]);
        assert_eq!((list.fields().collect::<Vec<_>>(), list.nameless), (vec![("ok", "x")], 5));
        list.clear();
        assert_eq!((list.fields().count(), list.nameless), (0, 0));
    }

    #[test]
    fn a_list_is_bounded() {
        let mut list = FieldList::default();
        for _ in 0..10_000 {
            list.push(HpackField::Known { name: b"name", value: &[b'v'; 1000] });
        }
        assert!(list.is_too_long && list.text_bytes() <= MAX_LIST_BYTES);
    }
}
