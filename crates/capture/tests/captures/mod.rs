//! Captures built byte by byte, so that nothing under test writes what it reads.
#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

use std::io::{Cursor, Write};

use wirereel_capture::{CaptureError, CaptureFile};

/// Byte order of a built capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    pub(crate) fn u16(self, value: u16) -> [u8; 2] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }
    pub(crate) fn u32(self, value: u32) -> [u8; 4] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }
    pub(crate) fn u64(self, value: u64) -> [u8; 8] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }
}

pub(crate) const PCAP: u32 = 0xa1b2_c3d4;
pub(crate) const PCAP_NS: u32 = 0xa1b2_3c4d;
pub(crate) const PCAP_MODIFIED: u32 = 0xa1b2_cd34;

pub(crate) fn pcap_header(order: Order, magic: u32, link_type: u32) -> Vec<u8> {
    let mut bytes = order.u32(magic).to_vec();
    bytes.extend(order.u16(2));
    bytes.extend(order.u16(4));
    for field in [0, 0, 65_535, link_type] {
        bytes.extend(order.u32(field));
    }
    bytes
}

pub(crate) fn pcap_record(
    order: Order,
    magic: u32,
    seconds: u32,
    fraction: u32,
    wire_len: u32,
    packet: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in [seconds, fraction, packet.len() as u32, wire_len] {
        bytes.extend(order.u32(field));
    }
    if magic == PCAP_MODIFIED {
        bytes.extend([0; 8]);
    }
    bytes.extend(packet);
    bytes
}

pub(crate) fn block(order: Order, kind: u32, contents: &[u8]) -> Vec<u8> {
    let total = order.u32(12 + contents.len().next_multiple_of(4) as u32);
    let mut bytes = order.u32(kind).to_vec();
    bytes.extend(total);
    bytes.extend(contents);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(total);
    bytes
}

pub(crate) fn section(order: Order) -> Vec<u8> {
    let mut contents = order.u32(0x1a2b_3c4d).to_vec();
    contents.extend(order.u16(1));
    contents.extend(order.u16(0));
    contents.extend(order.u64(u64::MAX));
    block(order, 0x0a0d_0d0a, &contents)
}

pub(crate) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = order.u16(code).to_vec();
    bytes.extend(order.u16(value.len() as u16));
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

pub(crate) fn interface(order: Order, link_type: u16, snap_len: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let mut contents = order.u16(link_type).to_vec();
    contents.extend([0; 2]);
    contents.extend(order.u32(snap_len));
    contents.extend(options.concat());
    block(order, 1, &contents)
}

pub(crate) fn enhanced(order: Order, interface: u32, ticks: u64, wire_len: u32, packet: &[u8]) -> Vec<u8> {
    let mut contents = Vec::new();
    for field in [interface, (ticks >> 32) as u32, ticks as u32, packet.len() as u32, wire_len] {
        contents.extend(order.u32(field));
    }
    contents.extend(packet);
    block(order, 6, &contents)
}

/// What a test compares of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) at_ns: i64,
    pub(crate) link_type: u16,
    pub(crate) wire_len: u32,
    pub(crate) position: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Opens the bytes as a capture.
pub(crate) fn open(bytes: &[u8]) -> Result<CaptureFile, CaptureError> {
    CaptureFile::from_reader(Cursor::new(bytes.to_vec()), bytes.len() as u64)
}

/// All packets of a capture.
pub(crate) fn drain(file: &mut CaptureFile) -> Vec<Seen> {
    let mut all = Vec::new();
    while let Some(packet) = file.next().unwrap() {
        all.push(Seen {
            at_ns: packet.at_ns,
            link_type: packet.link_type.0,
            wire_len: packet.wire_len,
            position: packet.position,
            bytes: packet.bytes.to_vec(),
        });
    }
    all
}

/// All packets and all warnings of the bytes.
pub(crate) fn read(bytes: &[u8]) -> (Vec<Seen>, Vec<String>) {
    let mut file = open(bytes).unwrap();
    let packets = drain(&mut file);
    (packets, file.warnings().iter().map(|warning| format!("{}: {}", warning.position, warning.message)).collect())
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).unwrap()
}

/// A pcap of three packets, with the offsets where each record ends.
pub(crate) fn three_packets() -> (Vec<u8>, Vec<usize>) {
    let mut bytes = pcap_header(Order::Little, PCAP, 1);
    let mut ends = Vec::new();
    for (seconds, packet) in [(1, &b"first"[..]), (2, b""), (3, b"the third packet")] {
        bytes.extend(pcap_record(Order::Little, PCAP, seconds, 0, packet.len() as u32, packet));
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// A pcapng of two sections in both byte orders with three packets, with the offsets where each packet's block ends.
pub(crate) fn two_sections() -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    for order in [Order::Little, Order::Big] {
        bytes.extend(section(order));
        bytes.extend(interface(order, 1, 0, &[option(order, 9, &[9]), option(order, 0, &[])]));
        bytes.extend(interface(order, 113, 0, &[]));
        bytes.extend(enhanced(order, 0, 5, 60, b"first"));
        ends.push(bytes.len());
        bytes.extend(block(order, 0xbad, b"unknown"));
        bytes.extend(enhanced(order, 1, 7, 2, b"ab"));
        ends.push(bytes.len());
    }
    (bytes, ends)
}
