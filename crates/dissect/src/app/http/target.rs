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
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let path = match before_query(path) {
            "" => "/",
            path => path,
        };
        Self { scheme, authority: Some(authority).filter(|authority| !authority.is_empty()), path: Some(path) }
    }
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

fn scheme_of(target: &str) -> Option<(&'static str, &str)> {
    let prefix = |scheme: &str| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    prefix("http://").map(|rest| ("http", rest)).or_else(|| prefix("https://").map(|rest| ("https", rest)))
}

fn before_query(target: &str) -> &str {
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
    fn an_address_is_no_host_name() {
        for host in ["10.0.0.1", "10.0.0.1:80", "[::1]", "[::1]:80", "::1", "", ":80", "a b", "a/b"] {
            assert_eq!(host_name(host), None, "{host}");
        }
    }
}
