//! Distinguished names as text (RFC 4514): the most specific part first, `CN=shop.example,O=Shop,C=DE`.

use std::fmt::Write as _;

use super::der::{Element, Elements, OBJECT_IDENTIFIER, SEQUENCE, SET, X509Error};

/// Parts of a name that are shown. Real ones have half a dozen.
const MAX_PARTS: usize = 32;

/// Characters of one value that are shown: four times what RFC 5280 (appendix A.1) allows for a common name.
const MAX_VALUE_CHARS: usize = 256;

/// Stands for what is left out of a name.
const LEFT_OUT: char = '…';

/// The name, or nothing when it is empty.
pub(super) fn text(mut name: Elements<'_>) -> Result<Option<String>, X509Error> {
    let (mut parts, mut left_out) = (Vec::new(), false);
    while let Some(set) = name.next()? {
        let mut set = check(set, SET, "a set of name attributes")?.inside();
        while let Some(attribute) = set.next()? {
            let mut attribute = check(attribute, SEQUENCE, "a name attribute")?.inside();
            let kind = attribute.expect(OBJECT_IDENTIFIER, "an attribute type")?;
            let value = attribute.next()?.ok_or(X509Error::CutOff { at: kind.at })?;
            if parts.len() < MAX_PARTS {
                parts.push(format!("{}={}", kind_text(kind.content), value_text(value)));
            } else {
                left_out = true;
            }
        }
    }
    if left_out {
        parts.push(LEFT_OUT.to_string());
    }
    parts.reverse();
    Ok((!parts.is_empty()).then(|| parts.join(",")))
}

fn check<'a>(element: Element<'a>, tag: u8, expected: &'static str) -> Result<Element<'a>, X509Error> {
    match element.tag {
        found if found == tag => Ok(element),
        found => Err(X509Error::Tag { at: element.at, expected, found }),
    }
}

/// A keyword of RFC 4514 §3 or one that certificates have often, else the dotted number.
fn kind_text(identifier: &[u8]) -> String {
    let keyword = match identifier {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x09] => "STREET",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        // 0.9.2342.19200300.100.1.1 and .25.
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01] => "UID",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        // 1.2.840.113549.1.9.1.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        other => return dotted(other),
    };
    keyword.to_owned()
}

/// An object identifier in numbers (X.690 §8.19): seven bits per byte, the first two numbers in one.
fn dotted(identifier: &[u8]) -> String {
    let (mut text, mut number) = (String::new(), 0u64);
    for byte in identifier.iter().take(MAX_VALUE_CHARS / 4) {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        // Writing to a String cannot fail.
        _ = match (text.is_empty(), number) {
            (true, 0..80) => write!(text, "{}.{}", number / 40, number % 40),
            (true, _) => write!(text, "2.{}", number - 80),
            (false, _) => write!(text, ".{number}"),
        };
        number = 0;
    }
    text
}

fn value_text(value: Element<'_>) -> String {
    let mut text = String::new();
    match value.tag {
        // UTF8String, NumericString, PrintableString, IA5String, VisibleString.
        0x0c | 0x12 | 0x13 | 0x16 | 0x1a => escape(String::from_utf8_lossy(shown(value.content, 4)).chars(), &mut text),
        // TeletexString, read as everybody reads it: Latin-1.
        0x14 => escape(value.content.iter().map(|byte| char::from(*byte)), &mut text),
        // BMPString.
        0x1e => {
            let units = shown(value.content, 2).chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            escape(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)), &mut text);
        }
        _ => {
            text.push('#');
            text.extend(shown(value.content, 1).iter().take(MAX_VALUE_CHARS / 2).map(|byte| format!("{byte:02x}")));
        }
    }
    text
}

/// As many bytes as can be shown and one character more, which tells that there is more.
fn shown(content: &[u8], bytes_per_char: usize) -> &[u8] {
    &content[..content.len().min((MAX_VALUE_CHARS + 1) * bytes_per_char)]
}

/// Escapes what separates parts, spaces at the ends and what cannot be seen (RFC 4514 §2.4).
fn escape(characters: impl Iterator<Item = char>, text: &mut String) {
    let mut characters = characters.enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        if index == MAX_VALUE_CHARS {
            text.push(LEFT_OUT);
            return;
        }
        let at_an_end = index == 0 || characters.peek().is_none();
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', character]),
            ' ' if at_an_end => text.push_str("\\ "),
            '#' if index == 0 => text.push_str("\\#"),
            control if control.is_control() => {
                let mut utf8 = [0; 4];
                text.extend(control.encode_utf8(&mut utf8).bytes().map(|byte| format!("\\{byte:02X}")));
            }
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::der::tests::element;
    use super::*;

    fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        let pair = [element(OBJECT_IDENTIFIER, kind), element(tag, value)].concat();
        element(SET, &element(SEQUENCE, &pair))
    }

    fn common_name(tag: u8, value: &[u8]) -> String {
        text(Elements::new(&attribute(&[0x55, 4, 3], tag, value), 0)).unwrap().unwrap()
    }

    #[test]
    fn the_most_specific_part_comes_first_rfc_4514_2_1() {
        let name = [
            attribute(&[0x55, 4, 6], 0x13, b"DE"),
            attribute(&[0x55, 4, 10], 0x0c, b"Shop & Sons, Inc."),
            attribute(&[0x55, 4, 3], 0x0c, "grün.example".as_bytes()),
        ]
        .concat();
        let expected = r"CN=grün.example,O=Shop & Sons\, Inc.,C=DE";
        assert_eq!(text(Elements::new(&name, 0)), Ok(Some(expected.to_owned())));
        assert_eq!(text(Elements::new(&[], 0)), Ok(None));
    }

    #[test]
    fn every_kind_of_string_is_read_and_others_are_hex() {
        assert_eq!(common_name(0x14, b"gr\xfcn"), "CN=grün");
        assert_eq!(common_name(0x1e, b"\0g\0r\0\xfc\0n"), "CN=grün");
        assert_eq!(common_name(0x0c, b"a\xffb"), "CN=a\u{fffd}b");
        assert_eq!(common_name(0x04, b"\x01\xab"), "CN=#01ab");
        assert_eq!(common_name(0x0c, b"# a \0 "), r"CN=\# a \00\ ");
    }

    #[test]
    fn unknown_kinds_are_dotted_numbers() {
        let name = attribute(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x3c], 0x13, b"x");
        assert_eq!(text(Elements::new(&name, 0)), Ok(Some("1.3.6.1.4.1.311.60=x".to_owned())));
        assert_eq!(dotted(&[0x88, 0x37]), "2.999");
    }

    #[test]
    fn long_names_say_that_something_was_left_out() {
        let long = common_name(0x0c, &[b'a'; 1000]);
        assert_eq!(long.chars().count(), 3 + MAX_VALUE_CHARS + 1);
        assert!(long.ends_with(LEFT_OUT));
        let many = attribute(&[0x55, 4, 11], 0x0c, b"x").repeat(100);
        let many = text(Elements::new(&many, 0)).unwrap().unwrap();
        assert_eq!((many.matches("OU=x").count(), many.chars().next()), (MAX_PARTS, Some(LEFT_OUT)));
    }
}
