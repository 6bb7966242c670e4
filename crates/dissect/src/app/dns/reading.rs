//! What datagrams and connections have in common: how much of a message is read, and what a row holds.

use crate::record::{DnsCarrier, DnsQuery, Endpoint};

use super::message::{Answers, DnsError, Header, Question};
use super::numbers::{kind_name, known_kind, rcode_name};
use super::pending::Key;

/// Internet and any class (RFC 1035 §3.2.4 and §3.2.5).
const CLASSES: [u16; 2] = [1, 255];

/// A message that was read.
pub(super) struct Message {
    pub header: Header,
    pub question: Question,
    pub answers: Answers,
}

impl Message {
    /// Reads a message that has a question.
    pub(super) fn parse(payload: &[u8], header: Header) -> Result<Self, DnsError> {
        let (question, at) = Question::parse(payload)?;
        // Several questions are for multicast DNS only; records behind them are not reached, and none is needed.
        let answers = match header.questions {
            1 => Answers::parse(payload, &header, at)?,
            _ => Answers { end: at, ..Answers::default() },
        };
        Ok(Self { header, question, answers })
    }

    /// Whether this is DNS wherever it was sent: nothing is behind the last record, and the rest is ordinary.
    pub(super) fn is_beyond_doubt(&self, length: usize) -> bool {
        self.header.is_ordinary() && self.question.is_ordinary() && self.answers.end == length
    }

    /// The row of an answered question.
    pub(super) fn answered(self, key: Key, carrier: DnsCarrier, asked_ns: i64, at_ns: i64) -> DnsQuery {
        DnsQuery {
            answered_ns: Some(at_ns),
            rcode: Some(rcode_name(self.answers.rcode).into_owned()),
            answers: self.answers.into_answers(),
            ..unanswered(key, carrier, asked_ns)
        }
    }
}

impl Question {
    /// A known type in a known class, about a name as hosts have them.
    pub(super) fn is_ordinary(&self) -> bool {
        let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        known_kind(self.kind).is_some() && CLASSES.contains(&self.class) && self.name.bytes().all(is_host_byte)
    }
}

/// The row of a question that nobody answered.
pub(super) fn unanswered(key: Key, carrier: DnsCarrier, at_ns: i64) -> DnsQuery {
    row(key.client, key.server, carrier, key.question, at_ns)
}

/// A row without an answer.
pub(super) fn row(client: Endpoint, server: Endpoint, carrier: DnsCarrier, question: Question, at_ns: i64) -> DnsQuery {
    DnsQuery {
        at_ns,
        answered_ns: None,
        client,
        server,
        carrier,
        name: question.name,
        kind: kind_name(question.kind).into_owned(),
        rcode: None,
        answers: Vec::new(),
    }
}
