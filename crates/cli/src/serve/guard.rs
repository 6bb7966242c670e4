//! Defence against other sites in the same browser: Host and Origin must be ours, and every answer carries the strict policy.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// No remote content, no inline scripts, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The names under which this host answers.
pub(super) struct Guard {
    hosts: Vec<String>,
}

impl Guard {
    /// Accepts the address it listens on and, on loopback, its usual names.
    pub(super) fn new(address: SocketAddr) -> Self {
        let mut hosts = vec![address.to_string()];
        if address.ip().is_loopback() {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", address.port())));
        }
        Self { hosts }
    }

    /// A page of another site can make a browser send requests here (DNS rebinding, cross-site posts): its Host or Origin differs.
    fn refusal(&self, request: &Request) -> Option<&'static str> {
        let text = |name| request.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
        if !text(header::HOST).is_some_and(|host| self.hosts.iter().any(|own| own == host)) {
            return Some("unexpected Host header");
        }
        let own_origin =
            |origin: &str| origin.strip_prefix("http://").is_some_and(|host| self.hosts.iter().any(|own| own == host));
        match text(header::ORIGIN) {
            Some(origin) if !own_origin(origin) => return Some("unexpected Origin header"),
            None if request.method() == Method::POST
                && text(header::HeaderName::from_static("sec-fetch-site")).is_some_and(|s| s != "same-origin") =>
            {
                return Some("cross-site request");
            }
            _ => {}
        }
        None
    }
}

/// Refuses foreign requests; puts the policy on every answer.
pub(super) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.refusal(&request) {
        Some(reason) => (StatusCode::FORBIDDEN, format!("{reason}\n")).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}
