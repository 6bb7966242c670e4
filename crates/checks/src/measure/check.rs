//! A website made ready to be checked: everything that can be worked out once is.

use std::{
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::Engine as _;
use bytes::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use regex::bytes::{Regex, RegexBuilder};
use serde_json_path::JsonPath;
use tokio_rustls::rustls::{
    client::danger::ServerCertVerifier,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use url::{Host, Url};

use super::{Checker, http::Kept, proxy::Proxy, tls};
use crate::config::{self, Endpoint, Method, Problem, REGEX_BYTES, Target, Website};

const AGENT: &str = concat!("Wirereel/", env!("CARGO_PKG_VERSION"), " (website check)");

/// A website that can be checked. Made by [`Checker::prepare`].
pub struct Check {
    pub(crate) website: Website,
    pub(crate) target: Target,
    pub(crate) method: hyper::Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) regex: Option<Regex>,
    pub(crate) json: Vec<JsonPath>,
    pub(crate) resolver: Option<SocketAddr>,
    pub(crate) proxy: Option<Proxy>,
    /// Its own authorities, or those of the system.
    pub(crate) verifier: Option<Arc<dyn ServerCertVerifier>>,
    pub(crate) server_name: Option<ServerName<'static>>,
    /// The connection of the check before, where it is kept.
    pub(crate) kept: Mutex<Option<Kept>>,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").field("website", &self.website).finish_non_exhaustive()
    }
}

impl Check {
    /// What it was made of.
    pub fn website(&self) -> &Website {
        &self.website
    }

    /// Whether the host is this very machine, so that no network is needed.
    pub fn is_local(&self) -> bool {
        match self.target.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }
}

impl Checker {
    /// Makes a website ready to be checked. Reads its file of authorities, if it names one.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn prepare(&self, website: &Website) -> Result<Check, Vec<Problem>> {
        let mut problems = website.problems();
        let authorities = match &website.tls.ca_file {
            None => None,
            Some(path) => match fs::read(path).map_err(|error| error.to_string()).and_then(|pem| authorities(&pem)) {
                Ok(authorities) => Some(authorities),
                Err(error) => {
                    let allowed = format!("a PEM file with certificates ({error})");
                    problems.push(Problem::new("tls.ca_file", &format!("{:?}", path.display().to_string()), allowed));
                    None
                }
            },
        };
        let target = match Target::parse(&website.url) {
            Ok(target) if problems.is_empty() => target,
            _ => return Err(problems),
        };
        let verifier = match (website.tls.verify, authorities) {
            (false, _) | (true, None) => None,
            (true, Some(own)) => self.trust().verifier_with(own),
        };
        let mut website = website.clone();
        let body = Bytes::from(website.body.take().unwrap_or_default());
        let regex = website.expect.body_matches.as_deref();
        Ok(Check {
            method: method(website.method),
            headers: headers(&website, &target, !body.is_empty()),
            body,
            regex: regex.and_then(|pattern| RegexBuilder::new(pattern).size_limit(REGEX_BYTES).build().ok()),
            json: website.expect.json.iter().filter_map(|json| JsonPath::parse(&json.path).ok()).collect(),
            resolver: website.resolver.as_deref().and_then(config::resolver),
            proxy: website.proxy.as_deref().and_then(config::proxy).and_then(|url| Proxy::of(&url)),
            verifier,
            server_name: website.tls.server_name.clone().and_then(|name| ServerName::try_from(name).ok()),
            kept: Mutex::new(None),
            target,
            website,
        })
    }
}

fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(read) if !read.is_empty() && read.iter().all(tls::is_authority) => Ok(read),
        Ok(read) if read.is_empty() => Err("there is none in it".to_owned()),
        Ok(_) => Err("one of them cannot be read".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn method(method: Method) -> hyper::Method {
    match method {
        Method::Get => hyper::Method::GET,
        Method::Head => hyper::Method::HEAD,
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Patch => hyper::Method::PATCH,
        Method::Delete => hyper::Method::DELETE,
        Method::Options => hyper::Method::OPTIONS,
    }
}

/// All headers of a request but `host`, which each hop has its own of.
fn headers(website: &Website, target: &Target, has_body: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Target::Http(url) = target else { return headers };
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if !website.keep_alive {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(login) = login(url) {
        headers.insert(AUTHORIZATION, login);
    }
    for (name, value) in &website.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    if has_body && !headers.contains_key(CONTENT_TYPE) {
        let json = website.body.as_deref().is_some_and(|body| body.trim_start().starts_with(['{', '[']));
        let kind = if json { "application/json" } else { "text/plain; charset=utf-8" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    headers
}

/// The Basic login (RFC 7617) that a URL carries.
pub(crate) fn login(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
    HeaderValue::from_str(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))).ok()
}

/// A part of a URL without its percent encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where a URL of http or https is served.
pub(crate) fn endpoint_of(url: &Url) -> Option<Endpoint> {
    Some(Endpoint { host: url.host()?.to_owned(), port: url.port_or_known_default()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_the_url_is_sent_decoded() {
        let url = Url::parse("http://us%65r:p%40ss%@h/").expect("a URL");
        let header = login(&url).expect("a login");
        let text = base64::engine::general_purpose::STANDARD.encode("user:p@ss%");
        assert_eq!(header.to_str().expect("text"), format!("Basic {text}"));
        assert_eq!(login(&Url::parse("http://h/").expect("a URL")), None);
    }
}
