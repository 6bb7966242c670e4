//! A list of captured packets and what can go wrong with one.

use crate::file::{self, PcapFlavour};

/// One packet as a capture would hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedPacket {
    /// Nanoseconds since 1970-01-01 UTC.
    pub at_ns: i64,
    /// libpcap's `LINKTYPE_` number.
    pub link_type: u16,
    pub bytes: Vec<u8>,
    /// Bytes on the wire; more than `bytes` holds after [`Packets::snap`].
    pub wire_len: u32,
}

/// Packets in the order of capture.
///
/// Operators take positions in the list as it is at that moment, and panic when there is no such packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packets(pub Vec<CapturedPacket>);

impl Packets {
    /// Loses a packet.
    pub fn lose(mut self, index: usize) -> Self {
        self.0.remove(index);
        self
    }

    /// Loses every packet that `lost` picks.
    pub fn lose_if(mut self, mut lost: impl FnMut(&CapturedPacket) -> bool) -> Self {
        self.0.retain(|packet| !lost(packet));
        self
    }

    /// Captures a packet a second time, right after the first.
    pub fn duplicate(mut self, index: usize) -> Self {
        self.0.insert(index, self.0[index].clone());
        self
    }

    /// Moves a packet to another place; each place keeps its time.
    pub fn move_to(mut self, from: usize, to: usize) -> Self {
        let times: Vec<i64> = self.0.iter().map(|packet| packet.at_ns).collect();
        let packet = self.0.remove(from);
        self.0.insert(to, packet);
        for (packet, at_ns) in self.0.iter_mut().zip(times) {
            packet.at_ns = at_ns;
        }
        self
    }

    /// Shuffles packets within windows of `window`, always the same way for the same `seed`; each place keeps its time.
    pub fn shuffle(mut self, window: usize, seed: u64) -> Self {
        let mut state = seed | 1;
        for index in 0..self.0.len() {
            // Xorshift: enough to mix a test.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let furthest = (index + window.max(1)).min(self.0.len());
            let other = index + (state % (furthest - index) as u64) as usize;
            self = self.swap(index, other);
        }
        self
    }

    fn swap(mut self, a: usize, b: usize) -> Self {
        let (a_ns, b_ns) = (self.0[a].at_ns, self.0[b].at_ns);
        self.0.swap(a, b);
        (self.0[a].at_ns, self.0[b].at_ns) = (a_ns, b_ns);
        self
    }

    /// Keeps at most the first `snap_len` bytes of every packet.
    pub fn snap(mut self, snap_len: usize) -> Self {
        for packet in &mut self.0 {
            packet.bytes.truncate(snap_len);
        }
        self
    }

    /// Moves all packets in time.
    pub fn later(mut self, by_ns: i64) -> Self {
        for packet in &mut self.0 {
            packet.at_ns += by_ns;
        }
        self
    }

    /// Merges with other packets by time; at the same time these come first.
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self.0.sort_by_key(|packet| packet.at_ns);
        self
    }

    /// A classic pcap file: nanoseconds, little-endian, link type of the first packet.
    pub fn pcap(&self) -> Vec<u8> {
        file::pcap(&self.0, PcapFlavour::default())
    }

    /// A pcapng file: one interface per link type, nanoseconds, little-endian.
    pub fn pcapng(&self) -> Vec<u8> {
        file::pcapng(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Conversation, Packets};

    fn story() -> Packets {
        Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80").handshake().client(b"a").server(b"b").close().packets()
    }

    #[test]
    fn moving_and_shuffling_keep_the_times_in_order() {
        for packets in [story().move_to(4, 1), story().shuffle(4, 7)] {
            assert!(packets.0.is_sorted_by_key(|packet| packet.at_ns));
            assert_ne!(packets, story());
            assert_eq!(packets.0.len(), story().0.len());
        }
    }

    #[test]
    fn snapping_keeps_the_length_on_the_wire() {
        let packets = story().snap(20);
        assert!(packets.0.iter().all(|packet| packet.bytes.len() == 20 && packet.wire_len > 20));
    }
}
