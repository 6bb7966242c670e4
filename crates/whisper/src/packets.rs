//! A batch of packets as it crosses the pipe: little-endian, one after another, nothing in between.
//!
//! ```text
//! interface u16 │ 0 u16 │ captured u32 │ on the wire u32 │ nanoseconds since 1970 i64 │ captured bytes
//! ```

const HEAD_BYTES: usize = 20;

/// A packet inside a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentPacket<'a> {
    /// Place in the list of open interfaces, see [`FromAgent::Opened`](crate::FromAgent::Opened).
    pub interface: u16,
    pub at_ns: i64,
    /// Length on the wire, at least that of `bytes`.
    pub wire_len: u32,
    pub bytes: &'a [u8],
}

/// Why a batch cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a batch of packets is cut off at its byte {at}: {needed} bytes are needed, {found} are there")]
pub struct PacketsError {
    pub at: usize,
    pub needed: usize,
    pub found: usize,
}

/// Collects packets for one frame.
#[derive(Debug, Default)]
pub struct PacketBatch {
    bytes: Vec<u8>,
    count: usize,
}

impl PacketBatch {
    /// Appends a packet.
    pub fn push(&mut self, packet: &SentPacket<'_>) {
        self.bytes.extend_from_slice(&packet.interface.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes.extend_from_slice(&(packet.bytes.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&packet.wire_len.to_le_bytes());
        self.bytes.extend_from_slice(&packet.at_ns.to_le_bytes());
        self.bytes.extend_from_slice(packet.bytes);
        self.count += 1;
    }

    /// The frame's contents.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Packets in it.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Forgets the packets and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }
}

/// The packets of a frame; an error ends them.
pub fn packets(contents: &[u8]) -> impl Iterator<Item = Result<SentPacket<'_>, PacketsError>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &contents[at..];
        if rest.is_empty() {
            return None;
        }
        let found = read(rest, at);
        at = found.map_or(contents.len(), |packet| at + HEAD_BYTES + packet.bytes.len());
        Some(found)
    })
}

fn read(rest: &[u8], at: usize) -> Result<SentPacket<'_>, PacketsError> {
    let cut = |needed| PacketsError { at, needed, found: rest.len() };
    let (head, body) = rest.split_first_chunk::<HEAD_BYTES>().ok_or(cut(HEAD_BYTES))?;
    let [i0, i1, _, _, c0, c1, c2, c3, w0, w1, w2, w3, time @ ..] = *head;
    let captured = u32::from_le_bytes([c0, c1, c2, c3]);
    let bytes = body.get(..captured as usize).ok_or(cut(HEAD_BYTES + captured as usize))?;
    Ok(SentPacket {
        interface: u16::from_le_bytes([i0, i1]),
        at_ns: i64::from_le_bytes(time),
        wire_len: u32::from_le_bytes([w0, w1, w2, w3]).max(captured),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sent_is_received(sent in prop::collection::vec(
            (any::<u16>(), any::<i64>(), 0u32..100_000, prop::collection::vec(any::<u8>(), 0..90)), 0..20)
        ) {
            let mut batch = PacketBatch::default();
            for (interface, at_ns, more, bytes) in &sent {
                let wire_len = bytes.len() as u32 + more;
                batch.push(&SentPacket { interface: *interface, at_ns: *at_ns, wire_len, bytes });
            }
            prop_assert_eq!(batch.len(), sent.len());
            let received: Vec<_> = packets(batch.bytes()).map(Result::unwrap).collect();
            prop_assert_eq!(received.len(), sent.len());
            for (packet, (interface, at_ns, more, bytes)) in received.iter().zip(&sent) {
                prop_assert_eq!(packet.interface, *interface);
                prop_assert_eq!(packet.at_ns, *at_ns);
                prop_assert_eq!(packet.wire_len, bytes.len() as u32 + more);
                prop_assert_eq!(packet.bytes, &bytes[..]);
            }
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let received: Vec<_> = packets(&bytes).collect();
            prop_assert!(received.iter().rev().skip(1).all(Result::is_ok), "only the last one can be cut off");
        }
    }

    #[test]
    fn a_packet_that_is_cut_off_says_where() {
        let mut batch = PacketBatch::default();
        for length in [3, 5] {
            batch.push(&SentPacket { interface: 0, at_ns: 1, wire_len: length, bytes: &[9; 5][..length as usize] });
        }
        let cut = &batch.bytes()[..batch.bytes().len() - 2];
        let received: Vec<_> = packets(cut).collect();
        assert_eq!(received[1], Err(PacketsError { at: 23, needed: 25, found: 23 }));
        assert_eq!(received.len(), 2);
    }
}
