//! How far a message's body reaches (RFC 9112 §6.3).

use crate::record::Protocol;

use super::exchange::Asked;
use super::fields::Field;
use super::reader::Framing;

/// Two readers may see different bodies here, which is what request smuggling lives on: the first wins (RFC 9112 §6.3, rule 3).
const BOTH: &str = "ambiguous length: both Transfer-Encoding and Content-Length";
const DIFFERENT: &str = "ambiguous length: Content-Length is given with different values";
const NOT_LAST: &str = "ambiguous length: chunked is not the last transfer coding";
const TWICE: &str = "ambiguous length: chunked is given twice";
const IDENTITY: &str = "ambiguous length: identity among transfer codings";
const LIKE_CHUNKED: &str = "ambiguous length: a transfer coding that resembles chunked";
const UNSEEN: &str = "ambiguous length: white space before a colon, or a folded line";
const IN_HTTP_10: &str = "ambiguous length: Transfer-Encoding in HTTP/1.0";

const NO_NUMBER: &str = "malformed: Content-Length is not a number";
const NOT_CHUNKED: &str = "malformed: Transfer-Encoding of a request does not end in chunked";

/// The fields that frame a body, as far as they were seen.
#[derive(Debug)]
pub(super) struct BodyFields {
    version: Protocol,
    length: Option<Result<u64, NoLength>>,
    coding: Option<Coding>,
    /// The first thing that two readers may understand differently.
    ambiguity: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoLength {
    NotANumber,
    Different,
}

/// The last transfer coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Chunked,
    Other,
    /// Chunked to some readers and not to others.
    MaybeChunked,
}

/// A body's framing, and what is odd about how it was said.
pub(super) type Ruling = (Framing, Option<&'static str>);

impl BodyFields {
    /// No field was seen yet of a message of this version.
    pub(super) fn of(version: Protocol) -> Self {
        Self { version, length: None, coding: None, ambiguity: None }
    }

    /// Takes one field of the head.
    #[inline]
    pub(super) fn take(&mut self, field: &Field<'_>) {
        match field.lower {
            "content-length" => self.content_length(field.value),
            "transfer-encoding" => self.transfer_encoding(field.value),
            _ => return,
        }
        if field.is_odd {
            self.ambiguity = self.ambiguity.or(Some(UNSEEN));
        }
    }

    /// A list of equal numbers counts as one (RFC 9112 §6.3, rule 5).
    fn content_length(&mut self, value: &str) {
        for number in value.split(',') {
            let number = number.trim();
            let parsed = match number.bytes().all(|byte| byte.is_ascii_digit()) {
                true => number.parse().map_err(|_| NoLength::NotANumber),
                false => Err(NoLength::NotANumber),
            };
            self.length = match (self.length, parsed) {
                (None, parsed) => Some(parsed),
                (Some(before), parsed) if before == parsed => Some(before),
                (Some(Ok(_)), Ok(_)) => Some(Err(NoLength::Different)),
                (Some(Err(why)), _) | (_, Err(why)) => Some(Err(why)),
            };
        }
    }

    /// Only the last coding frames the body. `identity` was once allowed and means none, which is clear only when it
    /// stands alone.
    fn transfer_encoding(&mut self, value: &str) {
        for coding in value.split(',') {
            // Other white space is part of a coding that some readers take for chunked.
            let coding = coding.trim_matches([' ', '\t']);
            let is_chunked = coding.eq_ignore_ascii_case("chunked");
            let (coding, ambiguity) = match self.coding {
                _ if coding.is_empty() => continue,
                None if coding.eq_ignore_ascii_case("identity") => {
                    self.ambiguity = self.ambiguity.or(Some(IDENTITY));
                    continue;
                }
                Some(Coding::Chunked) if is_chunked => (Coding::Chunked, Some(TWICE)),
                Some(Coding::Chunked) => (Coding::MaybeChunked, Some(NOT_LAST)),
                _ if is_chunked => (Coding::Chunked, None),
                _ if resembles_chunked(coding) => (Coding::MaybeChunked, Some(LIKE_CHUNKED)),
                before => (before.unwrap_or(Coding::Other), None),
            };
            self.coding = Some(coding);
            self.ambiguity = self.ambiguity.or(ambiguity);
        }
    }

    /// A request without either field has no body.
    pub(super) fn of_request(&self) -> Ruling {
        match (self.coding, self.length) {
            (None, None) => (Framing::Length(0), None),
            (Some(Coding::Other), _) => (Framing::Unknown, Some(NOT_CHUNKED)),
            (None, Some(Err(NoLength::NotANumber))) => (Framing::Unknown, Some(NO_NUMBER)),
            _ => self.of_either(Framing::Unknown),
        }
    }

    /// A response to HEAD, and 1xx, 204 and 304, end with their head; one without either field ends with the connection.
    pub(super) fn of_response(&self, asked: Asked, status: u16) -> Ruling {
        if asked == Asked::Head || matches!(status, 100..=199 | 204 | 304) {
            return (Framing::Length(0), None);
        }
        match (self.coding, self.length) {
            (None, None) => (Framing::UntilClose, None),
            (None, Some(Err(NoLength::NotANumber))) => (Framing::UntilClose, Some(NO_NUMBER)),
            _ => self.of_either(Framing::UntilClose),
        }
    }

    /// Where codings are doubtful, whoever does not understand them goes by the length.
    fn of_either(&self, endless: Framing) -> Ruling {
        let only_identity = self.coding.is_none() && self.ambiguity == Some(IDENTITY);
        let ambiguity = if only_identity { None } else { self.ambiguity };
        let both = self.length.is_some().then_some(BOTH);
        match (self.coding, self.length) {
            (Some(Coding::Chunked), _) => {
                let in_http_10 = (self.version == Protocol::Http10).then_some(IN_HTTP_10);
                (Framing::Chunked, ambiguity.or(both).or(in_http_10))
            }
            (Some(Coding::MaybeChunked) | None, Some(Ok(length))) => (Framing::Length(length), ambiguity),
            (Some(_), _) => (endless, ambiguity.or(both)),
            (None, _) => (Framing::Unknown, ambiguity.or(Some(DIFFERENT))),
        }
    }
}

/// Close enough to `chunked` for a lenient reader: `xchunked`, `"chunked"`, `chunked;q=1`, or with a control character.
fn resembles_chunked(coding: &str) -> bool {
    coding.to_ascii_lowercase().contains("chunked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lengths: &[&str], codings: &[&str]) -> BodyFields {
        let mut fields = BodyFields::of(Protocol::Http11);
        let field = |lower, value| Field { name: lower, lower, value, is_odd: false };
        lengths.iter().for_each(|value| fields.take(&field("content-length", value)));
        codings.iter().for_each(|value| fields.take(&field("transfer-encoding", value)));
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
        assert_eq!(fields(&["10"], &["chunked"]).of_request(), (Framing::Chunked, Some(BOTH)));
        assert_eq!(fields(&["10"], &["gzip, Chunked"]).of_response(Asked::Other, 200), (Framing::Chunked, Some(BOTH)));
    }

    #[test]
    fn codings_without_chunked_reach_until_close() {
        assert_eq!(fields(&[], &["gzip"]).of_response(Asked::Other, 200), (Framing::UntilClose, None));
        assert_eq!(fields(&["3"], &["gzip"]).of_response(Asked::Other, 200), (Framing::UntilClose, Some(BOTH)));
        assert_eq!(fields(&[], &["gzip"]).of_request(), (Framing::Unknown, Some(NOT_CHUNKED)));
    }

    #[test]
    fn identity_alone_is_no_coding_and_beside_others_ambiguous() {
        assert_eq!(fields(&["3"], &["identity"]).of_request(), (Framing::Length(3), None));
        assert_eq!(fields(&[], &["identity"]).of_request(), (Framing::Length(0), None));
        assert_eq!(fields(&[], &["identity, chunked"]).of_request(), (Framing::Chunked, Some(IDENTITY)));
        assert_eq!(fields(&[], &["chunked, identity"]).of_request(), (Framing::Unknown, Some(NOT_LAST)));
    }

    #[test]
    fn chunked_anywhere_but_once_at_the_end_is_ambiguous() {
        assert_eq!(
            fields(&[], &["chunked", "gzip"]).of_response(Asked::Other, 200),
            (Framing::UntilClose, Some(NOT_LAST))
        );
        assert_eq!(fields(&["7"], &["chunked, gzip"]).of_request(), (Framing::Length(7), Some(NOT_LAST)));
        assert_eq!(fields(&[], &["chunked", "chunked"]).of_request(), (Framing::Chunked, Some(TWICE)));
        assert_eq!(fields(&[], &["gzip, chunked"]).of_request(), (Framing::Chunked, None));
    }

    #[test]
    fn a_coding_that_resembles_chunked_is_ambiguous_and_the_length_counts_if_there_is_one() {
        for coding in ["xchunked", "\"chunked\"", "chunked;q=1", "\u{b}chunked", "chunked\0", "CHUNKEDx"] {
            assert_eq!(fields(&["7"], &[coding]).of_request(), (Framing::Length(7), Some(LIKE_CHUNKED)), "{coding:?}");
            assert_eq!(fields(&[], &[coding]).of_request(), (Framing::Unknown, Some(LIKE_CHUNKED)), "{coding:?}");
            let response = fields(&[], &[coding]).of_response(Asked::Other, 200);
            assert_eq!(response, (Framing::UntilClose, Some(LIKE_CHUNKED)), "{coding:?}");
        }
    }

    #[test]
    fn length_fields_that_some_readers_do_not_see_are_ambiguous() {
        for (lower, value, framing) in
            [("transfer-encoding", "chunked", Framing::Chunked), ("content-length", "5", Framing::Length(5))]
        {
            let mut fields = BodyFields::of(Protocol::Http11);
            fields.take(&Field { name: lower, lower, value, is_odd: true });
            assert_eq!(fields.of_request(), (framing, Some(UNSEEN)));
        }
    }

    #[test]
    fn transfer_encoding_in_http_1_0_is_ambiguous_rfc_9112_6_1() {
        let mut fields = BodyFields::of(Protocol::Http10);
        fields.transfer_encoding("chunked");
        assert_eq!(fields.of_request(), (Framing::Chunked, Some(IN_HTTP_10)));
    }

    #[test]
    fn equal_lengths_are_one_length_and_different_ones_ambiguous() {
        assert_eq!(fields(&["5, 5", "5"], &[]).of_request(), (Framing::Length(5), None));
        for lengths in [&["5", "6"][..], &["5, 6"], &["5", "5", "6"], &["5", "6", "5"]] {
            assert_eq!(fields(lengths, &[]).of_request(), (Framing::Unknown, Some(DIFFERENT)), "{lengths:?}");
            let response = fields(lengths, &[]).of_response(Asked::Other, 200);
            assert_eq!(response, (Framing::Unknown, Some(DIFFERENT)), "{lengths:?}");
        }
    }

    #[test]
    fn a_length_that_is_no_number_is_none() {
        for lengths in [&["-1"][..], &["+5"], &["5 6"], &[""], &["99999999999999999999"], &["5", "x"], &["x", "5"]] {
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
