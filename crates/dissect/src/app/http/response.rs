//! A response's head becomes the second half of a row.

use std::sync::Arc;

use crate::record::{HttpExchange, Protocol};

use super::exchange::Pending;
use super::fields::{Field, visit_fields};
use super::framing::{BodyFields, Ruling};
use super::head::{HeadError, StatusLine};
use super::secrets::Secrets;
use super::{NAMELESS, push_line};

/// What the head of a response says, whichever request it answers.
pub(super) struct Response {
    pub line: StatusLine,
    body: BodyFields,
    to_websocket: bool,
    has_nameless: bool,
    block: Arc<str>,
    fields: ResponseFields,
}

/// What the fields of a response say.
#[derive(Default)]
pub(in crate::app) struct ResponseFields {
    /// The lines as they are shown.
    block: String,
    content_encoding: Option<Arc<str>>,
    content_type: Option<Arc<str>>,
    /// Of the last such field, if it is a number.
    grpc_status: Option<Option<u32>>,
}

/// Reads a response's head.
pub(super) fn read(head: &str, secrets: Secrets) -> Result<Response, HeadError> {
    let (line, lines) = head.split_once('\n').unwrap_or((head, ""));
    let line = StatusLine::parse(line)?;
    let mut body = BodyFields::of(line.protocol);
    let mut to_websocket = false;
    let mut fields = ResponseFields::with_room(lines.len());
    let nameless = visit_fields(lines, |field| {
        body.take(&field);
        to_websocket |= line.status == 101 && field.lower == "upgrade" && field.value.eq_ignore_ascii_case("websocket");
        fields.take(&field, secrets);
    });
    let block = std::mem::take(&mut fields.block).into();
    Ok(Response { line, body, to_websocket, has_nameless: nameless > 0, block, fields })
}

impl Response {
    /// Fills the exchange that it answers, as its final response.
    pub(super) fn fill(&self, pending: &mut Pending) -> Ruling {
        pending.response.began = true;
        let record = &mut pending.record;
        record.status = Some(self.line.status);
        if record.method.is_none() {
            record.protocol = self.line.protocol;
        }
        if self.to_websocket {
            record.protocol = Protocol::WebSocket;
        }
        record.response_headers = Arc::clone(&self.block);
        self.fields.fill(record);
        if self.has_nameless {
            pending.note(NAMELESS);
        }
        self.body.of_response(pending.asked, self.line.status)
    }
}

impl ResponseFields {
    /// Nothing taken yet; lines of `bytes` in all will come.
    pub(in crate::app) fn with_room(bytes: usize) -> Self {
        Self { block: String::with_capacity(bytes), ..Self::default() }
    }

    /// Takes one field of a head, whatever version of HTTP carried it.
    #[inline]
    pub(in crate::app) fn take(&mut self, field: &Field<'_>, secrets: Secrets) {
        match field.lower {
            "content-encoding" if self.content_encoding.is_none() => self.content_encoding = Some(field.value.into()),
            "content-type" if self.content_type.is_none() => self.content_type = Some(field.value.into()),
            _ => {}
        }
        self.take_trailer(field, secrets);
    }

    /// Takes one field of a trailer section (RFC 9110 §6.5).
    #[inline]
    pub(in crate::app) fn take_trailer(&mut self, field: &Field<'_>, secrets: Secrets) {
        if field.lower == "grpc-status" {
            self.grpc_status = Some(field.value.parse().ok());
        }
        push_line(&mut self.block, field.name, &secrets.value(field.lower, field.value));
    }

    /// All fields of the head are taken.
    pub(in crate::app) fn finish(mut self, record: &mut HttpExchange) {
        record.response_headers = std::mem::take(&mut self.block).into();
        self.fill(record);
    }

    /// All fields of a trailer section are taken: its lines follow those of the head.
    pub(in crate::app) fn finish_trailers(self, pending: &mut Pending) {
        if !self.block.is_empty() && !pending.response_trailers.is_empty() {
            pending.response_trailers.push('\n');
        }
        pending.response_trailers.push_str(&self.block);
        self.fill(&mut pending.record);
    }

    fn fill(&self, record: &mut HttpExchange) {
        if record.response_content_encoding.is_none() {
            record.response_content_encoding.clone_from(&self.content_encoding);
        }
        if record.content_type.is_none() {
            record.content_type.clone_from(&self.content_type);
        }
        if let Some(grpc_status) = self.grpc_status {
            record.grpc_status = grpc_status;
        }
    }
}

/// Adds a trailer section to the response's fields.
pub(super) fn read_trailers(lines: &str, pending: &mut Pending, secrets: Secrets) {
    let mut fields = ResponseFields::default();
    visit_fields(lines, |field| fields.take_trailer(&field, secrets));
    fields.finish_trailers(pending);
}
