//! Bytes that were not captured.

use super::{gist, play, whole};
use crate::app::testing::Step::{Client, Gap, Server};
use crate::record::Side;

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
    assert_eq!(&*exchanges[0].request_headers, "Host: a.example");
    assert_eq!(exchanges[0].content_type.as_deref(), Some("text/plain"));
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
