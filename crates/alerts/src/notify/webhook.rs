//! A POST with JSON, over http or https.

use std::sync::{Arc, OnceLock};

use reqwest::{
    Client, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};

use super::{Attempt, Channel, SendFailure, Sender, Sending};

/// How much of a refusal is told.
const TOLD_BYTES: usize = 300;

/// Calls webhooks. Redirects are not followed: a webhook that moved is to be told its new address by its owner.
#[derive(Debug, Default)]
pub struct WebhookSender {
    client: OnceLock<Result<Client, String>>,
}

impl WebhookSender {
    /// One that trusts the certificates that the system trusts. They are read when the first webhook is called.
    pub fn new() -> Self {
        Self::default()
    }

    fn client(&self) -> Result<&Client, SendFailure> {
        let client = self.client.get_or_init(build);
        client.as_ref().map_err(|message| SendFailure::passing(message.clone()))
    }
}

fn build() -> Result<Client, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = versions.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .user_agent(concat!("wirereel/", env!("CARGO_PKG_VERSION")))
        .build();
    client.map_err(|error| error.to_string())
}

impl Sender for WebhookSender {
    fn send<'a>(&'a self, attempt: &'a Attempt) -> Sending<'a> {
        Box::pin(async move {
            let timeout = attempt.target.timeout;
            match tokio::time::timeout(timeout.as_duration(), self.post(attempt)).await {
                Ok(result) => result,
                Err(_) => Err(SendFailure::passing(format!("no answer within {timeout}"))),
            }
        })
    }
}

impl WebhookSender {
    async fn post(&self, attempt: &Attempt) -> Result<(), SendFailure> {
        let Channel::Webhook { url, headers, .. } = &attempt.target.to else {
            return Err(SendFailure::lasting("not a webhook"));
        };
        let body = attempt.notice.body(&attempt.target.to).to_string();
        let mut request = self.client()?.post(url).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| SendFailure::lasting("a header's name is wrong"))?;
            let mut value =
                HeaderValue::from_str(value).map_err(|_| SendFailure::lasting("a header's value is wrong"))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        // The address is often a secret: errors are told without it.
        let response = request.send().await.map_err(|error| SendFailure::passing(causes(&error.without_url())))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let retry_after_ns =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
        let retry_after_ns = retry_after_ns.map(|seconds| seconds.saturating_mul(1_000_000_000));
        let said = beginning(response).await;
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        Err(SendFailure { message: format!("answered {status}{said}"), is_final: !is_passing(status), retry_after_ns })
    }
}

/// An error with what caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Whether the same request may be answered differently later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
}

/// The beginning of an answer, as text.
async fn beginning(mut response: reqwest::Response) -> String {
    let mut said = Vec::new();
    while said.len() < TOLD_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        said.extend_from_slice(&chunk[..chunk.len().min(TOLD_BYTES - said.len())]);
    }
    String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
