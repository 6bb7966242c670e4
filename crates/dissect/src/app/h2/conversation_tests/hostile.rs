//! Peers that break the rules, and the bounds that hold against them.

use super::{Ends, GET, OK, after_hello, gist, play_with, whole};
use crate::app::h2::testing::{END_HEADERS, END_STREAM, Encoder, Form, frame, opening, settings};
use crate::app::testing::Step::{Client, Fin, Server};
use crate::record::Side;

#[test]
fn a_server_that_does_not_speak_http_2_is_reported_and_its_streams_say_so() {
    let mut ends = Ends::default();
    let (_, sink) = play_with(
        None,
        &[
            Client([opening(), ends.client.headers(1, true, GET)].concat()),
            Server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec()),
            Fin(Side::Server),
        ],
    );
    let why = "malformed: frame of 4740180 bytes where 16384 are allowed";
    assert_eq!(gist(&sink.exchanges), [(Some(1), None, 0, 0, false, Some(why))]);
    assert_eq!(sink.problems.len(), 1);
}

#[test]
fn a_broken_header_block_leaves_a_row_that_says_so_and_the_connection_is_read_on() {
    let mut ends = Ends::default();
    let (_, sink) = play_with(
        None,
        &after_hello([
            Client(frame(1, END_HEADERS | END_STREAM, 1, &[0x82, 0xff, 0xff, 0x01])),
            ends.answer(1, OK, b""),
            ends.ask(3, GET, b""),
            ends.answer(3, OK, b""),
        ]),
    );
    let broken = (Some(1), Some(200), 0, 0, false, Some("malformed: header block names entry 382, which no table has"));
    assert_eq!(gist(&sink.exchanges), [broken, whole(3, 200, 0, 0)]);
    assert_eq!(sink.exchanges[0].method.as_deref(), Some("GET"));
    assert_eq!(sink.problems.len(), 1);
}

#[test]
fn header_blocks_and_lists_are_bounded_and_that_is_reported() {
    let mut ends = Ends::default();
    let part = vec![0; 16_000];
    let mut flood = vec![Client(frame(1, END_STREAM, 1, &part))];
    flood.extend((0..9).map(|_| Client(frame(9, 0, 1, &part))));
    flood.push(Client(frame(9, END_HEADERS, 1, b"")));
    let name_many = [ends.client.block(&[("x", &"v".repeat(3000))]), vec![0xbe; 10_000]].concat();
    flood.push(Client(frame(1, END_HEADERS | END_STREAM, 3, &name_many)));
    let (_, sink) = play_with(None, &after_hello(flood));
    let errors: Vec<_> = sink.exchanges.iter().map(|e| e.error.as_deref().unwrap()).collect();
    assert_eq!(
        errors,
        ["malformed: header block is longer than 65536 bytes", "malformed: header list is longer than 65536 bytes"]
    );
    assert!(sink.exchanges[1].request_headers.len() <= 64 * 1024);
    let messages: Vec<_> = sink.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "header block is longer than 65536 bytes",
            "header list is longer than 65536 bytes: the rest of it is left out"
        ]
    );
}

#[test]
fn a_table_may_not_outgrow_what_is_remembered_without_a_word() {
    let mut encoder = Encoder::default();
    let resize = [0x3f, 0xe1, 0xff, 0x3f];
    let large: Vec<u8> =
        (0..24).flat_map(|n| encoder.field(&format!("n{n}"), &"v".repeat(3000), Form::Indexed)).collect();
    let mut steps = vec![Client(opening()), Server(settings(&[(1, 1 << 20)]))];
    let first = [&resize[..], &large[..14_000]].concat();
    steps.push(Client(frame(1, 0, 1, &first)));
    steps.extend(large[14_000..].chunks(16_000).map(|part| Client(frame(9, 0, 1, part))));
    steps.push(Client(frame(9, END_HEADERS | END_STREAM, 1, b"")));
    steps.push(Client(frame(1, END_HEADERS | END_STREAM, 3, &[0x82, 0xbe, 0xd5])));
    let (_, sink) = play_with(None, &steps);
    assert_eq!(sink.exchanges[1].error.as_deref(), Some("headers unknown"));
    let told = sink.problems.iter().filter(|problem| problem.message.starts_with("HPACK table is larger"));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_capture_of_one_side_keeps_a_bounded_number_of_streams() {
    let mut ends = Ends::default();
    let mut steps = after_hello([]);
    steps.extend((0..1100).map(|n| ends.ask(2 * n + 1, GET, b"")));
    let (_, sink) = play_with(None, &steps);
    assert_eq!(sink.exchanges.len(), 1100);
    assert!(sink.exchanges.iter().all(|e| e.error.as_deref() == Some("no response")));
    assert!(sink.problems[0].message.starts_with("more than 1024 streams are open"));
}

#[test]
fn a_flow_whose_messages_are_mostly_unreadable_is_switched_off_with_one_problem_that_says_so() {
    let mut steps = after_hello([]);
    steps.extend((0..6u32).map(|n| Client(frame(1, END_HEADERS, 2 * n + 1, &[0x80]))));
    let (_, sink) = play_with(None, &steps);
    assert_eq!(sink.exchanges.len(), 5);
    let last = sink.problems.last().map(|problem| problem.message.as_str());
    assert_eq!(last, Some("5 of 5 messages are unreadable: this flow is no longer read as HTTP/2"));
}
