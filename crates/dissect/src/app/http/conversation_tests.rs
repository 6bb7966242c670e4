use std::sync::Arc;

use super::{Conversation, HttpOptions};
use crate::app::FlowContext;
use crate::app::testing::{Collected, context};
use crate::record::{Body, BodyRequest, HttpExchange, IdentityKind, Protocol, Side};

/// What happens on the wire, one thing per nanosecond.
enum Step {
    Client(&'static str),
    Server(&'static str),
    Gap(Side, u64),
    Fin(Side),
    Reset,
}

use Step::{Client, Fin, Gap, Reset, Server};

fn play_with(body: Option<BodyRequest>, steps: &[Step]) -> Collected {
    let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(body, Arc::default()));
    for (at_ns, step) in (0..).zip(steps) {
        match step {
            Client(text) => {
                conversation.data(&ctx, Side::Client, text.as_bytes(), at_ns, &mut sink);
            }
            Server(text) => {
                conversation.data(&ctx, Side::Server, text.as_bytes(), at_ns, &mut sink);
            }
            Gap(side, missed) => conversation.gap(&ctx, *side, *missed, at_ns, &mut sink),
            Fin(side) => conversation.fin(&ctx, *side, at_ns, &mut sink),
            Reset => conversation.reset(&ctx, at_ns, &mut sink),
        }
    }
    conversation.end(&ctx, 1_000, &mut sink);
    sink
}

fn play(steps: &[Step]) -> Vec<HttpExchange> {
    play_with(None, steps).exchanges
}

/// What most tests look at: target, status, sizes of the bodies, completeness, error.
type Gist<'a> = (Option<&'a str>, Option<u16>, u64, u64, bool, Option<&'a str>);

fn gist(exchanges: &[HttpExchange]) -> Vec<Gist<'_>> {
    exchanges
        .iter()
        .map(|e| {
            (e.target.as_deref(), e.status, e.request_body_bytes, e.response_body_bytes, e.complete, e.error.as_deref())
        })
        .collect()
}

fn whole(target: &str, status: u16, request_bytes: u64, response_bytes: u64) -> Gist<'_> {
    (Some(target), Some(status), request_bytes, response_bytes, true, None)
}

/// The row of an exchange of which only its place is known.
fn blank() -> HttpExchange {
    let FlowContext { flow, client, server, .. } = context();
    HttpExchange {
        flow,
        ordinal: 0,
        client,
        server,
        started_ns: 0,
        response_ns: None,
        finished_ns: 0,
        protocol: Protocol::Http11,
        method: None,
        scheme: "http",
        host: None,
        target: None,
        path: None,
        status: None,
        grpc_status: None,
        request_messages: None,
        response_messages: None,
        stream_id: None,
        request_headers: String::new(),
        response_headers: String::new(),
        request_body_bytes: 0,
        response_body_bytes: 0,
        request_content_encoding: None,
        response_content_encoding: None,
        content_type: None,
        user_agent: None,
        x_forwarded_for: None,
        origin_ip: Some("10.0.0.1".into()),
        identity: None,
        identity_kind: None,
        trace_id: None,
        complete: true,
        error: None,
    }
}

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
        ..blank()
    };
    assert_eq!(exchanges, [expected]);
}

#[test]
fn a_connection_that_is_kept_alive_gives_a_row_per_exchange_as_soon_as_it_is_complete() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 3), whole("/b", 404, 0, 0)]);
    assert_eq!(
        exchanges.iter().map(|e| (e.ordinal, e.started_ns, e.finished_ns)).collect::<Vec<_>>(),
        [(0, 0, 1), (1, 2, 3)]
    );
}

#[test]
fn pipelined_requests_are_answered_in_their_order_rfc_9112_9_3_2() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nHEAD /c HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbb"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 1), whole("/b", 200, 0, 2), whole("/c", 200, 0, 0)]);
}

#[test]
fn an_early_response_belongs_to_the_request_that_is_still_being_sent() {
    let exchanges = play(&[
        Client("POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\n1234"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Client("567890"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 10, 0)]);
    assert_eq!(exchanges[0].finished_ns, 1, "the last byte of the response counts");
}

#[test]
fn a_body_without_length_ends_with_the_connection_rfc_9112_6_3() {
    let steps = [Client("GET /a HTTP/1.0\r\n\r\n"), Server("HTTP/1.0 200 OK\n\nab"), Server("cd"), Fin(Side::Server)];
    let exchanges = play(&steps);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 4)]);
    assert_eq!(exchanges[0].protocol, Protocol::Http10);
    let still_open = &steps[..3];
    assert_eq!(gist(&play(still_open)), [(Some("/a"), Some(200), 0, 4, false, Some("cut off"))]);
}

#[test]
fn interim_responses_are_not_the_response_rfc_9110_15_2() {
    let exchanges = play(&[
        Client("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        Server("HTTP/1.1 100 Continue\r\n\r\n"),
        Client("ab"),
        Server("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        Server("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 201, 2, 0)]);
    assert_eq!((exchanges[0].response_ns, exchanges[0].response_headers.as_str()), (Some(4), "Content-Length: 0"));
}

#[test]
fn a_client_that_is_refused_before_its_body_may_go_on_rfc_9110_10_1_1() {
    let refused = [
        Client("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        Server("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    assert_eq!(gist(&play(&refused)), [whole("/a", 417, 0, 0), whole("/b", 200, 0, 0)]);
    assert_eq!(gist(&play(&refused[..2])), [whole("/a", 417, 0, 0)]);
}

#[test]
fn an_upgrade_completes_the_exchange_and_what_follows_is_not_http_rfc_9110_7_8() {
    let exchanges = play(&[
        Client("GET /live HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
        Server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x01\x02"),
        Client("GET / HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/live", 101, 0, 0)]);
    assert_eq!(exchanges[0].protocol, Protocol::WebSocket);
}

#[test]
fn a_tunnel_completes_the_exchange_and_what_follows_is_not_http_rfc_9110_9_3_6() {
    let exchanges = play(&[
        Client("CONNECT mail.example:25 HTTP/1.1\r\nHost: mail.example:25\r\n\r\n"),
        Server("HTTP/1.1 200 Connection established\r\n\r\n220 ready\r\n"),
        Client("HELO a\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("mail.example:25", 200, 0, 0)]);
    assert_eq!(exchanges[0].path, None);
}

#[test]
fn a_refused_tunnel_leaves_the_connection_to_http() {
    let exchanges = play(&[
        Client("CONNECT a:443 HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        Client("CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("a:443", 407, 0, 0), whole("a:443", 200, 0, 0)]);
}

#[test]
fn lost_bytes_inside_a_body_of_known_length_count_and_the_next_exchange_is_whole() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"),
        Gap(Side::Server, 8),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"),
        Gap(Side::Server, 3),
        Server("e\r\n0\r\n\r\n"),
        Client("GET /c HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ]);
    let lost = |target, bytes| (Some(target), Some(200), 0, bytes, false, Some("gap"));
    assert_eq!(gist(&exchanges), [lost("/a", 10), lost("/b", 5), whole("/c", 200, 0, 0)]);
    assert_eq!(exchanges[0].finished_ns, 2, "the gap may have held the last byte");
}

#[test]
fn after_lost_framing_reading_goes_on_at_the_next_start_line() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"),
        Gap(Side::Server, 100),
        Server("middle of something\r\n"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [(Some("/a"), Some(200), 0, 1, false, Some("gap")), whole("/b", 200, 0, 0)]);
}

#[test]
fn a_response_that_is_lost_whole_leaves_its_request_unanswered() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\n"),
        Gap(Side::Server, 100),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [(Some("/a"), None, 0, 0, false, Some("gap")), whole("/b", 200, 0, 0)]);
}

#[test]
fn what_had_come_of_a_head_before_lost_bytes_is_kept() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bas"),
        Gap(Side::Client, 100),
        Server("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Le"),
        Gap(Side::Server, 100),
    ]);
    assert_eq!(gist(&exchanges), [(Some("/a"), Some(200), 0, 0, false, Some("gap"))]);
    assert_eq!(exchanges[0].request_headers, "Host: a.example");
    assert_eq!(exchanges[0].content_type.as_deref(), Some("text/plain"));
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
        ..blank()
    };
    assert_eq!(exchanges[0], orphan);
    assert_eq!(gist(&exchanges[1..]), [(Some("/b"), None, 0, 0, false, Some("no response"))]);
}

#[test]
fn a_request_without_response_says_why() {
    let sent = || Client("GET /a HTTP/1.1\r\n\r\n");
    let half = || Client("POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nab");
    let row = |bytes, why| vec![(Some("/a"), None, bytes, 0, false, Some(why))];
    assert_eq!(gist(&play(&[sent()])), row(0, "no response"));
    assert_eq!(gist(&play(&[sent(), Fin(Side::Server)])), row(0, "no response"));
    assert_eq!(gist(&play(&[sent(), Reset])), row(0, "reset"));
    assert_eq!(gist(&play(&[half()])), row(2, "cut off"));
    assert_eq!(gist(&play(&[half(), Fin(Side::Client)])), row(2, "cut off"));
    assert_eq!(gist(&play(&[half(), Reset])), row(2, "reset"));
}

#[test]
fn a_response_that_does_not_end_says_why() {
    let ended_by = |last| {
        let started = Server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
        play(&[Client("GET /a HTTP/1.1\r\n\r\n"), started, last])
    };
    let row = |why| [(Some("/a"), Some(200), 0, 2, false, Some(why))];
    assert_eq!(gist(&ended_by(Fin(Side::Server))), row("cut off"));
    assert_eq!(gist(&ended_by(Reset)), row("reset"));
}

#[test]
fn two_ways_of_framing_are_noted_and_transfer_encoding_wins_rfc_9112_6_3() {
    let exchanges = play(&[
        Client("POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        Server("HTTP/1.1 204 No Content\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [(Some("/a"), Some(204), 2, 0, true, Some(BOTH))]);
}

const BOTH: &str = "ambiguous length: both Transfer-Encoding and Content-Length";

/// The rows of a request with these fields and this body, answered, and of the request that follows it.
fn ambiguous(fields: &str, body: &str) -> Vec<(Option<String>, u64, bool, Option<String>)> {
    let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(None, Arc::default()));
    let request = format!("POST /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}");
    let steps = [
        (Side::Client, request.as_str()),
        (Side::Server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        (Side::Client, "GET /next HTTP/1.1\r\n\r\n"),
        (Side::Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    for (side, text) in steps {
        conversation.data(&ctx, side, text.as_bytes(), 0, &mut sink);
    }
    conversation.end(&ctx, 1, &mut sink);
    assert_eq!(sink.problems, []);
    sink.exchanges.into_iter().map(|e| (e.target, e.request_body_bytes, e.complete, e.error)).collect()
}

#[test]
fn shapes_that_smuggle_requests_are_named_and_the_next_request_is_read() {
    const CHUNKS: &str = "2\r\nab\r\n0\r\n\r\n";
    for (fields, body, bytes, complete, why) in [
        (
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            CHUNKS,
            2,
            true,
            "both Transfer-Encoding and Content-Length",
        ),
        ("Content-Length: 2\r\nContent-Length: 5\r\n", "ab", 0, false, "Content-Length is given with different values"),
        ("Content-Length: 2, 5\r\n", "ab", 0, false, "Content-Length is given with different values"),
        ("Transfer-Encoding: identity, chunked\r\n", CHUNKS, 2, true, "identity among transfer codings"),
        ("Transfer-Encoding: chunked, identity\r\n", CHUNKS, 0, false, "chunked is not the last transfer coding"),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
            CHUNKS,
            0,
            false,
            "chunked is not the last transfer coding",
        ),
        ("Transfer-Encoding: chunked, chunked\r\n", CHUNKS, 2, true, "chunked is given twice"),
        ("Transfer-Encoding: xchunked\r\n", CHUNKS, 0, false, "a transfer coding that resembles chunked"),
        (
            "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n",
            "ab",
            2,
            true,
            "a transfer coding that resembles chunked",
        ),
        ("Transfer-Encoding : chunked\r\n", CHUNKS, 2, true, "white space before a colon, or a folded line"),
        ("Transfer-Encoding:\r\n chunked\r\n", CHUNKS, 2, true, "white space before a colon, or a folded line"),
        ("Content-Length : 2\r\n", "ab", 2, true, "white space before a colon, or a folded line"),
    ] {
        let rows = ambiguous(fields, body);
        let first = (Some("/a".to_owned()), bytes, complete, Some(format!("ambiguous length: {why}")));
        assert_eq!(rows, [first, (Some("/next".to_owned()), 0, true, None)], "{fields:?}");
    }
}

#[test]
fn a_response_of_two_lengths_is_passed_over_and_the_next_one_is_read() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 204 No Content\r\n\r\n"),
    ]);
    let why = "ambiguous length: Content-Length is given with different values";
    assert_eq!(gist(&exchanges), [(Some("/a"), Some(200), 0, 0, false, Some(why)), whole("/b", 204, 0, 0)]);
}

#[test]
fn after_a_loss_among_pipelined_responses_whose_they_are_is_a_guess_until_none_waits() {
    let empty = || Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n"),
        Gap(Side::Server, 40),
        empty(),
        empty(),
        empty(),
        Client("GET /d HTTP/1.1\r\n\r\n"),
        empty(),
    ]);
    let guessed = |target| (Some(target), Some(200), 0, 0, false, Some("gap"));
    assert_eq!(gist(&exchanges), [guessed("/a"), guessed("/b"), guessed("/c"), whole("/d", 200, 0, 0)]);
}

#[test]
fn interim_responses_among_pipelined_ones_shift_no_pair() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
        Server(
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        ),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 1), whole("/b", 404, 0, 0)]);
}

#[test]
fn senders_of_bare_line_feeds_frame_chunks_and_trailers_too() {
    let exchanges = play(&[
        Client("post /a http/1.1\ntransfer-encoding: CHUNKED\nhost: a\n\n2\nab\n0\n\nget /b http/1.1\n\n"),
        Server("http/1.1 200 ok\ntransfer-encoding: chunked\n\n1\na\n0\nx: y\n\nhttp/1.1 204\n\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 2, 1), whole("/b", 204, 0, 0)]);
    assert_eq!(exchanges[0].response_headers, "transfer-encoding: chunked\nx: y");
}

#[test]
fn rows_keep_secrets_only_when_that_was_asked_for() {
    let rows = |keep_secrets| {
        let options = Arc::new(HttpOptions { keep_secrets, ..HttpOptions::default() });
        let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(None, options));
        let request = b"GET /a?token=t HTTP/1.1\r\nAuthorization: Basic YW5uYTpzM2NyM3Q=\r\n\r\n";
        conversation.data(&ctx, Side::Client, request, 0, &mut sink);
        let response = b"HTTP/1.1 204 x\r\nSet-Cookie: s=1\r\n\r\n";
        conversation.data(&ctx, Side::Server, response, 0, &mut sink);
        let row = sink.exchanges.pop().unwrap();
        (row.target.unwrap(), row.request_headers, row.response_headers)
    };
    let texts = |target: &str, request: &str, response: &str| -> (String, String, String) {
        (target.to_owned(), request.to_owned(), response.to_owned())
    };
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
        sink.exchanges.pop().unwrap().origin_ip.unwrap()
    };
    assert_eq!(origin("X-Forwarded-For: 198.51.100.66, 203.0.113.7, 10.0.0.1\r\n"), "203.0.113.7");
    assert_eq!(origin("X-Forwarded-For: 198.51.100.66\r\nX-Forwarded-For: 203.0.113.7, ::1\r\n"), "203.0.113.7");
    assert_eq!(origin("X-Forwarded-For: 192.168.1.7, 10.0.0.1\r\n"), "192.168.1.7");
    assert_eq!(
        origin("Forwarded: for=198.51.100.66, for=\"[2001:db8::7]:4711\";proto=http, for=10.0.0.1\r\n"),
        "2001:db8::7"
    );
    assert_eq!(origin("X-Forwarded-For: unknown\r\nForwarded: for=_x\r\nX-Real-IP: 203.0.113.7\r\n"), "203.0.113.7");
    assert_eq!(origin("Via: 1.1 a\r\n"), "10.0.0.1");
}

#[test]
fn an_invalid_length_is_noted_and_the_next_request_is_read() {
    let exchanges = play(&[
        Client("POST /a HTTP/1.1\r\nContent-Length: two\r\n\r\n"),
        Client("ab"),
        Server("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 204\r\n\r\n"),
    ]);
    let malformed = "malformed: Content-Length is not a number";
    assert_eq!(gist(&exchanges), [(Some("/a"), Some(400), 0, 0, false, Some(malformed)), whole("/b", 204, 0, 0)]);
}

#[test]
fn a_broken_chunk_ends_its_message_and_is_reported_once() {
    let sink = play_with(
        None,
        &[
            Client("GET /a HTTP/1.1\r\n\r\n"),
            Server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabZZ"),
            Server("more of it"),
        ],
    );
    let malformed = "malformed: line end expected after the chunk's data, found byte 0x5a";
    assert_eq!(gist(&sink.exchanges), [(Some("/a"), Some(200), 0, 2, false, Some(malformed))]);
    assert_eq!(sink.problems.len(), 1);
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
        ..blank()
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
fn a_capture_of_one_side_keeps_a_bounded_number_of_requests() {
    let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(None, Arc::default()));
    for _ in 0..1000 {
        conversation.data(&ctx, Side::Client, b"GET /a HTTP/1.1\r\n\r\n", 0, &mut sink);
    }
    assert_eq!(sink.exchanges.len(), 872);
    conversation.data(&ctx, Side::Server, b"HTTP/1.1 204 x\r\n\r\n", 1, &mut sink);
    conversation.end(&ctx, 2, &mut sink);
    assert_eq!(sink.exchanges.len(), 1001, "the response of a request that was given up is a row of its own");
    assert!(sink.exchanges.iter().filter(|e| e.status.is_some()).all(|e| e.method.is_none()));
}

#[test]
fn a_flow_whose_messages_are_mostly_unreadable_is_switched_off_with_one_problem_that_says_so() {
    let sink = play_with(
        None,
        &[
            Client("GET /a HTTP/1.1\r\n\r\n"),
            Server("HTTP/1.1 nonsense\r\n\r\n"),
            Client("GET /b HTTP/1.1\r\n\r\n"),
            Server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZ"),
            Client("\x01\x02 \x03"),
            Client("GET /c HTTP/1.1\r\n\r\n"),
        ],
    );
    let targets: Vec<_> = sink.exchanges.iter().map(|e| e.target.as_deref()).collect();
    assert_eq!(targets, [Some("/a"), Some("/b")]);
    let last = sink.problems.last().map(|problem| problem.message.as_str());
    assert_eq!(last, Some("3 of 5 messages are unreadable: this flow is no longer read as HTTP"));
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
