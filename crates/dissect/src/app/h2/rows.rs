//! Which row a header block or a piece of content goes into.

use crate::app::FlowContext;
use crate::record::{Side, Sink, Stage};

use super::calls::MAX_OPEN;
use super::conversation::Conversation;
use super::direction::{Block, Purpose};
use super::field_list::FieldList;
use super::fields::{self, HEADERS_UNKNOWN};

const NO_REQUEST: &str = "no request";

impl Conversation {
    /// The fields of a block go into the row that they belong to.
    pub(super) fn fields(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        block: &Block,
        list: &FieldList,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        match (block.purpose, side) {
            (Purpose::Promise { stream }, _) => {
                if self.calls.get(stream).is_none() && !self.calls.is_closed(stream) {
                    self.request(ctx, stream, block.started_ns, list, at_ns, sink);
                    self.calls.end(stream, Side::Client, at_ns, sink);
                }
            }
            (Purpose::Message { ends_stream }, Side::Client) => {
                self.client_fields(ctx, block, list, at_ns, sink);
                if ends_stream {
                    self.calls.end(block.stream, Side::Client, at_ns, sink);
                }
            }
            (Purpose::Message { ends_stream }, Side::Server) => {
                let status = fields::status_of(list);
                // An interim response: the final one is still to come (RFC 9110 §15.2).
                if !ends_stream && matches!(status, Some(100..=199)) {
                    return;
                }
                self.server_fields(ctx, block, list, ends_stream && status.is_none(), at_ns, sink);
                if ends_stream {
                    self.calls.end(block.stream, Side::Server, at_ns, sink);
                }
            }
        }
    }

    fn client_fields(&mut self, ctx: &FlowContext, block: &Block, list: &FieldList, at_ns: i64, sink: &mut dyn Sink) {
        let Some(call) = self.calls.get(block.stream) else {
            if !self.calls.is_closed(block.stream) {
                self.request(ctx, block.stream, block.started_ns, list, at_ns, sink);
            }
            return;
        };
        let pending = &mut call.pending;
        if !pending.request.began {
            // The response was captured before its request.
            pending.request.ended = false;
            pending.record.error.take_if(|error| error == NO_REQUEST);
            fields::read_request(list, pending, &self.http.options);
        } else if !pending.request.ended {
            fields::read_request_trailers(list, pending, &self.http.options);
        }
    }

    /// A new request.
    fn request(
        &mut self,
        ctx: &FlowContext,
        stream: u32,
        started_ns: i64,
        list: &FieldList,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        self.add(ctx, stream, started_ns, at_ns, sink);
        let Some(call) = self.calls.get(stream) else { return };
        call.pending.record.finished_ns = at_ns;
        let server_name = fields::read_request(list, &mut call.pending, &self.http.options);
        call.pending.request.broken |= list.broken.is_some();
        call.count_messages(Side::Client);
        if self.server_name.is_none() {
            self.server_name = server_name.map(Into::into);
        }
    }

    /// The head of a response, or its trailers. `is_no_head` where only trailers look like this.
    fn server_fields(
        &mut self,
        ctx: &FlowContext,
        block: &Block,
        list: &FieldList,
        is_no_head: bool,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        let stream = block.stream;
        let is_new = self.calls.get(stream).is_none();
        if is_new && self.calls.is_closed(stream) {
            return;
        }
        if is_new {
            self.begin_unseen(ctx, Side::Server, stream, block.started_ns, at_ns, sink);
        }
        let Some(call) = self.calls.get(stream) else { return };
        let pending = &mut call.pending;
        if pending.response.ended {
            return;
        }
        let is_lone_trailer = is_new && is_no_head && !list.has_unseen;
        let is_head = !pending.response.began && !is_lone_trailer;
        if !pending.response.began {
            pending.record.response_ns = Some(block.started_ns);
        }
        pending.record.finished_ns = at_ns;
        if is_head {
            fields::read_response(list, pending, &self.http.options);
            pending.response.broken |= list.broken.is_some();
            call.count_messages(Side::Server);
        } else {
            pending.response.broken |= !pending.response.began;
            pending.response.began = true;
            fields::read_response_trailers(list, pending, &self.http.options);
        }
    }

    /// Content of `side` comes on this stream. Its head may have been lost, or sent before the capture began.
    pub(super) fn expect_content(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        stream: u32,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        if self.calls.get(stream).is_none() {
            if self.calls.is_closed(stream) {
                return;
            }
            self.begin_unseen(ctx, side, stream, at_ns, at_ns, sink);
        }
        let Some(call) = self.calls.get(stream) else { return };
        let half = call.pending.half(side);
        if half.began || half.ended {
            return;
        }
        (half.began, half.broken) = (true, true);
        let why = call.lost.take().unwrap_or_else(|| HEADERS_UNKNOWN.to_owned());
        call.pending.note(why);
        if side == Side::Server {
            call.pending.record.response_ns = Some(at_ns);
        }
    }

    /// An exchange of which something came before its request.
    fn begin_unseen(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        stream: u32,
        started_ns: i64,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        self.add(ctx, stream, started_ns, at_ns, sink);
        if let Some(call) = self.calls.get(stream)
            && side == Side::Server
        {
            call.pending.request.ended = true;
            call.pending.note(NO_REQUEST);
        }
    }

    fn add(&mut self, ctx: &FlowContext, stream: u32, started_ns: i64, at_ns: i64, sink: &mut dyn Sink) {
        if !self.calls.add(ctx, stream, started_ns, sink) {
            let message = format!("more than {MAX_OPEN} streams are open: the oldest is given up");
            self.complaints.report(ctx, Stage::Http, at_ns, message, sink);
        }
    }
}
