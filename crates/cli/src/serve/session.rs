//! Who may ask: the URL's token is good once and buys a session cookie.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

const COOKIE: &str = "wirereel_session";

/// Secrets of this run: 256 bits each, never written anywhere but to the URL and the cookie.
pub(super) struct Sessions {
    token: String,
    token_used: Mutex<bool>,
    session: String,
}

impl Sessions {
    /// Draws new secrets.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self { token: secret()?, token_used: Mutex::new(false), session: secret()? })
    }

    /// The token for the URL.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Takes the token; true only the first time.
    fn redeem(&self, offered: &str) -> bool {
        let matches: bool = offered.as_bytes().ct_eq(self.token.as_bytes()).into();
        let mut used = self.token_used.lock().unwrap_or_else(PoisonError::into_inner);
        matches && !std::mem::replace(&mut *used, true)
    }

    fn holds_cookie(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == COOKIE && bool::from(value.as_bytes().ct_eq(self.session.as_bytes())))
    }
}

fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Lets requests with the session cookie pass; trades the token for the cookie; refuses everything else.
pub(super) async fn require(State(sessions): State<Arc<Sessions>>, request: Request, next: Next) -> Response {
    if sessions.holds_cookie(request.headers()) {
        return next.run(request).await;
    }
    let offered = request.uri().query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("token="));
    if request.uri().path() == "/" && offered.is_some_and(|token| sessions.redeem(token)) {
        // The token leaves the address bar and the history with this redirect. The cookie is for this page only.
        let cookie = format!("{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/", sessions.session);
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        return response;
    }
    let text = match offered {
        Some(_) => {
            "This link was used already, or belongs to an earlier start. Start `wirereel serve` again and open the URL that it prints.\n"
        }
        None => "Open the URL that `wirereel serve` printed: it carries the token that lets you in.\n",
    };
    (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from(text)).into_response()
}
