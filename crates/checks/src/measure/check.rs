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
    pki_types::{CertificateDer, pem::PemObject},
};
use url::{Host, Url};

use super::{Checker, http::Kept, proxy::Proxy, tls};
use crate::config::{self, Endpoint, Method, Problem, REGEX_BYTES, Target, Website};

const AGENT: &str = concat!("Wirereel/", env!("CARGO_PKG_VERSION"), " (website check)");

/// A website that can be checked. Made by [`Checker::prepare`].
pub struct Check {
    pub(crate) website: Website,
    pub(crate) target: Target,
    pub(crate) body: Bytes,
    pub(crate) regex: Option<Regex>,
    pub(crate) json: Vec<JsonPath>,
    pub(crate) resolver: Option<SocketAddr>,
    pub(crate) proxy: Option<Box<Proxy>>,
    /// Its own authorities, or those of the system.
    pub(crate) verifier: Option<Arc<dyn ServerCertVerifier>>,
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

    /// Whether what is connected to is this very machine, so that no network is needed.
    pub fn is_local(&self) -> bool {
        let host = self.proxy.as_ref().map_or_else(|| self.target.host(), |proxy| Some(proxy.at.host.clone()));
        match host {
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
                    problems.push(Problem::new("tls.ca_file", format!("{:?}", path.display().to_string()), allowed));
                    None
                }
            },
        };
        let target = match Target::parse(&website.url) {
            Ok(target) if problems.is_empty() => target,
            _ => return Err(problems),
        };
        let verifier = match (website.tls.verify, authorities) {
            (true, None) if target.is_tls() => {
                // Reading the system's authorities takes a while: now, and not in the first check.
                self.trust().warm();
                None
            }
            (false, _) | (true, None) => None,
            (true, Some(own)) => self.trust().verifier_with(own),
        };
        let website = website.clone();
        let body = website.body.clone().map(Bytes::from).unwrap_or_default();
        let regex = website.expect.body_matches.as_deref();
        Ok(Check {
            body,
            regex: regex.and_then(|pattern| RegexBuilder::new(pattern).size_limit(REGEX_BYTES).build().ok()),
            json: website.expect.json.iter().filter_map(|json| JsonPath::parse(&json.path).ok()).collect(),
            resolver: website.resolver.as_deref().and_then(config::resolver),
            proxy: website.proxy.as_deref().and_then(config::proxy).and_then(|url| Proxy::of(&url)).map(Box::new),
            verifier,
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

impl Check {
    /// The method of the first request.
    pub(crate) fn method(&self) -> hyper::Method {
        match self.website.method {
            Method::Get => hyper::Method::GET,
            Method::Head => hyper::Method::HEAD,
            Method::Post => hyper::Method::POST,
            Method::Put => hyper::Method::PUT,
            Method::Patch => hyper::Method::PATCH,
            Method::Delete => hyper::Method::DELETE,
            Method::Options => hyper::Method::OPTIONS,
        }
    }

    /// All headers of a request but `host`, which each hop has its own of. Made anew each time: kept, they would be a good part of what a
    /// website that rests takes.
    pub(crate) fn headers(&self) -> HeaderMap {
        let website = &self.website;
        let mut headers = HeaderMap::new();
        let Target::Http(url) = &self.target else { return headers };
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
        if !self.body.is_empty() && !headers.contains_key(CONTENT_TYPE) {
            let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
            let is_json = matches!(first, Some(b'{' | b'['));
            let kind = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        headers
    }
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
