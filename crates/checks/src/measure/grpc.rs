//! The standard health check of gRPC services (`grpc.health.v1.Health/Check`), spoken directly: one message each way.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Request, header::HeaderValue};
use wirereel_dial::quoted;

use super::{
    Checker, Failure,
    check::Check,
    dial::Layer,
    http::{BodyUse, exchange_http2},
    trace::Trace,
};
use crate::config::Endpoint;

/// More than any answer of a health check.
const MAX_ANSWER_BYTES: u64 = 65_536;
/// Names of `HealthCheckResponse.ServingStatus`.
const STATES: [&str; 4] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const SERVING: u64 = 1;

impl Checker {
    /// Asks a service, or the whole server when it has no name, whether it serves.
    pub(crate) async fn health(
        &self,
        check: &Check,
        tls: bool,
        at: &Endpoint,
        service: &str,
        trace: &mut Trace,
    ) -> Result<(), Failure> {
        let layer = if tls { Layer::Tls(&[b"h2"]) } else { Layer::Tcp };
        let stream = self.dial(check, at, layer, trace).await?;
        let scheme = if tls { "https" } else { "http" };
        let request = Request::post(format!("{scheme}://{at}/grpc.health.v1.Health/Check"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(question(service)))
            .map_err(|error| Failure::Unsupported { reason: error.to_string() })?;
        let body = BodyUse { limit_bytes: MAX_ANSWER_BYTES, kept: true };
        let answer = exchange_http2(stream, request, &at.host, body, trace).await?;
        if answer.status != 200 {
            return Err(Failure::Status { found: answer.status.as_u16(), expected: "200".into() });
        }
        // An answer without messages has its status among the headers.
        let trailers = answer.trailers.as_ref().filter(|trailers| trailers.contains_key("grpc-status"));
        let said = trailers.unwrap_or(&answer.headers);
        match text(said, "grpc-status").map(|code| code.parse()) {
            Some(Ok(0)) => {}
            Some(Ok(code)) => {
                return Err(Failure::GrpcStatus {
                    code,
                    message: quoted(&text(said, "grpc-message").unwrap_or_default()),
                });
            }
            Some(Err(_)) | None => return Err(Failure::Protocol { reason: "the answer has no gRPC status".into() }),
        }
        let state =
            state(&answer.body).ok_or(Failure::Protocol { reason: "the health message cannot be read".into() })?;
        if state == SERVING {
            return Ok(());
        }
        let name = usize::try_from(state).ok().and_then(|state| STATES.get(state));
        Err(Failure::GrpcNotServing { state: name.map_or_else(|| state.to_string(), |name| (*name).to_owned()) })
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(HeaderValue::as_bytes).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// `HealthCheckRequest { service }` in gRPC's framing: not compressed, four bytes of length, the message.
fn question(service: &str) -> Bytes {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        put_varint(&mut message, service.len() as u64);
        message.extend_from_slice(service.as_bytes());
    }
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    framed.extend_from_slice(&message);
    framed.into()
}

fn put_varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// The status of `HealthCheckResponse`: field 1, a varint. A field that is not there is zero.
fn state(framed: &[u8]) -> Option<u64> {
    let (head, rest) = framed.split_at_checked(5)?;
    let length = u32::from_be_bytes(head.get(1..)?.try_into().ok()?);
    let mut rest = rest.get(..usize::try_from(length).ok()?)?;
    if head.first() != Some(&0) {
        return None;
    }
    let mut state = 0;
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        match (key >> 3, key & 7) {
            (1, 0) => state = varint(&mut rest)?,
            (_, 0) => drop(varint(&mut rest)?),
            (_, 1) => rest = rest.get(8..)?,
            (_, 2) => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
            }
            (_, 5) => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some(state)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_question_and_an_answer_are_framed_as_grpc_has_them() {
        assert_eq!(&question("")[..], [0, 0, 0, 0, 0]);
        assert_eq!(&question("a.B")[..], [0, 0, 0, 0, 5, 0x0a, 3, b'a', b'.', b'B']);
        assert_eq!(state(&[0, 0, 0, 0, 2, 8, 1]), Some(SERVING));
        assert_eq!(state(&[0, 0, 0, 0, 6, 0x12, 2, 9, 9, 8, 2]), Some(2), "an unknown field is passed over");
        assert_eq!(state(&[0, 0, 0, 0, 0]), Some(0));
        assert_eq!((state(&[0, 0, 0, 0, 3, 8, 1]), state(&[1, 0, 0, 0, 2, 8, 1])), (None, None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            state(&bytes);
        }
    }
}
