//! A response's head becomes the second half of a row.

use crate::record::{HttpExchange, Protocol};

use super::exchange::Pending;
use super::fields::{Field, visit_fields};
use super::framing::{BodyFields, Ruling};
use super::head::StatusLine;
use super::secrets::shown;
use super::{NAMELESS, push_line};

/// Fills `pending` from the fields below a final response's status line.
pub(super) fn read(line: &StatusLine, lines: &str, pending: &mut Pending) -> Ruling {
    let mut body = BodyFields::default();
    pending.response.began = true;
    let record = &mut pending.record;
    record.status = Some(line.status);
    if record.method.is_none() {
        record.protocol = line.protocol;
    }
    record.response_headers.reserve(lines.len());
    let nameless = visit_fields(lines, |field| {
        match field.lower {
            "content-length" => body.content_length(field.value),
            "transfer-encoding" => body.transfer_encoding(field.value),
            "content-encoding" if record.response_content_encoding.is_none() => {
                record.response_content_encoding = Some(field.value.to_owned());
            }
            "content-type" if record.content_type.is_none() => record.content_type = Some(field.value.to_owned()),
            "upgrade" if line.status == 101 && field.value.eq_ignore_ascii_case("websocket") => {
                record.protocol = Protocol::WebSocket;
            }
            _ => {}
        }
        keep(record, &field);
    });
    if nameless > 0 {
        pending.note(NAMELESS);
    }
    body.of_response(pending.asked, line.status)
}

/// Adds a trailer section to the response's fields (RFC 9110 §6.5).
pub(super) fn read_trailers(lines: &str, record: &mut HttpExchange) {
    visit_fields(lines, |field| keep(record, &field));
}

fn keep(record: &mut HttpExchange, field: &Field<'_>) {
    if field.lower == "grpc-status" {
        record.grpc_status = field.value.parse().ok();
    }
    push_line(&mut record.response_headers, field.name, &shown(field.lower, field.value));
}
