//! Whole connections, from the bytes of both sides to rows.

mod hostile;
mod rows;
mod streams;
mod unseen;

use std::sync::Arc;

use super::testing::{Encoder, data, opening, settings};
use crate::app::Stream;
use crate::app::testing::Step::{Client, Fin, Gap, Reset, Server};
use crate::app::testing::{self, Collected, blank_exchange, context};
use crate::record::{BodyRequest, HttpExchange, Protocol, Side};

/// One step per nanosecond.
type Step = testing::Step<Vec<u8>>;

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
    HttpExchange { protocol: Protocol::H2, ..blank_exchange() }
}
