//! A request's head becomes the first half of a row.

use std::net::IpAddr;
use std::sync::Arc;

use crate::record::HttpExchange;

use super::exchange::{Asked, Pending};
use super::fields::{Field, visit_fields};
use super::framing::{BodyFields, Ruling};
use super::head::{HeadError, RequestLine};
use super::identity::{addresses_from_right, forwarded_from_right, of_authorization, trace_id};
use super::options::HttpOptions;
use super::secrets::Secrets;
use super::target::{Target, host_name, without_login};
use super::{NAMELESS, push_line};

/// What a request's head says beyond its row.
#[derive(Clone)]
pub(super) struct Request {
    pub body: Ruling,
    /// What the client calls the server. A request to a proxy names another server, so it says nothing here.
    pub server_name: Option<Arc<str>>,
}

/// What the fields of a request say about its first client.
#[derive(Default)]
pub(in crate::app) struct RequestFields {
    /// The lines as they are shown.
    block: String,
    forwarded_for: Option<String>,
    forwarded: Option<String>,
    real: Option<IpAddr>,
}

/// Fills `pending` from a request's head.
pub(super) fn read(head: &str, pending: &mut Pending, options: &HttpOptions) -> Result<Request, HeadError> {
    let (line, lines) = head.split_once('\n').unwrap_or((head, ""));
    let line = RequestLine::parse(line)?;
    let secrets = options.secrets();
    let shown_target = secrets.target(line.target);
    let target = Target::parse(line.method, &shown_target);
    pending.request.began = true;
    pending.asked = Asked::of(line.method);
    let record = &mut pending.record;
    record.protocol = line.protocol;
    record.method = Some(line.method.into());
    record.scheme = target.scheme;
    let shown: Arc<str> = Arc::from(&*shown_target);
    record.path = target.path.map(|path| if *path == *shown { Arc::clone(&shown) } else { path.into() });
    record.target = Some(shown);

    let mut body = BodyFields::of(line.protocol);
    let mut fields = RequestFields::with_room(lines.len());
    let nameless = visit_fields(lines, |field| {
        body.take(&field);
        fields.take(&field, secrets, pending);
    });
    fields.finish(options, &mut pending.record);
    let to_proxy = target.authority.is_some() || pending.asked == Asked::Connect;
    let server_name = if to_proxy { None } else { pending.record.host.as_deref().and_then(host_name).map(Into::into) };
    // The absolute form counts, the Host field does not (RFC 9112 §3.2.2).
    if let Some(authority) = target.authority {
        pending.record.host = Some(authority.into());
    }
    if nameless > 0 {
        pending.note(NAMELESS);
    }
    Ok(Request { body: body.of_request(), server_name })
}

impl RequestFields {
    /// Nothing taken yet; lines of `bytes` in all will come.
    pub(in crate::app) fn with_room(bytes: usize) -> Self {
        Self { block: String::with_capacity(bytes), ..Self::default() }
    }

    /// Takes one field into the row, whatever version of HTTP carried it.
    #[inline]
    pub(in crate::app) fn take(&mut self, field: &Field<'_>, secrets: Secrets, pending: &mut Pending) {
        let Field { name, lower, value, .. } = *field;
        let record = &mut pending.record;
        push_line(&mut self.block, name, &secrets.value(lower, value));
        match lower {
            "host" => set_once(&mut record.host, without_login(value)),
            "user-agent" => set_once(&mut record.user_agent, value),
            "content-encoding" => set_once(&mut record.request_content_encoding, value),
            "content-type" => set_once(&mut pending.request_content_type, value),
            "expect" => pending.expects_continue |= value.eq_ignore_ascii_case("100-continue"),
            "authorization" if record.identity.is_none() => {
                (record.identity, record.identity_kind) = of_authorization(value).unzip();
            }
            "x-forwarded-for" => add_to_list(&mut self.forwarded_for, value),
            "forwarded" => add_to_list(&mut self.forwarded, value),
            "x-real-ip" => self.real = self.real.or_else(|| addresses_from_right(value).last()),
            "traceparent" if record.trace_id.is_none() => record.trace_id = trace_id(value).map(str::to_owned),
            _ => {}
        }
    }

    /// All fields are taken: names the first client.
    pub(in crate::app) fn finish(self, options: &HttpOptions, record: &mut HttpExchange) {
        let proxies = &options.trusted_proxies;
        let listed = self.forwarded_for.as_deref().and_then(|list| proxies.client_behind(addresses_from_right(list)));
        let forwarded = || self.forwarded.as_deref().and_then(|list| proxies.client_behind(forwarded_from_right(list)));
        if let Some(ip) = listed.or_else(forwarded).or(self.real) {
            record.origin_ip = Some(ip.to_string());
        }
        record.x_forwarded_for = self.forwarded_for;
        record.request_headers = self.block.into();
    }

    /// As [`Self::finish`] for a trailer section, which names nobody.
    pub(in crate::app) fn finish_trailers(self, pending: &mut Pending) {
        if !self.block.is_empty() && !pending.request_trailers.is_empty() {
            pending.request_trailers.push('\n');
        }
        pending.request_trailers.push_str(&self.block);
    }
}

pub(in crate::app) fn set_once(place: &mut Option<Arc<str>>, value: &str) {
    if place.is_none() {
        *place = Some(value.into());
    }
}

/// Several lines of a list are one list (RFC 9110 §5.3).
fn add_to_list(list: &mut Option<String>, value: &str) {
    match list {
        Some(list) => list.extend([", ", value]),
        None => *list = Some(value.to_owned()),
    }
}
