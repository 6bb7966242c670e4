//! The requests of an HTTP check: the first one and those that redirects ask for (RFC 9110 §15.4).

use std::sync::PoisonError;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE, HOST, HeaderValue, LOCATION, PROXY_AUTHORIZATION},
};
use url::{Position, Url};
use wirereel_dial::quoted;

use super::{
    Checker, Failure,
    check::{Check, endpoint_of},
    dial::Layer,
    http::{Answer, BodyUse, Kept, exchange_http2},
    trace::Trace,
};
use crate::config::HttpVersion;

/// What is asked of one URL.
struct Asked {
    url: Url,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Checker {
    /// Asks, follows redirects, and returns the last answer.
    pub(crate) async fn request(&self, check: &Check, url: &Url, trace: &mut Trace) -> Result<Answer, Failure> {
        let mut asked =
            Asked { url: url.clone(), method: check.method(), headers: check.headers(), body: check.body.clone() };
        let limit = check.website.redirects;
        let mut followed = 0;
        loop {
            let answer = self.ask(check, &asked, trace).await?;
            let Some(next) = redirect(&asked, &answer).filter(|_| limit > 0) else { return Ok(answer) };
            if followed == limit {
                return Err(Failure::TooManyRedirects { limit });
            }
            followed += 1;
            let next = next?;
            trace.next_hop(String::from(std::mem::replace(&mut asked.url, next.url.clone())), next.url.to_string());
            asked = next;
        }
    }

    async fn ask(&self, check: &Check, asked: &Asked, trace: &mut Trace) -> Result<Answer, Failure> {
        let to = endpoint_of(&asked.url).ok_or_else(|| bad_redirect(asked.url.as_str()))?;
        let body = BodyUse {
            limit_bytes: u64::from(check.website.body_limit_kib) << 10,
            kept: check.website.expect.reads_body(),
        };
        if let Some(mut kept) = kept(check, asked)
            && kept.is_ready().await
        {
            trace.known.reused_connection = true;
            match kept.exchange(self.http1_request(check, asked)?, &to.host, body, trace).await {
                Ok(answer) => {
                    keep(check, asked, kept, &answer, trace);
                    return Ok(answer);
                }
                // The server may close a connection that rests at the moment at which it is used again (RFC 9112 §9.3.1).
                Err(Failure::Closed { .. } | Failure::Reset { .. }) if trace.known.status.is_none() => {
                    trace.begin_again();
                    trace.known.reused_connection = false;
                }
                Err(failure) => return Err(failure),
            }
        }
        let version = check.website.http_version;
        let layer = match (asked.url.scheme(), version) {
            ("https", HttpVersion::Auto) => {
                Layer::Tls(if check.website.keep_alive { &[b"http/1.1"] } else { &[b"h2", b"http/1.1"] })
            }
            ("https", HttpVersion::Http1) => Layer::Tls(&[b"http/1.1"]),
            ("https", HttpVersion::Http2) => Layer::Tls(&[b"h2"]),
            (_, HttpVersion::Http2) => Layer::Tcp,
            _ => Layer::Forwarded,
        };
        let stream = self.dial(check, &to, layer, trace).await?;
        let speaks_http2 = match layer {
            Layer::Tls(_) => stream.agreed_on_http2(),
            Layer::Tcp | Layer::Forwarded => version == HttpVersion::Http2,
        };
        if version == HttpVersion::Http2 && !speaks_http2 {
            return Err(Failure::Protocol { reason: "the server does not offer HTTP/2".into() });
        }
        if speaks_http2 {
            return exchange_http2(stream, http2_request(asked)?, &to.host, body, trace).await;
        }
        let mut connection = Kept::begin(stream, trace).await?;
        let answer = connection.exchange(self.http1_request(check, asked)?, &to.host, body, trace).await?;
        keep(check, asked, connection, &answer, trace);
        Ok(answer)
    }

    fn http1_request(&self, check: &Check, asked: &Asked) -> Result<Request<Full<Bytes>>, Failure> {
        let proxy = check.proxy.as_ref().filter(|_| asked.url.scheme() == "http");
        // To a proxy that forwards, the whole URL is said (RFC 9112 §3.2.2), but for what is the client's alone.
        let part = match proxy {
            Some(_) => format!("http://{}", &asked.url[Position::BeforeHost..Position::AfterQuery]),
            None => asked.url[Position::BeforePath..Position::AfterQuery].to_owned(),
        };
        let mut request = whole(asked, &part)?;
        if !request.headers().contains_key(HOST)
            && let Ok(host) = HeaderValue::from_str(&asked.url[Position::BeforeHost..Position::AfterPort])
        {
            request.headers_mut().insert(HOST, host);
        }
        if let Some(login) = proxy.and_then(|proxy| proxy.login.clone()) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, login);
        }
        Ok(request)
    }
}

fn http2_request(asked: &Asked) -> Result<Request<Full<Bytes>>, Failure> {
    let (scheme, rest) = (asked.url.scheme(), &asked.url[Position::BeforeHost..Position::AfterQuery]);
    let mut request = whole(asked, &format!("{scheme}://{rest}"))?;
    // It has no meaning in HTTP/2 (RFC 9113 §8.2.2).
    request.headers_mut().remove(CONNECTION);
    Ok(request)
}

fn whole(asked: &Asked, uri: &str) -> Result<Request<Full<Bytes>>, Failure> {
    let uri: Uri = uri.parse().map_err(|_| bad_redirect(asked.url.as_str()))?;
    let mut request = Request::new(Full::new(asked.body.clone()));
    *request.method_mut() = asked.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = asked.headers.clone();
    Ok(request)
}

/// The connection of the check before, if this request goes where that one went.
fn kept(check: &Check, asked: &Asked) -> Option<Kept> {
    let first = is_first(check, asked);
    check.kept.lock().unwrap_or_else(PoisonError::into_inner).take().filter(|_| first)
}

/// Keeps a connection whose answer was read to its end.
fn keep(check: &Check, asked: &Asked, connection: Kept, answer: &Answer, trace: &Trace) {
    let closes = answer.headers.get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    if check.website.keep_alive && is_first(check, asked) && !closes && !trace.known.body_cut {
        *check.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}

fn is_first(check: &Check, asked: &Asked) -> bool {
    matches!(&check.target, crate::config::Target::Http(url) if *url == asked.url)
}

/// What an answer redirects to; `None` when it does not.
fn redirect(asked: &Asked, answer: &Answer) -> Option<Result<Asked, Failure>> {
    let repeats = match answer.status {
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => asked.method != Method::POST,
        StatusCode::SEE_OTHER => asked.method == Method::HEAD,
        _ => return None,
    };
    let location = answer.headers.get(LOCATION)?;
    let text = String::from_utf8_lossy(location.as_bytes());
    let url = match asked.url.join(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        _ => return Some(Err(bad_redirect(&text))),
    };
    let mut headers = asked.headers.clone();
    // What is meant for one host is not shown to another.
    if url.origin() != asked.url.origin() {
        for secret in [AUTHORIZATION, COOKIE, HOST] {
            headers.remove(secret);
        }
    }
    let (method, body) = if repeats {
        (asked.method.clone(), asked.body.clone())
    } else {
        headers.remove(CONTENT_TYPE);
        (Method::GET, Bytes::new())
    };
    Some(Ok(Asked { url, method, headers, body }))
}

fn bad_redirect(location: &str) -> Failure {
    Failure::BadRedirect { location: quoted(location) }
}
