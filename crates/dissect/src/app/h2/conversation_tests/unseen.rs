//! Bytes that were not captured: before the capture began, and in its middle.

use super::{CALL, Ends, GET, GRPC_OK, OK, STATUS_0, after_hello, blank, gist, play, play_with, whole};
use crate::app::h2::testing::{data, frame, message};
use crate::app::testing::Step::{Client, Gap, Server};
use crate::record::{HttpExchange, Protocol, Side};

/// A connection of which the first request and response were sent before the capture.
fn picked_up() -> Ends {
    let mut ends = Ends::default();
    ends.ask(1, CALL, b"");
    ends.answer(1, GRPC_OK, b"");
    ends
}

#[test]
fn a_connection_picked_up_in_its_middle_says_which_headers_are_unknown() {
    let mut ends = picked_up();
    let (stream, sink) = play_with(
        None,
        &[
            Client(ends.client.headers(3, false, CALL)),
            Client(data(3, true, &message(b"abc"))),
            Server(ends.server.headers(3, false, GRPC_OK)),
            Server([data(3, false, &message(b"d")), ends.server.headers(3, true, STATUS_0)].concat()),
        ],
    );
    let expected = HttpExchange {
        response_ns: Some(2),
        finished_ns: 3,
        method: Some("POST".into()),
        status: Some(200),
        grpc_status: Some(0),
        protocol: Protocol::Grpc,
        stream_id: Some(3),
        response_headers: "grpc-status: 0\ngrpc-message: ".into(),
        request_body_bytes: 8,
        response_body_bytes: 6,
        error: Some("headers unknown".into()),
        ..blank()
    };
    assert_eq!(sink.exchanges, [expected]);
    assert_eq!(sink.problems, []);
    assert_eq!(stream.protocol(), Some("grpc"));
}

#[test]
fn a_response_that_began_before_the_capture_has_no_request() {
    let mut ends = picked_up();
    let rows = play(&[
        Server(b"the rest of a frame".to_vec()),
        Client(frame(8, 0, 0, &[0, 0, 16, 0])),
        Server(data(1, false, b"more")),
        Server(ends.server.headers(1, true, STATUS_0)),
        ends.ask(3, GET, b""),
        ends.answer(3, OK, b""),
    ]);
    let orphan = (Some(1), None, 0, 4, false, Some("no request"));
    assert_eq!(gist(&rows), [orphan, whole(3, 200, 0, 0)]);
    assert_eq!(rows[0].grpc_status, Some(0));
}

#[test]
fn one_side_of_frames_alone_is_no_proof() {
    let (stream, sink) = play_with(None, &[Client(data(1, false, b"abc")), Server(b"something else".to_vec())]);
    assert_eq!((stream.protocol(), sink.exchanges.len()), (None, 0));
}

#[test]
fn lost_content_counts_and_the_streams_go_on() {
    let mut ends = Ends::default();
    let response = [ends.server.headers(1, false, OK), data(1, true, b"0123456789")].concat();
    let (before, after) = response.split_at(response.len() - 8);
    let rows = play(&after_hello([
        ends.ask(1, GET, b""),
        Server(before.to_vec()),
        Gap(Side::Server, 5),
        Server(after[5..].to_vec()),
        ends.ask(3, GET, b""),
        ends.answer(3, OK, b""),
    ]));
    assert_eq!(gist(&rows), [(Some(1), Some(200), 0, 10, false, Some("gap")), whole(3, 200, 0, 0)]);
}

#[test]
fn after_lost_frames_the_next_plausible_one_is_read_and_unseen_fields_stay_unknown() {
    let mut ends = Ends::default();
    let asked = [("a", "1"), ("b", "2")];
    let lost = ends.server.headers(1, true, &[OK, &asked].concat());
    let rows = play(&after_hello([
        ends.ask(1, GET, b""),
        ends.ask(3, GET, b""),
        Gap(Side::Server, lost.len() as u64),
        Server(
            [&b"tail of a frame"[..], &ends.server.headers(3, true, &[OK, &asked, &[("c", "3")]].concat())].concat(),
        ),
        ends.ask(5, GET, b""),
        Server(ends.server.headers(5, true, &[OK, &[("c", "3")]].concat())),
    ]));
    let unseen = (Some(3), Some(200), 0, 0, true, Some("headers unknown"));
    let unanswered = (Some(1), None, 0, 0, false, Some("gap"));
    assert_eq!(gist(&rows), [unseen, whole(5, 200, 0, 0), unanswered]);
    assert_eq!((&*rows[0].response_headers, &*rows[1].response_headers), ("c: 3", "c: 3"));
}
