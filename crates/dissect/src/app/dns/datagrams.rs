//! DNS over UDP: questions to one server, and to groups.

use crate::app::FlowContext;
use crate::record::{DnsCarrier, Endpoint, Problem, Side, Sink, Stage};

use super::group::{self, GroupQuestions};
use super::message::{Answers, DnsError, Header, Question};
use super::pending::{Key, MAX_PENDING, PendingQuestions};
use super::reading::{Message, unanswered};

/// DNS, multicast DNS and LLMNR. A port only breaks a tie: what is sent there may be read with less proof.
const PORTS: [u16; 3] = [53, 5353, 5355];

/// Broken messages are reported until this many; a scan of port 53 would otherwise give a row per packet.
pub(super) const MAX_PROBLEMS: u32 = 256;

/// Pairs the questions and answers of all DNS over UDP.
#[derive(Default)]
pub(crate) struct Datagrams {
    pending: PendingQuestions,
    groups: GroupQuestions,
    problems: u32,
    /// That questions had to make room is told once.
    overflow_told: bool,
}

impl Datagrams {
    pub(crate) fn new() -> Self {
        Self::default()
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
        let (sender, receiver) = match side {
            Side::Client => (ctx.client, ctx.server),
            Side::Server => (ctx.server, ctx.client),
        };
        let read = if group::carrier(receiver).is_some() {
            self.group_message(ctx, sender, receiver, payload, &header, at_ns, sink)
        } else if header.questions == 0 {
            // Answers of a group to the asker alone need not repeat the question (RFC 6762 §6); nothing else goes without.
            if !expected || !header.is_response() {
                return None;
            }
            self.group_answer(ctx, sender, receiver, payload, &header, at_ns, sink)
        } else {
            match Message::parse(payload, header) {
                Ok(message) if expected || message.is_beyond_doubt(payload.len()) => {
                    self.message(ctx, sender, receiver, message, at_ns, sink);
                    Ok(())
                }
                Ok(_) => return None,
                Err(error) => Err(error),
            }
        };
        match read {
            Ok(()) => Some("dns"),
            Err(error) => {
                if expected {
                    self.complain(ctx, at_ns, error, sink);
                }
                None
            }
        }
    }

    /// Writes the rows of questions that have waited too long by the capture's clock.
    pub(crate) fn expire(&mut self, now_ns: i64, sink: &mut dyn Sink) {
        self.pending.expire(now_ns, |key, at_ns| sink.dns_query(unanswered(key, DnsCarrier::Udp, at_ns)));
        self.groups.expire(now_ns, |row| sink.dns_query(row));
    }

    /// Writes the rows of all questions that still wait.
    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) {
        self.pending.finish(|key, at_ns| sink.dns_query(unanswered(key, DnsCarrier::Udp, at_ns)));
        self.groups.finish(|row| sink.dns_query(row));
    }

    fn message(
        &mut self,
        ctx: &FlowContext,
        sender: Endpoint,
        receiver: Endpoint,
        message: Message,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) {
        let (id, question) = (message.header.id, message.question.clone());
        if !message.header.is_response() {
            let key = Key { client: sender, server: receiver, id, question };
            let told = |key, at_ns| sink.dns_query(unanswered(key, DnsCarrier::Udp, at_ns));
            if self.pending.ask(key, at_ns, MAX_PENDING, told) {
                self.overflow(ctx, at_ns, sink);
            }
            return;
        }
        self.tell_left_out(ctx, &message.answers, at_ns, sink);
        let key = Key { client: receiver, server: sender, id, question };
        let asked_ns = self.pending.answer(&key);
        if asked_ns.is_none() {
            let asked = std::slice::from_ref(&message.question);
            let rows = self.groups.answer(sender, receiver, asked, &message.answers, at_ns);
            if !rows.is_empty() {
                rows.into_iter().for_each(|row| sink.dns_query(row));
                return;
            }
        }
        // The question may lie before the capture's first packet: its answer still names addresses.
        sink.dns_query(message.answered(key, DnsCarrier::Udp, asked_ns.unwrap_or(at_ns), at_ns));
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one datagram")]
    fn group_message(
        &mut self,
        ctx: &FlowContext,
        sender: Endpoint,
        group: Endpoint,
        payload: &[u8],
        header: &Header,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) -> Result<(), DnsError> {
        if header.is_response() {
            return self.group_answer(ctx, sender, group, payload, header, at_ns, sink);
        }
        let (questions, _) = Question::parse_all(payload, header)?;
        let Some(carrier) = group::carrier(group).filter(|_| !header.is_probe()) else { return Ok(()) };
        if questions.len() < usize::from(header.questions) {
            let message = format!("{} questions at once, the first {} are read", header.questions, questions.len());
            self.complain(ctx, at_ns, message, sink);
        }
        for question in questions {
            if self.groups.ask(sender, group, carrier, question, at_ns, |row| sink.dns_query(row)) {
                self.overflow(ctx, at_ns, sink);
            }
        }
        Ok(())
    }

    /// A response that may answer questions to a group.
    #[expect(clippy::too_many_arguments, reason = "the parts of one datagram")]
    fn group_answer(
        &mut self,
        ctx: &FlowContext,
        sender: Endpoint,
        receiver: Endpoint,
        payload: &[u8],
        header: &Header,
        at_ns: i64,
        sink: &mut dyn Sink,
    ) -> Result<(), DnsError> {
        let (asked, at) = Question::parse_all(payload, header)?;
        let answers = Answers::parse(payload, header, at)?;
        self.tell_left_out(ctx, &answers, at_ns, sink);
        for row in self.groups.answer(sender, receiver, &asked, &answers, at_ns) {
            sink.dns_query(row);
        }
        Ok(())
    }

    fn tell_left_out(&mut self, ctx: &FlowContext, answers: &Answers, at_ns: i64, sink: &mut dyn Sink) {
        if answers.left_out > 0 {
            let kept = answers.records.len();
            let message = format!("{} answers in one response, the first {kept} are kept", kept + answers.left_out);
            self.complain(ctx, at_ns, message, sink);
        }
    }

    fn overflow(&mut self, ctx: &FlowContext, at_ns: i64, sink: &mut dyn Sink) {
        if !std::mem::replace(&mut self.overflow_told, true) {
            let message = "too many questions wait: the oldest are written as unanswered from here on";
            self.complain(ctx, at_ns, message, sink);
        }
    }

    fn complain(&mut self, ctx: &FlowContext, at_ns: i64, problem: impl std::fmt::Display, sink: &mut dyn Sink) {
        self.problems += 1;
        let message = match self.problems {
            ..MAX_PROBLEMS => problem.to_string(),
            MAX_PROBLEMS => format!("{problem}; further problems of DNS messages are not listed"),
            _ => {
                self.problems = MAX_PROBLEMS;
                return;
            }
        };
        sink.problem(Problem { at_ns, stage: Stage::Dns, position: ctx.position, flow: Some(ctx.flow), message });
    }
}
