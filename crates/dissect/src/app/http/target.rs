//! The four forms of a request target (RFC 9112 §3.2) and the names in them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What a request target names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// `http`, or `https` when the absolute form says so.
    pub scheme: &'static str,
    /// Host and port of the absolute form, as sent, without user information.
    pub authority: Option<&'a str>,
    /// Without query and fragment; `None` for the authority form.
    pub path: Option<&'a str>,
}

impl<'a> Target<'a> {
    pub(super) fn parse(method: &str, target: &'a str) -> Self {
        let plain = |path| Self { scheme: "http", authority: None, path };
        if method.eq_ignore_ascii_case("CONNECT") {
            return plain(None);
        }
        let Some((scheme, rest)) = scheme_of(target) else {
            return plain(Some(before_query(target)));
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let authority = without_login(authority);
        let path = match before_query(path) {
            "" => "/",
            path => path,
        };
        Self { scheme, authority: Some(authority).filter(|authority| !authority.is_empty()), path: Some(path) }
    }
}

/// An authority without user information (RFC 3986 §3.2.1).
pub(in crate::app) fn without_login(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// The name in a Host field or authority: lower case, without port and final dot; `None` for an address.
pub(crate) fn host_name(host: &str) -> Option<String> {
    if host.starts_with('[') {
        return None;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_end_matches('.');
    let is_address = name.parse::<Ipv4Addr>().is_ok() || name.parse::<Ipv6Addr>().is_ok();
    let is_name = !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_control() || b" /\\:@".contains(&byte));
    (is_name && !is_address).then(|| name.to_lowercase())
}

/// The target with its percent-encoding undone (RFC 3986 §2.1) where that gives printable text; `None` when nothing changes.
///
/// Bytes that are no UTF-8 and control characters stay encoded, so that a row is always text in one line.
pub(crate) fn percent_decoded(target: &str) -> Option<String> {
    if !target.contains('%') {
        return None;
    }
    let mut decoded = String::with_capacity(target.len());
    let mut rest = target;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let encoded: Vec<u8> = rest.as_bytes().chunks_exact(3).map_while(escaped_byte).collect();
        let Some(first) = encoded.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) else {
            decoded.push('%');
            rest = &rest[1..];
            continue;
        };
        let (escapes, after) = rest.split_at(3 * first.len_utf8());
        if first.is_control() {
            decoded.push_str(escapes);
        } else {
            decoded.push(first);
        }
        rest = after;
    }
    decoded.push_str(rest);
    (decoded != target).then_some(decoded)
}

/// The byte that `%41` stands for.
fn escaped_byte(escape: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match escape {
        [b'%', high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
        _ => None,
    }
}

fn scheme_of(target: &str) -> Option<(&'static str, &str)> {
    let prefix = |scheme: &str| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    prefix("http://").map(|rest| ("http", rest)).or_else(|| prefix("https://").map(|rest| ("https", rest)))
}

pub(in crate::app) fn before_query(target: &str) -> &str {
    target.find(['?', '#']).map_or(target, |at| &target[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: &str, target: &'static str) -> (&'static str, Option<&'static str>, Option<&'static str>) {
        let Target { scheme, authority, path } = Target::parse(method, target);
        (scheme, authority, path)
    }

    #[test]
    fn the_origin_form_is_path_and_query_rfc_9112_3_2_1() {
        assert_eq!(target("GET", "/a/b?c=d#e"), ("http", None, Some("/a/b")));
    }

    #[test]
    fn the_absolute_form_names_scheme_and_host_rfc_9112_3_2_2() {
        assert_eq!(target("GET", "HTTP://u:p@A.example:81/x?y"), ("http", Some("A.example:81"), Some("/x")));
        assert_eq!(target("GET", "https://a.example?y"), ("https", Some("a.example"), Some("/")));
    }

    #[test]
    fn the_authority_form_has_no_path_rfc_9112_3_2_3() {
        assert_eq!(target("CONNECT", "a.example:443"), ("http", None, None));
    }

    #[test]
    fn the_asterisk_form_is_its_own_path_rfc_9112_3_2_4() {
        assert_eq!(target("OPTIONS", "*"), ("http", None, Some("*")));
    }

    #[test]
    fn a_host_name_is_lower_case_and_has_no_port() {
        assert_eq!(host_name("Shop.Example.:8080").as_deref(), Some("shop.example"));
        assert_eq!(host_name("bücher.example").as_deref(), Some("bücher.example"));
    }

    #[test]
    fn a_target_is_decoded_as_far_as_it_is_text_rfc_3986_2_1() {
        for (sent, decoded) in [
            ("/plain?a+b", None),
            ("/a%20b?x=%3d%22y%22", Some("/a b?x==\"y\"")),
            ("/%E2%82%AC%c3%bc", Some("/€ü")),
            ("/%ff%41", Some("/%ffA")),
            ("/%0a%00", None),
            ("/100%", None),
            ("/%4", None),
            ("/%zz%41", Some("/%zzA")),
            ("/%25", Some("/%")),
        ] {
            assert_eq!(percent_decoded(sent).as_deref(), decoded, "{sent}");
        }
    }

    #[test]
    fn an_address_is_no_host_name() {
        for host in ["10.0.0.1", "10.0.0.1:80", "[::1]", "[::1]:80", "::1", "", ":80", "a b", "a/b"] {
            assert_eq!(host_name(host), None, "{host}");
        }
    }
}
