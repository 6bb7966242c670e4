//! What one exchange becomes: its columns, its secrets, its body.

use std::sync::Arc;

use super::{Step, gist, play, play_with};
use crate::app::FlowContext;
use crate::app::http::{Conversation, HttpOptions, HttpReading};
use crate::app::testing::Step::{Client, Server};
use crate::app::testing::{Collected, blank_exchange, context};
use crate::record::{Body, BodyRequest, FlowId, HttpExchange, IdentityKind, Protocol, Side};

#[test]
fn every_column_of_a_row_is_read_from_its_heads_and_bodies() {
    let exchanges = play(&[
        Client(
            "POST /orders?token=abc&q=1 HTTP/1.1\r\n\
             Host: Shop.Example:8080\r\n\
             User-Agent: crowd/1.0\r\n\
             Authorization: Basic YW5uYTpzM2NyM3Q=\r\n\
             Cookie: session=1\r\n\
             X-Forwarded-For: 203.0.113.7, 10.0.0.1\r\n\
             traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
             Content-Encoding: gzip\r\n\
             Content-Length: 5\r\n\r\n",
        ),
        Client("abcde"),
        Server("HTTP/1.1 201 Cre"),
        Server("ated\r\nContent-Type: application/json\r\nContent-Encoding: br\r\n"),
        Server("Set-Cookie: session=2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        Server("0\r\ngrpc-status: 7\r\n\r\n"),
    ]);
    let expected = HttpExchange {
        response_ns: Some(2),
        finished_ns: 5,
        method: Some("POST".into()),
        host: Some("Shop.Example:8080".into()),
        target: Some("/orders?token=<hidden>&q=1".into()),
        path: Some("/orders".into()),
        status: Some(201),
        grpc_status: Some(7),
        request_headers: "Host: Shop.Example:8080\n\
                          User-Agent: crowd/1.0\n\
                          Authorization: Basic <hidden>\n\
                          Cookie: <hidden>\n\
                          X-Forwarded-For: 203.0.113.7, 10.0.0.1\n\
                          traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n\
                          Content-Encoding: gzip\n\
                          Content-Length: 5"
            .into(),
        response_headers: "Content-Type: application/json\n\
                           Content-Encoding: br\n\
                           Set-Cookie: <hidden>\n\
                           Transfer-Encoding: chunked\n\
                           grpc-status: 7"
            .into(),
        request_body_bytes: 5,
        response_body_bytes: 3,
        request_content_encoding: Some("gzip".into()),
        response_content_encoding: Some("br".into()),
        content_type: Some("application/json".into()),
        user_agent: Some("crowd/1.0".into()),
        x_forwarded_for: Some("203.0.113.7, 10.0.0.1".into()),
        origin_ip: Some("203.0.113.7".into()),
        identity: Some("anna".into()),
        identity_kind: Some(IdentityKind::Basic),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".into()),
        ..blank_exchange()
    };
    assert_eq!(exchanges, [expected]);
}

#[test]
fn a_response_without_request_is_a_row_without_method() {
    let exchanges =
        play(&[Server("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab"), Client("GET /b HTTP/1.1\r\n\r\n")]);
    let orphan = HttpExchange {
        response_ns: Some(0),
        protocol: Protocol::Http10,
        status: Some(200),
        response_headers: "Content-Length: 2".into(),
        response_body_bytes: 2,
        complete: false,
        error: Some("no request".into()),
        ..blank_exchange()
    };
    assert_eq!(exchanges[0], orphan);
    assert_eq!(gist(&exchanges[1..]), [(Some("/b"), None, 0, 0, false, Some("no response"))]);
}

#[test]
fn rows_keep_secrets_only_when_that_was_asked_for() {
    let rows = |keep_secrets| {
        let options = Arc::new(HttpReading::with(HttpOptions { keep_secrets, ..HttpOptions::default() }));
        let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(None, options));
        let request = b"GET /a?token=t HTTP/1.1\r\nAuthorization: Basic YW5uYTpzM2NyM3Q=\r\n\r\n";
        conversation.data(&ctx, Side::Client, request, 0, &mut sink);
        let response = b"HTTP/1.1 204 x\r\nSet-Cookie: s=1\r\n\r\n";
        conversation.data(&ctx, Side::Server, response, 0, &mut sink);
        let row = sink.exchanges.pop().unwrap();
        [row.target.unwrap(), row.request_headers, row.response_headers].map(|text| text.to_string())
    };
    let texts = |target: &str, request: &str, response: &str| [target, request, response].map(str::to_owned);
    let hidden = texts("/a?token=<hidden>", "Authorization: Basic <hidden>", "Set-Cookie: <hidden>");
    assert_eq!(rows(false), hidden);
    let kept = texts("/a?token=t", "Authorization: Basic YW5uYTpzM2NyM3Q=", "Set-Cookie: s=1");
    assert_eq!(rows(true), kept);
}

#[test]
fn the_client_behind_trusted_proxies_is_the_origin() {
    let origin = |fields: &str| {
        let (ctx, mut sink, mut conversation) =
            (context(), Collected::default(), Conversation::new(None, Arc::default()));
        let request = format!("GET / HTTP/1.1\r\n{fields}\r\n");
        conversation.data(&ctx, Side::Client, request.as_bytes(), 0, &mut sink);
        conversation.end(&ctx, 1, &mut sink);
        sink.exchanges.pop().unwrap().origin_ip.unwrap_or_else(|| "the client".into())
    };
    assert_eq!(origin("X-Forwarded-For: 198.51.100.66, 203.0.113.7, 10.0.0.1\r\n"), "203.0.113.7");
    assert_eq!(origin("X-Forwarded-For: 198.51.100.66\r\nX-Forwarded-For: 203.0.113.7, ::1\r\n"), "203.0.113.7");
    assert_eq!(origin("X-Forwarded-For: 192.168.1.7, 10.0.0.1\r\n"), "192.168.1.7");
    assert_eq!(
        origin("Forwarded: for=198.51.100.66, for=\"[2001:db8::7]:4711\";proto=http, for=10.0.0.1\r\n"),
        "2001:db8::7"
    );
    assert_eq!(origin("X-Forwarded-For: unknown\r\nForwarded: for=_x\r\nX-Real-IP: 203.0.113.7\r\n"), "203.0.113.7");
    assert_eq!(origin("Via: 1.1 a\r\n"), "the client");
}

#[test]
fn senders_that_are_a_little_off_are_read() {
    let exchanges = play(&[
        Client("get /a HTTP/1.1\nhost : a.example\nX-Long: one\n  two\nno name here\n\n"),
        Server("\r\nhttp/1.1 200\ncontent-length:2\n\nab"),
    ]);
    let expected = HttpExchange {
        response_ns: Some(1),
        finished_ns: 1,
        method: Some("get".into()),
        host: Some("a.example".into()),
        target: Some("/a".into()),
        path: Some("/a".into()),
        status: Some(200),
        request_headers: "host: a.example\nX-Long: one two".into(),
        response_headers: "content-length: 2".into(),
        response_body_bytes: 2,
        error: Some("malformed: a field line has no name".into()),
        ..blank_exchange()
    };
    assert_eq!(exchanges, [expected]);
}

#[test]
fn an_absolute_target_names_the_host_and_the_proxy_has_no_name_rfc_9112_3_2_2() {
    let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(None, Arc::default()));
    let proxied = b"GET http://origin.example/a?b HTTP/1.1\r\nHost: other.example\r\n\r\n";
    conversation.data(&ctx, Side::Client, proxied, 0, &mut sink);
    assert_eq!(conversation.server_name(), None);
    conversation.end(&ctx, 1, &mut sink);
    assert_eq!(sink.exchanges[0].host.as_deref(), Some("origin.example"));
    assert_eq!(sink.exchanges[0].path.as_deref(), Some("/a"));
}

#[test]
fn a_wanted_body_is_handed_over_up_to_its_limit() {
    let steps = || {
        [
            Client("GET /a HTTP/1.1\r\n\r\n"),
            Server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
            Client("POST /b HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nreq"),
            Server(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n",
            ),
            Server("0\r\n\r\n"),
        ]
    };
    let body = |side, limit_bytes, steps: &[Step]| {
        play_with(Some(BodyRequest { ordinal: 1, side, limit_bytes }), steps).bodies
    };
    let response = |bytes: &[u8], truncated| Body {
        bytes: bytes.to_vec(),
        truncated,
        content_encoding: Some("gzip".into()),
        content_type: None,
    };
    assert_eq!(body(Side::Server, 100, &steps()), [response(b"abcde", false)]);
    assert_eq!(body(Side::Server, 4, &steps()), [response(b"abcd", true)]);
    assert_eq!(body(Side::Server, 100, &steps()[..4]), [response(b"abcde", true)], "the flow ended before the body");
    let request = Body {
        bytes: b"req".to_vec(),
        truncated: false,
        content_encoding: None,
        content_type: Some("text/plain".into()),
    };
    assert_eq!(body(Side::Client, 100, &steps()), [request]);
}

#[test]
fn heads_that_were_read_before_give_the_same_rows_again() {
    let http = Arc::new(HttpReading::default());
    let rows = |flow, started_ns| {
        let (ctx, mut sink) = (FlowContext { flow: FlowId(flow), ..context() }, Collected::default());
        let mut conversation = Conversation::new(None, Arc::clone(&http));
        // The same answer to HEAD and to GET: only one of them has a body.
        for (method, body) in [("HEAD", ""), ("GET", "abcde")] {
            let request = format!(
                "{method} http://u:p@a.example/b?token=t&c=%20 HTTP/1.1\r\nAuthorization: Basic YW5uYTpzM2NyM3Q=\r\nno name\r\n\
                 X-Forwarded-For: 203.0.113.7\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"
            );
            conversation.data(&ctx, Side::Client, request.as_bytes(), started_ns, &mut sink);
            let response =
                format!("HTTP/1.1 404 x\r\nContent-Length: 5\r\nSet-Cookie: s\r\ngrpc-status: 3\r\n\r\n{body}");
            conversation.data(&ctx, Side::Server, response.as_bytes(), started_ns + 1, &mut sink);
        }
        sink.exchanges
    };
    let (first, second) = (rows(7, 100), rows(8, 200));
    assert_eq!([0, 1].map(|row| first[row].response_body_bytes), [0, 5]);
    for (before, after) in first.into_iter().zip(second) {
        assert!(Arc::ptr_eq(&before.request_headers, &after.request_headers), "they share their texts");
        let moved =
            HttpExchange { flow: FlowId(8), started_ns: 200, response_ns: Some(201), finished_ns: 201, ..before };
        assert_eq!(moved, after);
    }
}
