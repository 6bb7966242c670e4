//! JA4: a fingerprint of the client's TLS library, made of what its ClientHello offers.
//!
//! After FoxIO's public specification (`technical_details/JA4.md` in github.com/FoxIO-LLC/ja4), whose JA4 for TLS clients
//! is under the BSD 3-Clause licence. Only TLS over TCP is read here, so every fingerprint begins with `t`.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;

/// Stands for the hash of an empty list.
const NOTHING: &str = "000000000000";

/// Bytes of a SHA-256 that are shown: twelve hex digits.
const SHOWN_HASH_BYTES: usize = 6;

/// Counts have two digits; more than this is shown as this.
const MAX_COUNT: usize = 99;

/// What a ClientHello offers, in its own order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offer<'a> {
    pub legacy_version: u16,
    pub supported_versions: Vec<u16>,
    pub ciphers: Vec<u16>,
    pub extensions: Vec<u16>,
    pub signature_algorithms: Vec<u16>,
    /// Empty without ALPN.
    pub first_alpn: &'a [u8],
}

impl Offer<'_> {
    pub(super) fn ja4(&self) -> String {
        let [ciphers, extensions, algorithms] =
            [&self.ciphers, &self.extensions, &self.signature_algorithms].map(|numbers| without_grease(numbers));
        let name = if extensions.contains(&SERVER_NAME) { 'd' } else { 'i' };
        let [first, last] = ends(self.first_alpn);
        let hashed: Vec<u16> =
            extensions.iter().copied().filter(|number| ![SERVER_NAME, ALPN].contains(number)).collect();
        format!(
            "t{}{name}{:02}{:02}{first}{last}_{}_{}",
            self.version(),
            ciphers.len().min(MAX_COUNT),
            extensions.len().min(MAX_COUNT),
            hash(sorted(ciphers), &[]),
            hash(sorted(hashed), &algorithms),
        )
    }

    fn version(&self) -> &'static str {
        let highest = without_grease(&self.supported_versions).into_iter().max();
        match highest.unwrap_or(self.legacy_version) {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            _ => "00",
        }
    }
}

/// Values that clients send to keep servers tolerant (RFC 8701 §2): both bytes are equal and end in the digit `a`.
fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

fn without_grease(numbers: &[u16]) -> Vec<u16> {
    numbers.iter().copied().filter(|number| !is_grease(*number)).collect()
}

fn sorted(mut numbers: Vec<u16>) -> Vec<u16> {
    numbers.sort_unstable();
    numbers
}

/// The first and last characters of a protocol's name, or of its hex digits where either is no letter or digit.
fn ends(name: &[u8]) -> [char; 2] {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return ['0'; 2] };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [*first, *last].map(char::from)
    } else {
        [first >> 4, last & 0x0f].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
    }
}

/// Twelve hex digits of the SHA-256 over `numbers`, then `behind` if there are any.
fn hash(numbers: Vec<u16>, behind: &[u16]) -> String {
    if numbers.is_empty() {
        return NOTHING.to_owned();
    }
    let mut text = list(&numbers);
    if !behind.is_empty() {
        text.push('_');
        text.push_str(&list(behind));
    }
    Sha256::digest(text).iter().take(SHOWN_HASH_BYTES).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn list(numbers: &[u16]) -> String {
    numbers.iter().map(|number| format!("{number:04x}")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ciphers of Chrome, in its order, as the specification's example has them.
    const CIPHERS: [u16; 16] = [
        0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
        0x002f, 0x0035,
    ];
    const ALGORITHMS: [u16; 8] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];

    fn chrome() -> Offer<'static> {
        Offer {
            legacy_version: 0x0303,
            supported_versions: vec![0x7a7a, 0x0304, 0x0303],
            ciphers: CIPHERS.to_vec(),
            extensions: vec![
                0x3a3a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b,
                0xff01, 0x000b, 0x000a, 0x0015, 0xdada,
            ],
            signature_algorithms: ALGORITHMS.to_vec(),
            first_alpn: b"h2",
        }
    }

    #[test]
    fn the_example_of_the_specification_has_its_fingerprint() {
        assert_eq!(chrome().ja4(), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn grease_among_the_signature_algorithms_is_left_out_as_in_the_published_capture() {
        let offer = Offer {
            extensions: vec![
                0xfe0d, 0x0010, 0x0017, 0x0033, 0x44cd, 0xff01, 0x000a, 0x000d, 0x0023, 0x002b, 0x000b, 0xca34, 0x002d,
                0x0000, 0x0005, 0x001b, 0x0012,
            ],
            signature_algorithms: [&[0x5a5a, 0x0904, 0x0905, 0x0906][..], &ALGORITHMS].concat(),
            ..chrome()
        };
        assert_eq!(offer.ja4(), "t13d1517h2_8daaf6152771_cb7bf5808d99");
    }

    #[test]
    fn the_order_of_ciphers_and_extensions_does_not_matter_that_of_algorithms_does() {
        let mut shuffled = chrome();
        shuffled.ciphers.reverse();
        shuffled.extensions.reverse();
        assert_eq!(shuffled.ja4(), chrome().ja4());
        shuffled.signature_algorithms.reverse();
        assert_ne!(shuffled.ja4(), chrome().ja4());
    }

    #[test]
    fn protocol_names_give_characters_or_hex_digits_as_the_specification_lists() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "00"),
            (b"h2", "h2"),
            (b"http/1.1", "h1"),
            (b"x", "xx"),
            (b"\xab", "ab"),
            (b"\xab\xcd", "ad"),
            (b"\x30\xab", "3b"),
            (b"\x30\x31\xab\xcd", "3d"),
            (b"\x30\xab\xcd\x31", "01"),
        ];
        for (name, expected) in cases {
            assert_eq!(ends(name).iter().collect::<String>(), expected, "{name:x?}");
        }
    }

    #[test]
    fn empty_lists_are_zeros_and_counts_have_two_digits() {
        assert_eq!(Offer::default().ja4(), "t00i000000_000000000000_000000000000");
        let many: Vec<u16> = (0x0100..0x0200).collect();
        let offer = Offer { legacy_version: 0x0300, ciphers: many.clone(), extensions: many, ..Offer::default() };
        assert!(offer.ja4().starts_with("ts3i999900_"), "{}", offer.ja4());
    }

    #[test]
    fn sixteen_values_are_grease_rfc_8701_2() {
        let grease: Vec<u16> = (0..=u16::MAX).filter(|number| is_grease(*number)).collect();
        assert_eq!((grease.len(), grease[0], grease[15]), (16, 0x0a0a, 0xfafa));
    }
}
