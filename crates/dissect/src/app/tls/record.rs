//! The record layer: joins the records of one side until its first handshake message is whole (RFC 8446 §5.1).

/// A hello above this is no hello. With hybrid key shares and an encrypted client hello, real ones reach a few KiB.
const MAX_HELLO_BYTES: usize = 32 * 1024;

/// The longest record: 2^14 bytes and what older versions may add (RFC 5246 §6.2.3).
const MAX_RECORD_BYTES: usize = (1 << 14) + 2048;

pub(super) const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;

/// Why there is no hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    #[error("handshake record (type {HANDSHAKE}) expected, found type {found}")]
    NotHandshake { found: u8 },
    #[error("record of {found} bytes, at most {MAX_RECORD_BYTES} are allowed")]
    RecordTooLong { found: usize },
    #[error("{expected} (handshake type {}) expected, found type {found}", *.expected as u8)]
    OtherMessage { expected: Hello, found: u8 },
    #[error("hello of {found} bytes, at most {MAX_HELLO_BYTES} are read")]
    HelloTooLong { found: usize },
    #[error("{0} ends inside a field")]
    FieldCutOff(Hello),
}

/// The handshake messages that are read, by their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hello {
    Client = 1,
    Server = 2,
}

impl std::fmt::Display for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Client => "ClientHello",
            Self::Server => "ServerHello",
        })
    }
}

/// What the bytes so far amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Wanting,
    /// The body of the hello, without its four-byte header.
    Whole(Vec<u8>),
    /// The peer ends the handshake instead.
    Alert,
}

/// Joins one side's first handshake message.
#[derive(Debug)]
pub(super) struct Joiner {
    expected: Hello,
    record_header: Vec<u8>,
    left_in_record: usize,
    message: Vec<u8>,
}

impl Joiner {
    pub(super) fn new(expected: Hello) -> Self {
        Self { expected, record_header: Vec::new(), left_in_record: 0, message: Vec::new() }
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<Progress, RecordError> {
        while !bytes.is_empty() {
            if self.left_in_record == 0 {
                let (header, rest) = bytes.split_at(bytes.len().min(5 - self.record_header.len()));
                self.record_header.extend_from_slice(header);
                bytes = rest;
                let [kind, _, _, high, low] = self.record_header[..] else {
                    break;
                };
                self.record_header.clear();
                let length = usize::from(u16::from_be_bytes([high, low]));
                match kind {
                    HANDSHAKE if length <= MAX_RECORD_BYTES => self.left_in_record = length,
                    HANDSHAKE => return Err(RecordError::RecordTooLong { found: length }),
                    ALERT => return Ok(Progress::Alert),
                    found => return Err(RecordError::NotHandshake { found }),
                }
                continue;
            }
            let (fragment, rest) = bytes.split_at(bytes.len().min(self.left_in_record));
            self.left_in_record -= fragment.len();
            self.message.extend_from_slice(fragment);
            bytes = rest;
            if let Some(length) = self.message_length()?
                && self.message.len() >= length
            {
                let mut message = std::mem::take(&mut self.message);
                message.truncate(length);
                message.drain(..4);
                return Ok(Progress::Whole(message));
            }
        }
        Ok(Progress::Wanting)
    }

    /// Length of the message with its header, once the header is there.
    fn message_length(&self) -> Result<Option<usize>, RecordError> {
        let [kind, a, b, c, ..] = self.message[..] else {
            return Ok(None);
        };
        if kind != self.expected as u8 {
            return Err(RecordError::OtherMessage { expected: self.expected, found: kind });
        }
        match 4 + u32::from_be_bytes([0, a, b, c]) as usize {
            found if found > MAX_HELLO_BYTES => Err(RecordError::HelloTooLong { found }),
            length => Ok(Some(length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One handshake record holding `fragment`.
    fn record(fragment: &[u8]) -> Vec<u8> {
        let length = u16::try_from(fragment.len()).unwrap().to_be_bytes();
        [&[HANDSHAKE, 3, 1][..], &length, fragment].concat()
    }

    #[test]
    fn a_hello_over_several_records_and_segments_is_joined() {
        let bytes = [record(&[1, 0, 0]), record(&[5, 10, 11]), record(&[12, 13, 14, 11, 0])].concat();
        for split in 0..bytes.len() - 3 {
            let mut joiner = Joiner::new(Hello::Client);
            assert_eq!(joiner.push(&bytes[..split]), Ok(Progress::Wanting));
            assert_eq!(joiner.push(&bytes[split..]), Ok(Progress::Whole(vec![10, 11, 12, 13, 14])));
        }
    }

    #[test]
    fn an_alert_ends_the_waiting() {
        assert_eq!(Joiner::new(Hello::Server).push(&[ALERT, 3, 3, 0, 2, 2, 40]), Ok(Progress::Alert));
    }

    #[test]
    fn what_is_no_hello_is_named() {
        let push = |bytes: &[u8]| Joiner::new(Hello::Client).push(bytes);
        assert_eq!(push(&[23, 3, 3, 0, 1, 0]), Err(RecordError::NotHandshake { found: 23 }));
        assert_eq!(push(&[HANDSHAKE, 3, 3, 0xff, 0xff]), Err(RecordError::RecordTooLong { found: 0xffff }));
        assert_eq!(push(&record(&[1, 1, 0, 0])), Err(RecordError::HelloTooLong { found: 65_540 }));
        let other = push(&record(&[11, 0, 0, 0])).unwrap_err();
        assert_eq!(other.to_string(), "ClientHello (handshake type 1) expected, found type 11");
    }
}
