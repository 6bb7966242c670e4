//! Names in metadata: percent-encoded, as metadata is ASCII and names are not.

/// Bytes of a name that travel; what is longer is cut.
pub(super) const MOST_NAME_BYTES: usize = 128;

/// Appends a name. Everything but what RFC 3986 §2.3 calls unreserved is encoded, so that a name holds no separator.
pub(super) fn encode(name: &str, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in cut(name).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(DIGITS[usize::from(byte >> 4)]));
            into.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// A name as it was encoded; `None` when it is none or too long. Visible ASCII that nobody had to encode is taken as it is.
pub(super) fn decode(text: &[u8]) -> Option<String> {
    if text.len() > 3 * MOST_NAME_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => break,
            [b'%', high, low, after @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                bytes.push((digit(*high)? << 4 | digit(*low)?) as u8);
                after
            }
            [b'%', ..] => return None,
            [byte @ b' '..=b'~', after @ ..] => {
                bytes.push(*byte);
                after
            }
            _ => return None,
        };
    }
    String::from_utf8(bytes).ok().filter(|name| name.len() <= MOST_NAME_BYTES)
}

/// As much of a name as travels.
pub(super) fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(MOST_NAME_BYTES)]
}
