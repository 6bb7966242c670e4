//! How far a message's body reaches (RFC 9112 §6.3).

use super::exchange::Asked;
use super::reader::Framing;

/// Both Transfer-Encoding and Content-Length: the first wins, and somebody may read it the other way (RFC 9112 §6.3, rule 3).
const AMBIGUOUS: &str = "ambiguous length";
const NO_NUMBER: &str = "malformed: Content-Length is not a number";
const NOT_CHUNKED: &str = "malformed: Transfer-Encoding of a request does not end in chunked";

/// The fields that frame a body, as far as they were seen.
#[derive(Debug, Default)]
pub(super) struct BodyFields {
    length: Option<Result<u64, NotANumber>>,
    /// Whether the last transfer coding is `chunked`.
    coding_is_chunked: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NotANumber;

/// A body's framing, and what is odd about how it was said.
pub(super) type Ruling = (Framing, Option<&'static str>);

impl BodyFields {
    /// A list of equal numbers counts as one (RFC 9112 §6.3, rule 5).
    pub(super) fn content_length(&mut self, value: &str) {
        for number in value.split(',') {
            let number = number.trim();
            let parsed = match number.bytes().all(|byte| byte.is_ascii_digit()) {
                true => number.parse().map_err(|_| NotANumber),
                false => Err(NotANumber),
            };
            self.length = match self.length {
                None => Some(parsed),
                Some(before) if before == parsed => Some(before),
                Some(_) => Some(Err(NotANumber)),
            };
        }
    }

    /// Only the last coding frames the body; `identity` was once allowed and means none.
    pub(super) fn transfer_encoding(&mut self, value: &str) {
        let last = value.rsplit(',').next().unwrap_or_default().trim();
        if !last.is_empty() && !last.eq_ignore_ascii_case("identity") {
            self.coding_is_chunked = Some(last.eq_ignore_ascii_case("chunked"));
        }
    }

    /// A request without either field has no body.
    pub(super) fn of_request(&self) -> Ruling {
        match (self.coding_is_chunked, self.length) {
            (Some(true), length) => (Framing::Chunked, length.map(|_| AMBIGUOUS)),
            (Some(false), _) => (Framing::Unknown, Some(NOT_CHUNKED)),
            (None, Some(Ok(length))) => (Framing::Length(length), None),
            (None, Some(Err(NotANumber))) => (Framing::Unknown, Some(NO_NUMBER)),
            (None, None) => (Framing::Length(0), None),
        }
    }

    /// A response to HEAD, and 1xx, 204 and 304, end with their head; one without either field ends with the connection.
    pub(super) fn of_response(&self, asked: Asked, status: u16) -> Ruling {
        if asked == Asked::Head || matches!(status, 100..=199 | 204 | 304) {
            return (Framing::Length(0), None);
        }
        match (self.coding_is_chunked, self.length) {
            (Some(chunked), length) => {
                (if chunked { Framing::Chunked } else { Framing::UntilClose }, length.map(|_| AMBIGUOUS))
            }
            (None, Some(Ok(length))) => (Framing::Length(length), None),
            (None, Some(Err(NotANumber))) => (Framing::UntilClose, Some(NO_NUMBER)),
            (None, None) => (Framing::UntilClose, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lengths: &[&str], codings: &[&str]) -> BodyFields {
        let mut fields = BodyFields::default();
        lengths.iter().for_each(|value| fields.content_length(value));
        codings.iter().for_each(|value| fields.transfer_encoding(value));
        fields
    }

    #[test]
    fn some_responses_have_no_body_whatever_they_announce() {
        for (asked, status) in [(Asked::Head, 200), (Asked::Other, 204), (Asked::Other, 304), (Asked::Other, 103)] {
            assert_eq!(fields(&["10"], &["chunked"]).of_response(asked, status), (Framing::Length(0), None));
        }
    }

    #[test]
    fn transfer_encoding_wins_over_content_length_and_that_is_noted() {
        assert_eq!(fields(&["10"], &["chunked"]).of_request(), (Framing::Chunked, Some(AMBIGUOUS)));
        assert_eq!(
            fields(&["10"], &["gzip, Chunked"]).of_response(Asked::Other, 200),
            (Framing::Chunked, Some(AMBIGUOUS))
        );
    }

    #[test]
    fn codings_that_do_not_end_in_chunked_reach_until_close() {
        assert_eq!(fields(&[], &["chunked", "gzip"]).of_response(Asked::Other, 200), (Framing::UntilClose, None));
        assert_eq!(fields(&[], &["gzip"]).of_request(), (Framing::Unknown, Some(NOT_CHUNKED)));
        assert_eq!(fields(&["3"], &["identity"]).of_request(), (Framing::Length(3), None));
    }

    #[test]
    fn equal_lengths_are_one_length_and_different_ones_none() {
        assert_eq!(fields(&["5, 5", "5"], &[]).of_request(), (Framing::Length(5), None));
        for lengths in [&["5", "6"][..], &["-1"], &["+5"], &["5 6"], &[""], &["99999999999999999999"]] {
            assert_eq!(
                fields(lengths, &[]).of_response(Asked::Other, 200),
                (Framing::UntilClose, Some(NO_NUMBER)),
                "{lengths:?}"
            );
            assert_eq!(fields(lengths, &[]).of_request(), (Framing::Unknown, Some(NO_NUMBER)), "{lengths:?}");
        }
    }

    #[test]
    fn without_either_field_a_request_has_no_body_and_a_response_reaches_until_close() {
        assert_eq!(fields(&[], &[]).of_request(), (Framing::Length(0), None));
        assert_eq!(fields(&[], &[]).of_response(Asked::Other, 200), (Framing::UntilClose, None));
    }
}
