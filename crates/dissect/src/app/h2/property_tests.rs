//! What holds for every connection, however its bytes are cut into segments.

use std::sync::Arc;

use proptest::prelude::*;

use super::field_list::{FieldList, MAX_LIST_BYTES};
use super::hpack::{Decoder, HpackField};
use super::testing::{END_HEADERS, Encoder, Form, data, frame, message, opening, settings};
use crate::app::Stream;
use crate::app::testing::{Collected, context};
use crate::record::{BodyRequest, HttpExchange, Side};

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Indexed), Just(Form::Literal), Just(Form::HuffmanLiteral)]
}

/// Names and values from a few, so that tables are used, and from many, so that they overflow.
fn field() -> impl Strategy<Value = (String, String, Form)> {
    let name = prop_oneof!["[a-c]", "[a-z0-9-]{1,60}"];
    let value = prop_oneof!["[x-z]?", "[ -~]{0,200}"];
    (name, value, form())
}

fn decoded(decoder: &mut Decoder, block: &[u8]) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let read = decoder.decode(block, |field| match field {
        HpackField::Known { name, value } => fields.push((text(name), text(value))),
        HpackField::Unseen => panic!("the whole table was seen"),
    });
    read.ok().map(|()| fields)
}

/// One call: how long its messages are, whether it is gRPC, whether its head takes several frames.
#[derive(Debug, Clone)]
struct Call {
    up: Vec<u8>,
    down: Vec<u8>,
    is_grpc: bool,
    in_parts: bool,
    padding: Option<u8>,
}

fn call() -> impl Strategy<Value = Call> {
    let body = || prop::collection::vec(any::<u8>(), 0..40);
    (body(), body(), any::<bool>(), any::<bool>(), prop::option::of(0u8..10))
        .prop_map(|(up, down, is_grpc, in_parts, padding)| Call { up, down, is_grpc, in_parts, padding })
}

/// What both sides send for these calls, one after the other.
fn written(calls: &[Call]) -> Vec<(Side, Vec<u8>)> {
    let (mut client, mut server) = (Encoder::default(), Encoder::default());
    let mut pieces = vec![(Side::Client, opening()), (Side::Server, settings(&[(5, 20_000)]))];
    for (stream, call) in (1u32..).step_by(2).zip(calls) {
        let content_type = if call.is_grpc { "application/grpc" } else { "text/plain" };
        let path = format!("/{}", stream % 7);
        let request =
            [(":method", "POST"), (":scheme", "http"), (":path", path.as_str()), ("content-type", content_type)];
        let response = [(":status", "200"), ("content-type", content_type)];
        let body = |bytes: &[u8]| if call.is_grpc { message(bytes) } else { bytes.to_vec() };
        let content = |ends_stream: bool, bytes: &[u8]| match call.padding {
            Some(padding) => {
                let payload = [&[padding][..], &body(bytes), &vec![0; padding.into()]].concat();
                frame(0, 0x8 | u8::from(ends_stream), stream, &payload)
            }
            None => data(stream, ends_stream, &body(bytes)),
        };
        let head = |block: Vec<u8>| {
            let (first, rest) = block.split_at(if call.in_parts { block.len() / 2 } else { block.len() });
            match call.in_parts {
                true => [frame(1, 0, stream, first), frame(9, END_HEADERS, stream, rest)].concat(),
                false => frame(1, END_HEADERS, stream, first),
            }
        };
        let trailers = [("grpc-status", "0")];
        pieces.push((Side::Client, [head(client.block(&request)), content(true, &call.up)].concat()));
        let answer = [head(server.block(&response)), content(false, &call.down)].concat();
        pieces.push((Side::Server, [answer, server.headers(stream, true, &trailers)].concat()));
    }
    pieces
}

/// Plays the pieces, each cut into pieces of the sizes that `cuts` gives.
fn play(pieces: &[(Side, Vec<u8>)], cuts: &mut impl Iterator<Item = usize>) -> Collected {
    let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(None, &Arc::default()));
    for (side, bytes) in pieces {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cuts.next().unwrap_or(usize::MAX).clamp(1, rest.len()));
            stream.data(&ctx, *side, piece, 0, &mut sink);
            rest = after;
        }
    }
    stream.end(&ctx, 0, &mut sink);
    sink
}

/// Something that happens to a connection: what, by whom, with which bytes.
fn events() -> impl Strategy<Value = Vec<(u8, bool, Vec<u8>)>> {
    prop::collection::vec((0u8..10, any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 0..40)
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_what_is_decoded(
        blocks in prop::collection::vec(prop::collection::vec(field(), 0..12), 1..8),
    ) {
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for fields in blocks {
            let block: Vec<u8> = fields.iter().flat_map(|(name, value, form)| encoder.field(name, value, *form)).collect();
            let expected: Vec<_> = fields.into_iter().map(|(name, value, _)| (name, value)).collect();
            prop_assert_eq!(decoded(&mut decoder, &block), Some(expected));
        }
    }

    #[test]
    fn arbitrary_header_blocks_never_panic_and_stay_in_bounds(
        blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
        lost in any::<bool>(),
    ) {
        let (mut decoder, mut list) = (Decoder::default(), FieldList::default());
        for block in blocks {
            if lost {
                decoder.lose();
                decoder.allow_any_size();
            }
            list.clear();
            let _ = decoder.decode(&block, |field| list.push(field));
            prop_assert!(list.text_bytes() <= MAX_LIST_BYTES);
            let is_one_line = list.fields().all(|(name, value)| !name.contains('\n') && !value.contains('\n'));
            prop_assert!(is_one_line);
        }
    }

    #[test]
    fn wherever_a_connection_is_split_its_rows_are_the_same(
        calls in prop::collection::vec(call(), 1..5),
        cuts in prop::collection::vec(1usize..60, 1..20),
    ) {
        let pieces = written(&calls);
        let whole = play(&pieces, &mut std::iter::empty());
        let bytewise = play(&pieces, &mut std::iter::repeat(1));
        let cut = play(&pieces, &mut cuts.iter().copied().cycle());
        prop_assert_eq!(&whole, &bytewise);
        prop_assert_eq!(&whole, &cut);
        let prefix = |call: &Call| if call.is_grpc { 5 } else { 0 };
        let sizes = |e: &HttpExchange| (e.request_body_bytes, e.response_body_bytes, e.complete, e.error.clone());
        let expected: Vec<_> = calls
            .iter()
            .map(|call| (prefix(call) + call.up.len() as u64, prefix(call) + call.down.len() as u64, true, None))
            .collect();
        prop_assert_eq!(whole.exchanges.iter().map(sizes).collect::<Vec<_>>(), expected);
        prop_assert_eq!(whole.problems, vec![]);
    }

    #[test]
    fn arbitrary_bytes_gaps_and_ends_after_a_preface_never_panic(events in events(), from_start in any::<bool>()) {
        let wanted = BodyRequest { ordinal: 0, side: Side::Server, limit_bytes: 8 };
        let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(Some(wanted), &Arc::default()));
        if from_start {
            stream.data(&ctx, Side::Client, &opening(), 0, &mut sink);
        } else {
            stream.data(&ctx, Side::Client, &frame(6, 0, 0, &[0; 8]), 0, &mut sink);
            stream.data(&ctx, Side::Server, &frame(6, 1, 0, &[0; 8]), 0, &mut sink);
        }
        for (kind, from_client, bytes) in &events {
            let side = if *from_client { Side::Client } else { Side::Server };
            let number = |at: usize| bytes.get(at).copied().unwrap_or(1);
            let id = u32::from(number(0) % 8);
            match kind {
                0 => stream.gap(&ctx, side, bytes.len() as u64 * 5 + 1, 0, &mut sink),
                1 => stream.data(&ctx, side, bytes, 0, &mut sink),
                2 if bytes.len() == 59 => stream.fin(&ctx, side, 0, &mut sink),
                3 if bytes.len() == 59 => stream.reset(&ctx, side, 0, &mut sink),
                4 => stream.data(&ctx, side, &Encoder::default().headers(id | 1, number(1) & 1 == 0, &[(":status", "200")]), 0, &mut sink),
                // Frames of every kind with any flags and content, mostly whole.
                _ => {
                    let whole = frame(number(1) % 12, number(2), id, bytes);
                    let cut = whole.len() - usize::from(number(3) & 15 == 0);
                    stream.data(&ctx, side, &whole[..cut], 0, &mut sink);
                }
            }
        }
        stream.end(&ctx, 0, &mut sink);
        let mut ordinals: Vec<_> = sink.exchanges.iter().map(|e| e.ordinal).collect();
        ordinals.sort_unstable();
        prop_assert!(ordinals.iter().enumerate().all(|(at, ordinal)| at == *ordinal as usize), "one row per exchange");
    }
}
