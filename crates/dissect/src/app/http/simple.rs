//! HTTP/0.9: one line asks, bytes answer, the close ends them. It has no version, no status and no fields, so it is read only
//! where nothing else can be meant: the line is all that the client ever sends, and the answer starts like no other protocol.

use crate::app::FlowContext;
use crate::record::{BodyRequest, Protocol, Side, Sink};

use super::exchange::Pending;
use super::kept::KeptBody;
use super::options::HttpReading;
use super::target::before_query;
use super::text;

/// A lone simple request and its answer so far.
pub(crate) struct SimpleExchange {
    /// `None` once it has turned out to be something else.
    pending: Option<Box<Pending>>,
    kept: Option<KeptBody>,
}

/// Whether these bytes are nothing but `GET /path` and a line end.
pub(crate) fn is_simple_request(bytes: &[u8]) -> bool {
    target(bytes).is_some()
}

/// Whether an answer could be Redis': its clients may send such lines as well.
fn is_redis_reply(bytes: &[u8]) -> bool {
    matches!(bytes, [b'+' | b'-' | b':' | b'$' | b'*', ..])
}

fn target(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let target = line.strip_prefix(b"GET ")?.trim_ascii_end();
    (target.starts_with(b"/") && target.iter().all(u8::is_ascii_graphic)).then_some(target)
}

impl SimpleExchange {
    /// `request` is a line that [`is_simple_request`].
    pub(crate) fn new(
        ctx: &FlowContext,
        request: &[u8],
        started_ns: i64,
        body: Option<BodyRequest>,
        http: &HttpReading,
    ) -> Self {
        let pending = target(request).map(|target| {
            let target = text(target);
            let mut pending = Box::new(Pending::new(ctx, 0, started_ns));
            let shown = http.options.secrets().target(&target);
            let record = &mut pending.record;
            record.protocol = Protocol::Http09;
            record.method = Some("GET".into());
            record.path = Some(before_query(&shown).into());
            record.target = Some(shown.into());
            (pending.request.began, pending.request.ended) = (true, true);
            pending
        });
        Self { pending, kept: body.map(KeptBody::new) }
    }

    pub(crate) fn data(&mut self, side: Side, bytes: &[u8], at_ns: i64) {
        let Some(pending) = &mut self.pending else { return };
        if side == Side::Client || (!pending.response.began && is_redis_reply(bytes)) {
            self.pending = None;
            return;
        }
        pending.response.began = true;
        pending.record.response_ns.get_or_insert(at_ns);
        pending.record.finished_ns = at_ns;
        pending.record.response_body_bytes += bytes.len() as u64;
        if let Some(kept) = &mut self.kept {
            kept.take(0, Side::Server, bytes);
        }
    }

    pub(crate) fn gap(&mut self, side: Side, missed: u64) {
        match (side, &mut self.pending) {
            (Side::Server, Some(pending)) => {
                pending.record.response_body_bytes += missed;
                pending.response.broken = true;
                pending.note("gap");
            }
            _ => self.pending = None,
        }
    }

    /// The close of the server is the end of the answer, and the only sign that it was one.
    pub(crate) fn fin(&mut self, side: Side, sink: &mut dyn Sink) {
        if side == Side::Server
            && let Some(mut pending) = self.pending.take()
        {
            pending.response.ended = true;
            if let Some(kept) = &mut self.kept {
                kept.deliver(&pending, sink);
            }
            sink.http_exchange(pending.into_record());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simple_request_is_a_lone_line_without_a_version() {
        for line in [&b"GET /\r\n"[..], b"GET /a?b=c\n", b"GET /a  \r\n"] {
            assert!(is_simple_request(line));
        }
        for other in
            [&b"GET / HTTP/1.0\r\n"[..], b"GET /", b"get /\r\n", b"GET key\r\n", b"POST /\r\n", b"GET /\r\nHost: a\r\n"]
        {
            assert!(!is_simple_request(other));
        }
    }
}
