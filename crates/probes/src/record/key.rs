//! Whether a request or a record comes from somebody who has the key: HMAC-SHA-256 (RFC 2104).

use std::{fmt, io, path::Path};

use ring::hmac;
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::{ProbeId, fields::What, id::hex, text::cut};
use crate::config::To;

/// What senders and hops share. It signs requests and records, and compares signatures in constant time.
#[derive(Clone)]
pub struct Key(hmac::Key);

/// Why there is no key.
#[derive(Debug, Error)]
pub enum NoKey {
    #[error("a key of less than {LEAST_KEY_BYTES} bytes keeps nobody out")]
    Short,
    #[error("the file with the key cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Why a request or a record does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Refusal {
    #[error("it is not signed")]
    Unsigned,
    #[error("it is signed by somebody else, or for another probe")]
    Foreign,
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
}

/// Bytes that a secret has at least.
const LEAST_KEY_BYTES: usize = 8;
/// Characters of a signature.
pub(super) const SIGNATURE_LEN: usize = 64;

impl Key {
    /// Of a secret.
    ///
    /// # Errors
    /// When it is too short to be one.
    pub fn new(secret: &[u8]) -> Result<Self, NoKey> {
        if secret.len() < LEAST_KEY_BYTES {
            return Err(NoKey::Short);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// Of a file's text, without blanks around it.
    ///
    /// # Errors
    /// When it cannot be read, or is too short.
    pub fn read(path: &Path) -> Result<Self, NoKey> {
        Self::new(std::fs::read(path)?.trim_ascii())
    }

    /// The signature of a request: of the probe's id, the region and the service.
    pub fn sign_request(&self, id: ProbeId, to: &To) -> String {
        written(self.of_request(id, to).sign())
    }

    /// Whether a request was signed with this key.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check_request(&self, id: ProbeId, to: &To, signature: Option<&[u8]>) -> Result<(), Refusal> {
        check(&self.of_request(id, to), signature)
    }

    /// The signature of what a hop says: of the probe's id and of all that is said.
    pub(super) fn sign_said(&self, what: What, id: ProbeId, said: &str) -> String {
        written(self.of_said(what, id, said).sign())
    }

    pub(super) fn check_said(&self, what: What, id: ProbeId, said: &str, signature: &[u8]) -> Result<(), Refusal> {
        check(&self.of_said(what, id, said), Some(signature))
    }

    fn of_request(&self, id: ProbeId, to: &To) -> hmac::Context {
        let mut context = self.of("wirereel probe 1", id);
        for part in [&to.region, &to.service] {
            let part = cut(part).as_bytes();
            // With its length before it: `a` and `bc` are not `ab` and `c`.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context
    }

    fn of_said(&self, what: What, id: ProbeId, said: &str) -> hmac::Context {
        let mut context = match what {
            What::Hop => self.of("wirereel hop 1", id),
            What::Seen => self.of("wirereel seen 1", id),
        };
        context.update(said.as_bytes());
        context
    }

    /// What is signed begins with what it is, so that nothing can pass for something else.
    fn of(&self, what: &str, id: ProbeId) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(what.as_bytes());
        context.update(&[0]);
        context.update(&id.0);
        context
    }
}

/// Says nothing of the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

fn written(tag: hmac::Tag) -> String {
    use fmt::Write as _;
    tag.as_ref().iter().fold(String::with_capacity(SIGNATURE_LEN), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

fn check(context: &hmac::Context, signature: Option<&[u8]>) -> Result<(), Refusal> {
    let signature = signature.filter(|text| !text.is_empty()).ok_or(Refusal::Unsigned)?;
    let text = std::str::from_utf8(signature).map_err(|_| Refusal::Malformed("its signature is not hexadecimal"))?;
    let said = hex::<{ SIGNATURE_LEN / 2 }>(text).ok_or(Refusal::Malformed("its signature is not hexadecimal"))?;
    let own = context.clone().sign();
    if bool::from(own.as_ref().ct_eq(&said)) { Ok(()) } else { Err(Refusal::Foreign) }
}
