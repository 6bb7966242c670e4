//! Questions to a group: multicast DNS (RFC 6762) and LLMNR (RFC 4795). Whoever knows the answer gives it.
//!
//! Answers come from an address that was not asked, to the group or to the asker alone, and those of multicast DNS name
//! neither id nor question (§18.1): an answer is told by the name and type of its records.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::record::{DnsCarrier, DnsQuery, Endpoint};

use super::message::{Answers, Question, Record};
use super::numbers::{ANY, rcode_name};
use super::pending::TIMEOUT_NS;
use super::reading::row;

const MDNS_PORT: u16 = 5353;
const LLMNR_PORT: u16 = 5355;

/// Askers waiting at the same time. A link has a few hundred hosts that each ask for a dozen services.
pub(super) const MAX_WAITING: usize = 4096;

/// Askers of one question. All of them are looked at when it is answered.
pub(super) const MAX_ASKERS: usize = 256;

/// The upper bit of a class asks for an answer to the asker alone, or says that the record replaces others (RFC 6762 §18.12
/// and §18.13).
const CLASS_BITS: u16 = 0x7fff;

/// How questions to `to` travel, if it is a group that is asked.
pub(super) fn carrier(to: Endpoint) -> Option<DnsCarrier> {
    const MDNS_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
    const LLMNR_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 252);
    let v6_group = |ip: Ipv6Addr| ip.is_multicast().then(|| ip.segments()[1..].to_owned());
    match (to.ip, to.port) {
        (IpAddr::V4(MDNS_V4), MDNS_PORT) => Some(DnsCarrier::Mdns),
        (IpAddr::V4(LLMNR_V4), LLMNR_PORT) => Some(DnsCarrier::Udp),
        // ff0x::fb and ff0x::1:3, where x is the scope.
        (IpAddr::V6(ip), MDNS_PORT) if v6_group(ip)? == [0, 0, 0, 0, 0, 0, 0xfb] => Some(DnsCarrier::Mdns),
        (IpAddr::V6(ip), LLMNR_PORT) if v6_group(ip)? == [0, 0, 0, 0, 0, 1, 3] => Some(DnsCarrier::Udp),
        _ => None,
    }
}

#[derive(Debug)]
struct Asker {
    client: Endpoint,
    group: Endpoint,
    carrier: DnsCarrier,
    asked_ns: i64,
}

/// Waiting questions to groups.
#[derive(Debug, Default)]
pub(super) struct GroupQuestions {
    /// Never empty.
    askers: HashMap<Question, Vec<Asker>>,
    /// In order of asking; holds answered ones until their turn comes.
    order: VecDeque<(i64, Endpoint, Question)>,
}

impl GroupQuestions {
    /// Remembers who asks. `true` when an older question that still waits had to make room for it.
    pub(super) fn ask(
        &mut self,
        client: Endpoint,
        group: Endpoint,
        carrier: DnsCarrier,
        question: Question,
        at_ns: i64,
        mut unanswered: impl FnMut(DnsQuery),
    ) -> bool {
        let question = Question { class: question.class & CLASS_BITS, ..question };
        let askers = self.askers.entry(question.clone()).or_default();
        if askers.iter().any(|asker| asker.client == client) {
            return false;
        }
        let mut made_room = askers.len() >= MAX_ASKERS;
        if made_room {
            let Asker { client, group, carrier, asked_ns } = askers.remove(0);
            unanswered(row(client, group, carrier, question.clone(), asked_ns));
        }
        askers.push(Asker { client, group, carrier, asked_ns: at_ns });
        self.order.push_back((at_ns, client, question));
        if self.order.len() > MAX_WAITING {
            self.drop_oldest(|row| {
                made_room = true;
                unanswered(row);
            });
        }
        made_room
    }

    /// Takes a response that `from` sent to the group, or to one asker. Gives the rows of the questions that it answers;
    /// what nobody asked for is an announcement and has none.
    pub(super) fn answer(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        asked: &[Question],
        answers: &Answers,
        at_ns: i64,
    ) -> Vec<DnsQuery> {
        let alone = carrier(to).is_none().then_some(to);
        let mut rows = Vec::new();
        for question in answered(asked, &answers.records) {
            for asker in self.take(&question, from, alone) {
                let kept = answers.records.iter().filter(|record| record.is_about(&question));
                rows.push(DnsQuery {
                    answered_ns: Some(at_ns),
                    rcode: Some(rcode_name(answers.rcode).into_owned()),
                    answers: kept.filter_map(|record| record.answer.clone()).collect(),
                    ..row(asker.client, from, asker.carrier, question.clone(), asker.asked_ns)
                });
            }
        }
        rows
    }

    pub(super) fn expire(&mut self, now_ns: i64, mut unanswered: impl FnMut(DnsQuery)) {
        while self.order.front().is_some_and(|(asked_ns, ..)| now_ns.saturating_sub(*asked_ns) >= TIMEOUT_NS) {
            self.drop_oldest(&mut unanswered);
        }
    }

    pub(super) fn finish(&mut self, mut unanswered: impl FnMut(DnsQuery)) {
        while !self.order.is_empty() {
            self.drop_oldest(&mut unanswered);
        }
    }

    /// Those who asked, or one of them alone, but nobody who answers himself. They wait no more.
    fn take(&mut self, question: &Question, from: Endpoint, alone: Option<Endpoint>) -> Vec<Asker> {
        let Some(askers) = self.askers.get_mut(question) else { return Vec::new() };
        let is_answered = |asker: &mut Asker| asker.client != from && alone.is_none_or(|client| client == asker.client);
        let taken = askers.extract_if(.., is_answered).collect();
        if askers.is_empty() {
            self.askers.remove(question);
        }
        taken
    }

    fn drop_oldest(&mut self, mut unanswered: impl FnMut(DnsQuery)) {
        let Some((asked_ns, client, question)) = self.order.pop_front() else { return };
        let Some(askers) = self.askers.get_mut(&question) else { return };
        // Answered, and perhaps asked again since: then a later entry stands for it.
        if let Some(at) = askers.iter().position(|asker| asker.client == client && asker.asked_ns == asked_ns) {
            let asker = askers.remove(at);
            if askers.is_empty() {
                self.askers.remove(&question);
            }
            unanswered(row(asker.client, asker.group, asker.carrier, question, asked_ns));
        }
    }
}

impl Record {
    fn is_about(&self, question: &Question) -> bool {
        self.owner == question.name && (question.kind == self.kind || question.kind == ANY)
    }
}

/// The questions that a response may answer: those that it repeats, and those about its records. Each once.
fn answered(asked: &[Question], records: &[Record]) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    let about = |record: &Record, kind| Question { name: record.owner.clone(), kind, class: 1 };
    let repeated = asked.iter().map(|question| Question { class: question.class & CLASS_BITS, ..question.clone() });
    let by_records = records.iter().flat_map(|record| [about(record, record.kind), about(record, ANY)]);
    for question in repeated.chain(by_records) {
        if !questions.contains(&question) {
            questions.push(question);
        }
    }
    questions
}
