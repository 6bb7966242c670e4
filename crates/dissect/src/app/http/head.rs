//! Start lines: what a message's first bytes look like, and what its first line says (RFC 9112 §2–§4).

use memchr::memchr;

use crate::record::{Protocol, Side};

use super::super::probe::Verdict;
use super::text;

/// The longest registered method (`UPDATEREDIRECTREF`) has 17 letters; some room for private ones.
const MAX_METHOD_BYTES: usize = 24;

/// What a start line lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadError {
    #[error("request line does not start with a method")]
    Method,
    #[error("request line has no target")]
    Target,
    #[error("start line names no HTTP/1 version")]
    Version,
    #[error("status line has no three-digit status code")]
    Status,
}

/// `method SP request-target SP HTTP-version` (RFC 9112 §3).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'a> {
    pub method: &'a str,
    /// May hold spaces: some senders do not encode them.
    pub target: &'a str,
    pub protocol: Protocol,
}

/// `HTTP-version SP status-code SP [reason-phrase]` (RFC 9112 §4). The phrase is not kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StatusLine {
    pub protocol: Protocol,
    pub status: u16,
}

impl<'a> RequestLine<'a> {
    pub(super) fn parse(line: &'a str) -> Result<Self, HeadError> {
        let line = line.trim_ascii_end();
        let (method, rest) = line.split_once([' ', '\t']).ok_or(HeadError::Method)?;
        if method.is_empty() || method.len() > MAX_METHOD_BYTES || !method.bytes().all(is_token_byte) {
            return Err(HeadError::Method);
        }
        let (target, version) = rest.rsplit_once([' ', '\t']).ok_or(HeadError::Version)?;
        let protocol = version_of(version).ok_or(HeadError::Version)?;
        match target.trim_ascii() {
            "" => Err(HeadError::Target),
            target => Ok(Self { method, target, protocol }),
        }
    }
}

impl StatusLine {
    pub(super) fn parse(line: &str) -> Result<Self, HeadError> {
        let mut words = line.split_ascii_whitespace();
        let protocol = words.next().and_then(version_of).ok_or(HeadError::Version)?;
        let code = words.next().filter(|code| code.len() == 3).and_then(|code| code.parse().ok());
        match code {
            Some(status @ 100..) => Ok(Self { protocol, status }),
            _ => Err(HeadError::Status),
        }
    }
}

/// Whether these bytes can still become a start line of `side`.
pub(super) fn could_start(side: Side, bytes: &[u8]) -> bool {
    match side {
        Side::Client => match bytes.iter().position(|byte| matches!(byte, b' ' | b'\t')) {
            Some(end) => (1..=MAX_METHOD_BYTES).contains(&end) && bytes[..end].iter().copied().all(is_token_byte),
            None => bytes.len() <= MAX_METHOD_BYTES && bytes.iter().copied().all(is_token_byte),
        },
        Side::Server => {
            let known = bytes.len().min(5);
            bytes[..known].eq_ignore_ascii_case(&b"HTTP/"[..known])
        }
    }
}

/// Whether these bytes start with a whole start line of `side`.
pub(super) fn starts(side: Side, bytes: &[u8]) -> bool {
    probe(side, bytes) == Verdict::Certain
}

/// What HTTP/1 says about a side's first bytes.
pub(crate) fn probe(side: Side, bytes: &[u8]) -> Verdict {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let bytes = &bytes[blank..];
    if !could_start(side, bytes) {
        return Verdict::NotMine;
    }
    let Some(end) = memchr(b'\n', bytes) else {
        return Verdict::Unsure;
    };
    let line = text(&bytes[..end]);
    let readable = match side {
        Side::Client => RequestLine::parse(&line).is_ok(),
        Side::Server => StatusLine::parse(&line).is_ok(),
    };
    if readable { Verdict::Certain } else { Verdict::NotMine }
}

/// `HTTP/1.x` in any case; a minor version above 1 is read as 1 (RFC 9110 §2.5).
fn version_of(word: &str) -> Option<Protocol> {
    let (name, minor) = word.split_at_checked(7)?;
    let digit = minor.parse::<u8>().ok().filter(|_| minor.len() == 1)?;
    match (name.eq_ignore_ascii_case("HTTP/1."), digit) {
        (true, 0) => Some(Protocol::Http10),
        (true, _) => Some(Protocol::Http11),
        _ => None,
    }
}

/// `tchar` (RFC 9110 §5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Result<(&str, &str, Protocol), HeadError> {
        RequestLine::parse(line).map(|line| (line.method, line.target, line.protocol))
    }

    fn status(line: &str) -> Result<u16, HeadError> {
        StatusLine::parse(line).map(|line| line.status)
    }

    #[test]
    fn a_request_line_is_method_target_and_version_rfc_9112_3() {
        assert_eq!(request("GET /a?b=c HTTP/1.1\r"), Ok(("GET", "/a?b=c", Protocol::Http11)));
        assert_eq!(request("get / http/1.0"), Ok(("get", "/", Protocol::Http10)));
        assert_eq!(request("X-PURGE * HTTP/1.7"), Ok(("X-PURGE", "*", Protocol::Http11)));
    }

    #[test]
    fn a_target_may_hold_spaces() {
        assert_eq!(
            request("CONNECT mail.example:25 / HTTP/1.0"),
            Ok(("CONNECT", "mail.example:25 /", Protocol::Http10))
        );
        assert_eq!(request("GET  /a b  HTTP/1.1"), Ok(("GET", "/a b", Protocol::Http11)));
    }

    #[test]
    fn what_is_wrong_with_a_request_line_is_named() {
        assert_eq!(request("GET"), Err(HeadError::Method));
        assert_eq!(request("G(T / HTTP/1.1"), Err(HeadError::Method));
        assert_eq!(request("GET /"), Err(HeadError::Version));
        assert_eq!(request("OPTIONS sip:a@b SIP/2.0"), Err(HeadError::Version));
        assert_eq!(request("GET / HTTP/2.0"), Err(HeadError::Version));
        assert_eq!(request("GET   HTTP/1.1"), Err(HeadError::Target));
    }

    #[test]
    fn a_status_line_needs_no_reason_phrase_rfc_9112_4() {
        assert_eq!(status("HTTP/1.1 200 OK\r"), Ok(200));
        assert_eq!(status("HTTP/1.1 404 "), Ok(404));
        assert_eq!(status("HTTP/1.0 301"), Ok(301));
    }

    #[test]
    fn what_is_wrong_with_a_status_line_is_named() {
        assert_eq!(status("HTTP/1.1 OK"), Err(HeadError::Status));
        assert_eq!(status("HTTP/1.1 099"), Err(HeadError::Status));
        assert_eq!(status("HTTP/1.1 2000"), Err(HeadError::Status));
        assert_eq!(status("HTTP/1.1"), Err(HeadError::Status));
        assert_eq!(status("ICY 200 OK"), Err(HeadError::Version));
    }

    #[test]
    fn first_bytes_are_certain_only_with_their_whole_line() {
        assert_eq!(probe(Side::Client, b"GE"), Verdict::Unsure);
        assert_eq!(probe(Side::Client, b"GET / HTTP/1.1"), Verdict::Unsure);
        assert_eq!(probe(Side::Client, b"\r\nGET / HTTP/1.1\r\n"), Verdict::Certain);
        assert_eq!(probe(Side::Client, b"HELO example\r\n"), Verdict::NotMine);
        assert_eq!(probe(Side::Client, b"\x16\x03\x01"), Verdict::NotMine);
        assert_eq!(probe(Side::Server, b"HTT"), Verdict::Unsure);
        assert_eq!(probe(Side::Server, b"HTTP/1.1 200\n"), Verdict::Certain);
        assert_eq!(probe(Side::Server, b"220 mail\r\n"), Verdict::NotMine);
    }
}
