//! Writes pcapng: one section, one Ethernet interface with nanosecond times.
//!
//! Source: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html>

use super::Frame;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const ETHERNET: u16 = 1;
const SNAP_LENGTH: u32 = 65_535;

const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const SECTION_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_TIME_RESOLUTION: u16 = 9;
const INTERFACE_FILTER: u16 = 11;
const STATISTICS_RECEIVED: u16 = 4;
const STATISTICS_DROPPED: u16 = 5;

/// What is said about the recording as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a> {
    pub(super) comment: &'a str,
    pub(super) interface: &'a str,
    /// The capture filter, in libpcap's words.
    pub(super) filter: &'a str,
}

/// The whole file.
pub(super) fn encode(section: &Section<'_>, frames: &[Frame]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut header = Vec::new();
    header.extend(BYTE_ORDER_MAGIC.to_le_bytes());
    header.extend(1u16.to_le_bytes());
    header.extend(0u16.to_le_bytes());
    header.extend((-1i64).to_le_bytes()); // section length: not given
    option(&mut header, OPTION_COMMENT, section.comment.as_bytes());
    option(&mut header, SECTION_APPLICATION, b"wirereel-shop");
    option(&mut header, OPTION_END, b"");
    block(&mut file, SECTION_HEADER, &header);

    let mut interface = Vec::new();
    interface.extend(ETHERNET.to_le_bytes());
    interface.extend(0u16.to_le_bytes());
    interface.extend(SNAP_LENGTH.to_le_bytes());
    option(&mut interface, INTERFACE_NAME, section.interface.as_bytes());
    option(&mut interface, INTERFACE_TIME_RESOLUTION, &[9]);
    // The first byte says that libpcap's text form follows.
    option(&mut interface, INTERFACE_FILTER, &[b"\0", section.filter.as_bytes()].concat());
    option(&mut interface, OPTION_END, b"");
    block(&mut file, INTERFACE_DESCRIPTION, &interface);

    for frame in frames {
        let mut packet = Vec::with_capacity(frame.bytes.len() + 24);
        packet.extend(0u32.to_le_bytes());
        time(&mut packet, frame.at_ns);
        packet.extend((frame.bytes.len() as u32).to_le_bytes());
        packet.extend(frame.wire_len.to_le_bytes());
        packet.extend(&frame.bytes);
        pad(&mut packet);
        block(&mut file, ENHANCED_PACKET, &packet);
    }

    let mut statistics = Vec::new();
    statistics.extend(0u32.to_le_bytes());
    time(&mut statistics, frames.last().map_or(0, |f| f.at_ns));
    option(&mut statistics, STATISTICS_RECEIVED, &(frames.len() as u64).to_le_bytes());
    // A capture that lost packets does not become a sample.
    option(&mut statistics, STATISTICS_DROPPED, &0u64.to_le_bytes());
    option(&mut statistics, OPTION_END, b"");
    block(&mut file, INTERFACE_STATISTICS, &statistics);
    file
}

/// Times are two words, the upper one first.
fn time(body: &mut Vec<u8>, at_ns: i64) {
    let at = at_ns as u64;
    body.extend(((at >> 32) as u32).to_le_bytes());
    body.extend((at as u32).to_le_bytes());
}

/// A block's length stands before and after its body.
fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = body.len() as u32 + 12;
    file.extend(kind.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(body);
    file.extend(length.to_le_bytes());
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    pad(body);
}

/// Fills up to a multiple of four bytes.
fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libpcap_reads_back_what_was_written() {
        let frame = |at_ns, length: usize| Frame { at_ns, bytes: vec![7; length], wire_len: length as u32 };
        let frames = [frame(1_700_000_000_123_456_789, 61), frame(1_700_000_000_123_456_790, 64)];
        let section = Section { comment: "a comment", interface: "lo", filter: "tcp" };
        let path = std::env::temp_dir().join(format!("wirereel-shop-{}.pcapng", std::process::id()));
        std::fs::write(&path, encode(&section, &frames)).unwrap();
        let mut read = pcap::Capture::from_file_with_precision(&path, pcap::Precision::Nano).unwrap();
        for frame in frames {
            let packet = read.next_packet().unwrap();
            assert_eq!(packet.data, frame.bytes);
            assert_eq!(packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec, frame.at_ns);
        }
        assert_eq!(read.next_packet(), Err(pcap::Error::NoMorePackets));
        std::fs::remove_file(path).unwrap();
    }
}
