//! A DNS message: header, question, and the answers worth keeping (RFC 1035 §4.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::record::DnsAnswer;

use super::name::read_name;
use super::numbers::{A, AAAA, CNAME, DNAME, HTTPS, MX, NS, OPT, PTR, SOA, SRV, SVCB, TXT};

const HEADER_BYTES: usize = 12;

/// The shortest question: the root's name, type and class.
const MIN_QUESTION_BYTES: usize = 5;

/// The shortest record: the root's name, type, class, time to live and length.
const MIN_RECORD_BYTES: usize = 11;

/// Round-robin answers have a dozen addresses; what is above this is not kept.
const MAX_ANSWERS: usize = 64;

/// Questions of one message that are read. Multicast DNS asks for a dozen names at once (RFC 6762 §5.3).
const MAX_QUESTIONS: usize = 64;

/// Text answers are for reading, not for storage; `…` stands for the rest.
const MAX_TEXT_BYTES: usize = 1024;

/// Why a message cannot be read. Positions are bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DnsError {
    #[error("{HEADER_BYTES} header bytes expected, found {found}")]
    Short { found: usize },
    #[error("message ends inside the field at byte {at}")]
    CutOff { at: usize },
    #[error("name at byte {at} is longer than 255 bytes")]
    NameTooLong { at: usize },
    #[error("compression pointer at byte {at} points to byte {target}, which does not lie before its name")]
    PointerForward { at: usize, target: usize },
    #[error("compression pointer at byte {at} is one of too many in a row")]
    TooManyPointers { at: usize },
    #[error("label length or pointer expected at byte {at}, found 0x{found:02x}")]
    UnknownLabel { at: usize, found: u8 },
}

/// The twelve bytes that every message starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub id: u16,
    flags: u16,
    pub questions: u16,
    pub answers: u16,
    authorities: u16,
    additionals: u16,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub name: String,
    pub kind: u16,
    pub class: u16,
}

/// A record of the answer section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub owner: String,
    pub kind: u16,
    /// `None` for types whose content is neither an address nor a name nor text.
    pub answer: Option<DnsAnswer>,
}

/// The part of a response that is kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub rcode: u16,
    /// In the order of the message, so that a chain of CNAMEs stays one.
    pub records: Vec<Record>,
    /// How many more there are.
    pub left_out: usize,
    /// Where the message's last record ends.
    pub end: usize,
}

impl Header {
    pub(super) fn parse(message: &[u8]) -> Result<Self, DnsError> {
        let Some(header) = message.first_chunk::<HEADER_BYTES>() else {
            return Err(DnsError::Short { found: message.len() });
        };
        let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        Ok(Self {
            id: word(0),
            flags: word(2),
            questions: word(4),
            answers: word(6),
            authorities: word(8),
            additionals: word(10),
        })
    }

    /// Whether the sender says that it left out what did not fit (RFC 1035 §4.1.1).
    pub(super) fn is_truncated(&self) -> bool {
        self.flags & 0x0200 != 0
    }

    /// Whether a question to a group announces records that its sender wants to have: it hopes for no answer
    /// (RFC 6762 §8.1).
    pub(super) fn is_probe(&self) -> bool {
        !self.is_response() && self.authorities > 0
    }

    pub(super) fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// Whether a message of `length` bytes can be what this header announces.
    pub(super) fn is_plausible(&self, length: usize) -> bool {
        let opcode = (self.flags >> 11) & 0xf;
        let records = usize::from(self.answers) + usize::from(self.authorities) + usize::from(self.additionals);
        let fits =
            HEADER_BYTES + usize::from(self.questions) * MIN_QUESTION_BYTES + records * MIN_RECORD_BYTES <= length;
        // Assigned opcodes; the reserved bit must be zero (RFC 1035 §4.1.1, RFC 2535 §6.1).
        let assigned = matches!(opcode, 0 | 1 | 2 | 4 | 5 | 6) && self.flags & 0x0040 == 0;
        fits && assigned && (self.is_response() || self.flags & 0x000f == 0)
    }

    /// One question, or the response to a plain query.
    pub(super) fn is_ordinary(&self) -> bool {
        self.questions == 1 && (self.is_response() || self.is_plain_query())
    }

    /// A plain query: no opcode, no records but those of extensions.
    fn is_plain_query(&self) -> bool {
        !self.is_response()
            && self.flags & 0x7800 == 0
            && self.answers == 0
            && self.authorities == 0
            && self.additionals <= 2
    }
}

impl Question {
    /// The first question, which is the only one in practice (RFC 9619), and where the next field starts.
    pub(super) fn parse(message: &[u8]) -> Result<(Self, usize), DnsError> {
        Self::parse_at(message, HEADER_BYTES)
    }

    /// The first questions of a message, and where the field behind them starts.
    pub(super) fn parse_all(message: &[u8], header: &Header) -> Result<(Vec<Self>, usize), DnsError> {
        let (mut questions, mut at) = (Vec::new(), HEADER_BYTES);
        for _ in 0..usize::from(header.questions).min(MAX_QUESTIONS) {
            let (question, end) = Self::parse_at(message, at)?;
            questions.push(question);
            at = end;
        }
        Ok((questions, at))
    }

    fn parse_at(message: &[u8], at: usize) -> Result<(Self, usize), DnsError> {
        let (name, at) = read_name(message, at)?;
        let kind = u16_at(message, at)?;
        let class = u16_at(message, at + 2)?;
        Ok((Self { name, kind, class }, at + 4))
    }
}

impl Answers {
    /// Reads all records behind the question at `at`. A message that says it is truncated may end inside one.
    pub(super) fn parse(message: &[u8], header: &Header, at: usize) -> Result<Self, DnsError> {
        let mut answers = Self { rcode: header.flags & 0x000f, end: at, ..Self::default() };
        let first_additional = u32::from(header.answers) + u32::from(header.authorities);
        for index in 0..first_additional + u32::from(header.additionals) {
            let is_answer = index < u32::from(header.answers);
            match answers.read_record(message, is_answer, index >= first_additional) {
                Err(DnsError::CutOff { .. }) if header.is_truncated() => break,
                read => read?,
            }
        }
        Ok(answers)
    }

    fn read_record(&mut self, message: &[u8], is_answer: bool, is_additional: bool) -> Result<(), DnsError> {
        let (owner, after_name) = read_name(message, self.end)?;
        let kind = u16_at(message, after_name)?;
        let ttl_high = *message.get(after_name + 4).ok_or(DnsError::CutOff { at: after_name })?;
        let length = usize::from(u16_at(message, after_name + 8)?);
        let start = after_name + 10;
        let content = message.get(start..start + length).ok_or(DnsError::CutOff { at: start })?;
        if is_answer && self.records.len() < MAX_ANSWERS {
            let answer = answer(message, &owner, kind, start, content)?;
            self.records.push(Record { owner, kind, answer });
        } else if is_answer {
            self.left_out += 1;
        }
        if kind == OPT && is_additional {
            // The upper bits of an extended code (RFC 6891 §6.1.3).
            self.rcode |= u16::from(ttl_high) << 4;
        }
        self.end = start + length;
        Ok(())
    }

    /// What the records say, in their order.
    pub(super) fn into_answers(self) -> Vec<DnsAnswer> {
        self.records.into_iter().filter_map(|record| record.answer).collect()
    }
}

/// The answer a record holds, for types whose content is an address, a name or text.
fn answer(message: &[u8], owner: &str, kind: u16, start: usize, content: &[u8]) -> Result<Option<DnsAnswer>, DnsError> {
    let name_at = |at| read_name(message, at).map(|(name, _)| Some(DnsAnswer::Name(name)));
    match kind {
        A => Ok(<[u8; 4]>::try_from(content).ok().map(|ip| DnsAnswer::Address(IpAddr::V4(Ipv4Addr::from(ip))))),
        AAAA => Ok(<[u8; 16]>::try_from(content).ok().map(|ip| DnsAnswer::Address(IpAddr::V6(Ipv6Addr::from(ip))))),
        // Of an SOA the first field, which names the zone's server (RFC 1035 §3.3.13).
        NS | CNAME | SOA | PTR | DNAME => name_at(start),
        // Behind a preference, or priority, weight and port (RFC 1035 §3.3.9, RFC 2782).
        MX => name_at(start + 2),
        SRV => name_at(start + 6),
        // Behind a priority. The root stands for the record's own name (RFC 9460 §2.5.2).
        SVCB | HTTPS => match name_at(start + 2)? {
            Some(DnsAnswer::Name(target)) if target == "." => Ok(Some(DnsAnswer::Name(owner.to_owned()))),
            target => Ok(target),
        },
        TXT => Ok(Some(DnsAnswer::Name(text(content)))),
        _ => Ok(None),
    }
}

/// Character strings joined by a space (RFC 1035 §3.3.14).
fn text(mut content: &[u8]) -> String {
    let mut text = String::new();
    while let Some((&length, rest)) = content.split_first() {
        let (string, rest) = rest.split_at(rest.len().min(length.into()));
        content = rest;
        if !text.is_empty() {
            text.push(' ');
        }
        text.extend(string.escape_ascii().map(char::from));
        if text.len() >= MAX_TEXT_BYTES {
            text.truncate(MAX_TEXT_BYTES);
            text.push('…');
            break;
        }
    }
    text
}

fn u16_at(message: &[u8], at: usize) -> Result<u16, DnsError> {
    match message.get(at..at + 2) {
        Some(bytes) => Ok(u16::from_be_bytes([bytes[0], bytes[1]])),
        None => Err(DnsError::CutOff { at }),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::numbers::rcode_name;
    use super::*;

    /// `www.example`, at byte 12 of every message built here.
    pub(in super::super) const NAME: &[u8] = b"\x03www\x07example\x00";

    /// A query or response with one question.
    pub(in super::super) fn message(id: u16, flags: u16, kind: u16, records: &[&[u8]]) -> Vec<u8> {
        let counts = [1, u16::try_from(records.len()).unwrap(), 0, 0];
        let header: Vec<u8> = [id, flags].into_iter().chain(counts).flat_map(u16::to_be_bytes).collect();
        [&header[..], NAME, &kind.to_be_bytes(), &[0, 1], &records.concat()].concat()
    }

    /// A record whose name is a pointer to the question's.
    pub(in super::super) fn record(kind: u16, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[0xc0, 12][..], &kind.to_be_bytes(), &[0, 1], &[0, 0, 0, 60], &length, content].concat()
    }

    fn answers(message: &[u8]) -> Result<Answers, DnsError> {
        let header = Header::parse(message)?;
        let (_, at) = Question::parse(message)?;
        Answers::parse(message, &header, at)
    }

    #[test]
    fn addresses_names_and_texts_are_kept_and_other_records_are_not() {
        let message = message(
            1,
            0x8180,
            255,
            &[
                &record(A, &[10, 0, 0, 2]),
                &record(AAAA, &Ipv6Addr::LOCALHOST.octets()),
                &record(CNAME, b"\x01A\xc0\x10"),
                &record(MX, b"\x00\x0a\x04mail\xc0\x10"),
                &record(SRV, b"\x00\x01\x00\x02\x1f\x90\x01s\xc0\x10"),
                &record(NS, b"\x02ns\xc0\x10"),
                &record(PTR, b"\x04host\xc0\x10"),
                &record(SOA, b"\x03ns1\xc0\x10\x05admin\xc0\x10\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05"),
                &record(HTTPS, b"\0\x01\0\0\x01\0\x03\x02h2"),
                &record(SVCB, b"\0\0\x03svc\x07example\0"),
                &record(TXT, b"\x03a b\x01\xff"),
                &record(48, b"key"),
                &record(A, b"odd"),
            ],
        );
        let name = |name: &str| DnsAnswer::Name(name.to_owned());
        assert_eq!(
            answers(&message).map(Answers::into_answers),
            Ok(vec![
                DnsAnswer::Address(Ipv4Addr::new(10, 0, 0, 2).into()),
                DnsAnswer::Address(Ipv6Addr::LOCALHOST.into()),
                name("a.example"),
                name("mail.example"),
                name("s.example"),
                name("ns.example"),
                name("host.example"),
                name("ns1.example"),
                name("www.example"),
                name("svc.example"),
                name(r"a b \xff"),
            ])
        );
    }

    #[test]
    fn an_extended_code_is_joined_from_two_places_rfc_6891_6_1_3() {
        let mut message = message(1, 0x8180, A, &[]);
        message[11] = 1;
        message.extend_from_slice(&[0, 0, 41, 16, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(answers(&message).map(|answers| rcode_name(answers.rcode)), Ok("BADVERS".into()));
    }

    #[test]
    fn an_opt_record_is_never_an_answer_wherever_it_stands() {
        let opt = [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 4, 0, 10, 0, 0];
        let mut among_the_answers = message(1, 0x8180, A, &[&record(A, &[10, 0, 0, 2])]);
        among_the_answers[7] = 2;
        among_the_answers.extend_from_slice(&opt);
        let read = answers(&among_the_answers).unwrap();
        assert_eq!((read.rcode, read.into_answers().len()), (0, 1));
    }

    #[test]
    fn long_texts_end_with_a_sign_that_there_is_more() {
        let strings = [&[200][..], &[b'a'; 200]].concat().repeat(6);
        let read = answers(&message(1, 0x8180, TXT, &[&record(TXT, &strings)])).unwrap().into_answers();
        let [DnsAnswer::Name(text)] = &read[..] else { panic!("{read:?}") };
        assert_eq!((text.chars().count(), text.ends_with("a…")), (MAX_TEXT_BYTES + 1, true));
    }

    #[test]
    fn answers_above_the_limit_are_counted() {
        let record = record(A, &[10, 0, 0, 2]);
        let read = answers(&message(1, 0x8180, A, &vec![&record[..]; 100])).unwrap();
        assert_eq!((read.records.len(), read.left_out), (MAX_ANSWERS, 100 - MAX_ANSWERS));
    }

    #[test]
    fn a_truncated_message_may_end_inside_a_record() {
        let whole = message(1, 0x8380, A, &[&record(A, &[10, 0, 0, 2]), &record(A, &[10, 0, 0, 3])]);
        let read = answers(&whole[..whole.len() - 2]).unwrap();
        assert_eq!(read.into_answers(), [DnsAnswer::Address([10, 0, 0, 2].into())]);
    }

    #[test]
    fn a_message_that_ends_early_says_where() {
        let whole = message(1, 0x8180, A, &[&record(A, &[10, 0, 0, 2])]);
        assert_eq!(answers(&whole[..5]), Err(DnsError::Short { found: 5 }));
        assert_eq!(answers(&whole[..20]), Err(DnsError::CutOff { at: 16 }));
        assert_eq!(answers(&whole[..whole.len() - 1]), Err(DnsError::CutOff { at: 41 }));
    }

    #[test]
    fn a_header_that_announces_more_than_fits_is_not_plausible() {
        let query = message(1, 0x0100, A, &[]);
        let plausible = |bytes: &[u8]| Header::parse(bytes).is_ok_and(|header| header.is_plausible(bytes.len()));
        assert!(plausible(&query));
        for (at, value) in [(5, 9), (7, 9), (2, 0x78), (3, 0x40), (3, 0x05)] {
            let mut odd = query.clone();
            odd[at] = value;
            assert!(!plausible(&odd), "byte {at}");
        }
    }
}
