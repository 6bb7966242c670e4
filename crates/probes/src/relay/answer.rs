//! Answers that a relay gives itself, when nobody else does.

use std::fmt::Write as _;

use hyper::{
    HeaderMap, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};

use super::routes::NoRoute;
use crate::{net::ConnectFailure, record::Ending};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Why a relay answers itself: a status of gRPC, the one of HTTP that goes with it where no gRPC is spoken, and a sentence.
#[derive(Debug)]
pub(super) struct Saying {
    code: u16,
    http: StatusCode,
    message: String,
    pub(super) ending: Ending,
}

impl Saying {
    fn new(code: u16, http: StatusCode, ending: Ending, message: String) -> Self {
        Self { code, http, message, ending }
    }

    pub(super) fn no_route(hop: &str, why: &NoRoute) -> Self {
        const UNAVAILABLE: (u16, StatusCode) = (14, StatusCode::BAD_GATEWAY);
        const UNIMPLEMENTED: (u16, StatusCode) = (12, StatusCode::NOT_FOUND);
        let ((code, http), message) = match why {
            NoRoute::Region(region) => (UNAVAILABLE, format!("{hop} knows no way to region {region}")),
            NoRoute::Service(service) => (UNIMPLEMENTED, format!("{hop} knows no service {service}")),
            NoRoute::Nothing => (UNIMPLEMENTED, format!("{hop} does not know where this goes")),
        };
        Self::new(code, http, Ending::Failed, message)
    }

    pub(super) fn unreachable(hop: &str, next: impl std::fmt::Display, why: &ConnectFailure) -> Self {
        let message = format!("{hop} does not reach {next}: {why}");
        Self::new(14, StatusCode::BAD_GATEWAY, Ending::Failed, message)
    }

    pub(super) fn lost(hop: &str, next: impl std::fmt::Display, why: impl std::fmt::Display) -> Self {
        let message = format!("{hop} lost the connection to {next}: {why}");
        Self::new(14, StatusCode::BAD_GATEWAY, Ending::Failed, message)
    }

    pub(super) fn late(hop: &str, next: impl std::fmt::Display) -> Self {
        let message = format!("the deadline is over, and {next} behind {hop} does not say so");
        Self::new(4, StatusCode::GATEWAY_TIMEOUT, Ending::Late, message)
    }

    pub(super) fn bad_question(message: String) -> Self {
        Self::new(3, StatusCode::BAD_REQUEST, Ending::Answered, message)
    }

    pub(super) fn not_for_you(message: String) -> Self {
        Self::new(7, StatusCode::FORBIDDEN, Ending::Answered, message)
    }

    /// As trailers behind what was passed on already.
    pub(super) fn trailers(&self) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, HeaderValue::from(self.code));
        trailers.extend(HeaderValue::try_from(percent_encoded(&self.message)).ok().map(|text| (GRPC_MESSAGE, text)));
        trailers
    }

    /// As a whole answer without a body: trailers only where gRPC is spoken.
    pub(super) fn response(&self, grpc: bool) -> Response<()> {
        let mut response = Response::new(());
        if grpc {
            *response.headers_mut() = self.trailers();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        } else {
            *response.status_mut() = self.http;
        }
        response
    }
}

/// A message as `grpc-message` has it: everything but visible ASCII and blanks is encoded.
fn percent_encoded(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for byte in message.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes everything");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_relay_says_itself_is_trailers_only_where_grpc_is_spoken() {
        let saying = Saying::no_route("Südtor", &NoRoute::Region("100%".into()));
        let grpc = saying.response(true);
        assert_eq!((grpc.status(), &grpc.headers()["grpc-status"]), (StatusCode::OK, &HeaderValue::from(14_u16)));
        assert_eq!(grpc.headers()["grpc-message"], "S%C3%BCdtor knows no way to region 100%25");
        let plain = saying.response(false);
        assert_eq!((plain.status(), plain.headers().len()), (StatusCode::BAD_GATEWAY, 0));
    }
}
