//! What is planted: one secret for each place that may hold one.

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};

/// Something that is no secret: it must be found wherever rows are, or the search finds nothing at all.
pub(crate) const PLAIN: &str = "plainly-visible-agent";

pub(crate) const BASIC: &str = "Pa55-basic-9d1f";
pub(crate) const PROXY: &str = "Pa55-proxy-77ab";
pub(crate) const BEARER: &str = "bearer-opaque-1c2d3e4f";
pub(crate) const JWT: &str = "jwt-signature-5f6e7d";
pub(crate) const COOKIE: &str = "cookie-session-a1b2c3";
pub(crate) const SECOND_COOKIE: &str = "cookie-second-d4e5f6";
pub(crate) const SET_COOKIE: &str = "set-cookie-0f1e2d3c";
pub(crate) const API_KEY: &str = "api-key-header-9a8b7c";
pub(crate) const AUTH_TOKEN: &str = "auth-token-header-6d5c";
pub(crate) const CSRF_TOKEN: &str = "csrf-token-header-3e2f";
pub(crate) const QUERY_TOKEN: &str = "query-token-value-8c7d";
pub(crate) const QUERY_PASSWORD: &str = "query-password-6b5a4f";
pub(crate) const QUERY_API_KEY: &str = "query-api-key-2a3b4c5d";
pub(crate) const NESTED_TOKEN: &str = "nested-token-4d3c2b1a";
pub(crate) const REFERER_TOKEN: &str = "referer-token-5c4b3a29";
pub(crate) const LOCATION_CODE: &str = "location-code-7e8f9a0b";
pub(crate) const USERINFO: &str = "userinfo-pa55-1f2e3d4c";
pub(crate) const AUTHORITY: &str = "authority-pa55-6a7b8c9d";

/// Every secret. Long enough that none of them occurs by chance.
pub(crate) const SECRETS: [&str; 18] = [
    BASIC,
    PROXY,
    BEARER,
    JWT,
    COOKIE,
    SECOND_COOKIE,
    SET_COOKIE,
    API_KEY,
    AUTH_TOKEN,
    CSRF_TOKEN,
    QUERY_TOKEN,
    QUERY_PASSWORD,
    QUERY_API_KEY,
    NESTED_TOKEN,
    REFERER_TOKEN,
    LOCATION_CODE,
    USERINFO,
    AUTHORITY,
];

/// Fields that both versions of HTTP send. HTTP/2 wants names in lower case, HTTP/1 does not care.
pub(crate) type Fields = Vec<(&'static str, String)>;

/// Path and query of a request.
pub(crate) fn target() -> String {
    format!(
        "/login?token={QUERY_TOKEN}&q=shoes&password={QUERY_PASSWORD}&api_key={QUERY_API_KEY}\
         &next=/cart?token={NESTED_TOKEN}&back=http%3A%2F%2Fshop%2F%3Ftoken%3D{NESTED_TOKEN}"
    )
}

/// A host with a login in front, which no client should send.
pub(crate) fn authority() -> String {
    format!("root:{AUTHORITY}@shop")
}

pub(crate) fn of_request() -> Fields {
    let part = |claims: &str| BASE64_URL_SAFE_NO_PAD.encode(claims);
    let jwt = format!("{}.{}.{JWT}", part(r#"{"alg":"HS256"}"#), part(r#"{"sub":"anna"}"#));
    vec![
        ("user-agent", PLAIN.to_owned()),
        ("authorization", format!("Basic {}", login("root", BASIC))),
        ("authorization", format!("Bearer {BEARER}")),
        ("authorization", format!("Bearer {jwt}")),
        ("proxy-authorization", format!("Basic {}", login("proxy", PROXY))),
        ("cookie", format!("session={COOKIE}; second={SECOND_COOKIE}")),
        ("x-api-key", API_KEY.to_owned()),
        ("x-auth-token", AUTH_TOKEN.to_owned()),
        ("x-csrf-token", CSRF_TOKEN.to_owned()),
        ("referer", format!("http://root:{USERINFO}@shop/from?token={REFERER_TOKEN}")),
    ]
}

pub(crate) fn of_response() -> Fields {
    vec![
        ("set-cookie", format!("sid={SET_COOKIE}; HttpOnly")),
        ("location", format!("//root:{USERINFO}@shop/after?code={LOCATION_CODE}")),
    ]
}

fn login(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

/// What must not be found: the secrets, and the coded forms in which they were sent.
pub(crate) fn forbidden() -> Vec<String> {
    let coded = [login("root", BASIC), login("proxy", PROXY)];
    SECRETS.map(str::to_owned).into_iter().chain(coded).collect()
}

/// The secrets that stand in a capture, as they are or coded.
pub(crate) fn standing_in(capture: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(capture);
    let coded = |secret| match secret {
        BASIC => login("root", BASIC),
        PROXY => login("proxy", PROXY),
        secret => secret.to_owned(),
    };
    SECRETS.into_iter().filter(|secret| text.contains(&coded(secret))).collect()
}
