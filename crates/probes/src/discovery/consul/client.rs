//! One question to Consul.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{StatusCode, Url, redirect::Policy};
use serde::de::DeserializeOwned;

use crate::discovery::config;

/// Largest answer that is read: the checks of some ten thousand instances.
const MOST_BYTES: usize = 64 << 20;
/// How long a question may take beside the time that Consul may hold it.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// A held question on a connection that is silently gone ends after some of these.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Of what Consul says about an error, so much is told.
const SAID_CHARS: usize = 160;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskError {
    #[error("Consul at {address} cannot be reached: {reason}")]
    Unreachable { address: Arc<str>, reason: String },
    #[error("the ACL token cannot be read: {reason}")]
    TokenFile { reason: String },
    #[error("Consul refuses the ACL token (403): {said}")]
    Token { said: String },
    #[error("Consul knows no {path} (404): {said}")]
    NotFound { path: String, said: String },
    #[error("Consul asks for fewer questions (429): {said}")]
    TooMany { said: String },
    #[error("Consul has trouble ({status}): {said}")]
    Trouble { status: u16, said: String },
    #[error("Consul's answer to {path} is longer than 64 MiB")]
    TooLong { path: String },
    #[error("Consul's answer to {path} cannot be read: {reason}")]
    Malformed { path: String, reason: String },
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) content: T,
    /// `X-Consul-Index`; `None` where it is missing or no number.
    pub(super) index: Option<u64>,
    /// Consul left out what the token may not see.
    pub(super) is_filtered: bool,
}

/// Who asks.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    address: Arc<str>,
    config: Arc<config::Consul>,
    token: Arc<Mutex<Option<String>>>,
}

impl Client {
    /// Prepares asking.
    ///
    /// # Errors
    /// A sentence without its period when an authority's file or the address cannot be read.
    pub(super) fn new(config: &config::Consul) -> Result<Self, String> {
        let base = Url::parse(&config.address).map_err(|error| format!("{}: {error}", config.address))?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(config)?)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_PATIENCE)
            .tcp_keepalive(KEEP_ALIVE)
            .no_proxy()
            .user_agent(concat!("wirereel/", env!("CARGO_PKG_VERSION")));
        let http = builder.build().map_err(|error| error.to_string())?;
        Ok(Self {
            http,
            base,
            address: config.address.as_str().into(),
            config: Arc::new(config.clone()),
            token: Arc::new(Mutex::new(config.token.clone())),
        })
    }

    /// Asks; with an index above 0 Consul may hold the question for so long until something changes.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &[&str],
        tags: &[String],
        held: Option<(u64, Duration)>,
    ) -> Result<Answer<T>, AskError> {
        let url = self.url(path, tags, held);
        let shown = || format!("/{}", path.join("/"));
        // A sixteenth is what Consul adds to the time at random (api-docs/features/blocking).
        let patience = held.map_or(PATIENCE, |(_, wait)| wait + wait / 16 + PATIENCE);
        let mut request = self.http.get(url).timeout(patience);
        if let Some(token) = self.shown()? {
            request = request.header("X-Consul-Token", token);
        }
        let mut response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let index = header("X-Consul-Index").and_then(|text| text.parse().ok());
        let is_filtered = header("X-Consul-Results-Filtered-By-ACLs") == Some("true");
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(AskError::TooLong { path: shown() });
            }
            body.extend_from_slice(&chunk);
        }
        if status != StatusCode::OK {
            return Err(self.refused(status, shown(), &body));
        }
        match serde_json::from_slice(&body) {
            Ok(content) => Ok(Answer { content, index, is_filtered }),
            Err(error) => Err(AskError::Malformed { path: shown(), reason: error.to_string() }),
        }
    }

    fn url(&self, path: &[&str], tags: &[String], held: Option<(u64, Duration)>) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        let config = &self.config;
        let mut query = url.query_pairs_mut();
        for (key, value) in [("dc", &config.datacenter), ("ns", &config.namespace), ("partition", &config.partition)] {
            if let Some(value) = value {
                query.append_pair(key, value);
            }
        }
        for tag in tags {
            query.append_pair("tag", tag);
        }
        if config.allow_stale {
            query.append_key_only("stale");
        }
        if let Some((index, wait)) = held {
            query.append_pair("index", &index.to_string()).append_pair("wait", &format!("{}ms", wait.as_millis()));
        }
        drop(query);
        if url.query() == Some("") {
            url.set_query(None);
        }
        url
    }

    fn token(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that is shown; one in a file is read when it is needed first, and when it was refused.
    fn shown(&self) -> Result<Option<String>, AskError> {
        let mut token = self.token();
        if let (None, Some(path)) = (&*token, &self.config.token_file) {
            let text = std::fs::read_to_string(path);
            let wrong = |reason: &dyn std::fmt::Display| AskError::TokenFile {
                reason: format!("{}: {reason}", path.display()),
            };
            let text = text.map_err(|error| wrong(&error))?.trim().to_owned();
            if text.is_empty() {
                return Err(wrong(&"it is empty"));
            }
            *token = Some(text);
        }
        Ok(token.clone())
    }

    fn refused(&self, status: StatusCode, path: String, body: &[u8]) -> AskError {
        let said = String::from_utf8_lossy(body.get(..4 * SAID_CHARS).unwrap_or(body));
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAID_CHARS).collect();
        match status {
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                // It may have been replaced meanwhile.
                if self.config.token_file.is_some() {
                    *self.token() = None;
                }
                AskError::Token { said }
            }
            StatusCode::NOT_FOUND => AskError::NotFound { path, said },
            StatusCode::TOO_MANY_REQUESTS => AskError::TooMany { said },
            _ => AskError::Trouble { status: status.as_u16(), said },
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> AskError {
        // The innermost reason is what helps; the rest repeats the URL.
        let mut innermost: &dyn std::error::Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let reason = if error.is_timeout() { "no answer in time".to_owned() } else { innermost.to_string() };
        AskError::Unreachable { address: Arc::clone(&self.address), reason }
    }
}

fn tls(config: &config::Consul) -> Result<tokio_rustls::rustls::ClientConfig, String> {
    use tokio_rustls::rustls::{
        self,
        pki_types::{CertificateDer, pem::PemObject},
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &config.ca_file {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
            roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(versions.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}
