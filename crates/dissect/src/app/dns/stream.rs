//! DNS over TCP (RFC 7766): messages behind their lengths, several in one segment or one in several, answered in any order.

use std::mem;

use crate::app::FlowContext;
use crate::app::complaints::Complaints;
use crate::app::probe::Verdict;
use crate::record::{DnsCarrier, Side, Sink, Stage};

use super::message::{DnsError, Header, Question};
use super::numbers::{AXFR, IXFR};
use super::pending::{Key, PendingQuestions};
use super::reading::{Message, unanswered};

const PORT: u16 = 53;

const LENGTH_BYTES: usize = 2;

/// The shortest message that asks: a header and a question about the root (RFC 1035 §4.1).
const MIN_MESSAGE_BYTES: usize = 12 + 5;

/// Questions that wait in one connection. A resolver that forwards all of its questions in one has a few hundred.
const MAX_WAITING: usize = 1024;

/// What DNS says about a side's first bytes, wherever they were sent: a length, a header and a question of which nothing
/// is out of the ordinary.
pub(crate) fn probe_stream(side: Side, bytes: &[u8]) -> Verdict {
    look(side, bytes, false)
}

/// What it says about them when one end is DNS's own port: there, any message will do.
pub(crate) fn probe_on_its_port(ctx: &FlowContext, side: Side, bytes: &[u8]) -> Verdict {
    if ctx.client.port == PORT || ctx.server.port == PORT { look(side, bytes, true) } else { Verdict::NotMine }
}

fn look(side: Side, bytes: &[u8], anything: bool) -> Verdict {
    let Some((&length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else { return Verdict::Unsure };
    let length = usize::from(u16::from_be_bytes(length));
    let message = &rest[..rest.len().min(length)];
    let is_response = side == Side::Server;
    // The first bit of the flags is a response's. An ordinary message has operation 0 in the next four, and a question asks
    // for nothing but recursion.
    let ordinary: u8 = if is_response { 0x87 } else { 0x01 };
    let flags_fit =
        message.get(2).is_none_or(|flags| (flags & 0x80 != 0) == is_response && (anything || flags & !ordinary == 0));
    if length < MIN_MESSAGE_BYTES || !flags_fit {
        return Verdict::NotMine;
    }
    let Ok(header) = Header::parse(message) else { return Verdict::Unsure };
    if !header.is_plausible(length) || !(anything || header.is_ordinary()) {
        return Verdict::NotMine;
    }
    let is_whole = message.len() == length;
    match Question::parse(message) {
        Err(DnsError::CutOff { .. }) if !is_whole => Verdict::Unsure,
        Ok((question, _)) if anything || question.is_ordinary() => match Message::parse(message, header) {
            _ if anything || !is_whole => Verdict::Certain,
            Ok(read) if read.is_beyond_doubt(length) => Verdict::Certain,
            _ => Verdict::NotMine,
        },
        _ => Verdict::NotMine,
    }
}

/// Pairs the questions and answers of one connection.
#[derive(Default)]
pub(crate) struct Messages {
    client: Framing,
    server: Framing,
    pending: PendingQuestions,
    complaints: Complaints,
    overflow_told: bool,
}

impl Messages {
    /// In-order bytes of one side.
    pub(crate) fn data(&mut self, ctx: &FlowContext, side: Side, bytes: &[u8], at_ns: i64, sink: &mut dyn Sink) {
        self.pending.expire(at_ns, |key, at_ns| sink.dns_query(unanswered(key, DnsCarrier::Tcp, at_ns)));
        let mut framing = mem::take(self.framing(side));
        if framing.is_lost && probe_stream(side, bytes) == Verdict::Certain {
            framing.is_lost = false;
        }
        framing.read(bytes, at_ns, |message, begun_ns| {
            if let Err(error) = self.message(ctx, side, message, begun_ns, at_ns, sink) {
                self.complaints.report(ctx, Stage::Dns, at_ns, error, sink);
            }
        });
        *self.framing(side) = framing;
    }

    /// Bytes of `side` were never captured: its next message is the first that a segment begins with.
    pub(crate) fn gap(&mut self, side: Side) {
        *self.framing(side) = Framing { is_lost: true, ..Framing::default() };
    }

    /// The connection is over, or the input has ended: what still waits is not answered.
    pub(crate) fn end(&mut self, sink: &mut dyn Sink) {
        self.pending.finish(|key, at_ns| sink.dns_query(unanswered(key, DnsCarrier::Tcp, at_ns)));
    }

    fn framing(&mut self, side: Side) -> &mut Framing {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn message(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        payload: &[u8],
        begun_ns: i64,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) -> Result<(), DnsError> {
        let header = Header::parse(payload)?;
        // The later messages of a zone transfer (RFC 5936 §2.2), and those that only keep a connection open.
        if header.questions == 0 {
            return Ok(());
        }
        let message = Message::parse(payload, header)?;
        let (client, server) = match (side, header.is_response()) {
            (Side::Client, false) | (Side::Server, true) => (ctx.client, ctx.server),
            (Side::Client, true) | (Side::Server, false) => (ctx.server, ctx.client),
        };
        let key = Key { client, server, id: header.id, question: message.question.clone() };
        if !header.is_response() {
            let told = |key, at_ns| sink.dns_query(unanswered(key, DnsCarrier::Tcp, at_ns));
            if self.pending.ask(key, begun_ns, MAX_WAITING, told) && !mem::replace(&mut self.overflow_told, true) {
                let message = format!("more than {MAX_WAITING} questions wait: the oldest are written as unanswered");
                self.complaints.report(ctx, Stage::Dns, at_ns, message, sink);
            }
            return Ok(());
        }
        let asked_ns = self.pending.answer(&key);
        let is_transfer = matches!(key.question.kind, AXFR | IXFR);
        if asked_ns.is_none() && is_transfer {
            return Ok(());
        }
        if message.answers.left_out > 0 && !is_transfer {
            let kept = message.answers.records.len();
            let all = kept + message.answers.left_out;
            let message = format!("{all} answers in one response, the first {kept} are kept");
            self.complaints.report(ctx, Stage::Dns, at_ns, message, sink);
        }
        sink.dns_query(message.answered(key, DnsCarrier::Tcp, asked_ns.unwrap_or(at_ns), at_ns));
        Ok(())
    }
}

/// Cuts one side's bytes into messages. Holds one that is not whole yet: at most 64 KiB, as long as a length can say.
#[derive(Default)]
struct Framing {
    held: Vec<u8>,
    begun_ns: i64,
    is_lost: bool,
}

impl Framing {
    /// Hands on every message that is whole now, with the time of its first byte.
    fn read(&mut self, mut bytes: &[u8], at_ns: i64, mut each: impl FnMut(&[u8], i64)) {
        if self.is_lost {
            return;
        }
        while !self.held.is_empty() {
            let wanted = whole(&self.held).unwrap_or(LENGTH_BYTES);
            let (more, rest) = bytes.split_at(bytes.len().min(wanted - self.held.len()));
            self.held.extend_from_slice(more);
            bytes = rest;
            match whole(&self.held) {
                Some(wanted) if self.held.len() == wanted => {
                    each(&mem::take(&mut self.held)[LENGTH_BYTES..], self.begun_ns);
                }
                _ if bytes.is_empty() => return,
                _ => {}
            }
        }
        while let Some((message, rest)) = whole(bytes).and_then(|wanted| bytes.split_at_checked(wanted)) {
            each(&message[LENGTH_BYTES..], at_ns);
            bytes = rest;
        }
        if !bytes.is_empty() {
            (self.held, self.begun_ns) = (bytes.to_vec(), at_ns);
        }
    }
}

/// Bytes of the message at the start with its length, once that is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk::<LENGTH_BYTES>().map(|length| LENGTH_BYTES + usize::from(u16::from_be_bytes(*length)))
}
