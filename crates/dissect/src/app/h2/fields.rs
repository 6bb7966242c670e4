//! Header lists become the two halves of a row, by the same rules as HTTP/1's.

use crate::app::http::{
    Asked, Field, HttpOptions, NAMELESS, Pending, RequestFields, ResponseFields, before_query, host_name, set_once,
    without_login,
};
use crate::record::{HttpExchange, Protocol};

use super::field_list::{FieldList, MAX_LIST_BYTES};
use super::grpc::is_grpc;

/// Fields stand in a part of the table that was never seen.
pub(super) const HEADERS_UNKNOWN: &str = "headers unknown";

const NO_METHOD: &str = "malformed: request without :method";
const NO_STATUS: &str = "malformed: response without :status";

/// Fills `pending` from a request's list. Gives what the client calls the server.
pub(super) fn read_request(list: &FieldList, pending: &mut Pending, options: &HttpOptions) -> Option<String> {
    let secrets = options.secrets();
    let method = list.pseudo(":method");
    pending.request.began = true;
    pending.asked = method.map_or(Asked::Other, Asked::of);
    let record = &mut pending.record;
    record.method = method.map(Into::into);
    if list.pseudo(":scheme").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) {
        record.scheme = "https";
    }
    if let Some(authority) = list.pseudo(":authority") {
        set_once(&mut record.host, without_login(authority));
    }
    match list.pseudo(":path") {
        Some(path) => {
            let shown = secrets.target(path);
            record.path = Some(before_query(&shown).into());
            record.target = Some(shown.into());
        }
        // CONNECT names an authority and nothing else (RFC 9113 §8.5).
        None if pending.asked == Asked::Connect => record.target.clone_from(&record.host),
        None => {}
    }
    if list.pseudo(":protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket")) {
        // Extended CONNECT (RFC 8441).
        record.protocol = Protocol::WebSocket;
    }
    let mut fields = RequestFields::with_room(list.text_bytes());
    for field in regular(list) {
        fields.take(&field, secrets, pending);
    }
    fields.finish(options, &mut pending.record);
    if pending.request_content_type.as_deref().is_some_and(is_grpc) {
        pending.record.protocol = Protocol::Grpc;
    }
    note_oddities(list, if method.is_none() { Some(NO_METHOD) } else { None }, pending);
    if pending.asked == Asked::Connect { None } else { pending.record.host.as_deref().and_then(host_name) }
}

/// Fills `pending` from the list of a final response.
pub(super) fn read_response(list: &FieldList, pending: &mut Pending, options: &HttpOptions) {
    let status = status_of(list);
    pending.response.began = true;
    pending.record.status = status;
    let mut fields = ResponseFields::with_room(list.text_bytes());
    for field in regular(list) {
        fields.take(&field, options.secrets());
    }
    fields.finish(&mut pending.record);
    note_oddities(list, if status.is_none() { Some(NO_STATUS) } else { None }, pending);
    name_grpc(&mut pending.record);
}

/// Adds a request's trailer section to its fields.
pub(super) fn read_request_trailers(list: &FieldList, pending: &mut Pending, options: &HttpOptions) {
    let mut fields = RequestFields::default();
    for field in regular(list) {
        fields.take(&field, options.secrets(), pending);
    }
    fields.finish_trailers(pending);
    note_oddities(list, None, pending);
}

/// Adds a response's trailer section to its fields.
pub(super) fn read_response_trailers(list: &FieldList, pending: &mut Pending, options: &HttpOptions) {
    let mut fields = ResponseFields::default();
    for field in regular(list) {
        fields.take_trailer(&field, options.secrets());
    }
    fields.finish_trailers(pending);
    note_oddities(list, None, pending);
    name_grpc(&mut pending.record);
}

pub(super) fn status_of(list: &FieldList) -> Option<u16> {
    list.pseudo(":status").filter(|code| code.len() == 3)?.parse().ok().filter(|status| *status >= 100)
}

/// Only gRPC has a status beside HTTP's.
fn name_grpc(record: &mut HttpExchange) {
    if record.grpc_status.is_some() || record.content_type.as_deref().is_some_and(is_grpc) {
        record.protocol = Protocol::Grpc;
    }
}

fn regular(list: &FieldList) -> impl Iterator<Item = Field<'_>> {
    list.fields().filter(|(name, _)| !name.starts_with(':')).map(|(name, value)| Field {
        name,
        lower: name,
        value,
        is_odd: false,
    })
}

fn note_oddities(list: &FieldList, missing: Option<&str>, pending: &mut Pending) {
    if list.has_unseen {
        pending.note(HEADERS_UNKNOWN);
    } else if let Some(broken) = &list.broken {
        pending.note(format!("malformed: {broken}"));
    } else if list.is_too_long {
        pending.note(format!("malformed: header list is longer than {MAX_LIST_BYTES} bytes"));
    } else if list.nameless > 0 {
        pending.note(NAMELESS);
    } else if let Some(missing) = missing {
        pending.note(missing);
    }
}
