//! The streams of a connection that carry an exchange which is not over.

use std::collections::{BTreeMap, VecDeque};

use crate::app::FlowContext;
use crate::app::http::{KeptBody, Pending};
use crate::record::{BodyRequest, Protocol, Side, Sink};

use super::fields::HEADERS_UNKNOWN;
use super::grpc::{Messages, is_grpc};

/// Streams open at once. Servers allow 100 to 256; more means that the ends of streams were not captured.
pub(super) const MAX_OPEN: usize = 1024;

/// Streams remembered as closed, so that what was still under way to them makes no new row. One round trip's worth.
const MAX_CLOSED: usize = 256;

/// One stream's exchange.
#[derive(Debug)]
pub(super) struct Call {
    pub pending: Box<Pending>,
    /// gRPC messages of the client and the server; `None` where the body is something else or began unseen.
    messages: [Option<Messages>; 2],
    /// Why the response may never have been seen though it was sent.
    pub lost: Option<String>,
}

/// The open streams, and what is remembered of others.
#[derive(Default)]
pub(super) struct Calls {
    open: BTreeMap<u32, Call>,
    closed: VecDeque<u32>,
    added: u32,
    highest: u32,
    /// Every request so far was seen: a stream below the highest that is not open is closed.
    pub seen_all: bool,
    kept: Option<Box<KeptBody>>,
    /// Rows written: gRPC calls, others of known kind.
    grpc: u64,
    other: u64,
}

impl Call {
    /// A piece of the content that `side` sends.
    fn body(&mut self, side: Side, bytes: u64, at_ns: i64) {
        let record = &mut self.pending.record;
        match side {
            Side::Client => {
                record.request_body_bytes += bytes;
                if !self.pending.response.began {
                    record.finished_ns = at_ns;
                }
            }
            Side::Server => {
                record.response_body_bytes += bytes;
                record.finished_ns = at_ns;
            }
        }
    }

    /// Begins to count messages of a body that is gRPC's and begins now.
    pub(super) fn count_messages(&mut self, side: Side) {
        let content_type = match side {
            Side::Client => self.pending.request_content_type.as_deref(),
            Side::Server => self.pending.record.content_type.as_deref(),
        };
        if content_type.is_some_and(is_grpc) {
            self.messages[side as usize] = Some(Messages::default());
        }
    }
}

impl Calls {
    pub(super) fn new(body: Option<BodyRequest>) -> Self {
        Self { kept: body.map(|wanted| Box::new(KeptBody::new(wanted))), ..Self::default() }
    }

    /// Goes on where HTTP/1 has left off: with its ordinals, and the request that stream 1 answers.
    pub(super) fn upgraded(next_ordinal: u32, kept: Option<Box<KeptBody>>, request: Option<Box<Pending>>) -> Self {
        let mut calls = Self { added: next_ordinal, kept, seen_all: true, ..Self::default() };
        if let Some(mut pending) = request {
            pending.record.protocol = Protocol::H2;
            pending.record.stream_id = Some(1);
            if !pending.request.ended {
                pending.interrupt(Side::Client, "cut off");
            }
            calls.highest = 1;
            calls.open.insert(1, Call { pending, messages: [None, None], lost: None });
        }
        calls
    }

    pub(super) fn get(&mut self, stream: u32) -> Option<&mut Call> {
        self.open.get_mut(&stream)
    }

    /// The highest stream that carried an exchange; `None` when none did.
    pub(super) fn highest(&self) -> Option<u32> {
        (self.highest > 0).then_some(self.highest)
    }

    /// Whether this stream had an exchange that is over.
    pub(super) fn is_closed(&self, stream: u32) -> bool {
        (self.seen_all && stream % 2 == 1 && stream <= self.highest) || self.closed.contains(&stream)
    }

    /// Begins an exchange. When too many are open, the oldest is given up and `false` returned.
    pub(super) fn add(&mut self, ctx: &FlowContext, stream: u32, started_ns: i64, sink: &mut dyn Sink) -> bool {
        let mut pending = Box::new(Pending::new(ctx, self.added, started_ns));
        pending.record.protocol = Protocol::H2;
        pending.record.stream_id = Some(stream);
        self.added = self.added.saturating_add(1);
        self.highest = self.highest.max(stream);
        self.open.insert(stream, Call { pending, messages: [None, None], lost: None });
        if self.open.len() <= MAX_OPEN {
            return true;
        }
        let oldest = self.open.iter().min_by_key(|(_, call)| call.pending.record.ordinal).map(|(stream, _)| *stream);
        if let Some(oldest) = oldest {
            self.give_up(oldest, "cut off", "no response", sink);
        }
        false
    }

    /// A piece of the content that `side` sends on an open stream.
    pub(super) fn take_body(&mut self, stream: u32, side: Side, bytes: &[u8], at_ns: i64) {
        let Some(call) = self.open.get_mut(&stream) else { return };
        if call.pending.half(side).ended {
            return;
        }
        call.body(side, bytes.len() as u64, at_ns);
        if let Some(messages) = &mut call.messages[side as usize] {
            messages.take(bytes);
        }
        if let Some(kept) = &mut self.kept {
            kept.take(call.pending.record.ordinal, side, bytes);
        }
    }

    /// Content that `side` sent on this stream and that was never captured.
    pub(super) fn lose_body(&mut self, stream: u32, side: Side, bytes: u64, at_ns: i64) {
        let Some(call) = self.open.get_mut(&stream) else { return };
        call.body(side, bytes, at_ns);
        call.pending.half(side).broken = true;
        call.pending.note("gap");
        if let Some(messages) = &mut call.messages[side as usize] {
            messages.skip(bytes);
        }
    }

    /// The message of `side` on this stream is over.
    pub(super) fn end(&mut self, stream: u32, side: Side, at_ns: i64, sink: &mut dyn Sink) {
        let Some(call) = self.open.get_mut(&stream) else { return };
        let pending = &mut call.pending;
        pending.half(side).ended = true;
        if side == Side::Server || !pending.response.began {
            pending.record.finished_ns = at_ns;
        }
        if pending.is_over() {
            self.write(stream, sink);
        }
    }

    /// RST_STREAM. A server that has answered in full may tell its client so to stop sending (RFC 9113 §8.1).
    pub(super) fn reset(&mut self, stream: u32, code: &str, at_ns: i64, sink: &mut dyn Sink) {
        let Some(call) = self.open.get_mut(&stream) else { return };
        if call.pending.response.ended && code == "NO_ERROR" {
            call.pending.request.ended = true;
            self.write(stream, sink);
            return;
        }
        call.pending.record.finished_ns = at_ns;
        let why = format!("reset: {code}");
        self.give_up(stream, &why, &why, sink);
    }

    /// GOAWAY: what its receiver began behind `last` was never looked at (RFC 9113 §6.8).
    pub(super) fn go_away(&mut self, sender: Side, last: u32, code: &str, sink: &mut dyn Sink) {
        let began_by_receiver = u32::from(sender == Side::Server);
        let refused: Vec<u32> = self.open.range(last.saturating_add(1)..).map(|(stream, _)| *stream).collect();
        for stream in refused.into_iter().filter(|stream| stream % 2 == began_by_receiver) {
            let unanswered = format!("no response: GOAWAY {code}");
            self.give_up(stream, &format!("cut off: GOAWAY {code}"), &unanswered, sink);
        }
    }

    /// Bytes of `side` were lost, or could not be read: every message that it was sending may lack some.
    pub(super) fn lose(&mut self, side: Side, why: &str) {
        for call in self.open.values_mut() {
            if call.pending.half(side).is_reading() {
                call.pending.half(side).broken = true;
                call.pending.note(why);
                if let Some(messages) = &mut call.messages[side as usize] {
                    messages.skip(u64::MAX);
                }
            } else if side == Side::Server && call.pending.is_waiting() && call.lost.is_none() {
                call.lost = Some(why.to_owned());
            }
        }
        self.seen_all &= side == Side::Server;
    }

    /// `side` sends no more.
    pub(super) fn close(&mut self, side: Side, sink: &mut dyn Sink) {
        for stream in self.by_ordinal() {
            let Some(call) = self.open.get_mut(&stream) else { continue };
            if call.pending.half(side).is_reading() {
                call.pending.interrupt(side, "cut off");
            } else if side == Side::Server && call.pending.is_waiting() && call.pending.request.ended {
                let why = call.lost.take().unwrap_or_else(|| "no response".to_owned());
                call.pending.interrupt(Side::Server, why);
            }
            if call.pending.is_over() {
                self.write(stream, sink);
            }
        }
    }

    /// The connection is over.
    pub(super) fn finish(&mut self, why: &str, unanswered: &str, sink: &mut dyn Sink) {
        for stream in self.by_ordinal() {
            self.give_up(stream, why, unanswered, sink);
        }
    }

    /// Every call of known kind was gRPC.
    pub(super) fn are_grpc(&self) -> bool {
        self.grpc > 0 && self.other == 0
    }

    fn give_up(&mut self, stream: u32, why: &str, unanswered: &str, sink: &mut dyn Sink) {
        let Some(call) = self.open.get_mut(&stream) else { return };
        let lost = call.lost.take();
        call.pending.give_up(why, lost.as_deref().unwrap_or(unanswered));
        self.write(stream, sink);
    }

    fn write(&mut self, stream: u32, sink: &mut dyn Sink) {
        let Some(Call { mut pending, messages: [request, response], .. }) = self.open.remove(&stream) else { return };
        if self.closed.len() == MAX_CLOSED {
            self.closed.pop_front();
        }
        self.closed.push_back(stream);
        let record = &mut pending.record;
        record.request_messages = request.map(|messages| messages.seen());
        record.response_messages = response.map(|messages| messages.seen());
        if record.protocol == Protocol::Grpc && !pending.response.began {
            record.response_messages = Some(0);
        }
        match record.protocol {
            Protocol::Grpc => self.grpc += 1,
            _ if record.error.as_deref() == Some(HEADERS_UNKNOWN) || record.method.is_none() => {}
            _ => self.other += 1,
        }
        if let Some(kept) = &mut self.kept {
            kept.deliver(&pending, sink);
        }
        sink.http_exchange(pending.into_record());
    }

    fn by_ordinal(&self) -> Vec<u32> {
        let mut streams: Vec<_> =
            self.open.iter().map(|(stream, call)| (call.pending.record.ordinal, *stream)).collect();
        streams.sort_unstable();
        streams.into_iter().map(|(_, stream)| stream).collect()
    }
}
