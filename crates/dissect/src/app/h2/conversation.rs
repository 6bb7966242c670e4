//! Reads both directions of a connection and gives every stream's exchange its row.

use std::borrow::Cow;
use std::sync::Arc;

use crate::app::FlowContext;
use crate::app::complaints::Complaints;
use crate::app::http::{Departure, Health, HttpReading};
use crate::record::{BodyRequest, Side, Sink, Stage};

use super::calls::Calls;
use super::direction::{Block, Direction, Purpose};
use super::field_list::{FieldList, MAX_LIST_BYTES};
use super::frame::{FrameHeader, Kind, error_name, number_at};
use super::hpack::MAX_TABLE_BYTES;
use super::reader::{Item, Loss, MAX_PAYLOAD_READ};
use super::settings::Settings;

/// Everything HTTP/2 about one connection.
pub(crate) struct Conversation {
    client: Direction,
    server: Direction,
    pub(super) calls: Calls,
    list: FieldList,
    pub(super) http: Arc<HttpReading>,
    health: Health,
    pub(super) complaints: Complaints,
    pub(super) server_name: Option<Arc<str>>,
    off: bool,
}

impl Conversation {
    /// A connection that is seen from its preface on.
    pub(crate) fn from_preface(body: Option<BodyRequest>, http: Arc<HttpReading>) -> Self {
        let mut calls = Calls::new(body);
        calls.seen_all = true;
        Self::new(Direction::from_start(Side::Client), Direction::from_start(Side::Server), calls, http)
    }

    /// A connection that began before the capture.
    pub(crate) fn mid_stream(body: Option<BodyRequest>, http: Arc<HttpReading>) -> Self {
        let (client, server) = (Direction::mid_stream(Side::Client), Direction::mid_stream(Side::Server));
        Self::new(client, server, Calls::new(body), http)
    }

    /// A connection that was HTTP/1 until its client asked for HTTP/2 (RFC 7540 §3.2).
    pub(crate) fn upgraded(departure: Departure, http: Arc<HttpReading>) -> Self {
        let Departure { upgraded, next_ordinal, kept, server_name, .. } = departure;
        let mut server = Direction::from_start(Side::Server);
        // The client's first settings were in a field of its request.
        server.allow_any_size();
        let calls = Calls::upgraded(next_ordinal, kept, upgraded);
        Self { server_name, ..Self::new(Direction::from_start(Side::Client), server, calls, http) }
    }

    fn new(client: Direction, server: Direction, calls: Calls, http: Arc<HttpReading>) -> Self {
        Self {
            client,
            server,
            calls,
            list: FieldList::default(),
            http,
            health: Health::default(),
            complaints: Complaints::default(),
            server_name: None,
            off: false,
        }
    }

    pub(crate) fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// `grpc` when every call was gRPC, else `h2`.
    pub(crate) fn protocol(&self) -> &'static str {
        if self.calls.are_grpc() { "grpc" } else { "h2" }
    }

    pub(crate) fn data(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        let mut found;
        let mut rest = bytes;
        while !self.off {
            while let Some(item) = self.direction(side).reader.next(&mut rest, at_ns) {
                self.item(ctx, side, item, at_ns, sink);
            }
            if self.health.is_hopeless() {
                self.switch_off(ctx, at_ns, sink);
            }
            let highest = self.calls.highest();
            let reader = &mut self.direction(side).reader;
            if rest.is_empty() || !reader.is_adrift() {
                return;
            }
            match reader.find(rest, highest) {
                Some(Cow::Borrowed(frames)) => rest = frames,
                Some(Cow::Owned(frames)) => {
                    found = frames;
                    rest = &found;
                }
                None => return,
            }
        }
    }

    /// `missed` bytes of `side` were never captured. Inside the content of DATA reading goes on; anywhere else a plausible
    /// frame is looked for, and what the direction's fields refer to is unknown.
    pub(crate) fn gap(&mut self, ctx: &FlowContext, side: Side, missed: u64, at_ns: i64, sink: &mut dyn Sink) {
        if self.off {
            return;
        }
        let loss = self.direction(side).reader.gap(missed);
        let (Loss::Inside { stream, bytes } | Loss::Beyond { stream, bytes }) = loss;
        if bytes > 0 {
            self.calls.lose_body(stream, side, bytes, at_ns);
        }
        if matches!(loss, Loss::Beyond { .. }) {
            self.lose(side, "gap");
        }
        // The lost bytes may have been the last of a frame.
        self.data(ctx, side, &[], at_ns, sink);
    }

    pub(crate) fn fin(&mut self, _ctx: &FlowContext, side: Side, _at_ns: i64, sink: &mut dyn Sink) {
        self.calls.close(side, sink);
    }

    pub(crate) fn reset(&mut self, _ctx: &FlowContext, _at_ns: i64, sink: &mut dyn Sink) {
        self.finish("reset", "reset", sink);
    }

    pub(crate) fn end(&mut self, _ctx: &FlowContext, _at_ns: i64, sink: &mut dyn Sink) {
        let unanswered = if self.server.reader.is_adrift() { "gap" } else { "no response" };
        self.finish("cut off", unanswered, sink);
    }

    fn item(&mut self, ctx: &FlowContext, side: Side, item: Item<'_>, at_ns: i64, sink: &mut dyn Sink) {
        match item {
            Item::Frame { header, payload, started_ns } => {
                self.frame(ctx, side, &header, &payload, started_ns, at_ns, sink);
            }
            Item::TooLong { header, started_ns } => self.too_long(ctx, side, &header, started_ns, at_ns, sink),
            Item::Data { stream, bytes } => {
                self.expect_content(ctx, side, stream, at_ns, sink);
                self.calls.take_body(stream, side, bytes, at_ns);
            }
            Item::DataEnd { stream, ends_stream: true } => self.calls.end(stream, side, at_ns, sink),
            Item::DataEnd { .. } => {}
            Item::Broken(error) => {
                self.unreadable(ctx, at_ns, error, sink);
                self.lose(side, &format!("malformed: {error}"));
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a frame, and where and when it was met")]
    fn frame(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        header: &FrameHeader,
        payload: &[u8],
        started_ns: i64,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        let open = self.direction(side).block.take();
        if let Some(mut block) = open {
            if block.goes_on_with(header) {
                block.add(payload);
                self.block_or_part(ctx, side, header, block, at_ns, sink);
                return;
            }
            self.unreadable(ctx, at_ns, "header block goes on in no CONTINUATION frame", sink);
            self.lose_block(ctx, side, block, "header block without end", at_ns, sink);
        }
        match header.kind {
            Kind::Headers | Kind::PushPromise => match content_of(header, payload) {
                Ok((purpose, content)) if header.ends_headers() => {
                    let block = Block::new(header, purpose, &[], started_ns);
                    self.block(ctx, side, &block, content, at_ns, sink);
                }
                Ok((purpose, content)) => {
                    self.direction(side).block = Some(Block::new(header, purpose, content, started_ns));
                }
                Err(error) => {
                    self.unreadable(ctx, at_ns, error, sink);
                    self.direction(side).lose();
                }
            },
            // Its beginning was lost, and with it what the block did to the table.
            Kind::Continuation => self.direction(side).lose(),
            Kind::RstStream => self.calls.reset(header.stream, error_name(number_at(payload, 0)), at_ns, sink),
            Kind::GoAway => {
                let last = number_at(payload, 0) & 0x7fff_ffff;
                self.calls.go_away(side, last, error_name(number_at(payload, 4)), sink);
            }
            Kind::Settings if !header.is_ack() => self.direction(side.other()).allow(&Settings::parse(payload)),
            Kind::Settings | Kind::Data | Kind::Priority | Kind::Ping | Kind::WindowUpdate | Kind::Other => {}
        }
    }

    fn too_long(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        header: &FrameHeader,
        started_ns: i64,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        let open = self.direction(side).block.take();
        let mut block = match (header.kind, open) {
            (Kind::Headers, _) => {
                let purpose = Purpose::Message { ends_stream: header.ends_stream() };
                Block::new(header, purpose, &[], started_ns)
            }
            (Kind::Continuation, Some(block)) => block,
            (Kind::Continuation | Kind::PushPromise, _) => return self.direction(side).lose(),
            _ => return,
        };
        block.bytes = Vec::new();
        block.is_too_long = true;
        self.block_or_part(ctx, side, header, block, at_ns, sink);
    }

    /// A block that has come as far as the frame of `header`.
    fn block_or_part(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        header: &FrameHeader,
        mut block: Block,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        if !header.ends_headers() {
            self.direction(side).block = Some(block);
        } else if block.is_too_long {
            let why = format!("header block is longer than {MAX_PAYLOAD_READ} bytes");
            self.unreadable(ctx, at_ns, &why, sink);
            self.lose_block(ctx, side, block, &why, at_ns, sink);
        } else {
            let bytes = std::mem::take(&mut block.bytes);
            self.block(ctx, side, &block, &bytes, at_ns, sink);
        }
    }

    /// A block that cannot be read: its message is there, its fields are not.
    fn lose_block(&mut self, ctx: &FlowContext, side: Side, block: Block, why: &str, at_ns: i64, sink: &mut dyn Sink) {
        self.direction(side).lose();
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        list.broken = Some(why.to_owned());
        self.fields(ctx, side, &block, &list, at_ns, sink);
        self.list = list;
    }

    /// A whole header block.
    fn block(&mut self, ctx: &FlowContext, side: Side, block: &Block, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        self.health.message();
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        let direction = self.direction(side);
        if let Err(error) = direction.decoder.decode(bytes, |field| list.push(field)) {
            direction.lose();
            list.broken = Some(error.to_string());
            self.health.unreadable();
            self.complaints.report(ctx, Stage::Http, at_ns, error, sink);
        }
        self.report_bounds(ctx, side, &list, at_ns, sink);
        self.fields(ctx, side, block, &list, at_ns, sink);
        self.list = list;
    }

    fn report_bounds(&mut self, ctx: &FlowContext, side: Side, list: &FieldList, at_ns: i64, sink: &mut dyn Sink) {
        if list.is_too_long {
            let message = format!("header list is longer than {MAX_LIST_BYTES} bytes: the rest of it is left out");
            self.complaints.report(ctx, Stage::Http, at_ns, message, sink);
        }
        let direction = self.direction(side);
        if direction.decoder.has_forgotten() && !direction.told_of_table {
            direction.told_of_table = true;
            let message = format!("HPACK table is larger than {MAX_TABLE_BYTES} bytes: older fields are unknown");
            self.complaints.report(ctx, Stage::Http, at_ns, message, sink);
        }
    }

    fn lose(&mut self, side: Side, why: &str) {
        self.direction(side).lose();
        self.calls.lose(side, why);
    }

    fn unreadable(&mut self, ctx: &FlowContext, at_ns: i64, why: impl std::fmt::Display, sink: &mut dyn Sink) {
        self.health.message();
        self.health.unreadable();
        self.complaints.report(ctx, Stage::Http, at_ns, why, sink);
    }

    fn switch_off(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        let message = format!("{}: this flow is no longer read as HTTP/2", self.health);
        // Said even by a flow that has complained enough.
        Complaints::default().report(ctx, Stage::Http, at_ns, message, sink);
        self.finish("cut off", "no response", sink);
        self.off = true;
    }

    fn finish(&mut self, why: &str, unanswered: &str, sink: &mut dyn Sink) {
        self.calls.finish(why, unanswered, sink);
        self.client.reader.stop();
        self.server.reader.stop();
    }

    fn direction(&mut self, side: Side) -> &mut Direction {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// What a HEADERS or PUSH_PROMISE frame begins, and the first part of its block.
fn content_of<'a>(header: &FrameHeader, payload: &'a [u8]) -> Result<(Purpose, &'a [u8]), super::frame::FrameError> {
    let content = header.content(payload)?;
    if header.kind == Kind::Headers {
        return Ok((Purpose::Message { ends_stream: header.ends_stream() }, content));
    }
    let stream = number_at(content, 0) & 0x7fff_ffff;
    Ok((Purpose::Promise { stream }, content.get(4..).unwrap_or_default()))
}
