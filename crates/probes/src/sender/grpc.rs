//! A unary gRPC call, spoken directly: one message each way, in gRPC's framing, and the status behind it.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::Full;
use hyper::{
    HeaderMap, Request,
    header::{HeaderName, HeaderValue},
};
use wirereel_dial::quoted;

use super::{
    connection::{Answer, exchange},
    failure::{Failure, OK},
    prepared::PreparedProbe,
    trace::Trace,
};
use crate::record::{HOP, Records, TRACEPARENT, request_metadata, target_metadata};

pub(super) const AGENT: &str = concat!("wirereel/", env!("CARGO_PKG_VERSION"));
/// Before each message: whether it is compressed, and four bytes of length.
const PREFIX_BYTES: usize = 5;
/// Milliseconds, as `grpc-timeout` takes at most eight digits.
const MOST_DIGITS: u128 = 99_999_999;

/// What a question says of itself besides where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// It is the probe itself: it is timed, and hops are asked for their part.
    Probe,
    /// It is a question about the service.
    Shape,
    /// It is a question about a probe that did not come back.
    Recall,
}

/// Calls a unary method, such as `/shop.Catalog/List`, and gives the answer's message.
pub(super) async fn unary(
    probe: &PreparedProbe,
    path: &str,
    message: &[u8],
    asks: Asks,
    trace: &mut Trace,
) -> Result<Bytes, Failure> {
    let answer = call(probe, path, message, asks, trace).await?;
    if asks == Asks::Probe {
        trace.http_status = Some(answer.status.as_u16());
        read_records(probe, &answer, trace);
    }
    let status = said(&answer)?;
    if asks == Asks::Probe {
        trace.grpc_status = Some(status.code);
    }
    if status.code != OK {
        return Err(Failure::GrpcStatus { code: status.code, message: status.message });
    }
    first_message(&answer.body)
}

/// Calls a method with one message and gives the whole answer, whatever it says.
pub(super) async fn call(
    probe: &PreparedProbe,
    path: &str,
    message: &[u8],
    asks: Asks,
    trace: &mut Trace,
) -> Result<Answer, Failure> {
    let scheme = if probe.target().is_tls() { "https" } else { "http" };
    let request = Request::post(format!("{scheme}://{}{path}", probe.target().authority()))
        .body(Full::new(framed(message)))
        .map_err(|error| Failure::Request { reason: error.to_string() })?;
    let (mut parts, body) = request.into_parts();
    let headers = &mut parts.headers;
    headers.insert("user-agent", HeaderValue::from_static(AGENT));
    headers.extend(probe.metadata().clone());
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    headers.insert("te", HeaderValue::from_static("trailers"));
    put(headers, [("grpc-timeout", timeout(trace.left()))]);
    put(headers, context(probe, asks, trace));
    exchange(probe, Request::from_parts(parts, body), asks == Asks::Probe, trace).await
}

/// What makes a request a probe, or at least brings it where it goes.
pub(super) fn context(probe: &PreparedProbe, asks: Asks, trace: &Trace) -> Vec<(&'static str, String)> {
    let to = &probe.probe().to;
    match asks {
        Asks::Recall => request_metadata(trace.id, to, probe.key()),
        Asks::Probe if probe.is_white_box() => request_metadata(trace.id, to, probe.key()),
        // Captured packets are found by its trace in any case.
        Asks::Probe => {
            let mut metadata = target_metadata(to);
            metadata.push((TRACEPARENT, trace.id.traceparent()));
            metadata
        }
        Asks::Shape => target_metadata(to),
    }
}

pub(super) fn put(headers: &mut HeaderMap, metadata: impl IntoIterator<Item = (&'static str, String)>) {
    for (name, value) in metadata {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// What hops say of themselves: in trailers, or in headers when the answer is nothing else.
pub(super) fn read_records(probe: &PreparedProbe, answer: &Answer, trace: &mut Trace) {
    if probe.is_white_box() {
        let values = answer.headers.get_all(HOP).iter().chain(answer.trailers.get_all(HOP));
        trace.records = Records::read(values.map(HeaderValue::as_bytes), trace.id, probe.key());
    }
}

struct Status {
    code: u32,
    message: String,
}

/// The answer's status: in trailers, or among the headers of an answer that has nothing else.
fn said(answer: &Answer) -> Result<Status, Failure> {
    let has = |headers: &HeaderMap| headers.contains_key("grpc-status");
    let from = if has(&answer.trailers) { &answer.trailers } else { &answer.headers };
    let Some(code) = from.get("grpc-status") else {
        // Somebody in between answers in the service's place.
        if answer.status != 200 {
            return Err(Failure::HttpStatus { found: answer.status.as_u16(), expected: "200".into() });
        }
        return Err(Failure::Protocol { reason: "it has no gRPC status".into() });
    };
    let code = code.to_str().ok().and_then(|text| text.parse().ok());
    let code = code.ok_or(Failure::Protocol { reason: "its gRPC status is no number".into() })?;
    let message = from.get("grpc-message").map(|text| quoted(&percent_decoded(text.as_bytes()))).unwrap_or_default();
    Ok(Status { code, message })
}

/// gRPC's `grpc-message` has everything but visible ASCII percent-encoded.
fn percent_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if *byte == b'%' => {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// The first message of an answer; a unary answer has no other.
fn first_message(body: &Bytes) -> Result<Bytes, Failure> {
    let protocol = |reason: &str| Failure::Protocol { reason: reason.into() };
    let [compressed, l1, l2, l3, l4, ..] = body[..] else { return Err(protocol("it has no message")) };
    if compressed != 0 {
        return Err(protocol("its message is compressed, for which it was not asked"));
    }
    let length = usize::try_from(u32::from_be_bytes([l1, l2, l3, l4])).unwrap_or(usize::MAX);
    let rest = body.slice(PREFIX_BYTES..);
    if rest.len() < length { Err(protocol("its message is cut off")) } else { Ok(rest.slice(..length)) }
}

/// `grpc-timeout`: at most eight digits and a unit.
fn timeout(left: Duration) -> String {
    match left.as_micros() {
        micros if micros <= MOST_DIGITS => format!("{}u", micros.max(1)),
        micros => format!("{}m", (micros / 1_000).min(MOST_DIGITS)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_deadline_is_written_in_eight_digits_at_most() {
        assert_eq!(timeout(Duration::from_millis(5_000)), "5000000u");
        assert_eq!(timeout(Duration::from_secs(300)), "300000m");
        assert_eq!(timeout(Duration::ZERO), "1u", "no time is none that can be said");
    }

    #[test]
    fn a_message_is_framed_as_grpc_has_it() {
        assert_eq!(&framed(b"ab")[..], [0, 0, 0, 0, 2, b'a', b'b']);
        assert_eq!(first_message(&framed(b"ab")), Ok(Bytes::from_static(b"ab")));
        for wrong in [&[0, 0, 0, 0][..], &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 2, 1]] {
            assert!(
                matches!(first_message(&Bytes::copy_from_slice(wrong)), Err(Failure::Protocol { .. })),
                "{wrong:?}"
            );
        }
        assert_eq!(percent_decoded(b"50%25 \xc3\xbc%C3%BC %"), "50% üü %");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            drop(first_message(&bytes.clone().into()));
            percent_decoded(&bytes);
        }
    }
}
