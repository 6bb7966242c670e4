//! Elements of the distinguished encoding rules (X.690): a tag, a length, that many bytes.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Why a certificate cannot be read. Positions are bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum X509Error {
    #[error("certificate ends inside the element at byte {at}")]
    CutOff { at: usize },
    #[error("certificate has a length at byte {at} that DER does not allow")]
    Length { at: usize },
    #[error("certificate has tag 0x{found:02x} at byte {at} where {expected} belongs")]
    Tag { at: usize, expected: &'static str, found: u8 },
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Where the content starts.
    pub at: usize,
}

/// The elements that are left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    /// Elements that start at byte `at` of the certificate.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn next_tag(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, X509Error> {
        let Some((&tag, rest)) = self.bytes.split_first() else { return Ok(None) };
        let (cut_off, bad_length) = (X509Error::CutOff { at: self.at }, X509Error::Length { at: self.at + 1 });
        let (&first, rest) = rest.split_first().ok_or(cut_off)?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // The number of bytes that hold the length; a message is shorter than three of them can say.
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(cut_off)?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return Err(bad_length),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(cut_off)?;
        let at = self.at + (self.bytes.len() - rest.len() - length);
        (self.bytes, self.at) = (rest, at + length);
        Ok(Some(Element { tag, content, at }))
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8, what: &'static str) -> Result<Element<'a>, X509Error> {
        let at = self.at;
        match self.next()? {
            Some(element) if element.tag == tag => Ok(element),
            Some(Element { tag: found, .. }) => Err(X509Error::Tag { at, expected: what, found }),
            None => Err(X509Error::CutOff { at }),
        }
    }

    /// What the next element holds, which must be a sequence.
    pub(super) fn sequence(&mut self, what: &'static str) -> Result<Self, X509Error> {
        self.expect(SEQUENCE, what).map(Element::inside)
    }
}

impl<'a> Element<'a> {
    pub(super) fn inside(self) -> Elements<'a> {
        Elements::new(self.content, self.at)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An element with that tag around `content`.
    pub(in super::super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        let length = match content.len() {
            0..0x80 => vec![length[3]],
            0x80..0x100 => vec![0x81, length[3]],
            _ => vec![0x82, length[2], length[3]],
        };
        [&[tag][..], &length, content].concat()
    }

    #[test]
    fn lengths_are_one_byte_or_said_by_the_first_x_690_8_1_3() {
        for length in [0, 1, 127, 128, 255, 256, 7_000] {
            let bytes = [element(OCTET_STRING, &vec![7; length]), vec![5, 0]].concat();
            let mut elements = Elements::new(&bytes, 100);
            let found = elements.next().unwrap().unwrap();
            assert_eq!((found.tag, found.content.len()), (OCTET_STRING, length));
            assert_eq!(found.at, 100 + bytes.len() - length - 2);
            assert_eq!(elements.next().unwrap().unwrap().tag, 5);
            assert_eq!(elements.next(), Ok(None));
        }
    }

    #[test]
    fn indefinite_endless_and_missing_lengths_are_refused() {
        let next = |bytes: &[u8]| Elements::new(bytes, 10).next().map(|element| element.map(|element| element.tag));
        assert_eq!(next(&[0x30, 0x80, 0, 0]), Err(X509Error::Length { at: 11 }));
        assert_eq!(next(&[0x30, 0x84, 0, 0, 0, 0]), Err(X509Error::Length { at: 11 }));
        assert_eq!(next(&[0x30]), Err(X509Error::CutOff { at: 10 }));
        assert_eq!(next(&[0x30, 0x82, 1]), Err(X509Error::CutOff { at: 10 }));
        assert_eq!(next(&[0x30, 5, 0]), Err(X509Error::CutOff { at: 10 }));
    }
}
