//! A request's head becomes the first half of a row.

use std::net::IpAddr;

use super::exchange::{Asked, Pending};
use super::fields::{Field, visit_fields};
use super::framing::{BodyFields, Ruling};
use super::head::{HeadError, RequestLine};
use super::identity::{first_address, first_forwarded_for, of_authorization, trace_id};
use super::secrets::{hide_in_target, shown};
use super::target::{Target, host_name};
use super::{NAMELESS, push_line};

/// What a request's head says beyond its row.
pub(super) struct Request {
    pub body: Ruling,
    /// What the client calls the server. A request to a proxy names another server, so it says nothing here.
    pub server_name: Option<String>,
}

/// Addresses of the first client, by the field that names them.
#[derive(Default)]
struct Origin {
    forwarded_for: Option<IpAddr>,
    forwarded: Option<IpAddr>,
    real: Option<IpAddr>,
}

/// Fills `pending` from a request's head.
pub(super) fn read(head: &str, pending: &mut Pending) -> Result<Request, HeadError> {
    let (line, lines) = head.split_once('\n').unwrap_or((head, ""));
    let line = RequestLine::parse(line)?;
    let shown_target = hide_in_target(line.target);
    let target = Target::parse(line.method, &shown_target);
    pending.request.began = true;
    pending.asked = Asked::of(line.method);
    let record = &mut pending.record;
    record.protocol = line.protocol;
    record.method = Some(line.method.to_owned());
    record.scheme = target.scheme;
    record.target = Some(shown_target.to_string());
    record.path = target.path.map(str::to_owned);
    record.request_headers.reserve(lines.len());

    let mut body = BodyFields::default();
    let mut origin = Origin::default();
    let mut forwarded_for: Option<String> = None;
    let nameless = visit_fields(lines, |field| {
        let Field { name, lower, value } = field;
        push_line(&mut record.request_headers, name, &shown(lower, value));
        match lower {
            "host" => set_once(&mut record.host, value),
            "user-agent" => set_once(&mut record.user_agent, value),
            "content-length" => body.content_length(value),
            "transfer-encoding" => body.transfer_encoding(value),
            "content-encoding" => set_once(&mut record.request_content_encoding, value),
            "content-type" => set_once(&mut pending.request_content_type, value),
            "expect" => pending.expects_continue |= value.eq_ignore_ascii_case("100-continue"),
            "authorization" if record.identity.is_none() => {
                (record.identity, record.identity_kind) = of_authorization(value).unzip();
            }
            "x-forwarded-for" => {
                origin.forwarded_for = origin.forwarded_for.or_else(|| first_address(value));
                match &mut forwarded_for {
                    // Several lines of a list are one list (RFC 9110 §5.3).
                    Some(list) => list.extend([", ", value]),
                    None => forwarded_for = Some(value.to_owned()),
                }
            }
            "forwarded" => origin.forwarded = origin.forwarded.or_else(|| first_forwarded_for(value)),
            "x-real-ip" => origin.real = origin.real.or_else(|| first_address(value)),
            "traceparent" if record.trace_id.is_none() => record.trace_id = trace_id(value).map(str::to_owned),
            _ => {}
        }
    });
    record.x_forwarded_for = forwarded_for;
    if let Some(ip) = origin.forwarded_for.or(origin.forwarded).or(origin.real) {
        record.origin_ip = Some(ip.to_string());
    }
    let to_proxy = target.authority.is_some() || pending.asked == Asked::Connect;
    let server_name = if to_proxy { None } else { record.host.as_deref().and_then(host_name) };
    // The absolute form counts, the Host field does not (RFC 9112 §3.2.2).
    if let Some(authority) = target.authority {
        record.host = Some(authority.to_owned());
    }
    if nameless > 0 {
        pending.note(NAMELESS);
    }
    Ok(Request { body: body.of_request(), server_name })
}

fn set_once(place: &mut Option<String>, value: &str) {
    if place.is_none() {
        *place = Some(value.to_owned());
    }
}
