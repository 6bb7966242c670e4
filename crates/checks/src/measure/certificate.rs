//! What a certificate says about whom it is for and until when (RFC 5280 §4.1), read without trusting it.

use serde::{Deserialize, Serialize};

/// A server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The subject's common name, where it has one.
    pub subject: Option<String>,
    /// The issuer's common name, where it has one.
    pub issuer: Option<String>,
    /// Seconds since 1970 from which on it is valid.
    pub not_before_s: i64,
    /// Seconds since 1970 until which it is valid.
    pub not_after_s: i64,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
/// 2.5.4.3, the common name (X.520).
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
/// Relative names looked at in a distinguished name.
const MAX_NAMES: usize = 64;

impl Certificate {
    /// Reads DER; `None` when it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let mut whole = Der(der);
        let mut certificate = Der(whole.take(SEQUENCE)?);
        let mut signed = Der(certificate.take(SEQUENCE)?);
        signed.take(VERSION);
        signed.take(INTEGER)?;
        signed.take(SEQUENCE)?;
        let issuer = signed.take(SEQUENCE)?;
        let mut validity = Der(signed.take(SEQUENCE)?);
        let subject = signed.take(SEQUENCE)?;
        Some(Self {
            subject: common_name(subject),
            issuer: common_name(issuer),
            not_before_s: validity.time()?,
            not_after_s: validity.time()?,
        })
    }

    /// Whole days until it expires at a time in seconds since 1970; negative when it has.
    pub fn days_left(&self, now_s: i64) -> i64 {
        (self.not_after_s.saturating_sub(now_s)).div_euclid(86_400)
    }
}

/// What is left of a run of values, each a tag, a length and bytes.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The bytes of the next value if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content) = self.peek()?;
        if found != tag {
            return None;
        }
        self.0 = self.0.get(content.end..)?;
        content.bytes.into()
    }

    fn peek(&self) -> Option<(u8, Content<'a>)> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            // Lengths of more than three bytes are beyond any certificate.
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count).filter(|_| (1..=3).contains(&count))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest.get(count..)?)
        };
        let bytes = rest.get(..length)?;
        Some((tag, Content { bytes, end: self.0.len() - rest.len() + length }))
    }

    fn time(&mut self) -> Option<i64> {
        if let Some(text) = self.take(UTC_TIME) {
            // Two digits of the year: below 50 they are of this century (RFC 5280 §4.1.2.5.1).
            let year = number(text.get(..2)?)?;
            return seconds(if year < 50 { 2_000 + year } else { 1_900 + year }, text.get(2..)?);
        }
        let text = self.take(GENERALIZED_TIME)?;
        seconds(number(text.get(..4)?)?, text.get(4..)?)
    }
}

struct Content<'a> {
    bytes: &'a [u8],
    end: usize,
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// Seconds since 1970 of a year and `MMDDhhmmssZ`.
fn seconds(year: i64, rest: &[u8]) -> Option<i64> {
    if rest.len() != 11 || rest.last() != Some(&b'Z') {
        return None;
    }
    let part = |at: usize| number(rest.get(at..at + 2)?);
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March so that a leap day is the last.
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = shifted_year.div_euclid(4) - shifted_year.div_euclid(100) + shifted_year.div_euclid(400);
    let days = shifted_year * 365 + leap_days + (153 * shifted_month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// The last common name of a distinguished name.
fn common_name(name: &[u8]) -> Option<String> {
    let mut names = Der(name);
    let mut found = None;
    for _ in 0..MAX_NAMES {
        let Some(set) = names.take(SET) else { break };
        let Some(pair) = Der(set).take(SEQUENCE) else { continue };
        let mut pair = Der(pair);
        if pair.take(OBJECT_ID) == Some(&COMMON_NAME)
            && let Some((_, content)) = pair.peek()
        {
            found = Some(String::from_utf8_lossy(content.bytes).into_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(from: (i32, u8, u8), to: (i32, u8, u8)) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec!["shop.test".into()]).expect("a name");
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Shop");
        params.distinguished_name.push(rcgen::DnType::CommonName, "shöp.test");
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(from.0, from.1, from.2), rcgen::date_time_ymd(to.0, to.1, to.2));
        let key = rcgen::KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("signed").der().to_vec()
    }

    #[test]
    fn names_and_times_are_read() {
        let read = Certificate::read(&of((1999, 2, 28), (2049, 3, 1))).expect("a certificate");
        assert_eq!(read.subject.as_deref(), Some("shöp.test"));
        assert_eq!(read.issuer, read.subject);
        assert_eq!((read.not_before_s, read.not_after_s), (920_160_000, 2_498_169_600));
        let read = Certificate::read(&of((2024, 2, 29), (2050, 12, 31))).expect("a certificate");
        assert_eq!((read.not_before_s, read.not_after_s), (1_709_164_800, 2_556_057_600), "a generalized time");
        assert_eq!((read.days_left(2_556_057_600 - 86_399), read.days_left(2_556_057_600 + 1)), (0, -1));
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_no_certificate_or_one_but_never_a_panic(at in 0..400_usize, byte: u8, cut in 0..500_usize) {
            let mut der = of((2020, 1, 1), (2030, 1, 1));
            let length = der.len();
            der[at % length] = byte;
            der.truncate(length.saturating_sub(cut));
            drop(Certificate::read(&der));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Certificate::read(&bytes));
        }
    }
}
