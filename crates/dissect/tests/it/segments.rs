//! Single TCP segments with every field as the test wants it.

use std::net::IpAddr;

use wirereel_testkit::{CapturedPacket, Packets, Side, ip_packet};

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const ACK: u8 = 0x10;

/// A segment between 10.0.0.1:40000 and 10.0.0.2:9. The client's first payload byte has number 1001, the server's 5001.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    side: Side,
    flags: u8,
    sequence: u32,
    acknowledgement: u32,
    window: u16,
    options: Vec<u8>,
    payload: Vec<u8>,
}

/// Offsets are of the first payload byte of either side.
pub(crate) fn raw(side: Side, flags: u8, offset: u32, acknowledged: u32) -> Raw {
    let [own, peer]: [u32; 2] = if side == Side::Client { [1_001, 5_001] } else { [5_001, 1_001] };
    let sequence = own.wrapping_add(offset).wrapping_sub(u32::from(flags & SYN != 0));
    let acknowledgement = if flags & ACK == 0 { 0 } else { peer.wrapping_add(acknowledged) };
    Raw { side, flags, sequence, acknowledgement, window: 500, options: Vec::new(), payload: Vec::new() }
}

/// SYN, SYN-ACK, ACK.
pub(crate) fn opened() -> Vec<Raw> {
    vec![raw(Side::Client, SYN, 0, 0), raw(Side::Server, SYN | ACK, 0, 0), raw(Side::Client, ACK, 0, 0)]
}

impl Raw {
    pub(crate) fn says(mut self, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self
    }

    pub(crate) fn window(mut self, window: u16) -> Self {
        self.window = window;
        self
    }

    /// One less than the offset that was given.
    pub(crate) fn before(mut self) -> Self {
        self.sequence = self.sequence.wrapping_sub(1);
        self
    }

    pub(crate) fn scale(mut self, shift: u8) -> Self {
        self.options.extend([3, 3, shift, 1]);
        self
    }

    pub(crate) fn stamps(mut self, value: u32, echo: u32) -> Self {
        self.options.extend([1, 1, 8, 10]);
        self.options.extend(value.to_be_bytes());
        self.options.extend(echo.to_be_bytes());
        self
    }

    fn packet(&self, at_ns: i64) -> CapturedPacket {
        let (client, server) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let (from, to, ports) = match self.side {
            Side::Client => (client, server, [40_000u16, 9]),
            Side::Server => (server, client, [9, 40_000]),
        };
        let mut segment = ports.map(u16::to_be_bytes).concat();
        segment.extend(self.sequence.to_be_bytes());
        segment.extend(self.acknowledgement.to_be_bytes());
        segment.extend([(((20 + self.options.len()) / 4) << 4) as u8, self.flags]);
        segment.extend(self.window.to_be_bytes());
        segment.extend([0; 4]);
        segment.extend(&self.options);
        segment.extend(&self.payload);
        let bytes = ip_packet(from, to, 6, &segment);
        CapturedPacket { at_ns, link_type: 101, wire_len: bytes.len() as u32, bytes }
    }
}

/// One after the other, a millisecond apart.
pub(crate) fn captured(segments: &[Raw]) -> Packets {
    Packets((0..).zip(segments).map(|(index, segment)| segment.packet(index * 1_000_000)).collect())
}
