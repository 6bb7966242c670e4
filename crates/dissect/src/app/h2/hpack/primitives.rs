//! The two types that header blocks are made of: integers and strings (RFC 7541 §5).

use super::decoder::HpackError;
use super::huffman;

/// Integers above this are no index, length or size that anybody sends.
const MAX_INTEGER: usize = 1 << 28;

/// An integer whose first byte gives `prefix` bits (RFC 7541 §5.1).
pub(super) fn integer(rest: &mut &[u8], prefix: u32) -> Result<usize, HpackError> {
    let mut next = || {
        let (first, after) = rest.split_first().ok_or(HpackError::Ended)?;
        *rest = after;
        Ok::<_, HpackError>(usize::from(*first))
    };
    let most = (1 << prefix) - 1;
    let mut number = next()? & most;
    if number < most {
        return Ok(number);
    }
    // Five bytes of seven bits are more than any number that is allowed.
    for shift in (0..35).step_by(7) {
        let byte = next()?;
        number += (byte & 0x7f) << shift;
        if number > MAX_INTEGER {
            return Err(HpackError::TooLarge);
        }
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(HpackError::TooLarge)
}

/// A string, Huffman coded or as it is (RFC 7541 §5.2), appended to `out`.
pub(super) fn string(rest: &mut &[u8], out: &mut Vec<u8>) -> Result<(), HpackError> {
    let is_huffman = rest.first().is_some_and(|first| first & 0x80 != 0);
    let length = integer(rest, 7)?;
    let (text, after) = rest.split_at_checked(length).ok_or(HpackError::Ended)?;
    *rest = after;
    if is_huffman {
        huffman::decode(text, out)?;
    } else {
        out.extend_from_slice(text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_appendix_c_1() {
        let read = |block: &[u8], prefix| {
            let mut rest = block;
            integer(&mut rest, prefix).map(|number| (number, rest.len()))
        };
        assert_eq!(read(&[0b1110_1010], 5), Ok((10, 0)));
        assert_eq!(read(&[0b0001_1111, 0b1001_1010, 0b0000_1010, 7], 5), Ok((1337, 1)));
        assert_eq!(read(&[42], 8), Ok((42, 0)));
        assert_eq!(read(&[0x1f, 0x80], 5), Err(HpackError::Ended));
        assert_eq!(read(&[0x1f, 0xff, 0xff, 0xff, 0xff, 0x7f], 5), Err(HpackError::TooLarge));
        assert_eq!(read(&[0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 5), Err(HpackError::TooLarge));
    }

    #[test]
    fn strings_of_appendix_c_4_are_unpacked_and_others_taken_as_they_are() {
        let read = |block: &[u8]| {
            let (mut rest, mut out) = (block, Vec::new());
            string(&mut rest, &mut out).map(|()| (out, rest.len()))
        };
        let packed = [0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(read(&packed), Ok((b"www.example.com".to_vec(), 0)));
        assert_eq!(read(b"\x03abcd"), Ok((b"abc".to_vec(), 1)));
        assert_eq!(read(b"\x03ab"), Err(HpackError::Ended));
    }
}
