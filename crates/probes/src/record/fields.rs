//! What hops say travels as fields: a version, who says it, numbers, and a signature of all that is before it.
//!
//! ```text
//! 1;relay;Mediary%20B;eu-west;…;signature or nothing
//! ```

use std::{fmt::Display, str::FromStr};

use super::{Key, ProbeId, Refusal, Role, key::SIGNATURE_LEN, text};

/// Bytes of one value at most: two names of which every byte is encoded, numbers, and a signature.
pub const MOST_RECORD_BYTES: usize = 1_024;

const VERSION: &str = "1";

/// What is said, so that one thing cannot be passed off as another.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Hop,
    Seen,
}

/// Who says something.
pub(super) fn begin(role: Role, hop: &str, region: &str) -> String {
    let mut said = String::with_capacity(192);
    said.push_str(VERSION);
    said.push(';');
    said.push_str(role.as_str());
    for name in [hop, region] {
        said.push(';');
        text::encode(name, &mut said);
    }
    said
}

/// One more field; nothing is an empty one.
pub(super) fn add(said: &mut String, value: Option<impl Display>) {
    said.push(';');
    said.extend(value.map(|value| value.to_string()));
}

/// The end of it: the signature, where there is a key.
pub(super) fn seal(mut said: String, what: What, id: ProbeId, key: Option<&Key>) -> String {
    said.push(';');
    if let Some(key) = key {
        let signature = key.sign_said(what, id, &said);
        said.push_str(&signature);
    }
    said
}

/// The fields between version and signature. With a key, only of what was signed with it for this probe.
pub(super) fn open<'a, const FIELDS: usize>(
    value: &'a [u8],
    what: What,
    id: ProbeId,
    key: Option<&Key>,
) -> Result<[&'a str; FIELDS], Refusal> {
    if value.len() > MOST_RECORD_BYTES {
        return Err(Refusal::Malformed("it is too long"));
    }
    let value = str::from_utf8(value).map_err(|_| Refusal::Malformed("it is not ASCII"))?;
    let lacking = Refusal::Malformed("it lacks a field");
    let (said, signature) = value.rsplit_once(';').ok_or(lacking)?;
    let (version, said) = said.split_once(';').ok_or(lacking)?;
    if version != VERSION {
        return Err(Refusal::Malformed("its version is not known"));
    }
    let mut parts = said.split(';');
    let mut fields = [""; FIELDS];
    for field in &mut fields {
        *field = parts.next().ok_or(lacking)?;
    }
    if parts.next().is_some() {
        return Err(Refusal::Malformed("it has too many fields"));
    }
    match key {
        Some(key) => key.check_said(what, id, &value[..value.len() - signature.len()], signature.as_bytes())?,
        None if signature.len() > SIGNATURE_LEN => return Err(Refusal::Malformed("its signature is too long")),
        None => {}
    }
    Ok(fields)
}

pub(super) fn role(text: &str) -> Result<Role, Refusal> {
    let role = [Role::Relay, Role::Gateway, Role::Responder].into_iter().find(|role| role.as_str() == text);
    role.ok_or(Refusal::Malformed("its role is not known"))
}

pub(super) fn name(text: &str) -> Result<String, Refusal> {
    text::decode(text.as_bytes()).ok_or(Refusal::Malformed("a name is not percent-encoded"))
}

pub(super) fn number<N: FromStr>(text: &str) -> Result<N, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("a number is none, or too large"))
}

/// A number, or an empty field.
pub(super) fn maybe<N: FromStr>(text: &str) -> Result<Option<N>, Refusal> {
    if text.is_empty() { Ok(None) } else { number(text).map(Some) }
}
