//! Whole HTTP/1.1 exchanges from packets: small ones on kept-alive connections, and one large body.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use wirereel_testkit::{Conversation, Packets, Side};

use common::{packets_per_second, quick};

const EXCHANGES: usize = 10_000;

const REQUEST: &[u8] = b"GET /orders/1742?expand=lines HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: bench/1.0\r\n\
    Accept: application/json\r\nAuthorization: Bearer abc.def.ghi\r\n\r\n";
const RESPONSE_HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n";

fn kept_alive() -> Packets {
    let response = format!("{RESPONSE_HEAD}Content-Length: 120\r\n\r\n{}", "x".repeat(120));
    let mut story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80").handshake();
    for _ in 0..EXCHANGES {
        story = story.client(REQUEST).server(response.as_bytes()).ack(Side::Client);
    }
    story.close().packets()
}

fn large_body() -> Packets {
    let body = vec![b'x'; 30_000_000];
    let head = format!("{RESPONSE_HEAD}Content-Length: {}\r\n\r\n", body.len());
    let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80").handshake().client(REQUEST);
    story.server(head.as_bytes()).server(&body).close().packets()
}

fn http(criterion: &mut Criterion) {
    packets_per_second(criterion, "http", "kept-alive", &kept_alive());
    packets_per_second(criterion, "http", "large-body", &large_body());
}

criterion_group! { name = benches; config = quick(); targets = http }
criterion_main!(benches);
