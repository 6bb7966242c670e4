//! What heads and bodies say goes to the exchange that they are of.

use crate::app::FlowContext;
use crate::record::{Side, Sink, Stage};

use super::super::exchange::{Asked, Pending};
use super::super::head::{HeadError, starts};
use super::super::leaving::{H2C, TUNNEL, token_of_upgrade};
use super::super::reader::Framing;
use super::super::{request, response, text};
use super::Conversation;

impl Conversation {
    pub(super) fn begin_request(
        &mut self,
        ctx: &FlowContext,
        head: &[u8],
        started_ns: i64,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        self.health.message();
        let read = || {
            let mut pending = Pending::new(ctx, 0, started_ns);
            let request = request::read(&text(head), &mut pending, &self.http.options)?;
            Ok::<_, HeadError>((pending, request))
        };
        let known = match self.http.known.request(head, read) {
            Ok(known) => known,
            Err(error) => {
                self.health.unreadable();
                self.complaints.report(ctx, Stage::Http, at_ns, error, sink);
                self.client.begin_body(Framing::Unknown);
                return;
            }
        };
        let (pending, request) = &*known;
        let mut pending = Box::new(pending.again(ctx, self.outstanding.next_ordinal(), started_ns));
        pending.record.finished_ns = at_ns;
        let (framing, oddity) = request.body;
        if let Some(oddity) = oddity {
            pending.note(oddity);
        }
        if framing == Framing::Unknown {
            pending.request.end_broken();
        }
        self.client.begin_body(framing);
        if self.server_name.is_none() {
            self.server_name.clone_from(&request.server_name);
        }
        self.add(pending, sink);
    }

    pub(super) fn begin_response(
        &mut self,
        ctx: &FlowContext,
        head: &[u8],
        started_ns: i64,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        self.health.message();
        let read = || response::read(&text(head), self.http.options.secrets());
        let response = match self.http.known.response(head, read) {
            Ok(response) => response,
            Err(error) => {
                self.health.unreadable();
                self.complaints.report(ctx, Stage::Http, at_ns, error, sink);
                self.outstanding.note_unanswered(format!("malformed: {error}"));
                self.server.begin_body(Framing::Unknown);
                return;
            }
        };
        let status = response.line.status;
        if matches!(status, 100 | 102..=199) {
            // Interim: the final response is still to come (RFC 9110 §15.2).
            self.server.begin_body(Framing::Length(0));
            return;
        }
        let switches_to =
            (status == 101).then(|| token_of_upgrade(text(head).split_once('\n').map_or("", |(_, lines)| lines)));
        if switches_to.as_deref() == Some(H2C) {
            // The response comes in HTTP/2, on stream 1 (RFC 7540 §3.2).
            self.left_for = switches_to;
            return;
        }
        let answered = match self.outstanding.answered_next() {
            Some(index) => self.outstanding.get(index),
            None => {
                let mut orphan = Box::new(Pending::new(ctx, self.outstanding.next_ordinal(), started_ns));
                orphan.request.ended = true;
                orphan.note("no request");
                self.add(orphan, sink);
                self.outstanding.newest()
            }
        };
        let Some(pending) = answered else { return };
        pending.record.response_ns = Some(started_ns);
        pending.record.finished_ns = at_ns;
        let (framing, oddity) = response.fill(pending);
        if let Some(oddity) = oddity {
            pending.note(oddity);
        }
        let is_tunnel = pending.asked == Asked::Connect && (200..300).contains(&status);
        if status == 101 || is_tunnel {
            // The rest of the connection is another protocol's (RFC 9110 §7.8, §9.3.6).
            pending.response.ended = true;
            self.client.stop();
            self.server.stop();
            self.left_for = switches_to.or_else(|| Some(TUNNEL.to_owned()));
        } else {
            if framing == Framing::Unknown {
                pending.response.end_broken();
            }
            self.early_bytes = 0;
            self.server.begin_body(framing);
        }
    }

    pub(super) fn add(&mut self, pending: Box<Pending>, sink: &mut dyn Sink) {
        if let Some(given_up) = self.outstanding.add(pending) {
            self.emit(given_up, sink);
        }
    }

    pub(super) fn body_piece(&mut self, side: Side, piece: &[u8], at_ns: i64) {
        let Some(pending) = self.outstanding.reading(side) else {
            return;
        };
        match side {
            Side::Client => {
                pending.record.request_body_bytes += piece.len() as u64;
                if !pending.response.began {
                    pending.record.finished_ns = at_ns;
                }
            }
            Side::Server => {
                pending.record.response_body_bytes += piece.len() as u64;
                pending.record.finished_ns = at_ns;
            }
        }
        let ordinal = pending.record.ordinal;
        if let Some(kept) = &mut self.kept {
            kept.take(ordinal, side, piece);
        }
    }

    pub(super) fn end_request(&mut self, at_ns: i64) {
        if let Some(pending) = self.outstanding.reading(Side::Client) {
            pending.request.ended = true;
            if !pending.response.began {
                pending.record.finished_ns = at_ns;
            }
        }
    }

    pub(super) fn end_response(&mut self, trailers: &[u8], at_ns: i64) {
        if let Some(pending) = self.outstanding.reading(Side::Server) {
            pending.response.ended = true;
            pending.record.finished_ns = at_ns;
            if !trailers.is_empty() {
                response::read_trailers(&text(trailers), pending, self.http.options.secrets());
            }
        }
    }

    /// A client that was answered before it sent its body may go on with the next request (RFC 9110 §10.1.1).
    pub(super) fn end_omitted_body(&mut self, bytes: &[u8]) {
        if let Some(pending) = self.outstanding.reading(Side::Client)
            && pending.may_omit_body()
            && starts(Side::Client, bytes)
        {
            pending.request.ended = true;
            self.client.expect_message();
        }
    }
}
