//! Pages that are recognised without their texts: by a fingerprint of 128 bits, keyed anew by every process, so that texts that differ cannot be
//! made to look alike.

use std::hash::{BuildHasher, Hash, RandomState};

use foldhash::HashMap;
use siphasher::sip128::{Hasher128, SipHasher13};
use wirereel_dissect::record::HttpExchange;

use super::texts::sizes;

/// Pages that are recognised at most: some 40 bytes each.
const MOST: usize = 1 << 19;

/// A page, and the sizes of the bodies that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) page: i32,
    pub(super) body_bytes: [u64; 2],
}

/// The fingerprint of an exchange's texts, and of these with its sizes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fingerprint {
    pub(super) of_texts: u128,
    pub(super) of_all: u128,
}

#[derive(Debug, Default)]
pub(super) struct Remembered {
    keys: Option<(u64, u64)>,
    pages: HashMap<u128, Known>,
}

impl Remembered {
    /// The fingerprint of all that a page holds of an exchange. The response's fields may have a mark instead of their date.
    pub(super) fn fingerprint(&mut self, exchange: &HttpExchange, response_headers: &str) -> Fingerprint {
        let random = || RandomState::new().hash_one(0);
        let (first, second) = *self.keys.get_or_insert_with(|| (random(), random()));
        let mut hasher = SipHasher13::new_with_keys(first, second);
        (&exchange.request_headers, response_headers, &exchange.target, &exchange.path).hash(&mut hasher);
        (exchange.status, exchange.complete, &exchange.error, exchange.protocol, &exchange.method).hash(&mut hasher);
        (exchange.scheme, &exchange.host, &exchange.content_type, &exchange.user_agent).hash(&mut hasher);
        (&exchange.request_content_encoding, &exchange.response_content_encoding).hash(&mut hasher);
        exchange.identity_kind.map(|kind| kind.name()).hash(&mut hasher);
        let of_texts = hasher.finish128().as_u128();
        sizes(exchange).hash(&mut hasher);
        Fingerprint { of_texts, of_all: hasher.finish128().as_u128() }
    }

    pub(super) fn get(&self, fingerprint: u128) -> Option<Known> {
        self.pages.get(&fingerprint).copied()
    }

    pub(super) fn insert(&mut self, fingerprint: u128, known: Known) {
        self.pages.insert(fingerprint, known);
    }

    /// Whether as many are remembered as may be.
    pub(super) fn is_full(&self) -> bool {
        self.pages.len() >= MOST
    }

    pub(super) fn clear(&mut self) {
        self.pages.clear();
    }
}
