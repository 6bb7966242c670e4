use std::sync::Arc;

use super::testing::{END_HEADERS, END_STREAM, Encoder, Form, data, frame, go_away, message, opening, reset, settings};
use crate::app::testing::{Collected, context};
use crate::app::{FlowContext, Stream};
use crate::record::{Body, BodyRequest, HttpExchange, Protocol, Side, Upgrade};

/// What happens on the wire, one thing per nanosecond.
enum Step {
    Client(Vec<u8>),
    Server(Vec<u8>),
    Gap(Side, u64),
    Fin(Side),
    Reset,
}

use Step::{Client, Fin, Gap, Reset, Server};

fn play_with(body: Option<BodyRequest>, steps: &[Step]) -> (Stream, Collected) {
    let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(body, &Arc::default()));
    for (at_ns, step) in (0..).zip(steps) {
        match step {
            Client(bytes) => stream.data(&ctx, Side::Client, bytes, at_ns, &mut sink),
            Server(bytes) => stream.data(&ctx, Side::Server, bytes, at_ns, &mut sink),
            Gap(side, missed) => stream.gap(&ctx, *side, *missed, at_ns, &mut sink),
            Fin(side) => stream.fin(&ctx, *side, at_ns, &mut sink),
            Reset => stream.reset(&ctx, Side::Client, at_ns, &mut sink),
        }
    }
    stream.end(&ctx, 1_000, &mut sink);
    (stream, sink)
}

fn play(steps: &[Step]) -> Vec<HttpExchange> {
    let (_, sink) = play_with(None, steps);
    assert_eq!(sink.problems, []);
    sink.exchanges
}

/// What most tests look at: stream, status, sizes of the bodies, completeness, error.
type Gist<'a> = (Option<u32>, Option<u16>, u64, u64, bool, Option<&'a str>);

fn gist(exchanges: &[HttpExchange]) -> Vec<Gist<'_>> {
    let gist = |e: &HttpExchange| (e.stream_id, e.status, e.request_body_bytes, e.response_body_bytes, e.complete);
    exchanges
        .iter()
        .map(|e| {
            let (stream, status, up, down, complete) = gist(e);
            (stream, status, up, down, complete, e.error.as_deref())
        })
        .collect()
}

fn whole(stream: u32, status: u16, request_bytes: u64, response_bytes: u64) -> Gist<'static> {
    (Some(stream), Some(status), request_bytes, response_bytes, true, None)
}

const GET: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "shop.example:8080")];
const CALL: &[(&str, &str)] = &[
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/shop.Cart/Add"),
    (":authority", "cart.example"),
    ("content-type", "application/grpc+proto"),
    ("te", "trailers"),
];
const OK: &[(&str, &str)] = &[(":status", "200")];
const GRPC_OK: &[(&str, &str)] = &[(":status", "200"), ("content-type", "application/grpc+proto")];
const STATUS_0: &[(&str, &str)] = &[("grpc-status", "0"), ("grpc-message", "")];

/// Both ends of a connection, with what each of them remembers.
#[derive(Default)]
struct Ends {
    client: Encoder,
    server: Encoder,
}

impl Ends {
    fn ask(&mut self, stream: u32, fields: &[(&str, &str)], body: &[u8]) -> Step {
        Client(message_of(&mut self.client, stream, fields, body))
    }

    fn answer(&mut self, stream: u32, fields: &[(&str, &str)], body: &[u8]) -> Step {
        Server(message_of(&mut self.server, stream, fields, body))
    }
}

fn message_of(encoder: &mut Encoder, stream: u32, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = encoder.headers(stream, body.is_empty(), fields);
    if !body.is_empty() {
        bytes.extend(data(stream, true, body));
    }
    bytes
}

fn hello() -> [Step; 2] {
    [Client(opening()), Server(settings(&[(1, 4096)]))]
}

/// The steps after both ends have said hello.
fn after_hello(steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    hello().into_iter().chain(steps).collect()
}

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
        protocol: Protocol::H2,
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
    assert_eq!((rows[0].response_ns, rows[0].response_headers.as_str()), (Some(4), ""));
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
    assert_eq!((rows[0].response_headers.as_str(), rows[1].response_headers.as_str()), ("c: 3", "c: 3"));
}

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
