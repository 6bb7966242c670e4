//! Capture files, written by hand so that readers are not tested against their own writer.

use crate::CapturedPacket;

/// How a classic pcap file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcapFlavour {
    pub big_endian: bool,
    /// Nanosecond time stamps, else microseconds.
    pub nanoseconds: bool,
    pub snap_len: u32,
}

impl Default for PcapFlavour {
    fn default() -> Self {
        Self { big_endian: false, nanoseconds: true, snap_len: 262_144 }
    }
}

/// A classic pcap file; its link type is the first packet's (Ethernet when there is none).
pub fn pcap(packets: &[CapturedPacket], flavour: PcapFlavour) -> Vec<u8> {
    let u32_bytes = |value: u32| if flavour.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let u16_bytes = |value: u16| if flavour.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let link_type = packets.first().map_or(1, |packet| packet.link_type);
    let (magic, unit) = if flavour.nanoseconds { (0xa1b2_3c4d, 1) } else { (0xa1b2_c3d4, 1_000) };

    let mut file = Vec::new();
    file.extend(u32_bytes(magic));
    file.extend(u16_bytes(2));
    file.extend(u16_bytes(4));
    for field in [0, 0, flavour.snap_len, link_type.into()] {
        file.extend(u32_bytes(field));
    }
    for packet in packets {
        let seconds = packet.at_ns.div_euclid(1_000_000_000) as u32;
        let fraction = packet.at_ns.rem_euclid(1_000_000_000) as u32 / unit;
        for field in [seconds, fraction, packet.bytes.len() as u32, packet.wire_len] {
            file.extend(u32_bytes(field));
        }
        file.extend(&packet.bytes);
    }
    file
}

/// A pcapng file: little-endian, one section, one interface per link type in order of appearance, nanoseconds.
pub fn pcapng(packets: &[CapturedPacket]) -> Vec<u8> {
    const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    const INTERFACE: u32 = 1;
    const ENHANCED_PACKET: u32 = 6;

    let mut file = Vec::new();
    block(&mut file, SECTION_HEADER, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    let mut interfaces: Vec<u16> = Vec::new();
    for packet in packets {
        let interface = interfaces.iter().position(|known| *known == packet.link_type).unwrap_or_else(|| {
            interfaces.push(packet.link_type);
            // if_tsresol (option 9) 10^-9, then the end of options.
            let options = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
            let body = [&packet.link_type.to_le_bytes()[..], &[0, 0], &262_144_u32.to_le_bytes(), &options].concat();
            block(&mut file, INTERFACE, &body);
            interfaces.len() - 1
        });
        let mut body = Vec::new();
        body.extend((interface as u32).to_le_bytes());
        body.extend(((packet.at_ns >> 32) as u32).to_le_bytes());
        body.extend((packet.at_ns as u32).to_le_bytes());
        body.extend((packet.bytes.len() as u32).to_le_bytes());
        body.extend(packet.wire_len.to_le_bytes());
        body.extend(&packet.bytes);
        body.resize(body.len().next_multiple_of(4), 0);
        block(&mut file, ENHANCED_PACKET, &body);
    }
    file
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = (body.len() as u32 + 12).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(length);
    file.extend(body);
    file.extend(length);
}
