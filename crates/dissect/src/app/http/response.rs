//! A response's head becomes the second half of a row.

use crate::record::{HttpExchange, Protocol};

use super::exchange::Pending;
use super::fields::{Field, visit_fields};
use super::framing::{BodyFields, Ruling};
use super::head::StatusLine;
use super::secrets::Secrets;
use super::{NAMELESS, push_line};

/// Fills `pending` from the fields below a final response's status line.
pub(super) fn read(line: &StatusLine, lines: &str, pending: &mut Pending, secrets: Secrets) -> Ruling {
    let mut body = BodyFields::of(line.protocol);
    pending.response.began = true;
    let record = &mut pending.record;
    record.status = Some(line.status);
    if record.method.is_none() {
        record.protocol = line.protocol;
    }
    record.response_headers.reserve(lines.len());
    let nameless = visit_fields(lines, |field| {
        body.take(&field);
        if line.status == 101 && field.lower == "upgrade" && field.value.eq_ignore_ascii_case("websocket") {
            record.protocol = Protocol::WebSocket;
        }
        take_field(&field, secrets, record);
    });
    if nameless > 0 {
        pending.note(NAMELESS);
    }
    body.of_response(pending.asked, line.status)
}

/// Takes one field of a response's head into the row, whatever version of HTTP carried it.
#[inline]
pub(in crate::app) fn take_field(field: &Field<'_>, secrets: Secrets, record: &mut HttpExchange) {
    match field.lower {
        "content-encoding" if record.response_content_encoding.is_none() => {
            record.response_content_encoding = Some(field.value.to_owned());
        }
        "content-type" if record.content_type.is_none() => record.content_type = Some(field.value.to_owned()),
        _ => {}
    }
    take_trailer(field, secrets, record);
}

/// Adds a trailer section to the response's fields (RFC 9110 §6.5).
pub(super) fn read_trailers(lines: &str, record: &mut HttpExchange, secrets: Secrets) {
    visit_fields(lines, |field| take_trailer(&field, secrets, record));
}

/// Takes one field of a trailer section into the row.
#[inline]
pub(in crate::app) fn take_trailer(field: &Field<'_>, secrets: Secrets, record: &mut HttpExchange) {
    if field.lower == "grpc-status" {
        record.grpc_status = field.value.parse().ok();
    }
    push_line(&mut record.response_headers, field.name, &secrets.value(field.lower, field.value));
}
