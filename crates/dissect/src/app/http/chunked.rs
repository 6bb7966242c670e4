//! The chunked transfer coding, one piece at a time (RFC 9112 §7.1).

use super::reader::MAX_HEAD_BYTES;

/// A chunk's line is a few digits; extensions are rare and short. Longer means that this is not a chunk's line.
const MAX_SIZE_LINE_BYTES: usize = 4096;

/// What is wrong with a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChunkError {
    #[error("chunk size expected, found byte 0x{found:02x}")]
    NoSize { found: u8 },
    #[error("chunk size is above 2^64")]
    SizeTooLarge,
    #[error("chunk size line is longer than {MAX_SIZE_LINE_BYTES} bytes")]
    SizeLineTooLong,
    #[error("line end expected after the chunk's data, found byte 0x{found:02x}")]
    NoLineEnd { found: u8 },
    #[error("trailer section is longer than {MAX_HEAD_BYTES} bytes")]
    TrailersTooLong,
}

/// A decoded piece of the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Data(&'a [u8]),
    /// The body is over; the trailer fields as sent, without the empty line.
    End {
        trailers: Vec<u8>,
    },
}

/// Where in a chunked body the next byte lies.
#[derive(Debug)]
pub(super) enum Chunked {
    Size(SizeLine),
    Data { left: u64 },
    DataEnd,
    Trailers { section: Vec<u8>, line_bytes: usize },
}

/// A chunk's first line as far as it has come.
#[derive(Debug, Default)]
pub(super) struct SizeLine {
    size: u64,
    has_digit: bool,
    after_digits: bool,
    bytes: usize,
}

impl Chunked {
    pub(super) fn start() -> Self {
        Self::Size(SizeLine::default())
    }

    /// Takes the next piece off the front of `input`; `None` when `input` is used up.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Piece<'a>>, ChunkError> {
        loop {
            match self {
                Self::Data { left: 0 } => *self = Self::DataEnd,
                Self::Data { left } => {
                    if input.is_empty() {
                        return Ok(None);
                    }
                    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    let (data, rest) = input.split_at(take);
                    *left -= take as u64;
                    *input = rest;
                    return Ok(Some(Piece::Data(data)));
                }
                _ => {
                    let Some((&byte, rest)) = input.split_first() else {
                        return Ok(None);
                    };
                    *input = rest;
                    if let Some(trailers) = self.control_byte(byte)? {
                        return Ok(Some(Piece::End { trailers }));
                    }
                }
            }
        }
    }

    /// Steps over `missed` lost bytes when all of them are data of the current chunk.
    pub(super) fn skip(&mut self, missed: u64) -> bool {
        match self {
            Self::Data { left } if *left >= missed => {
                *left -= missed;
                true
            }
            _ => false,
        }
    }

    /// A byte that is not data. Gives the trailers when it is the body's last.
    fn control_byte(&mut self, byte: u8) -> Result<Option<Vec<u8>>, ChunkError> {
        match self {
            Self::Size(line) => {
                if let Some(size) = line.push(byte)? {
                    *self = match size {
                        0 => Self::Trailers { section: Vec::new(), line_bytes: 0 },
                        left => Self::Data { left },
                    };
                }
            }
            Self::DataEnd => match byte {
                b'\r' => {}
                b'\n' => *self = Self::start(),
                found => return Err(ChunkError::NoLineEnd { found }),
            },
            Self::Trailers { section, line_bytes } => {
                match byte {
                    b'\n' if *line_bytes == 0 => {
                        let mut trailers = std::mem::take(section);
                        if trailers.last() == Some(&b'\r') {
                            trailers.pop();
                        }
                        return Ok(Some(trailers));
                    }
                    b'\n' => *line_bytes = 0,
                    b'\r' => {}
                    _ => *line_bytes += 1,
                }
                if section.len() == MAX_HEAD_BYTES {
                    return Err(ChunkError::TrailersTooLong);
                }
                section.push(byte);
            }
            Self::Data { .. } => {}
        }
        Ok(None)
    }
}

impl SizeLine {
    /// `chunk-size [ chunk-ext ] CRLF`; a bare LF ends it too, extensions are stepped over (RFC 9112 §7.1.1).
    fn push(&mut self, byte: u8) -> Result<Option<u64>, ChunkError> {
        self.bytes += 1;
        if self.bytes > MAX_SIZE_LINE_BYTES {
            return Err(ChunkError::SizeLineTooLong);
        }
        match (byte as char).to_digit(16) {
            _ if byte == b'\n' && self.has_digit => return Ok(Some(self.size)),
            Some(digit) if !self.after_digits => {
                self.has_digit = true;
                self.size = self.size.checked_mul(16).ok_or(ChunkError::SizeTooLarge)? + u64::from(digit);
            }
            _ if self.after_digits => {}
            _ if self.has_digit && matches!(byte, b';' | b' ' | b'\t' | b'\r') => self.after_digits = true,
            _ => return Err(ChunkError::NoSize { found: byte }),
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mut input: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), ChunkError> {
        let (mut chunked, mut body) = (Chunked::start(), Vec::new());
        while let Some(piece) = chunked.next(&mut input)? {
            match piece {
                Piece::Data(data) => body.extend_from_slice(data),
                Piece::End { trailers } => return Ok((body, Some(trailers))),
            }
        }
        Ok((body, None))
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(decode(b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"), Ok((b"Wikipedia".to_vec(), Some(vec![]))));
    }

    #[test]
    fn sizes_are_hexadecimal_of_either_case_with_leading_zeros() {
        assert_eq!(decode(b"00a\r\n0123456789\r\n0A\r\n0123456789\r\n0\r\n\r\n").map(|(body, _)| body.len()), Ok(20));
    }

    #[test]
    fn extensions_are_stepped_over_rfc_9112_7_1_1() {
        assert_eq!(decode(b"3;name=\"a;b\"\r\nabc\r\n0;last\r\n\r\n"), Ok((b"abc".to_vec(), Some(vec![]))));
        assert_eq!(decode(b"3  \r\nabc\r\n0\r\n\r\n"), Ok((b"abc".to_vec(), Some(vec![]))));
    }

    #[test]
    fn trailers_are_kept_rfc_9112_7_1_2() {
        assert_eq!(
            decode(b"0\r\ngrpc-status: 0\r\na: b\r\n\r\n"),
            Ok((vec![], Some(b"grpc-status: 0\r\na: b\r\n".to_vec())))
        );
    }

    #[test]
    fn bare_line_feeds_end_lines_too() {
        assert_eq!(decode(b"3\nabc\n0\nx: y\n\n"), Ok((b"abc".to_vec(), Some(b"x: y\n".to_vec()))));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(decode(b"xyz\r\n"), Err(ChunkError::NoSize { found: b'x' }));
        assert_eq!(decode(b"\r\n"), Err(ChunkError::NoSize { found: b'\r' }));
        assert_eq!(decode(b"10000000000000000\r\n"), Err(ChunkError::SizeTooLarge));
        assert_eq!(decode(b"1\r\nabc\r\n"), Err(ChunkError::NoLineEnd { found: b'b' }));
        assert_eq!(decode(&[b'0'; 5000]), Err(ChunkError::SizeLineTooLong));
    }

    #[test]
    fn lost_bytes_inside_a_chunk_are_stepped_over_and_others_are_not() {
        let mut chunked = Chunked::start();
        let mut input = &b"a\r\n01"[..];
        assert_eq!(chunked.next(&mut input), Ok(Some(Piece::Data(b"01"))));
        assert!(!chunked.skip(9));
        assert!(chunked.skip(8));
        let mut input = &b"\r\n0\r\n\r\n"[..];
        assert_eq!(chunked.next(&mut input), Ok(Some(Piece::End { trailers: vec![] })));
    }
}
