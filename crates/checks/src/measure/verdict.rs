//! Whether what came is what is expected. The first thing that is not is told.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::HeaderMap;
use serde_json::Value;
use wirereel_dial::quoted;

use super::{Failure, Measurement, check::Check, http::Answer};

/// Judges the last answer of an HTTP check.
pub(crate) fn of_answer(check: &Check, answer: &Answer) -> Option<Failure> {
    let expect = &check.website.expect;
    let found = answer.status.as_u16();
    if !expect.status.iter().any(|range| range.contains(found)) {
        let expected = expect.status.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Some(Failure::Status { found, expected });
    }
    of_headers(check, &answer.headers).or_else(|| of_body(check, &answer.body))
}

fn of_headers(check: &Check, headers: &HeaderMap) -> Option<Failure> {
    check.website.expect.headers.iter().find_map(|(name, expected)| {
        let mut found = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).peekable();
        if found.peek().is_none() {
            return Some(Failure::HeaderMissing { name: name.clone() });
        }
        let all: Vec<_> = found.collect();
        if all.iter().any(|value| value.contains(expected.as_str())) {
            return None;
        }
        Some(Failure::Header { name: name.clone(), found: quoted(&all.join(", ")), expected: expected.clone() })
    })
}

fn of_body(check: &Check, body: &[u8]) -> Option<Failure> {
    let expect = &check.website.expect;
    let has = |text: &str| memchr::memmem::find(body, text.as_bytes()).is_some();
    if let Some(text) = expect.body_contains.as_deref().filter(|text| !has(text)) {
        return Some(Failure::BodyLacks { text: text.to_owned() });
    }
    if let Some(text) = expect.body_lacks.as_deref().filter(|text| has(text)) {
        return Some(Failure::BodyContains { text: text.to_owned() });
    }
    if let (Some(pattern), Some(regex)) = (&expect.body_matches, &check.regex)
        && !regex.is_match(body)
    {
        return Some(Failure::BodyDiffers { pattern: pattern.clone() });
    }
    if expect.json.is_empty() {
        return None;
    }
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return Some(Failure::NotJson { reason: error.to_string() }),
    };
    expect.json.iter().zip(&check.json).find_map(|(expected, path)| {
        let found = path.query(&value).all();
        let right = match &expected.equals {
            None => !found.is_empty(),
            Some(wanted) => found.iter().any(|found| same(found, wanted)),
        };
        let told = match found.as_slice() {
            [] => "nothing".to_owned(),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        (!right).then(|| Failure::Json {
            path: expected.path.clone(),
            found: quoted(&told),
            expected: expected.equals.as_ref().map_or_else(|| "something".to_owned(), ToString::to_string),
        })
    })
}

/// Whether two values are the same; 1 and 1.0 are.
fn same(found: &Value, wanted: &Value) -> bool {
    found == wanted || matches!((found.as_f64(), wanted.as_f64()), (Some(found), Some(wanted)) if found == wanted)
}

/// Judges what holds for every kind of check: the certificate's days and the time it took.
pub(crate) fn of_any(check: &Check, measured: &Measurement) -> Option<Failure> {
    let certificate = measured.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
    if let (Some(wanted), Some(certificate)) = (check.website.tls.days_left, certificate) {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let days_left = certificate.days_left(i64::try_from(now_s).unwrap_or(i64::MAX));
        if days_left < i64::from(wanted) {
            return Some(Failure::CertificateExpiresSoon { days_left, wanted });
        }
    }
    let at_most = check.website.expect.at_most?;
    (measured.total_us > at_most.as_millis().saturating_mul(1_000))
        .then(|| Failure::TooSlow { took_ms: measured.total_us / 1_000, at_most_ms: at_most.as_millis() })
}

/// Judges the answers of a DNS check.
pub(crate) fn of_records(check: &Check, records: &[String]) -> Option<Failure> {
    let same = |one: &str, other: &str| one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'));
    let found = || if records.is_empty() { "none".to_owned() } else { quoted(&records.join(", ")) };
    let mut expected = check.website.expect.answers.iter();
    match expected.find(|wanted| !records.iter().any(|record| same(record, wanted))) {
        Some(missing) => Some(Failure::AnswerMissing { expected: missing.clone(), found: found() }),
        None if records.is_empty() => Some(Failure::AnswerMissing { expected: "an answer".into(), found: found() }),
        None => None,
    }
}
