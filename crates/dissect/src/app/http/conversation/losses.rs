//! What becomes of exchanges whose bytes are missing, cannot be read, or end before their time.

use crate::app::FlowContext;
use crate::app::complaints::Complaints;
use crate::record::{Side, Sink, Stage};

use super::super::reader::{Broken, Close, Framing, PartialHead};
use super::Conversation;

impl Conversation {
    pub(super) fn lose_body_bytes(&mut self, side: Side, bytes: u64, at_ns: i64) {
        let Some(pending) = self.outstanding.reading(side) else {
            return;
        };
        pending.note("gap");
        pending.half(side).broken = true;
        match side {
            Side::Client => pending.record.request_body_bytes += bytes,
            Side::Server => {
                pending.record.response_body_bytes += bytes;
                pending.record.finished_ns = at_ns;
            }
        }
    }

    /// The message of `side` that was being read ends here. Whole lines of a head that had come are read.
    pub(super) fn cut_off(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        head: &PartialHead,
        at_ns: i64,
        why: &str,
        sink: &mut dyn Sink,
    ) {
        if let Some(last_line_end) = memchr::memrchr(b'\n', &head.bytes) {
            let lines = &head.bytes[..=last_line_end];
            match side {
                Side::Client => self.begin_request(ctx, lines, head.started_ns, at_ns, sink),
                Side::Server => self.begin_response(ctx, lines, head.started_ns, at_ns, sink),
            }
            self.reader(side).begin_body(Framing::Unknown);
            // The rest of the head is lost, and with it where another protocol would begin.
            self.left_for = None;
        }
        if let Some(pending) = self.outstanding.reading(side) {
            pending.interrupt(side, why);
        }
    }

    pub(super) fn break_off(&mut self, ctx: &FlowContext, side: Side, broken: Broken, at_ns: i64, sink: &mut dyn Sink) {
        if !matches!(broken, Broken::Chunk(_)) {
            self.health.message();
        }
        self.health.unreadable();
        self.complaints.report(ctx, Stage::Http, at_ns, broken, sink);
        let oddity = format!("malformed: {broken}");
        if side == Side::Server {
            self.outstanding.lose_server();
        }
        match self.outstanding.reading(side) {
            Some(pending) => pending.interrupt(side, oddity),
            None if side == Side::Server => self.outstanding.note_unanswered(oddity),
            None => {}
        }
    }

    pub(super) fn switch_off(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        let message = format!("{}: this flow is no longer read as HTTP", self.health);
        // Said even by a flow that has complained enough.
        Complaints::default().report(ctx, Stage::Http, at_ns, message, sink);
        self.finish(ctx, at_ns, "cut off", "no response", sink);
        self.off = true;
    }

    pub(super) fn finish(&mut self, ctx: &FlowContext, at_ns: i64, why: &str, unanswered: &str, sink: &mut dyn Sink) {
        if self.off {
            return;
        }
        for side in [Side::Client, Side::Server] {
            if let Close::CutOff(head) = self.reader(side).close() {
                self.cut_off(ctx, side, &head, at_ns, why, sink);
            }
        }
        while let Some(mut pending) = self.outstanding.pop() {
            pending.give_up(why, unanswered);
            self.emit(pending, sink);
        }
        self.client.stop();
        self.server.stop();
    }
}
