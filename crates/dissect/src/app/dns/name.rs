//! Domain names on the wire (RFC 1035 §4.1.4) and as text (RFC 4343 §2.1).

use std::fmt::Write as _;

use super::message::DnsError;

/// A name takes at most this many bytes on the wire (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 255;

/// Pointers followed for one name: as many as a name can have labels. Senders use one or two.
const MAX_POINTERS: usize = 127;

/// Reads the name at `at`; gives it as text and where the next field starts.
///
/// A compression pointer must point before the labels it was found behind, so following them always ends.
pub(super) fn read_name(message: &[u8], at: usize) -> Result<(String, usize), DnsError> {
    let mut text = String::new();
    let (mut at, mut segment_start, mut after, mut wire_bytes, mut pointers) = (at, at, None, 0, 0);
    loop {
        let length = *message.get(at).ok_or(DnsError::CutOff { at })?;
        match length {
            0 => {
                let text = if text.is_empty() { ".".to_owned() } else { text };
                return Ok((text, after.unwrap_or(at + 1)));
            }
            1..64 => {
                let end = at + 1 + usize::from(length);
                let label = message.get(at + 1..end).ok_or(DnsError::CutOff { at })?;
                wire_bytes += label.len() + 1;
                if wire_bytes >= MAX_NAME_BYTES {
                    return Err(DnsError::NameTooLong { at });
                }
                if !text.is_empty() {
                    text.push('.');
                }
                push_label(&mut text, label);
                at = end;
            }
            192.. => {
                let low = *message.get(at + 1).ok_or(DnsError::CutOff { at })?;
                let target = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                if target >= segment_start {
                    return Err(DnsError::PointerForward { at, target });
                }
                pointers += 1;
                if pointers > MAX_POINTERS {
                    return Err(DnsError::TooManyPointers { at });
                }
                after = after.or(Some(at + 2));
                (at, segment_start) = (target, target);
            }
            64..192 => return Err(DnsError::UnknownLabel { at, found: length }),
        }
    }
}

/// Lower case; a dot or backslash inside the label is escaped by a backslash, what is not printable ASCII as `\DDD`.
fn push_label(text: &mut String, label: &[u8]) {
    for byte in label {
        match byte {
            b'.' | b'\\' => text.extend(['\\', *byte as char]),
            0x21..=0x7e => text.push(byte.to_ascii_lowercase() as char),
            // Writing to a String cannot fail.
            other => _ = write!(text, "\\{other:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_joined_in_lower_case_without_the_final_dot() {
        assert_eq!(read_name(b"\x03WWW\x07Example\x00rest", 0), Ok(("www.example".into(), 13)));
        assert_eq!(read_name(b"\x00", 0), Ok((".".into(), 1)));
    }

    #[test]
    fn bytes_that_are_not_letters_are_escaped_rfc_4343_2_1() {
        assert_eq!(read_name(b"\x04a.\\ \x03\xc3\xbcb\x00", 0), Ok((r"a\.\\\032.\195\188b".into(), 10)));
    }

    #[test]
    fn pointers_are_followed_backwards_rfc_1035_4_1_4() {
        let message = b"\x07example\x00\x03www\xc0\x00\xc0\x09";
        assert_eq!(read_name(message, 9), Ok(("www.example".into(), 15)));
        assert_eq!(read_name(message, 15), Ok(("www.example".into(), 17)));
    }

    #[test]
    fn pointers_that_loop_or_point_ahead_are_refused() {
        assert_eq!(read_name(b"\xc0\x00", 0), Err(DnsError::PointerForward { at: 0, target: 0 }));
        assert_eq!(read_name(b"\x01a\xc0\x00", 0), Err(DnsError::PointerForward { at: 2, target: 0 }));
        assert_eq!(read_name(b"\xc0\x02\x00", 0), Err(DnsError::PointerForward { at: 0, target: 2 }));
    }

    #[test]
    fn long_chains_of_pointers_are_refused() {
        let chain = |length: u16| {
            let pointers = (0..length).flat_map(|index| (0xc000 | (1 + 2 * index).saturating_sub(2)).to_be_bytes());
            [0].into_iter().chain(pointers).collect::<Vec<u8>>()
        };
        assert_eq!(read_name(&chain(127), 253), Ok((".".into(), 255)));
        assert_eq!(read_name(&chain(128), 255), Err(DnsError::TooManyPointers { at: 1 }));
    }

    #[test]
    fn names_that_are_cut_off_too_long_or_odd_are_refused() {
        assert_eq!(read_name(b"\x03ww", 0), Err(DnsError::CutOff { at: 0 }));
        assert_eq!(read_name(b"\x01a", 0), Err(DnsError::CutOff { at: 2 }));
        assert_eq!(read_name(b"\x41abc", 0), Err(DnsError::UnknownLabel { at: 0, found: 0x41 }));
        let long: Vec<u8> = std::iter::repeat_n([&[63][..], &[b'a'; 63]].concat(), 4).flatten().chain([0]).collect();
        assert_eq!(read_name(&long, 0), Err(DnsError::NameTooLong { at: 192 }));
    }
}
