//! What never leaves the dissector: credentials, cookies and tokens are replaced by `<hidden>`.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

const HIDDEN: &str = "<hidden>";

/// Fields whose whole value is a secret.
const SECRET_FIELDS: &[&str] = &["cookie", "set-cookie", "cookie2", "set-cookie2", "x-api-key"];

/// Fields that hold a scheme and then a secret.
const CREDENTIAL_FIELDS: &[&str] = &["authorization", "proxy-authorization"];

/// Fields that hold an address, whose query may hold a secret.
const ADDRESS_FIELDS: &[&str] =
    &["referer", "location", "content-location", "refresh", "x-original-url", "x-forwarded-uri"];

/// Schemes that may be shown (IANA HTTP authentication schemes, and what is common beside them): a word that is not
/// one of them could be the secret itself.
const SCHEMES: &[&str] = &[
    "basic",
    "bearer",
    "digest",
    "negotiate",
    "ntlm",
    "dpop",
    "gnap",
    "hoba",
    "mutual",
    "oauth",
    "vapid",
    "token",
    "apikey",
    "scram-sha-1",
    "scram-sha-256",
    "aws4-hmac-sha256",
];

/// A field or query parameter with one of these words in its name is a secret.
const SECRET_WORDS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "api-key",
    "api_key",
    "apikey",
    "access-key",
    "access_key",
    "auth-key",
    "auth_key",
    "private-key",
    "private_key",
    "signature",
    "jwt",
];

/// Query parameters that are secrets by their whole name.
const SECRET_PARAMETERS: &[&str] = &[
    "assertion",
    "auth",
    "authorization",
    "code",
    "credential",
    "credentials",
    "jsessionid",
    "key",
    "otp",
    "pass",
    "phpsessid",
    "pin",
    "pw",
    "pwd",
    "samlrequest",
    "samlresponse",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "sig",
    "x-amz-credential",
];

/// Whether secrets are kept out of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Secrets {
    Hidden,
    /// The user asked for rows as sent.
    Kept,
}

impl Secrets {
    /// A field's value as it may be shown.
    pub(in crate::app) fn value<'a>(self, lower_name: &str, value: &'a str) -> Cow<'a, str> {
        match self {
            Self::Hidden => shown(lower_name, value),
            Self::Kept => Cow::Borrowed(value),
        }
    }

    /// A request target as it may be shown.
    pub(in crate::app) fn target(self, target: &str) -> Cow<'_, str> {
        match self {
            // The authority form (RFC 9112 §3.2.3).
            Self::Hidden if !target.contains(['/', '?']) => hide_login(target),
            Self::Hidden => hide_in_target(target),
            Self::Kept => Cow::Borrowed(target),
        }
    }
}

/// A field's value with what is secret about it hidden.
fn shown<'a>(lower_name: &str, value: &'a str) -> Cow<'a, str> {
    if is_ordinary(lower_name) {
        return Cow::Borrowed(value);
    }
    if lower_name == "host" {
        return hide_login(value);
    }
    if CREDENTIAL_FIELDS.contains(&lower_name) {
        return hide_credentials(value);
    }
    if SECRET_FIELDS.contains(&lower_name) || has_secret_word(lower_name) {
        return Cow::Borrowed(HIDDEN);
    }
    if ADDRESS_FIELDS.contains(&lower_name) { hide_in_target(value) } else { Cow::Borrowed(value) }
}

/// Names that most messages hold and that are no secret's: the words are not looked for in them.
fn is_ordinary(lower_name: &str) -> bool {
    matches!(
        lower_name,
        "accept"
            | "accept-encoding"
            | "accept-language"
            | "accept-ranges"
            | "cache-control"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "date"
            | "etag"
            | "keep-alive"
            | "last-modified"
            | "server"
            | "te"
            | "traceparent"
            | "transfer-encoding"
            | "user-agent"
            | "vary"
            | "via"
            | "x-forwarded-for"
            | "x-forwarded-proto"
            | "x-request-id"
    )
}

/// A request target or address with passwords and the values of secret parameters replaced, in the path
/// (`/a;jsessionid=1`), the query and the fragment (`#access_token=1`).
fn hide_in_target(target: &str) -> Cow<'_, str> {
    hide_in_address(target, is_or_holds_secret)
}

/// Replaces the values of those parameters that `is_secret` picks.
fn hide_in_address(address: &str, is_secret: fn(&str, &str) -> bool) -> Cow<'_, str> {
    let query_at = memchr2(b'?', b'#', address.as_bytes()).map_or(address.len(), |at| at + 1);
    let (before, query) = address.split_at(query_at);
    let before = hide_userinfo(before);
    let hidden_before =
        if before.contains(';') { hide_parameters(&before, &[';', '/', '?', '#'], is_secret) } else { None };
    match (before, hidden_before, hide_parameters(query, &['&', ';', '#'], is_secret)) {
        (Cow::Borrowed(_), None, None) => Cow::Borrowed(address),
        (before, hidden_before, hidden_query) => {
            let before = hidden_before.unwrap_or_else(|| before.into_owned());
            Cow::Owned(before + hidden_query.as_deref().unwrap_or(query))
        }
    }
}

/// `section` with the values of secret parameters replaced, if it has any. Parameters end at one of `separators`.
fn hide_parameters(section: &str, separators: &[char], is_secret: fn(&str, &str) -> bool) -> Option<String> {
    let mut shown: Option<String> = None;
    let mut from = 0;
    while from < section.len() {
        let end = section[from..].find(separators).map_or(section.len(), |at| from + at);
        let separator = &section[end..(end + 1).min(section.len())];
        match section[from..end].split_once('=') {
            Some((name, value)) if !value.is_empty() && is_secret(name, value) => {
                let shown = shown.get_or_insert_with(|| section[..from].to_owned());
                shown.extend([name, "=", HIDDEN, separator]);
            }
            _ => {
                if let Some(shown) = &mut shown {
                    shown.extend([&section[from..end], separator]);
                }
            }
        }
        from = end + separator.len();
    }
    shown
}

/// `Basic dXNlcjpwYXNz` becomes `Basic <hidden>`.
fn hide_credentials(value: &str) -> Cow<'_, str> {
    match value.split_once(' ') {
        Some((scheme, _)) if SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) => {
            Cow::Owned(format!("{scheme} {HIDDEN}"))
        }
        _ => Cow::Borrowed(HIDDEN),
    }
}

/// `http://user:pass@host/` becomes `http://<hidden>@host/`; so does `//user:pass@host/` (RFC 3986 §4.2).
fn hide_userinfo(address: &str) -> Cow<'_, str> {
    // Few addresses have user information.
    if memchr(b'@', address.as_bytes()).is_none() {
        return Cow::Borrowed(address);
    }
    let start = if address.starts_with("//") { Some(2) } else { address.find("://").map(|at| at + 3) };
    let Some(start) = start else { return Cow::Borrowed(address) };
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    match hide_login(&address[start..end]) {
        Cow::Owned(hidden) => Cow::Owned([&address[..start], &hidden, &address[end..]].concat()),
        Cow::Borrowed(_) => Cow::Borrowed(address),
    }
}

/// `user:pass@host` becomes `<hidden>@host`.
fn hide_login(authority: &str) -> Cow<'_, str> {
    match authority.rfind('@') {
        Some(at @ 1..) => Cow::Owned(format!("{HIDDEN}{}", &authority[at..])),
        _ => Cow::Borrowed(authority),
    }
}

/// Whether a parameter is a secret by its name, or its value an address that holds one: `next=/a?token=1`, also
/// percent-encoded. What stands in a parameter of that address is not looked into, so that the work is bounded.
fn is_or_holds_secret(name: &str, value: &str) -> bool {
    let holds_secret = || {
        let is_encoded = memchr(b'%', value.as_bytes()).is_some();
        let value = if is_encoded { Cow::Owned(percent_decoded(value)) } else { Cow::Borrowed(value) };
        matches!(hide_in_address(&value, |name, _| is_secret_parameter(name)), Cow::Owned(_))
    };
    is_secret_parameter(name) || (memchr3(b'%', b'=', b'@', value.as_bytes()).is_some() && holds_secret())
}

fn is_secret_parameter(name: &str) -> bool {
    let is_plain = !name.bytes().any(|byte| byte == b'%' || byte.is_ascii_uppercase());
    let name = if is_plain { Cow::Borrowed(name) } else { percent_decoded(name).to_ascii_lowercase().into() };
    SECRET_PARAMETERS.contains(&&*name) || has_secret_word(&name)
}

fn has_secret_word(lower_name: &str) -> bool {
    // Few names hold such a word: its first two letters are looked for before the words are compared.
    lower_name.as_bytes().windows(2).enumerate().any(|(at, start)| {
        let may_start = matches!(start, b"to" | b"se" | b"pa" | b"ap" | b"ac" | b"au" | b"pr" | b"si" | b"jw");
        may_start && SECRET_WORDS.iter().any(|word| lower_name.as_bytes()[at..].starts_with(word.as_bytes()))
    })
}

/// `%74oken` is `token` to a server.
fn percent_decoded(name: &str) -> String {
    let mut decoded = Vec::with_capacity(name.len());
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| (byte as char).to_digit(16));
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_keep_a_known_scheme_only() {
        assert_eq!(shown("authorization", "Basic dXNlcjpwYXNz"), "Basic <hidden>");
        assert_eq!(shown("proxy-authorization", "bearer abc.def.ghi"), "bearer <hidden>");
        assert_eq!(shown("authorization", "sk_live_1234"), "<hidden>");
        assert_eq!(shown("authorization", "sk_live_1234 rest"), "<hidden>");
    }

    #[test]
    fn secret_fields_are_hidden_by_name() {
        for name in
            ["cookie", "set-cookie", "x-api-key", "x-csrf-token", "client-secret", "x-user-password", "my-api-key"]
        {
            assert_eq!(shown(name, "s3cr3t"), "<hidden>", "{name}");
        }
        for name in ["host", "etag", "sec-websocket-key", "access-control-allow-credentials", "content-type", "accept"]
        {
            assert_eq!(shown(name, "open"), "open", "{name}");
        }
    }

    #[test]
    fn no_ordinary_name_is_a_secrets() {
        for name in CREDENTIAL_FIELDS.iter().chain(SECRET_FIELDS).chain(ADDRESS_FIELDS).chain(SECRET_WORDS) {
            assert!(!is_ordinary(name), "{name}");
        }
        for name in ["date", "traceparent", "x-request-id"] {
            assert!(is_ordinary(name) && !has_secret_word(name), "{name}");
        }
    }

    #[test]
    fn every_secret_word_is_found_inside_a_name() {
        for word in SECRET_WORDS {
            assert_eq!(shown(&format!("x-{word}-y"), "s3cr3t"), "<hidden>", "{word}");
        }
    }

    #[test]
    fn secret_query_values_are_hidden_and_others_kept_as_sent() {
        assert_eq!(hide_in_target("/a?q=1&token=abc&b=%20"), "/a?q=1&token=<hidden>&b=%20");
        assert_eq!(hide_in_target("/a?API_Key=x;sig=y#z"), "/a?API_Key=<hidden>;sig=<hidden>#z");
        assert_eq!(hide_in_target("/cb?code=abc"), "/cb?code=<hidden>");
        assert_eq!(hide_in_target("/a?%74oken=abc"), "/a?%74oken=<hidden>");
        assert_eq!(hide_in_target("/a?X-Amz-Signature=abc&x=1"), "/a?X-Amz-Signature=<hidden>&x=1");
        assert_eq!(hide_in_target("/a;jsessionid=1;v=2/b?c"), "/a;jsessionid=<hidden>;v=2/b?c");
        assert_eq!(hide_in_target("https://a/#access_token=abc"), "https://a/#access_token=<hidden>");
    }

    #[test]
    fn a_target_without_secrets_is_not_copied() {
        for target in ["/", "*", "/a?q=1&keyboard=2&token", "/a?token=", "/a?Content-Disposition=x;%20filename=y", ""] {
            assert!(matches!(hide_in_target(target), Cow::Borrowed(same) if same == target), "{target}");
        }
    }

    #[test]
    fn secrets_that_are_kept_stay_as_sent() {
        assert_eq!(Secrets::Kept.value("cookie", "session=1"), "session=1");
        assert_eq!(Secrets::Kept.target("/a?token=abc"), "/a?token=abc");
        assert_eq!(Secrets::Hidden.value("cookie", "session=1"), "<hidden>");
        assert_eq!(Secrets::Hidden.target("/a?token=abc"), "/a?token=<hidden>");
    }

    #[test]
    fn a_password_in_an_address_is_hidden() {
        assert_eq!(hide_in_target("http://me:pw@host:80/a?b=c"), "http://<hidden>@host:80/a?b=c");
        assert_eq!(hide_in_target("//me:pw@host/a"), "//<hidden>@host/a");
        assert_eq!(hide_in_target("/proxy/http://me:pw@host/a"), "/proxy/http://<hidden>@host/a");
        assert_eq!(shown("referer", "https://h/a?password=x"), "https://h/a?password=<hidden>");
        assert_eq!(shown("refresh", "0; url=http://me:pw@h/"), "0; url=http://<hidden>@h/");
    }

    #[test]
    fn a_password_in_an_authority_is_hidden() {
        assert_eq!(shown("host", "me:pw@host:80"), "<hidden>@host:80");
        assert_eq!(Secrets::Hidden.target("me:pw@host:443"), "<hidden>@host:443");
        assert_eq!(Secrets::Hidden.target("host:443"), "host:443");
    }

    #[test]
    fn a_secret_in_an_address_in_a_parameter_is_hidden() {
        assert_eq!(hide_in_target("/a?next=/b?token=abc&c=d"), "/a?next=<hidden>&c=d");
        assert_eq!(hide_in_target("/a?u=http%3A%2F%2Fh%2F%3Fx%3D1%26code%3Dabc"), "/a?u=<hidden>");
        assert_eq!(hide_in_target("/a?u=http%3a//me:pw%40h/"), "/a?u=<hidden>");
        for open in ["/a?next=/b?c=d", "/a?q=abc==", "/a?mail=me@host", "/a?u=http%3A%2F%2Fh%2F%3Fx%3D1", "/@scope/a"] {
            assert_eq!(hide_in_target(open), open);
        }
    }
}
