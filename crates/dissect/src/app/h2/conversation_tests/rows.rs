//! What one exchange becomes: its columns, its messages, its body.

use super::{CALL, Ends, GET, GRPC_OK, OK, STATUS_0, after_hello, blank, gist, play, play_with, whole};
use crate::app::h2::testing::{END_HEADERS, END_STREAM, Encoder, data, frame, message};
use crate::app::testing::Step::{Client, Server};
use crate::record::{Body, BodyRequest, HttpExchange, Protocol, Side};

fn unary() -> HttpExchange {
    HttpExchange {
        started_ns: 2,
        response_ns: Some(3),
        finished_ns: 5,
        protocol: Protocol::Grpc,
        method: Some("POST".into()),
        host: Some("cart.example".into()),
        target: Some("/shop.Cart/Add".into()),
        path: Some("/shop.Cart/Add".into()),
        status: Some(200),
        grpc_status: Some(0),
        request_messages: Some(1),
        response_messages: Some(1),
        stream_id: Some(1),
        request_headers: "content-type: application/grpc+proto\nte: trailers".into(),
        response_headers: "content-type: application/grpc+proto\ngrpc-status: 0\ngrpc-message: ".into(),
        request_body_bytes: 8,
        response_body_bytes: 7,
        content_type: Some("application/grpc+proto".into()),
        ..blank()
    }
}

#[test]
fn a_unary_call_is_a_whole_row() {
    let mut ends = Ends::default();
    let (stream, sink) = play_with(
        None,
        &after_hello([
            ends.ask(1, CALL, &message(b"abc")),
            Server(ends.server.headers(1, false, GRPC_OK)),
            Server(data(1, false, &message(b"ok"))),
            Server(ends.server.headers(1, true, STATUS_0)),
        ]),
    );
    assert_eq!(sink.exchanges, [unary()]);
    assert_eq!(sink.problems, []);
    assert_eq!((stream.protocol(), stream.server_name()), (Some("grpc"), Some("cart.example")));
    assert_eq!(stream.upgrade(), None);
}

#[test]
fn every_column_of_an_http_2_row_is_read_and_secrets_are_hidden() {
    let mut ends = Ends::default();
    let request = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "Shop.Example"),
        (":path", "/orders?token=abc&q=1"),
        ("user-agent", "crowd/2.0"),
        ("authorization", "Basic YW5uYTpzM2NyM3Q="),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x-forwarded-for", "198.51.100.66, 203.0.113.7, 10.0.0.1"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("content-encoding", "gzip"),
    ];
    let response =
        [(":status", "201"), ("content-type", "application/json"), ("content-encoding", "br"), ("set-cookie", "a=2")];
    let rows = play(&after_hello([ends.ask(1, &request, b"abcde"), ends.answer(1, &response, b"abc")]));
    let expected = HttpExchange {
        started_ns: 2,
        response_ns: Some(3),
        finished_ns: 3,
        method: Some("POST".into()),
        scheme: "https",
        host: Some("Shop.Example".into()),
        target: Some("/orders?token=<hidden>&q=1".into()),
        path: Some("/orders".into()),
        status: Some(201),
        stream_id: Some(1),
        request_headers: "user-agent: crowd/2.0\nauthorization: Basic <hidden>\ncookie: <hidden>\ncookie: <hidden>\n\
                          x-forwarded-for: 198.51.100.66, 203.0.113.7, 10.0.0.1\n\
                          traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\ncontent-encoding: gzip"
            .into(),
        response_headers: "content-type: application/json\ncontent-encoding: br\nset-cookie: <hidden>".into(),
        request_body_bytes: 5,
        response_body_bytes: 3,
        request_content_encoding: Some("gzip".into()),
        response_content_encoding: Some("br".into()),
        content_type: Some("application/json".into()),
        user_agent: Some("crowd/2.0".into()),
        x_forwarded_for: Some("198.51.100.66, 203.0.113.7, 10.0.0.1".into()),
        origin_ip: Some("203.0.113.7".into()),
        identity: Some("anna".into()),
        identity_kind: Some(crate::record::IdentityKind::Basic),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".into()),
        ..blank()
    };
    assert_eq!(rows, [expected]);
}

#[test]
fn streams_of_messages_are_counted_in_each_direction() {
    let counts = |up: usize, down: usize| {
        let mut ends = Ends::default();
        let bodies = |count, stream| (0..count).map(move |_| data(stream, false, &message(b"m")));
        let mut steps = after_hello([Client(ends.client.headers(1, false, CALL))]);
        steps.extend(bodies(up, 1).map(Client));
        steps.extend([Client(data(1, true, b"")), Server(ends.server.headers(1, false, GRPC_OK))]);
        steps.extend(bodies(down, 1).map(Server));
        steps.push(Server(ends.server.headers(1, true, STATUS_0)));
        let [row] = play(&steps).try_into().unwrap();
        assert!(row.complete && row.protocol == Protocol::Grpc && row.grpc_status == Some(0));
        (row.request_messages.unwrap(), row.response_messages.unwrap())
    };
    assert_eq!(counts(1, 1), (1, 1), "unary");
    assert_eq!(counts(3, 1), (3, 1), "client stream");
    assert_eq!(counts(1, 4), (1, 4), "server stream");
    assert_eq!(counts(0, 0), (0, 0), "empty");
}

#[test]
fn a_bidirectional_stream_may_take_turns() {
    let mut ends = Ends::default();
    let rows = play(&after_hello([
        Client(ends.client.headers(1, false, CALL)),
        Server(ends.server.headers(1, false, GRPC_OK)),
        Client(data(1, false, &message(b"one"))),
        Server(data(1, false, &message(b"1"))),
        Client(data(1, false, &message(b"two")[..4])),
        Client(data(1, true, &message(b"two")[4..])),
        Server(data(1, false, &[message(b"2"), message(b"3")].concat())),
        Server(ends.server.headers(1, true, STATUS_0)),
    ]));
    assert_eq!(gist(&rows), [whole(1, 200, 16, 18)]);
    assert_eq!((rows[0].request_messages, rows[0].response_messages), (Some(2), Some(3)));
}

#[test]
fn an_error_may_come_as_trailers_only() {
    let mut ends = Ends::default();
    let fields =
        [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"), ("grpc-message", "no")];
    let rows = play(&after_hello([ends.ask(1, CALL, &message(b"abc")), Server(ends.server.headers(1, true, &fields))]));
    assert_eq!(gist(&rows), [whole(1, 200, 8, 0)]);
    assert_eq!((rows[0].grpc_status, rows[0].response_messages), (Some(5), Some(0)));
}

#[test]
fn continuation_padding_and_priority_belong_to_no_field() {
    let mut encoder = Encoder::default();
    let block = encoder.block(GET);
    let first = [&[2, 0, 0, 0, 0, 16][..], &block[..3], &[0, 0]].concat();
    let rows = play(&after_hello([
        Client(frame(1, END_STREAM | 0x8 | 0x20, 1, &first)),
        Client(frame(9, 0, 1, &block[3..5])),
        Client(frame(9, END_HEADERS, 1, &block[5..])),
        Client(frame(2, 0, 1, &[0, 0, 0, 0, 7])),
        Client(frame(6, 0, 0, &[0; 8])),
        Server([frame(8, 0, 0, &[0, 1, 0, 0]), Encoder::default().headers(1, false, OK)].concat()),
        Server(frame(0, END_STREAM | 0x8, 1, b"\x03abc\0\0\0")),
    ]));
    assert_eq!(gist(&rows), [whole(1, 200, 0, 3)]);
    assert_eq!((rows[0].host.as_deref(), rows[0].started_ns), (Some("shop.example:8080"), 2));
}

#[test]
fn interim_responses_are_not_the_response() {
    let mut ends = Ends::default();
    let rows = play(&after_hello([
        ends.ask(1, GET, b""),
        Server(ends.server.headers(1, false, &[(":status", "103"), ("link", "</a>")])),
        ends.answer(1, OK, b"a"),
    ]));
    assert_eq!(gist(&rows), [whole(1, 200, 0, 1)]);
    assert_eq!((rows[0].response_ns, &*rows[0].response_headers), (Some(4), ""));
}

#[test]
fn a_wanted_body_is_content_without_padding() {
    let mut ends = Ends::default();
    let steps = after_hello([
        ends.ask(1, GET, b""),
        Client(ends.client.headers(3, false, &[GET, &[("content-type", "text/plain")]].concat())),
        Client(frame(0, 0x8, 3, b"\x02re\0\0")),
        Server([ends.server.headers(1, false, OK), data(1, false, b"other")].concat()),
        Client(data(3, true, b"q")),
        ends.answer(3, OK, b"resp"),
    ]);
    let (_, sink) = play_with(Some(BodyRequest { ordinal: 1, side: Side::Client, limit_bytes: 100 }), &steps);
    let body = Body {
        bytes: b"req".to_vec(),
        truncated: false,
        content_encoding: None,
        content_type: Some("text/plain".into()),
    };
    assert_eq!(sink.bodies, [body]);
}

#[test]
fn a_websocket_over_http_2_is_one_rfc_8441() {
    let mut ends = Ends::default();
    let request = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/live"),
        (":authority", "a.example"),
    ];
    let rows = play(&after_hello([ends.ask(1, &request, b"\x81\x02hi"), ends.answer(1, OK, b"\x81\x02ho")]));
    assert_eq!(gist(&rows), [whole(1, 200, 4, 4)]);
    assert_eq!((rows[0].protocol, rows[0].path.as_deref()), (Protocol::WebSocket, Some("/live")));
}
