//! A body is not kept while reading; it is read back from the packets that a flow's spans name.

use wirereel_dissect::record::{BodyRequest, Side};
use wirereel_dissect::{Dissector, Limits};
use wirereel_testkit::{Conversation, Packets};

use crate::collect::{read, read_with};

fn get(port: u16, item: u32) -> Packets {
    let request = format!("GET /items/{item} HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    let body = format!("item {item} ").repeat(400);
    let response =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let story = Conversation::tcp(&format!("10.0.0.1:{port}"), "10.0.0.2:80").handshake();
    let story = story.client(request.as_bytes()).server(response.as_bytes());
    story.client(request.as_bytes()).server(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo").close().packets()
}

#[test]
fn a_body_is_read_back_from_the_packets_of_its_flow() {
    let all = get(40_001, 1).merge(get(40_002, 2)).merge(get(40_003, 3));
    let collected = read(&all);
    assert!(collected.bodies.is_empty());
    let flow = collected.flows.iter().find(|flow| flow.client.port == 40_002).unwrap().id;
    let spans = collected.spans.iter().filter(|span| span.flow == flow);
    let packets: Vec<_> = spans.flat_map(|span| &span.positions).map(|at| all.0[*at as usize].clone()).collect();
    let packets = Packets(packets);

    let body = |ordinal, limit_bytes| {
        let request = BodyRequest { ordinal, side: Side::Server, limit_bytes };
        let again = read_with(Dissector::with_body(Limits::default(), request), &packets);
        let [body] = again.bodies.try_into().unwrap();
        (String::from_utf8(body.bytes).unwrap(), body.truncated)
    };
    assert_eq!(body(0, 100_000), ("item 2 ".repeat(400), false));
    assert_eq!(body(1, 100_000), ("two".to_owned(), false));
    assert_eq!(body(0, 6), ("item 2".to_owned(), true));
}
