//! What never leaves the dissector: credentials, cookies and tokens are replaced by `<hidden>`.

use std::borrow::Cow;

use memchr::memchr2;

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
            Self::Hidden => hide_in_target(target),
            Self::Kept => Cow::Borrowed(target),
        }
    }
}

/// A field's value with what is secret about it hidden.
fn shown<'a>(lower_name: &str, value: &'a str) -> Cow<'a, str> {
    if CREDENTIAL_FIELDS.contains(&lower_name) {
        return hide_credentials(value);
    }
    if SECRET_FIELDS.contains(&lower_name) || has_secret_word(lower_name) {
        return Cow::Borrowed(HIDDEN);
    }
    if ADDRESS_FIELDS.contains(&lower_name) { hide_in_target(value) } else { Cow::Borrowed(value) }
}

/// A request target or address with passwords and the values of secret parameters replaced, in the path
/// (`/a;jsessionid=1`), the query and the fragment (`#access_token=1`).
fn hide_in_target(target: &str) -> Cow<'_, str> {
    let query_at = memchr2(b'?', b'#', target.as_bytes()).map_or(target.len(), |at| at + 1);
    let (before, query) = target.split_at(query_at);
    // Only the absolute form has user information.
    let before = if before.starts_with('/') { Cow::Borrowed(before) } else { hide_userinfo(before) };
    let hidden_before = if before.contains(';') { hide_parameters(&before, &[';', '/', '?', '#']) } else { None };
    match (before, hidden_before, hide_parameters(query, &['&', ';', '#'])) {
        (Cow::Borrowed(_), None, None) => Cow::Borrowed(target),
        (before, hidden_before, hidden_query) => {
            let before = hidden_before.unwrap_or_else(|| before.into_owned());
            Cow::Owned(before + hidden_query.as_deref().unwrap_or(query))
        }
    }
}

/// `section` with the values of secret parameters replaced, if it has any. Parameters end at one of `separators`.
fn hide_parameters(section: &str, separators: &[char]) -> Option<String> {
    let mut shown: Option<String> = None;
    let mut from = 0;
    while from < section.len() {
        let end = section[from..].find(separators).map_or(section.len(), |at| from + at);
        let separator = &section[end..(end + 1).min(section.len())];
        match section[from..end].split_once('=') {
            Some((name, value)) if !value.is_empty() && is_secret_parameter(name) => {
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

/// `http://user:pass@host/` becomes `http://<hidden>@host/`.
fn hide_userinfo(address: &str) -> Cow<'_, str> {
    let Some(scheme_end) = address.find("://").map(|at| at + 3) else {
        return Cow::Borrowed(address);
    };
    let authority_end = address[scheme_end..].find('/').map_or(address.len(), |at| scheme_end + at);
    match address[scheme_end..authority_end].rfind('@') {
        Some(at) => Cow::Owned(format!("{}{HIDDEN}{}", &address[..scheme_end], &address[scheme_end + at..])),
        None => Cow::Borrowed(address),
    }
}

fn is_secret_parameter(name: &str) -> bool {
    let name = if name.contains('%') { percent_decoded(name) } else { name.to_owned() }.to_ascii_lowercase();
    SECRET_PARAMETERS.contains(&name.as_str()) || has_secret_word(&name)
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
        assert_eq!(shown("referer", "https://h/a?password=x"), "https://h/a?password=<hidden>");
    }
}
