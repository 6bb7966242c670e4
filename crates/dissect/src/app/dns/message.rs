//! A DNS message: header, question, and the answers worth keeping (RFC 1035 §4.1).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::record::DnsAnswer;

use super::name::read_name;

const HEADER_BYTES: usize = 12;

/// The shortest question: the root's name, type and class.
const MIN_QUESTION_BYTES: usize = 5;

/// The shortest record: the root's name, type, class, time to live and length.
const MIN_RECORD_BYTES: usize = 11;

/// Round-robin answers have a dozen addresses; what is above this is not kept.
const MAX_ANSWERS: usize = 64;

/// Text answers are for reading, not for storage.
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

/// The part of a response that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub rcode: u16,
    pub kept: Vec<DnsAnswer>,
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

    /// A plain query: no opcode, no records but those of extensions.
    pub(super) fn is_plain_query(&self) -> bool {
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
        let (name, at) = read_name(message, HEADER_BYTES)?;
        let kind = u16_at(message, at)?;
        let class = u16_at(message, at + 2)?;
        Ok((Self { name, kind, class }, at + 4))
    }
}

impl Answers {
    /// Reads all records behind the question at `at`.
    pub(super) fn parse(message: &[u8], header: &Header, mut at: usize) -> Result<Self, DnsError> {
        let mut rcode = header.flags & 0x000f;
        let mut kept = Vec::new();
        let first_additional = u32::from(header.answers) + u32::from(header.authorities);
        for index in 0..first_additional + u32::from(header.additionals) {
            let (_, after_name) = read_name(message, at)?;
            let kind = u16_at(message, after_name)?;
            let ttl_high = *message.get(after_name + 4).ok_or(DnsError::CutOff { at: after_name })?;
            let length = usize::from(u16_at(message, after_name + 8)?);
            let start = after_name + 10;
            let content = message.get(start..start + length).ok_or(DnsError::CutOff { at: start })?;
            if index < u32::from(header.answers) && kept.len() < MAX_ANSWERS {
                kept.extend(answer(message, kind, start, content)?);
            }
            if kind == OPT && index >= first_additional {
                // The upper bits of an extended code (RFC 6891 §6.1.3).
                rcode |= u16::from(ttl_high) << 4;
            }
            at = start + length;
        }
        Ok(Self { rcode, kept, end: at })
    }
}

/// The answer a record holds, for types whose content is an address, a name or text.
fn answer(message: &[u8], kind: u16, start: usize, content: &[u8]) -> Result<Option<DnsAnswer>, DnsError> {
    let name_at = |at| read_name(message, at).map(|(name, _)| Some(DnsAnswer::Name(name)));
    match kind {
        A => Ok(<[u8; 4]>::try_from(content).ok().map(|ip| DnsAnswer::Address(IpAddr::V4(Ipv4Addr::from(ip))))),
        AAAA => Ok(<[u8; 16]>::try_from(content).ok().map(|ip| DnsAnswer::Address(IpAddr::V6(Ipv6Addr::from(ip))))),
        NS | CNAME | PTR | DNAME => name_at(start),
        // Behind a preference, or priority, weight and port (RFC 1035 §3.3.9, RFC 2782).
        MX => name_at(start + 2),
        SRV => name_at(start + 6),
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
            break;
        }
    }
    text
}

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const DNAME: u16 = 39;
const OPT: u16 = 41;

/// The mnemonic of a type, when it has one here.
pub(super) fn known_kind(kind: u16) -> Option<&'static str> {
    Some(match kind {
        A => "A",
        NS => "NS",
        CNAME => "CNAME",
        6 => "SOA",
        PTR => "PTR",
        13 => "HINFO",
        MX => "MX",
        TXT => "TXT",
        AAAA => "AAAA",
        SRV => "SRV",
        35 => "NAPTR",
        DNAME => "DNAME",
        43 => "DS",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        50 => "NSEC3",
        52 => "TLSA",
        64 => "SVCB",
        65 => "HTTPS",
        251 => "IXFR",
        252 => "AXFR",
        255 => "ANY",
        257 => "CAA",
        _ => return None,
    })
}

/// `A`, `AAAA`, ... or `TYPE<number>` (RFC 3597 §5).
pub(super) fn kind_name(kind: u16) -> Cow<'static, str> {
    known_kind(kind).map_or_else(|| Cow::Owned(format!("TYPE{kind}")), Cow::Borrowed)
}

/// `NOERROR`, `NXDOMAIN`, ... or `RCODE<number>` (RFC 6895 §2.3).
pub(super) fn rcode_name(rcode: u16) -> Cow<'static, str> {
    Cow::Borrowed(match rcode {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        16 => "BADVERS",
        23 => "BADCOOKIE",
        other => return Cow::Owned(format!("RCODE{other}")),
    })
}

fn u16_at(message: &[u8], at: usize) -> Result<u16, DnsError> {
    match message.get(at..at + 2) {
        Some(bytes) => Ok(u16::from_be_bytes([bytes[0], bytes[1]])),
        None => Err(DnsError::CutOff { at }),
    }
}

#[cfg(test)]
pub(super) mod tests {
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
                &record(TXT, b"\x03a b\x01\xff"),
                &record(48, b"key"),
                &record(A, b"odd"),
            ],
        );
        let name = |name: &str| DnsAnswer::Name(name.to_owned());
        assert_eq!(
            answers(&message).map(|answers| answers.kept),
            Ok(vec![
                DnsAnswer::Address(Ipv4Addr::new(10, 0, 0, 2).into()),
                DnsAnswer::Address(Ipv6Addr::LOCALHOST.into()),
                name("a.example"),
                name("mail.example"),
                name("s.example"),
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
