//! Whole connections, from the bytes of both sides to rows.

mod framing;
mod hostile;
mod losses;
mod pairing;
mod rows;

use std::sync::Arc;

use super::Conversation;
use crate::app::testing::Step::{Client, Fin, Gap, Reset, Server};
use crate::app::testing::{self, Collected, context};
use crate::record::{BodyRequest, HttpExchange, Side};

/// One step per nanosecond.
type Step = testing::Step<&'static str>;

fn play_with(body: Option<BodyRequest>, steps: &[Step]) -> Collected {
    let (ctx, mut sink, mut conversation) = (context(), Collected::default(), Conversation::new(body, Arc::default()));
    for (at_ns, step) in (0..).zip(steps) {
        match step {
            Client(text) => {
                conversation.data(&ctx, Side::Client, text.as_bytes(), at_ns, &mut sink);
            }
            Server(text) => {
                conversation.data(&ctx, Side::Server, text.as_bytes(), at_ns, &mut sink);
            }
            Gap(side, missed) => conversation.gap(&ctx, *side, *missed, at_ns, &mut sink),
            Fin(side) => conversation.fin(&ctx, *side, at_ns, &mut sink),
            Reset => conversation.reset(&ctx, at_ns, &mut sink),
        }
    }
    conversation.end(&ctx, 1_000, &mut sink);
    sink
}

fn play(steps: &[Step]) -> Vec<HttpExchange> {
    play_with(None, steps).exchanges
}

/// What most tests look at: target, status, sizes of the bodies, completeness, error.
type Gist<'a> = (Option<&'a str>, Option<u16>, u64, u64, bool, Option<&'a str>);

fn gist(exchanges: &[HttpExchange]) -> Vec<Gist<'_>> {
    exchanges
        .iter()
        .map(|e| {
            (e.target.as_deref(), e.status, e.request_body_bytes, e.response_body_bytes, e.complete, e.error.as_deref())
        })
        .collect()
}

fn whole(target: &str, status: u16, request_bytes: u64, response_bytes: u64) -> Gist<'_> {
    (Some(target), Some(status), request_bytes, response_bytes, true, None)
}
