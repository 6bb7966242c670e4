//! Who a request says it comes from: login, address, trace.

use std::net::IpAddr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::record::IdentityKind;

/// Credentials above this are not looked into; servers refuse field lines of this size.
const MAX_CREDENTIAL_BYTES: usize = 8 * 1024;

/// A login or subject above this is no name a person would recognise.
const MAX_IDENTITY_BYTES: usize = 256;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Who an Authorization field says it is. Nothing is verified, and only the name is kept.
pub(super) fn of_authorization(value: &str) -> Option<(String, IdentityKind)> {
    let (scheme, credentials) = value.split_once(' ')?;
    let credentials = credentials.trim();
    if credentials.len() > MAX_CREDENTIAL_BYTES {
        return None;
    }
    let (name, kind) = if scheme.eq_ignore_ascii_case("basic") {
        (login(credentials)?, IdentityKind::Basic)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        (jwt_subject(credentials)?, IdentityKind::Jwt)
    } else {
        return None;
    };
    let is_name = !name.is_empty() && name.len() <= MAX_IDENTITY_BYTES && !name.chars().any(char::is_control);
    is_name.then_some((name, kind))
}

/// The user-id of `user-id ":" password` (RFC 7617 §2). The password may hold colons, the user-id may not. Where there is
/// no password, or only a filler, the user-id is an API key and is not shown.
fn login(credentials: &str) -> Option<String> {
    let decoded = BASE64.decode(credentials).ok()?;
    let decoded = String::from_utf8_lossy(&decoded);
    match decoded.split_once(':')? {
        (_, "" | "x-oauth-basic" | "X") => None,
        (user, _) => Some(user.to_owned()),
    }
}

/// The `sub` claim of a JWT's payload (RFC 7519 §4.1.2).
fn jwt_subject(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = BASE64_URL.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    match claims.get("sub")? {
        serde_json::Value::String(subject) => Some(subject.clone()),
        serde_json::Value::Number(subject) => Some(subject.to_string()),
        _ => None,
    }
}

/// The valid addresses of an X-Forwarded-For or X-Real-IP value from right to left; ports are left out.
pub(super) fn addresses_from_right(list: &str) -> impl Iterator<Item = IpAddr> {
    list.rsplit(',').filter_map(|entry| address(entry.trim().trim_matches('"')))
}

/// The valid addresses of each `for=` in a Forwarded value from right to left (RFC 7239 §4). Values may be quoted, and
/// must be for IPv6; nodes may be `unknown` or a made-up name, which are no addresses.
pub(super) fn forwarded_from_right(value: &str) -> impl Iterator<Item = IpAddr> {
    let mut addresses = Vec::new();
    let mut quoted = false;
    let separates = |char: char| {
        quoted ^= char == '"';
        matches!(char, ',' | ';') && !quoted
    };
    for pair in value.split(separates) {
        if let Some((name, node)) = pair.split_once('=')
            && name.trim().eq_ignore_ascii_case("for")
        {
            addresses.extend(address(node.trim().trim_matches('"')));
        }
    }
    addresses.into_iter().rev()
}

/// `10.0.0.1`, `10.0.0.1:80`, `::1`, `[::1]`, `[::1]:80`.
fn address(node: &str) -> Option<IpAddr> {
    if let Some(bracketed) = node.strip_prefix('[') {
        return bracketed.split_once(']')?.0.parse().ok().map(IpAddr::V6);
    }
    node.parse().ok().or_else(|| node.split_once(':')?.0.parse().ok().map(IpAddr::V4))
}

/// The trace id of a `traceparent` value (W3C Trace Context §3.2): `version-trace_id-parent_id-flags`, lower-case
/// hexadecimal, neither id all zero. A later version may append fields.
pub(super) fn trace_id(value: &str) -> Option<&str> {
    let mut fields = value.split('-');
    let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let is_hex = |field: &str, digits| {
        field.len() == digits && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |field: &str, digits| is_hex(field, digits) && field.bytes().any(|byte| byte != b'0');
    let known_length = version != "00" || fields.next().is_none();
    let valid = is_hex(version, 2)
        && version != "ff"
        && is_id(trace, 32)
        && is_id(parent, 16)
        && is_hex(flags, 2)
        && known_length;
    valid.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(login: &str) -> Option<(String, IdentityKind)> {
        of_authorization(&format!("Basic {}", BASE64.encode(login)))
    }

    fn bearer(claims: &str) -> Option<(String, IdentityKind)> {
        of_authorization(&format!("Bearer {}.{}.sig", BASE64_URL.encode("{}"), BASE64_URL.encode(claims)))
    }

    #[test]
    fn the_login_of_basic_ends_at_the_first_colon_rfc_7617_2() {
        assert_eq!(basic("test:1:34"), Some(("test".into(), IdentityKind::Basic)));
        assert_eq!(of_authorization("basic  dGVzdDoxOjM0"), Some(("test".into(), IdentityKind::Basic)));
    }

    #[test]
    fn a_login_that_may_be_a_key_is_not_shown() {
        for login in ["sk_live_1234:", "ghp_1234:x-oauth-basic", "only-a-token", ":password", "a\nb:c"] {
            assert_eq!(basic(login), None, "{login}");
        }
    }

    #[test]
    fn the_subject_of_a_jwt_is_read_and_not_verified() {
        assert_eq!(
            bearer(r#"{"sub":"anna@example.com","exp":1}"#),
            Some(("anna@example.com".into(), IdentityKind::Jwt))
        );
        assert_eq!(bearer(r#"{"sub":42}"#), Some(("42".into(), IdentityKind::Jwt)));
    }

    #[test]
    fn a_token_that_is_no_jwt_names_nobody() {
        assert_eq!(bearer(r#"{"iss":"x"}"#), None);
        assert_eq!(bearer("not json"), None);
        assert_eq!(of_authorization("Bearer opaque-token"), None);
        assert_eq!(of_authorization("Bearer a.%%%.c"), None);
        assert_eq!(of_authorization(&format!("Bearer a.{}.c", "A".repeat(MAX_CREDENTIAL_BYTES))), None);
        assert_eq!(of_authorization("Digest username=\"a\""), None);
    }

    fn from_right(addresses: impl Iterator<Item = IpAddr>) -> Vec<String> {
        addresses.map(|address| address.to_string()).collect()
    }

    #[test]
    fn a_list_of_addresses_is_read_from_the_right_without_what_is_none() {
        let read = |list| from_right(addresses_from_right(list));
        assert_eq!(read("203.0.113.7, 10.0.0.1"), ["10.0.0.1", "203.0.113.7"]);
        assert_eq!(read("unknown, 203.0.113.7:4711,"), ["203.0.113.7"]);
        assert_eq!(read("2001:db8::1,[2001:db8::2]:80, \"::3\""), ["::3", "2001:db8::2", "2001:db8::1"]);
        assert_eq!(read("nobody"), [""; 0]);
    }

    #[test]
    fn forwarded_names_its_nodes_rfc_7239_4() {
        let read = |value| from_right(forwarded_from_right(value));
        assert_eq!(read("proto=https;For=\"[2001:db8::1]:80\", for=10.0.0.1"), ["10.0.0.1", "2001:db8::1"]);
        assert_eq!(read("for=_hidden, for=192.0.2.60;by=1.2.3.4, for=unknown"), ["192.0.2.60"]);
        assert_eq!(read("host=\"a,for=192.0.2.1\";for=\"192.0.2.43:47011\""), ["192.0.2.43"]);
        assert_eq!(read("by=1.2.3.4, for=\"[::1\", for"), [""; 0]);
    }

    #[test]
    fn a_trace_id_needs_a_valid_traceparent() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        let with = |version: &str, trace: &str, rest: &str| format!("{version}-{trace}-{rest}");
        assert_eq!(trace_id(&with("00", TRACE, "00f067aa0ba902b7-01")), Some(TRACE));
        assert_eq!(trace_id(&with("01", TRACE, "00f067aa0ba902b7-01-more")), Some(TRACE));
        assert_eq!(trace_id(&with("00", TRACE, "00f067aa0ba902b7-01-more")), None);
        assert_eq!(trace_id(&with("ff", TRACE, "00f067aa0ba902b7-01")), None);
        assert_eq!(trace_id(&with("00", &TRACE.to_uppercase(), "00f067aa0ba902b7-01")), None);
        assert_eq!(trace_id(&with("00", &"0".repeat(32), "00f067aa0ba902b7-01")), None);
        assert_eq!(trace_id(&with("00", TRACE, "0000000000000000-01")), None);
        assert_eq!(trace_id("4bf92f3577b34da6a3ce929d0e0e4736"), None);
    }
}
