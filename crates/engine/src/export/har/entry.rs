//! One exchange in the words of HAR 1.2.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use wirereel_query::answer::Header;
use wirereel_store::StoredExchange;

use super::bodies::ArchivedBody;
use crate::instant;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    started_date_time: String,
    /// Milliseconds, as all of the format's times.
    time: f64,
    request: Request<'a>,
    response: Response<'a>,
    cache: Nothing,
    timings: Timings,
    #[serde(rename = "serverIPAddress")]
    server_ip_address: &'a str,
    connection: String,
    #[serde(rename = "_exchangeId")]
    exchange_id: u64,
    #[serde(rename = "_clientService")]
    client_service: &'a str,
    #[serde(rename = "_serverService")]
    server_service: &'a str,
    #[serde(rename = "_clientAddress")]
    client_address: String,
    #[serde(rename = "_serverPort")]
    server_port: u16,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(rename = "_traceId", skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    /// Empty when only the response was captured.
    method: &'a str,
    url: String,
    http_version: &'static str,
    /// Values of cookies are hidden, so there is nothing to list.
    cookies: [(); 0],
    headers: &'a [Header],
    query_string: Vec<Header>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    /// -1 is *not known* in this format.
    headers_size: i64,
    body_size: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    mime_type: String,
    params: [(); 0],
    text: String,
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    /// 0 without a response, as browsers write it.
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [(); 0],
    headers: &'a [Header],
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: &'a str,
    headers_size: i64,
    body_size: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    /// Decoded where the body is there, else as sent.
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<i64>,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

impl<'a> Entry<'a> {
    pub(super) fn of(exchange: &'a StoredExchange, request: ArchivedBody, response: ArchivedBody) -> Self {
        let (detail, row) = (&exchange.detail, &exchange.detail.row);
        let version = match row.protocol.as_str() {
            "http/1.0" => "HTTP/1.0",
            "h2" | "grpc" => "HTTP/2",
            _ => "HTTP/1.1",
        };
        let target = row.target.as_deref().unwrap_or_default();
        let elapsed_us = detail.finished_us.saturating_sub(row.started_us).max(0);
        let wait_us = row.ttfb_us.map_or(elapsed_us, |us| i64::try_from(us).unwrap_or(elapsed_us)).min(elapsed_us);
        // Sending overlaps with waiting on the wire; what a browser calls wait begins with the first byte sent here.
        let timings = Timings { send: 0.0, wait: wait_us as f64 / 1e3, receive: (elapsed_us - wait_us) as f64 / 1e3 };
        Self {
            started_date_time: instant::with_millis(row.started_us),
            time: elapsed_us as f64 / 1e3,
            request: Request {
                method: row.method.as_deref().unwrap_or_default(),
                url: url(&exchange.scheme, row.host.as_deref(), &row.server_ip, row.server_port, target),
                http_version: version,
                cookies: [],
                query_string: query_of(target),
                post_data: post_data(request),
                headers: &detail.request_headers,
                headers_size: -1,
                body_size: row.request_body_bytes,
            },
            response: Response {
                status: row.status.unwrap_or_default(),
                status_text: "",
                http_version: version,
                cookies: [],
                content: content(response, row.response_body_bytes, row.content_type.as_deref()),
                redirect_url: header(&detail.response_headers, "location"),
                headers: &detail.response_headers,
                headers_size: -1,
                body_size: row.response_body_bytes,
            },
            cache: Nothing {},
            timings,
            server_ip_address: &row.server_ip,
            connection: row.flow_id.to_string(),
            exchange_id: row.exchange_id,
            client_service: &row.client_service,
            server_service: &row.server_service,
            client_address: end(&row.client_ip, row.client_port),
            server_port: row.server_port,
            error: row.error.as_deref(),
            trace_id: row.trace_id.as_deref(),
        }
    }
}

fn header<'a>(headers: &'a [Header], name: &str) -> &'a str {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map_or("", |header| &header.value)
}

fn end(ip: &str, port: u16) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

/// An absolute target is the URL; else the host, or the server's address where none was named, stands before it.
fn url(scheme: &str, host: Option<&str>, ip: &str, port: u16, target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let host = host.filter(|host| !host.is_empty()).map_or_else(|| end(ip, port), str::to_owned);
    let slash = if target.is_empty() || target.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{host}{slash}{target}")
}

/// Names and values of the target's query, percent-encoding undone.
fn query_of(target: &str) -> Vec<Header> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Header { name: decoded(name), value: decoded(value) }
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        rest = match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                &after[2..]
            }
            _ => {
                bytes.push(if first == b'+' { b' ' } else { first });
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text as it is, else base64.
fn text_of(bytes: Vec<u8>) -> (String, Option<&'static str>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(other) => (BASE64_STANDARD.encode(other.as_bytes()), Some("base64")),
    }
}

fn post_data(body: ArchivedBody) -> Option<PostData> {
    if body.bytes.is_none() && body.comment.is_none() {
        return None;
    }
    let (text, encoding) = text_of(body.bytes.unwrap_or_default());
    let mime_type = body.content_type.unwrap_or_default();
    Some(PostData { mime_type, params: [], text, encoding, comment: body.comment })
}

fn content(body: ArchivedBody, sent_bytes: u64, content_type: Option<&str>) -> Content {
    let size = body.bytes.as_ref().map(|bytes| bytes.len() as u64);
    let (text, encoding) = body.bytes.map(text_of).map_or((None, None), |(text, encoding)| (Some(text), encoding));
    Content {
        size: size.unwrap_or(sent_bytes),
        compression: size.map(|size| size as i64 - sent_bytes as i64).filter(|saved| *saved > 0),
        mime_type: content_type.unwrap_or("x-unknown").to_owned(),
        text,
        encoding,
        comment: body.comment,
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, query_of, url};

    #[test]
    fn a_url_is_whole_whatever_the_target_looks_like() {
        assert_eq!(url("http", Some("shop:81"), "10.0.0.1", 81, "/a?b"), "http://shop:81/a?b");
        assert_eq!(url("http", None, "::1", 80, "*"), "http://[::1]:80/*");
        assert_eq!(url("http", Some("proxy"), "10.0.0.1", 80, "http://shop/a"), "http://shop/a");
    }

    #[test]
    fn a_query_is_told_as_names_and_values() {
        let pairs: Vec<_> =
            query_of("/a?q=red+shoes&x=%C3%BC%zz&flag").into_iter().map(|p| (p.name, p.value)).collect();
        let expected = [("q", "red shoes"), ("x", "ü%zz"), ("flag", "")];
        assert!(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).eq(expected), "{pairs:?}");
        assert!(query_of("/a").is_empty());
        assert_eq!(decoded("%4"), "%4");
    }
}
