//! The record layer: joins the records of one side into handshake messages (RFC 8446 §5.1).

use super::bytes::Bytes;

/// A hello or a server's own certificate above this is none. With hybrid key shares and an encrypted client hello, real
/// hellos reach a few KiB; certificates with a hundred names do too.
const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// The longest record: 2^14 bytes and what older versions may add (RFC 5246 §6.2.3).
const MAX_RECORD_BYTES: usize = (1 << 14) + 2048;

/// Type, version and length.
const RECORD_HEADER_BYTES: usize = 5;

/// Type and length.
const MESSAGE_HEADER_BYTES: usize = 4;

/// The length of the list of certificates and that of its first entry (RFC 5246 §7.4.2).
const CERTIFICATE_HEADER_BYTES: usize = 3 + 3;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Why the handshake cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    #[error("handshake record (type {HANDSHAKE}) expected, found type {found}")]
    NotHandshake { found: u8 },
    #[error("record of {found} bytes, at most {MAX_RECORD_BYTES} are allowed")]
    RecordTooLong { found: usize },
    #[error("{expected} (handshake type {}) expected, found type {found}", *.expected as u8)]
    OtherMessage { expected: Kind, found: u8 },
    #[error("{kind} of {found} bytes, at most {MAX_MESSAGE_BYTES} are read")]
    MessageTooLong { kind: Kind, found: usize },
    #[error("{0} ends inside a field")]
    FieldCutOff(Kind),
}

/// The handshake messages that are read, by their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ClientHello = 1,
    ServerHello = 2,
    Certificate = 11,
}

impl Kind {
    fn of(number: u8) -> Option<Self> {
        [Self::ClientHello, Self::ServerHello, Self::Certificate].into_iter().find(|kind| *kind as u8 == number)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ClientHello => "ClientHello",
            Self::ServerHello => "ServerHello",
            Self::Certificate => "Certificate",
        })
    }
}

/// What comes next in one side's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing more is whole.
    Wanting,
    /// A message without its header. Of a Certificate only as much as holds the first one of the list.
    Message(Kind, Vec<u8>),
    /// A message of a type that is not read, told by its header; what follows cannot be read.
    OtherMessage(u8),
    /// A record whose contents are encrypted, or announce that they will be.
    Opaque(u8),
    /// The sender gives up, or says goodbye.
    Alert,
    /// A hello as SSL 2.0 frames it.
    SslV2,
}

/// Joins one side's handshake messages. After anything but a message or an opaque record there is nothing more to join.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    begun: bool,
    record_header: Vec<u8>,
    left_in_record: usize,
    /// Whether the bytes left in this record are passed over.
    passed_over: bool,
    message: Vec<u8>,
}

impl Joiner {
    /// Takes from `bytes` what belongs to the next thing to tell.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Result<Next, RecordError> {
        while !bytes.is_empty() {
            if self.left_in_record == 0 {
                if let Some(next) = self.begin_record(bytes)? {
                    return Ok(next);
                }
            } else if self.passed_over {
                self.left_in_record -= take(bytes, self.left_in_record).len();
            } else {
                let wanted = self.missing()?.min(self.left_in_record);
                let fragment = take(bytes, wanted);
                self.left_in_record -= fragment.len();
                self.message.extend_from_slice(fragment);
                if let Some(next) = self.whole()? {
                    return Ok(next);
                }
            }
        }
        Ok(Next::Wanting)
    }

    fn begin_record(&mut self, bytes: &mut &[u8]) -> Result<Option<Next>, RecordError> {
        let header = take(bytes, RECORD_HEADER_BYTES - self.record_header.len());
        self.record_header.extend_from_slice(header);
        let [kind, major, minor, high, low] = self.record_header[..] else {
            return Ok(None);
        };
        self.record_header.clear();
        let first = !std::mem::replace(&mut self.begun, true);
        // Two bytes of length with the highest bit set, then the type of a hello of either side.
        if first && kind & 0x80 != 0 && matches!(minor, 1 | 4) {
            let length = usize::from(u16::from_be_bytes([kind & 0x7f, major]));
            (self.left_in_record, self.passed_over) = ((length + 2).saturating_sub(RECORD_HEADER_BYTES), true);
            return Ok(Some(Next::SslV2));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if matches!(kind, CHANGE_CIPHER_SPEC | HANDSHAKE | APPLICATION_DATA) && length > MAX_RECORD_BYTES {
            return Err(RecordError::RecordTooLong { found: length });
        }
        (self.left_in_record, self.passed_over) = (length, kind != HANDSHAKE);
        match kind {
            HANDSHAKE => Ok(None),
            ALERT => Ok(Some(Next::Alert)),
            CHANGE_CIPHER_SPEC | APPLICATION_DATA if self.message.is_empty() => Ok(Some(Next::Opaque(kind))),
            found => Err(RecordError::NotHandshake { found }),
        }
    }

    /// How many bytes the message lacks, as far as is known.
    fn missing(&self) -> Result<usize, RecordError> {
        Ok(self.wanted()?.saturating_sub(self.message.len()))
    }

    /// Bytes, with the header, that are needed of the message that is under way.
    fn wanted(&self) -> Result<usize, RecordError> {
        let Some((&[kind, a, b, c], body)) = self.message.split_first_chunk::<MESSAGE_HEADER_BYTES>() else {
            return Ok(MESSAGE_HEADER_BYTES);
        };
        let Some(kind) = Kind::of(kind) else {
            return Ok(MESSAGE_HEADER_BYTES);
        };
        let mut length = u32::from_be_bytes([0, a, b, c]) as usize;
        if kind == Kind::Certificate {
            length = match first_entry(body) {
                Some(entry) => length.min(CERTIFICATE_HEADER_BYTES + entry),
                None => length.min(CERTIFICATE_HEADER_BYTES),
            };
        }
        match MESSAGE_HEADER_BYTES + length {
            found if found > MAX_MESSAGE_BYTES => Err(RecordError::MessageTooLong { kind, found }),
            wanted => Ok(wanted),
        }
    }

    /// The message, once all of it is there that is needed.
    fn whole(&mut self) -> Result<Option<Next>, RecordError> {
        if self.message.len() < MESSAGE_HEADER_BYTES || self.missing()? > 0 {
            return Ok(None);
        }
        let mut message = std::mem::take(&mut self.message);
        let Some(kind) = Kind::of(message[0]) else {
            return Ok(Some(Next::OtherMessage(message[0])));
        };
        message.drain(..MESSAGE_HEADER_BYTES);
        Ok(Some(Next::Message(kind, message)))
    }
}

/// Length of the first certificate in the body of a Certificate message.
fn first_entry(body: &[u8]) -> Option<usize> {
    let mut body = Bytes(body);
    body.u24()?;
    body.u24()
}

/// The certificate that the server is known by: the first of the list, `None` when it sent none (RFC 5246 §7.4.2).
pub(super) fn own_certificate(body: &[u8]) -> Result<Option<&[u8]>, RecordError> {
    let mut body = Bytes(body);
    let cut_off = RecordError::FieldCutOff(Kind::Certificate);
    if body.u24().ok_or(cut_off)? == 0 {
        return Ok(None);
    }
    let length = body.u24().ok_or(cut_off)?;
    body.take(length).map(Some).ok_or(cut_off)
}

/// At most the first `count` bytes, which `bytes` has no more.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(bytes.len().min(count));
    *bytes = rest;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One record of type `kind` holding `fragment`.
    fn record(kind: u8, fragment: &[u8]) -> Vec<u8> {
        let length = u16::try_from(fragment.len()).unwrap().to_be_bytes();
        [&[kind, 3, 1][..], &length, fragment].concat()
    }

    fn all(pieces: &[&[u8]]) -> Vec<Next> {
        let (mut joiner, mut found) = (Joiner::default(), Vec::new());
        for mut bytes in pieces.iter().copied() {
            loop {
                match joiner.next(&mut bytes).unwrap() {
                    Next::Wanting => break,
                    next => found.push(next),
                }
            }
        }
        found
    }

    #[test]
    fn messages_over_several_records_and_segments_are_joined() {
        let bytes = [
            record(HANDSHAKE, &[1, 0, 0]),
            record(HANDSHAKE, &[5, 10, 11]),
            record(HANDSHAKE, &[12, 13, 14, 2, 0, 0, 1, 15]),
        ]
        .concat();
        let expected =
            [Next::Message(Kind::ClientHello, vec![10, 11, 12, 13, 14]), Next::Message(Kind::ServerHello, vec![15])];
        for split in 0..bytes.len() {
            assert_eq!(all(&[&bytes[..split], &bytes[split..]]), expected, "{split}");
        }
    }

    #[test]
    fn of_a_chain_only_the_first_certificate_is_waited_for() {
        let body = [0, 0, 200, 0, 0, 2, 7, 8];
        let bytes = record(HANDSHAKE, &[&[11, 0, 0, 203][..], &body].concat());
        assert_eq!(all(&[&bytes]), [Next::Message(Kind::Certificate, body.to_vec())]);
        assert_eq!(own_certificate(&body), Ok(Some(&[7, 8][..])));
        assert_eq!(all(&[&record(HANDSHAKE, &[11, 0, 0, 3, 0, 0, 0])]), [Next::Message(Kind::Certificate, vec![0; 3])]);
        assert_eq!(own_certificate(&[0; 3]), Ok(None));
        assert_eq!(own_certificate(&[0, 0, 9, 0, 0, 6, 1]), Err(RecordError::FieldCutOff(Kind::Certificate)));
    }

    #[test]
    fn encrypted_records_are_passed_over() {
        let bytes =
            [record(20, &[1]), record(23, &[22, 3, 3, 0, 4, 1, 0, 0, 0]), record(HANDSHAKE, &[1, 0, 0, 0])].concat();
        let expected = [Next::Opaque(20), Next::Opaque(23), Next::Message(Kind::ClientHello, vec![])];
        assert_eq!(all(&[&bytes]), expected);
    }

    #[test]
    fn alerts_and_messages_that_are_not_read_are_told_by_their_header() {
        assert_eq!(all(&[&[ALERT, 3, 3, 0, 2]]), [Next::Alert]);
        assert_eq!(all(&[&record(HANDSHAKE, &[12, 0xff, 0, 0])]), [Next::OtherMessage(12)]);
    }

    #[test]
    fn an_ssl_2_hello_is_passed_over_up_to_the_next_record() {
        let bytes = [&[0x80, 6, 1, 3, 1, 0xaa, 0xaa, 0xaa][..], &record(HANDSHAKE, &[16, 0, 0, 0])].concat();
        assert_eq!(all(&[&bytes]), [Next::SslV2, Next::OtherMessage(16)]);
    }

    #[test]
    fn what_is_no_handshake_is_named() {
        let next = |mut bytes: &[u8]| Joiner::default().next(&mut bytes);
        assert_eq!(next(&[99, 3, 3, 0, 1, 0]), Err(RecordError::NotHandshake { found: 99 }));
        assert_eq!(next(&[HANDSHAKE, 3, 3, 0xff, 0xff]), Err(RecordError::RecordTooLong { found: 0xffff }));
        let too_long = RecordError::MessageTooLong { kind: Kind::ClientHello, found: 65_540 };
        assert_eq!(next(&record(HANDSHAKE, &[1, 1, 0, 0])), Err(too_long));
        let long_certificate = record(HANDSHAKE, &[11, 2, 0, 0, 1, 0xff, 0xfd, 1, 0, 0]);
        let too_long = RecordError::MessageTooLong { kind: Kind::Certificate, found: 65_546 };
        assert_eq!(next(&long_certificate), Err(too_long));
        let inside = [record(HANDSHAKE, &[1, 0, 0]), record(23, &[0])].concat();
        assert_eq!(next(&inside), Err(RecordError::NotHandshake { found: 23 }));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same(bytes: Vec<u8>, like_tls: bool, piece in 1usize..40) {
            let bytes = if like_tls { [&[HANDSHAKE, 3, 1, 0, 40][..], &bytes].concat() } else { bytes };
            let read = |piece: usize| {
                let (mut joiner, mut found) = (Joiner::default(), Vec::new());
                for mut bytes in bytes.chunks(piece) {
                    loop {
                        match joiner.next(&mut bytes) {
                            Ok(Next::Wanting) => break,
                            Ok(next @ (Next::Message(..) | Next::Opaque(_) | Next::SslV2)) => found.push(Ok(next)),
                            end => {
                                found.push(end);
                                return found;
                            }
                        }
                    }
                }
                found
            };
            prop_assert_eq!(read(piece), read(usize::MAX));
        }
    }
}
