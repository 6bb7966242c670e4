//! An exchange that is under way: its row so far, and how far each message has come.

use std::sync::Arc;

use crate::app::FlowContext;
use crate::record::{HttpExchange, Protocol, Side};

/// What about the request decides how its response is framed (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Asked {
    Head,
    Connect,
    Other,
}

impl Asked {
    pub(in crate::app) fn of(method: &str) -> Self {
        if method.eq_ignore_ascii_case("HEAD") {
            Self::Head
        } else if method.eq_ignore_ascii_case("CONNECT") {
            Self::Connect
        } else {
            Self::Other
        }
    }
}

/// How far one message of an exchange has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::app) struct Half {
    pub began: bool,
    pub ended: bool,
    /// Part of it was never seen.
    pub broken: bool,
}

impl Half {
    pub(in crate::app) fn is_reading(self) -> bool {
        self.began && !self.ended
    }

    pub(in crate::app) fn end_broken(&mut self) {
        self.ended = true;
        self.broken = true;
    }
}

/// An exchange that is not over yet.
#[derive(Debug, Clone)]
pub(in crate::app) struct Pending {
    pub record: HttpExchange,
    pub asked: Asked,
    /// `Expect: 100-continue`: the body comes only if the server wants it (RFC 9110 §10.1.1).
    pub expects_continue: bool,
    pub request_content_type: Option<Arc<str>>,
    pub request: Half,
    pub response: Half,
    /// Lines of trailer sections, which follow those of their heads.
    pub request_trailers: String,
    pub response_trailers: String,
}

impl Pending {
    /// An exchange of which nothing is known but when its first byte came.
    pub(in crate::app) fn new(ctx: &FlowContext, ordinal: u32, started_ns: i64) -> Self {
        Self {
            record: blank(ctx, ordinal, started_ns),
            asked: Asked::Other,
            expects_continue: false,
            request_content_type: None,
            request: Half::default(),
            response: Half::default(),
            request_trailers: String::new(),
            response_trailers: String::new(),
        }
    }

    /// The same request at another place and time.
    pub(in crate::app) fn again(&self, ctx: &FlowContext, ordinal: u32, started_ns: i64) -> Self {
        let mut pending = self.clone();
        let record = &mut pending.record;
        (record.flow, record.ordinal, record.client, record.server) = (ctx.flow, ordinal, ctx.client, ctx.server);
        (record.started_ns, record.finished_ns) = (started_ns, started_ns);
        pending
    }

    /// Keeps the first thing that is odd: later ones follow from it.
    pub(in crate::app) fn note(&mut self, oddity: impl Into<String>) {
        if self.record.error.is_none() {
            self.record.error = Some(oddity.into());
        }
    }

    /// The request is there and waits for its response.
    pub(in crate::app) fn is_waiting(&self) -> bool {
        !self.response.began && !self.response.ended
    }

    /// The server answered instead of asking for the body, so the client need not send it.
    pub(in crate::app) fn may_omit_body(&self) -> bool {
        self.expects_continue && self.request.is_reading() && self.response.began && self.record.request_body_bytes == 0
    }

    pub(in crate::app) fn is_over(&self) -> bool {
        self.request.ended && self.response.ended
    }

    /// The message that `side` was sending ends here; `why` says what happened to it.
    pub(in crate::app) fn interrupt(&mut self, side: Side, why: impl Into<String>) {
        if side == Side::Client && self.may_omit_body() && self.response.ended {
            self.request.ended = true;
        } else {
            self.half(side).end_broken();
            self.note(why);
        }
    }

    /// No more of it will come: `why` says what happened to messages that were under way.
    pub(in crate::app) fn give_up(&mut self, why: &str, unanswered: &str) {
        if !self.request.ended {
            self.interrupt(Side::Client, why);
        }
        if self.response.is_reading() {
            self.interrupt(Side::Server, why);
        }
        if !self.response.ended {
            self.interrupt(Side::Server, unanswered);
        }
    }

    /// The message that `side` sends.
    pub(in crate::app) fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Client => &mut self.request,
            Side::Server => &mut self.response,
        }
    }

    pub(in crate::app) fn into_record(mut self) -> HttpExchange {
        append_lines(&mut self.record.request_headers, &self.request_trailers);
        append_lines(&mut self.record.response_headers, &self.response_trailers);
        let whole = |half: Half| half.began && half.ended && !half.broken;
        HttpExchange { complete: whole(self.request) && whole(self.response), ..self.record }
    }
}

/// Adds a trailer section's lines to those of its head.
fn append_lines(block: &mut Arc<str>, lines: &str) {
    if block.is_empty() {
        *block = lines.into();
    } else if !lines.is_empty() {
        *block = [block, "\n", lines].concat().into();
    }
}

fn blank(ctx: &FlowContext, ordinal: u32, started_ns: i64) -> HttpExchange {
    HttpExchange {
        flow: ctx.flow,
        ordinal,
        client: ctx.client,
        server: ctx.server,
        started_ns,
        response_ns: None,
        finished_ns: started_ns,
        protocol: Protocol::Http11,
        method: None,
        scheme: "http",
        host: None,
        target: None,
        path: None,
        status: None,
        grpc_status: None,
        request_messages: None,
        response_messages: None,
        stream_id: None,
        request_headers: Arc::default(),
        response_headers: Arc::default(),
        request_body_bytes: 0,
        response_body_bytes: 0,
        request_content_encoding: None,
        response_content_encoding: None,
        content_type: None,
        user_agent: None,
        x_forwarded_for: None,
        origin_ip: None,
        identity: None,
        identity_kind: None,
        trace_id: None,
        complete: false,
        error: None,
    }
}
