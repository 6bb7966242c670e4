//! Protocols that are named but not read: each has first bytes that nothing else has.

use crate::record::Side;

/// PostgreSQL: a start-up packet is its own length, then version 3.0 or the code of an SSL request.
const POSTGRES_VERSION_3: [u8; 4] = [0, 3, 0, 0];
const POSTGRES_SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// The longest start-up packet a PostgreSQL server reads.
const POSTGRES_MAX_STARTUP: u32 = 10_000;

/// The protocol whose banner these bytes are, when only one has such a banner.
pub(crate) fn name(side: Side, bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"SSH-2.0-") || bytes.starts_with(b"SSH-1.") {
        return Some("ssh");
    }
    match side {
        Side::Client if is_redis_command(bytes) => Some("redis"),
        Side::Client if is_postgres_startup(bytes) => Some("postgres"),
        Side::Server if is_smtp_greeting(bytes) => Some("smtp"),
        Side::Server if is_mysql_greeting(bytes) => Some("mysql"),
        _ => None,
    }
}

/// `220 <domain> ESMTP ...` (RFC 5321 §4.3.1): FTP greets with 220 as well, so the word is required.
fn is_smtp_greeting(bytes: &[u8]) -> bool {
    let Some(line) = first_line(bytes) else { return false };
    (line.starts_with(b"220 ") || line.starts_with(b"220-")) && line.windows(4).any(|w| w == b"SMTP")
}

/// A RESP array of bulk strings: `*<count>\r\n$<length>\r\n`.
fn is_redis_command(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"*").and_then(after_number_line) else {
        return false;
    };
    rest.strip_prefix(b"$").and_then(after_number_line).is_some()
}

/// A handshake packet: three bytes of length, sequence 0, protocol 10, then a version that starts like `8.0.` and ends in NUL.
fn is_mysql_greeting(bytes: &[u8]) -> bool {
    let [_, _, 0, 0, 10, version @ ..] = bytes else {
        return false;
    };
    let Some(end) = version.iter().take(64).position(|b| *b == 0) else {
        return false;
    };
    let mut parts = version[..end].split(|b| *b == b'.');
    let mut number = || parts.next().is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
    number() && number()
}

fn is_postgres_startup(bytes: &[u8]) -> bool {
    if bytes == POSTGRES_SSL_REQUEST {
        return true;
    }
    let [a, b, c, d, rest @ ..] = bytes else { return false };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    rest.starts_with(&POSTGRES_VERSION_3) && (9..=POSTGRES_MAX_STARTUP).contains(&length)
}

fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b'\n', bytes).map(|end| &bytes[..end])
}

/// What follows `<digits>\r\n`.
fn after_number_line(bytes: &[u8]) -> Option<&[u8]> {
    let digits = bytes.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 { None } else { bytes[digits..].strip_prefix(b"\r\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_banner_names_its_protocol() {
        assert_eq!(name(Side::Server, b"SSH-2.0-OpenSSH_9.2\r\n"), Some("ssh"));
        assert_eq!(name(Side::Client, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), Some("redis"));
        assert_eq!(name(Side::Client, &POSTGRES_SSL_REQUEST), Some("postgres"));
        assert_eq!(name(Side::Client, b"\0\0\0\x10\0\x03\0\0user\0a\0\0"), Some("postgres"));
        assert_eq!(name(Side::Server, b"220 mail.example ESMTP ready\r\n"), Some("smtp"));
        assert_eq!(name(Side::Server, b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0"), Some("mysql"));
    }

    #[test]
    fn a_banner_of_several_protocols_names_none() {
        assert_eq!(name(Side::Server, b"220 ready\r\n"), None);
        assert_eq!(name(Side::Server, b"+OK ready\r\n"), None);
        assert_eq!(name(Side::Client, b"*\r\n"), None);
        assert_eq!(name(Side::Client, b""), None);
    }
}
