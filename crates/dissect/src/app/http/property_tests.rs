//! What holds for every conversation, however its bytes are cut into segments.

use std::sync::Arc;

use proptest::prelude::*;

use crate::app::Stream;
use crate::app::testing::{Collected, context};
use crate::record::{BodyRequest, HttpExchange, Side};

/// One message as sent, and the size of its body.
type Message = (Vec<u8>, u64);

fn with_body(head: String, body: &[u8], chunk: Option<usize>) -> Message {
    let mut bytes = head.into_bytes();
    match chunk {
        None => {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            bytes.extend_from_slice(body);
        }
        Some(size) => {
            bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(size) {
                bytes.extend_from_slice(format!("{:x};ext=1\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\nx-trailer: 1\r\n\r\n");
        }
    }
    (bytes, body.len() as u64)
}

fn body() -> impl Strategy<Value = (Vec<u8>, Option<usize>)> {
    (prop::collection::vec(any::<u8>(), 0..40), prop::option::of(1usize..20))
}

/// A request and its response.
fn exchange() -> impl Strategy<Value = (Message, Message)> {
    (body(), body(), 0u16..1000, any::<bool>()).prop_map(|((up, up_chunk), (down, down_chunk), name, interim)| {
        let request = with_body(format!("POST /{name} HTTP/1.1\r\nHost: shop.example\r\n"), &up, up_chunk);
        let mut response = with_body("HTTP/1.1 200 OK\r\nServer: a\r\n".to_owned(), &down, down_chunk);
        if interim {
            response.0 = [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], &response.0].concat();
        }
        (request, response)
    })
}

/// Plays the exchanges one after the other, each message in pieces of the sizes that `cuts` gives.
fn play(exchanges: &[(Message, Message)], cuts: &mut impl Iterator<Item = usize>) -> Collected {
    let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(None, &Arc::default()));
    for (request, response) in exchanges {
        for (side, (bytes, _)) in [(Side::Client, request), (Side::Server, response)] {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cuts.next().unwrap_or(usize::MAX).clamp(1, rest.len()));
                stream.data(&ctx, side, piece, 0, &mut sink);
                rest = after;
            }
        }
    }
    stream.end(&ctx, 0, &mut sink);
    sink
}

proptest! {
    #[test]
    fn wherever_a_conversation_is_split_its_exchanges_are_the_same(
        exchanges in prop::collection::vec(exchange(), 1..5),
        cuts in prop::collection::vec(1usize..60, 1..20),
    ) {
        let whole = play(&exchanges, &mut std::iter::empty());
        let bytewise = play(&exchanges, &mut std::iter::repeat(1));
        let pieces = play(&exchanges, &mut cuts.iter().copied().cycle());
        prop_assert_eq!(&whole, &bytewise);
        prop_assert_eq!(&whole, &pieces);
        let sizes = |e: &HttpExchange| (e.request_body_bytes, e.response_body_bytes, e.complete, e.error.clone());
        let expected: Vec<_> = exchanges.iter().map(|(up, down)| (up.1, down.1, true, None)).collect();
        prop_assert_eq!(whole.exchanges.iter().map(sizes).collect::<Vec<_>>(), expected);
        prop_assert_eq!(whole.problems, vec![]);
    }

    #[test]
    fn pipelined_requests_may_be_split_anywhere_too(
        exchanges in prop::collection::vec(exchange(), 1..5),
        cut in 1usize..60,
    ) {
        let joined = |side: fn(&(Message, Message)) -> &Message| exchanges.iter().flat_map(|e| side(e).0.clone()).collect::<Vec<u8>>();
        let pipelined = [((joined(|e| &e.0), 0), (joined(|e| &e.1), 0))];
        let whole = play(&exchanges, &mut std::iter::empty());
        prop_assert_eq!(&whole, &play(&pipelined, &mut std::iter::empty()));
        prop_assert_eq!(&whole, &play(&pipelined, &mut std::iter::repeat(cut)));
    }

    #[test]
    fn arbitrary_bytes_gaps_and_ends_never_panic(
        steps in prop::collection::vec((0u8..6, any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..30),
        http in any::<bool>(),
    ) {
        let wanted = BodyRequest { ordinal: 0, side: Side::Server, limit_bytes: 8 };
        let (ctx, mut sink, mut stream) = (context(), Collected::default(), Stream::new(Some(wanted), &Arc::default()));
        if http {
            stream.data(&ctx, Side::Client, b"GET / HTTP/1.1\r\n\r\n", 0, &mut sink);
        }
        for (kind, from_client, bytes) in &steps {
            let side = if *from_client { Side::Client } else { Side::Server };
            match kind {
                0 => stream.gap(&ctx, side, bytes.len() as u64 * 1000, 0, &mut sink),
                1 => stream.data(&ctx, Side::Server, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n", 0, &mut sink),
                2 => stream.data(&ctx, Side::Client, b"POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\n", 0, &mut sink),
                3 if bytes.len() == 39 => stream.fin(&ctx, side, 0, &mut sink),
                4 if bytes.len() == 39 => stream.reset(&ctx, side, 0, &mut sink),
                _ => stream.data(&ctx, side, bytes, 0, &mut sink),
            }
        }
        stream.end(&ctx, 0, &mut sink);
    }
}
