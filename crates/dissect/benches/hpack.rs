//! HTTP/2 header blocks: indexed fields, literals that enter the dynamic table, literals that do not.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use wirereel_testkit::{Conversation, Packets, Side};

use common::{packets_per_second, quick};

const EXCHANGES: u32 = 10_000;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// END_STREAM and END_HEADERS.
const WHOLE_MESSAGE: u8 = 0x05;

/// A HEADERS frame (RFC 9113 §6.2).
fn headers(stream: u32, block: &[u8]) -> Vec<u8> {
    let length = (block.len() as u32).to_be_bytes();
    [&length[1..], &[1, WHOLE_MESSAGE], &stream.to_be_bytes(), block].concat()
}

/// A string literal without Huffman coding (RFC 7541 §5.2); shorter than 127 bytes.
fn string(text: &str) -> Vec<u8> {
    [&[text.len() as u8][..], text.as_bytes()].concat()
}

/// `:method GET`, `:scheme http` by index, a path of its own, two fields from the dynamic table.
fn request(number: u32) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04];
    block.extend(string(&format!("/orders/{number}?expand=lines")));
    if number == 0 {
        block.push(0x41);
        block.extend(string("shop.test"));
        block.push(0x40);
        block.extend([string("x-tenant"), string("north")].concat());
    } else {
        block.extend([0xbf, 0xbe]);
    }
    block
}

/// `:status 200` by index, a field that enters the table with every response, one from the table.
fn response(number: u32) -> Vec<u8> {
    let mut block = vec![0x88, 0x40];
    block.extend([string("etag"), string(&format!("\"{number}\""))].concat());
    block.push(0xbe);
    block
}

fn conversation() -> Packets {
    let mut story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80").handshake();
    story = story.client(&[PREFACE, SETTINGS].concat()).server(SETTINGS);
    for number in 0..EXCHANGES {
        let stream = 2 * number + 1;
        story = story.client(&headers(stream, &request(number))).server(&headers(stream, &response(number)));
        story = story.ack(Side::Client);
    }
    story.close().packets()
}

fn hpack(criterion: &mut Criterion) {
    packets_per_second(criterion, "hpack", "headers", &conversation());
}

criterion_group! { name = benches; config = quick(); targets = hpack }
criterion_main!(benches);
