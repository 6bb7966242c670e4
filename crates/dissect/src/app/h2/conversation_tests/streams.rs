//! Many streams of one connection, and how each of them ends.

use super::{CALL, Ends, GET, OK, Step, after_hello, gist, play, play_with, whole};
use crate::app::h2::testing::{END_HEADERS, data, frame, go_away, message, opening, reset, settings};
use crate::app::testing::Step::{Client, Fin, Reset, Server};
use crate::record::{BodyRequest, Protocol, Side, Upgrade};

#[test]
fn concurrent_streams_have_rows_in_the_order_in_which_they_end_and_ordinals_in_that_of_their_requests() {
    let mut ends = Ends::default();
    let (stream, sink) = play_with(
        None,
        &after_hello([
            ends.ask(1, GET, b""),
            ends.ask(3, GET, b""),
            ends.ask(5, CALL, &message(b"")),
            ends.answer(3, OK, b"three"),
            ends.answer(1, &[(":status", "404")], b""),
            ends.answer(5, &[(":status", "204")], b""),
        ]),
    );
    assert_eq!(gist(&sink.exchanges), [whole(3, 200, 0, 5), whole(1, 404, 0, 0), whole(5, 204, 5, 0)]);
    assert_eq!(sink.exchanges.iter().map(|e| e.ordinal).collect::<Vec<_>>(), [1, 0, 2]);
    assert_eq!(stream.protocol(), Some("h2"));
}

#[test]
fn a_stream_that_is_reset_names_the_code() {
    let mut ends = Ends::default();
    let rows = play(&after_hello([
        ends.ask(1, CALL, b""),
        Client(ends.client.headers(3, false, GET)),
        Server(ends.server.headers(3, false, OK)),
        Server(reset(1, 7)),
        Client(reset(3, 8)),
        Server(data(3, true, b"still under way")),
    ]));
    let refused = (Some(1), None, 0, 0, false, Some("reset: REFUSED_STREAM"));
    let cancelled = (Some(3), Some(200), 0, 0, false, Some("reset: CANCEL"));
    assert_eq!(gist(&rows), [refused, cancelled]);
    assert_eq!((rows[0].response_messages, rows[1].response_messages), (Some(0), None), "only calls have messages");
}

#[test]
fn a_server_that_has_answered_may_refuse_the_rest_of_a_request_rfc_9113_8_1() {
    let mut ends = Ends::default();
    let rows = play(&after_hello([
        Client(ends.client.headers(1, false, GET)),
        Client(data(1, false, b"part")),
        ends.answer(1, OK, b"enough"),
        Server(reset(1, 0)),
    ]));
    assert_eq!(gist(&rows), [whole(1, 200, 4, 6)]);
}

#[test]
fn requests_behind_a_goaway_are_never_answered() {
    let mut ends = Ends::default();
    let rows = play(&after_hello([
        ends.ask(1, GET, b""),
        ends.ask(3, GET, b""),
        Server(go_away(1, 11)),
        ends.answer(1, OK, b""),
    ]));
    let refused = (Some(3), None, 0, 0, false, Some("no response: GOAWAY ENHANCE_YOUR_CALM"));
    assert_eq!(gist(&rows), [refused, whole(1, 200, 0, 0)]);
}

#[test]
fn a_pushed_response_answers_the_promised_request() {
    let mut ends = Ends::default();
    let promise = [&2u32.to_be_bytes()[..], &ends.server.block(GET)].concat();
    let rows = play(&after_hello([
        ends.ask(1, GET, b""),
        Server(frame(5, END_HEADERS, 1, &promise)),
        ends.answer(1, OK, b"a"),
        ends.answer(2, OK, b"pushed"),
    ]));
    assert_eq!(gist(&rows), [whole(1, 200, 0, 1), whole(2, 200, 0, 6)]);
    assert_eq!((rows[1].ordinal, rows[1].method.as_deref()), (1, Some("GET")));
}

#[test]
fn a_connection_that_ends_says_what_happened_to_each_stream() {
    let ended_by = |last: Option<Step>| {
        let mut ends = Ends::default();
        let mut steps = after_hello([
            ends.ask(1, GET, b""),
            Client([ends.client.headers(3, false, GET), data(3, false, b"up")].concat()),
            ends.ask(5, GET, b""),
            Server([ends.server.headers(5, false, OK), data(5, false, b"down")].concat()),
        ]);
        steps.extend(last);
        play(&steps).into_iter().map(|e| (e.stream_id.unwrap(), e.error.unwrap())).collect::<Vec<_>>()
    };
    let rows = |one: &str, three: &str, five: &str| -> Vec<(u32, String)> {
        vec![(1, one.to_owned()), (3, three.to_owned()), (5, five.to_owned())]
    };
    assert_eq!(ended_by(None), rows("no response", "cut off", "cut off"));
    assert_eq!(ended_by(Some(Fin(Side::Client))), rows("no response", "cut off", "cut off"));
    assert_eq!(ended_by(Some(Reset)), rows("reset", "reset", "reset"));
    let mut by_server = rows("no response", "cut off", "cut off");
    by_server.swap(1, 2);
    assert_eq!(ended_by(Some(Fin(Side::Server))), by_server);
}

const UPGRADE: &[u8] = b"GET /a HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade, HTTP2-Settings\r\n\
                        Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n";
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

#[test]
fn the_request_of_an_upgrade_is_answered_on_stream_1_rfc_7540_3_2() {
    let mut ends = Ends::default();
    let switched = [SWITCHING, &settings(&[]), &ends.server.headers(1, false, OK)].concat();
    let counted = |steps: &[Step]| -> (u64, u64) {
        let length = |step: &Step| match step {
            Client(bytes) => (bytes.len() as u64, 0),
            Server(bytes) => (0, bytes.len() as u64),
            _ => (0, 0),
        };
        steps.iter().map(length).fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1))
    };
    let steps = [
        Client(b"GET /before HTTP/1.1\r\n\r\n".to_vec()),
        Server(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        Client(UPGRADE.to_vec()),
        Server(switched),
        Client(opening()),
        Server(data(1, true, b"hello")),
        ends.ask(3, GET, b""),
        ends.answer(3, OK, b""),
    ];
    let wanted = BodyRequest { ordinal: 1, side: Side::Server, limit_bytes: 100 };
    let (stream, sink) = play_with(Some(wanted), &steps);
    let rows = &sink.exchanges;
    assert_eq!(gist(&rows[1..]), [whole(1, 200, 0, 5), whole(3, 200, 0, 0)]);
    let upgraded = &rows[1];
    assert_eq!((upgraded.ordinal, upgraded.protocol, upgraded.target.as_deref()), (1, Protocol::H2, Some("/a")));
    assert_eq!((upgraded.started_ns, upgraded.response_ns, upgraded.finished_ns), (2, Some(3), 5));
    assert_eq!(rows[2].ordinal, 2);
    assert_eq!(sink.bodies[0].bytes, b"hello");
    assert_eq!((stream.protocol(), stream.server_name()), (Some("h2"), Some("shop.example")));
    let (client_bytes, server_bytes) = counted(&steps[4..]);
    let server_bytes = server_bytes + counted(&steps[3..4]).1 - SWITCHING.len() as u64;
    assert_eq!(stream.upgrade(), Some(&Upgrade { protocol: "h2c".into(), client_bytes, server_bytes }));
}
