//! Peers that break the rules, and the bounds that hold against them.

use std::sync::Arc;

use super::{gist, play, play_with, whole};
use crate::app::http::Conversation;
use crate::app::testing::Step::{Client, Server};
use crate::app::testing::{Collected, context};
use crate::record::Side;

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
