//! Where a body ends, also where two readers may disagree (RFC 9112 §6).

use std::sync::Arc;

use super::{gist, play, whole};
use crate::app::http::Conversation;
use crate::app::testing::Step::{Client, Fin, Server};
use crate::app::testing::{Collected, context};
use crate::record::{Protocol, Side};

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
    sink.exchanges
        .into_iter()
        .map(|e| (e.target.map(|target| target.to_string()), e.request_body_bytes, e.complete, e.error))
        .collect()
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
fn senders_of_bare_line_feeds_frame_chunks_and_trailers_too() {
    let exchanges = play(&[
        Client("post /a http/1.1\ntransfer-encoding: CHUNKED\nhost: a\n\n2\nab\n0\n\nget /b http/1.1\n\n"),
        Server("http/1.1 200 ok\ntransfer-encoding: chunked\n\n1\na\n0\nx: y\n\nhttp/1.1 204\n\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 2, 1), whole("/b", 204, 0, 0)]);
    assert_eq!(&*exchanges[0].response_headers, "transfer-encoding: chunked\nx: y");
}
