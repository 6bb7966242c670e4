//! The Huffman code of header strings (RFC 7541 §5.2, Appendix B).
//!
//! The code is canonical: the lengths of its words tell the words, so only they are written down.

/// The symbol that ends a string; only its first bits are ever sent, as padding.
const EOS: u16 = 256;
const SYMBOLS: usize = 257;
const LONGEST_BITS: usize = 30;
const SHORTEST_BITS: usize = 5;

/// Bits of each symbol's code word.
#[rustfmt::skip]
const BITS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// What one length of code words needs for decoding.
#[derive(Clone, Copy)]
struct OfLength {
    /// Words of this length and of shorter ones are below this, when they fill 32 bits from the left.
    limit: u64,
    first_word: u32,
    /// Where this length's symbols begin in [`Code::symbols`].
    first_symbol: u16,
}

struct Code {
    lengths: [OfLength; LONGEST_BITS + 1],
    /// By length of their words, then by value.
    symbols: [u16; SYMBOLS],
}

static CODE: Code = code();

const fn code() -> Code {
    let mut lengths = [OfLength { limit: 0, first_word: 0, first_symbol: 0 }; LONGEST_BITS + 1];
    let mut symbols = [0; SYMBOLS];
    let (mut placed, mut word, mut bits) = (0, 0u32, 1);
    while bits <= LONGEST_BITS {
        lengths[bits].first_word = word;
        lengths[bits].first_symbol = placed as u16;
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if BITS[symbol] as usize == bits {
                symbols[placed] = symbol as u16;
                placed += 1;
                word += 1;
            }
            symbol += 1;
        }
        lengths[bits].limit = (word as u64) << (32 - bits);
        word <<= 1;
        bits += 1;
    }
    Code { lengths, symbols }
}

/// A string that is not in this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a string is not Huffman coded")]
pub(in crate::app::h2) struct NotHuffman;

/// Decodes `coded` and appends it to `out`: at most eight bytes for five.
pub(super) fn decode(coded: &[u8], out: &mut Vec<u8>) -> Result<(), NotHuffman> {
    let mut input = coded.iter();
    // Bits that wait to be decoded, the next one leftmost; behind them ones, as in the padding.
    let (mut window, mut waiting) = (u64::MAX, 0usize);
    loop {
        while waiting <= 56
            && let Some(byte) = input.next()
        {
            window &= !(0xff << (56 - waiting));
            window |= u64::from(*byte) << (56 - waiting);
            waiting += 8;
        }
        let next = (window >> 32) as u32;
        let Some(bits) = (SHORTEST_BITS..=LONGEST_BITS).find(|bits| u64::from(next) < CODE.lengths[*bits].limit) else {
            return Err(NotHuffman);
        };
        if bits > waiting {
            // Less than a word is left: fewer than eight ones are padding (RFC 7541 §5.2).
            let is_padding = waiting < 8 && window == u64::MAX;
            return if is_padding { Ok(()) } else { Err(NotHuffman) };
        }
        let OfLength { first_word, first_symbol, .. } = CODE.lengths[bits];
        let word = next >> (32 - bits);
        match CODE.symbols[usize::from(first_symbol) + (word - first_word) as usize] {
            EOS => return Err(NotHuffman),
            symbol => out.push(symbol as u8),
        }
        window = (window << bits) | ((1 << bits) - 1);
        waiting -= bits;
    }
}

#[cfg(test)]
pub(in crate::app::h2) mod tests {
    use super::*;

    /// The code word of a symbol and its bits.
    fn word_of(symbol: u16) -> (u32, usize) {
        let bits = usize::from(BITS[usize::from(symbol)]);
        let at = CODE.symbols.iter().position(|other| *other == symbol).unwrap();
        let length = CODE.lengths[bits];
        (length.first_word + (at - usize::from(length.first_symbol)) as u32, bits)
    }

    /// `text` in this code.
    pub(in crate::app::h2) fn encode(text: &[u8]) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        for byte in text {
            let (word, length) = word_of(u16::from(*byte));
            bits.extend((0..length).rev().map(|bit| word >> bit & 1 == 1));
        }
        bits.chunks(8)
            .map(|chunk| (0..8).fold(0, |byte, at| byte << 1 | u8::from(*chunk.get(at).unwrap_or(&true))))
            .collect()
    }

    fn decoded(coded: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        decode(coded, &mut out).ok().map(|()| out)
    }

    #[test]
    fn the_code_is_complete_and_has_the_words_of_the_rfc() {
        let sum: u64 = BITS.iter().map(|bits| 1u64 << (LONGEST_BITS - usize::from(*bits))).sum();
        assert_eq!(sum, 1 << LONGEST_BITS);
        for (symbol, word) in [
            (b'0', (0x0, 5)),
            (b'a', (0x3, 5)),
            (b'X', (0xfc, 8)),
            (b'\\', (0x7fff0, 19)),
            (0, (0x1ff8, 13)),
            (249, (0xffffffe, 28)),
        ] {
            assert_eq!(word_of(u16::from(symbol)), word, "{symbol}");
        }
        assert_eq!(word_of(EOS), (0x3fff_ffff, 30));
    }

    #[test]
    fn every_byte_can_be_sent() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decoded(&encode(&all)), Some(all));
        assert_eq!(decoded(b""), Some(vec![]));
    }

    #[test]
    fn strings_of_appendix_c_4() {
        assert_eq!(decoded(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff").unwrap(), b"www.example.com");
        assert_eq!(decoded(b"\xa8\xeb\x10\x64\x9c\xbf").unwrap(), b"no-cache");
    }

    #[test]
    fn padding_is_less_than_a_byte_of_ones() {
        assert_eq!(decoded(b"\x1f").unwrap(), b"a", "00011 and three ones");
        assert_eq!(decoded(b"\x18"), None, "00011 and three zeros");
        assert_eq!(decoded(b"\x1f\xff"), None, "eleven ones");
        assert_eq!(decoded(b"\xff\xff\xff\xff"), None, "the end symbol");
    }
}
