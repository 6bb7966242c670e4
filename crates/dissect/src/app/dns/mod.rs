//! DNS over UDP (RFC 1035): one row per question.

mod message;
mod name;
mod pending;

use crate::record::{DnsCarrier, DnsQuery, Endpoint, Problem, Side, Sink, Stage};

use super::FlowContext;

use message::{Answers, DnsError, Header, Question, kind_name, known_kind, rcode_name};
use pending::{Key, PendingQuestions};

/// DNS, multicast DNS and LLMNR. A port only breaks a tie: what is sent there may be read with less proof.
const PORTS: [u16; 3] = [53, 5353, 5355];

/// Broken messages are reported until this many; a scan of port 53 would otherwise give a row per packet.
const MAX_PROBLEMS: u32 = 256;

/// Pairs the questions and answers of all DNS over UDP.
pub(crate) struct Datagrams {
    pending: PendingQuestions,
    problems: u32,
}

/// A message that was read.
struct Message {
    header: Header,
    question: Question,
    answers: Answers,
}

impl Datagrams {
    pub(crate) fn new() -> Self {
        Self { pending: PendingQuestions::default(), problems: 0 }
    }

    /// Reads a datagram that `side` sent; gives `dns` when it is one.
    pub(crate) fn packet(
        &mut self,
        ctx: &FlowContext,
        side: Side,
        payload: &[u8],
        at_ns: i64,
        sink: &mut dyn Sink,
    ) -> Option<&'static str> {
        self.expire(at_ns, sink);
        let expected = PORTS.contains(&ctx.client.port) || PORTS.contains(&ctx.server.port);
        let header = Header::parse(payload).ok().filter(|header| header.is_plausible(payload.len()))?;
        // Announcements of multicast DNS ask nothing (RFC 6762 §6).
        if header.questions == 0 {
            return expected.then_some("dns");
        }
        let message = match read(payload, header) {
            Ok(message) if expected || message.is_beyond_doubt(payload.len()) => message,
            Ok(_) => return None,
            Err(error) => {
                if expected {
                    self.complain(ctx, at_ns, error, sink);
                }
                return None;
            }
        };
        let (sender, receiver) = match side {
            Side::Client => (ctx.client, ctx.server),
            Side::Server => (ctx.server, ctx.client),
        };
        if header.is_response() {
            self.answered(receiver, sender, message, at_ns, sink);
        } else {
            let key = Key { client: sender, server: receiver, id: header.id, question: message.question };
            self.pending.ask(key, at_ns, |key, at_ns| sink.dns_query(unanswered(key, at_ns)));
        }
        Some("dns")
    }

    /// Writes the rows of questions that have waited too long by the capture's clock.
    pub(crate) fn expire(&mut self, now_ns: i64, sink: &mut dyn Sink) {
        self.pending.expire(now_ns, |key, at_ns| sink.dns_query(unanswered(key, at_ns)));
    }

    /// Writes the rows of all questions that still wait.
    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) {
        self.pending.finish(|key, at_ns| sink.dns_query(unanswered(key, at_ns)));
    }

    fn answered(&mut self, client: Endpoint, server: Endpoint, message: Message, at_ns: i64, sink: &mut dyn Sink) {
        let Message { header, question, answers } = message;
        let key = Key { client, server, id: header.id, question };
        // The question may lie before the capture's first packet: its answer still names addresses.
        let asked_ns = self.pending.answer(&key).unwrap_or(at_ns);
        sink.dns_query(DnsQuery {
            answered_ns: Some(at_ns),
            rcode: Some(rcode_name(answers.rcode).into_owned()),
            answers: answers.kept,
            ..unanswered(key, asked_ns)
        });
    }

    fn complain(&mut self, ctx: &FlowContext, at_ns: i64, error: DnsError, sink: &mut dyn Sink) {
        self.problems += 1;
        let message = match self.problems {
            ..MAX_PROBLEMS => error.to_string(),
            MAX_PROBLEMS => format!("{error}; further broken DNS messages are not listed"),
            _ => {
                self.problems = MAX_PROBLEMS;
                return;
            }
        };
        sink.problem(Problem { at_ns, stage: Stage::Dns, position: ctx.position, flow: Some(ctx.flow), message });
    }
}

impl Message {
    /// Whether this is DNS wherever it was sent: one question of a known type in a known class, an ordinary name, and nothing
    /// behind the last record.
    fn is_beyond_doubt(&self, length: usize) -> bool {
        let header = &self.header;
        let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        header.questions == 1
            && (header.is_response() || header.is_plain_query())
            && known_kind(self.question.kind).is_some()
            && matches!(self.question.class, 1 | 255)
            && self.question.name.bytes().all(is_host_byte)
            && self.answers.end == length
    }
}

fn read(payload: &[u8], header: Header) -> Result<Message, DnsError> {
    let (question, at) = Question::parse(payload)?;
    // Several questions are for multicast DNS only; records behind them are not reached, and none is needed.
    let answers = match header.questions {
        1 => Answers::parse(payload, &header, at)?,
        _ => Answers { rcode: 0, kept: Vec::new(), end: at },
    };
    Ok(Message { header, question, answers })
}

fn unanswered(key: Key, at_ns: i64) -> DnsQuery {
    DnsQuery {
        at_ns,
        answered_ns: None,
        client: key.client,
        server: key.server,
        carrier: DnsCarrier::Udp,
        name: key.question.name,
        kind: kind_name(key.question.kind).into_owned(),
        rcode: None,
        answers: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
