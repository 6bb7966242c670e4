//! Packets read back by position, and written out again.
#![allow(clippy::unwrap_used, reason = "also in what the tests share")]

mod captures;

use std::{fs, io::Cursor};

use captures::*;
use wirereel_capture::{
    CaptureError, CaptureFile, CapturedOn, Compression, PacketReader, PcapngWriter, Secrets, compression, decompress_to,
};
use wirereel_dissect::{LinkType, Packet};

fn in_file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn again(reader: &mut PacketReader, position: u64) -> Seen {
    let packet = reader.read(position).unwrap();
    let (at_ns, link_type, wire_len) = (packet.at_ns, packet.link_type.0, packet.wire_len);
    Seen { at_ns, link_type, wire_len, position: packet.position, bytes: packet.bytes.to_vec() }
}

/// Many packets in several sections, with a block that is jumped over between them.
fn many_sections() -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..40u32 {
        let (sections, _) = two_sections();
        bytes.extend(sections);
        bytes.extend(block(Order::Big, 0xbad, &vec![0; n as usize * 10_000]));
    }
    bytes
}

#[test]
fn every_packet_is_read_back_in_any_order() {
    for bytes in [three_packets().0, two_sections().0, many_sections()] {
        let (all, _) = read(&bytes);
        let (_folder, path) = in_file(&bytes);
        let mut reader = PacketReader::open(&path).unwrap();
        let last_first = all.iter().rev();
        let shuffled = all.iter().cycle().step_by(7).take(all.len());
        for packet in all.iter().chain(last_first).chain(shuffled) {
            assert_eq!(&again(&mut reader, packet.position), packet);
        }
    }
}

#[test]
fn a_position_without_a_packet_is_an_error_and_the_next_read_works() {
    let (bytes, ends) = two_sections();
    let (_folder, path) = in_file(&bytes);
    let mut reader = PacketReader::open(&path).unwrap();
    let told = |reader: &mut PacketReader, position| reader.read(position).unwrap_err().to_string();
    assert_eq!(told(&mut reader, 28), "no packet at byte 28: a block of type 0x1 carries no packet");
    assert_eq!(told(&mut reader, 0), "no packet at byte 0: a block of type 0xa0d0d0a carries no packet");
    let end = bytes.len() as u64;
    assert_eq!(
        told(&mut reader, end),
        format!("no packet at byte {end}: the file ends inside it: 0 of 8 bytes are there")
    );
    assert_eq!(reader.read(ends[0] as u64 + 20).unwrap().bytes, b"ab");
}

#[test]
fn a_compressed_file_is_read_back_from_its_copy() {
    let (bytes, _) = three_packets();
    let (folder, path) = in_file(&gzip(&bytes));
    assert_eq!(compression(&path), Some(Compression::Gzip));
    assert!(matches!(PacketReader::open(&path), Err(CaptureError::Compressed { compression: Compression::Gzip })));
    let copy = folder.path().join("copy");
    assert_eq!(decompress_to(&path, &copy).unwrap(), bytes.len() as u64);
    assert_eq!(fs::read(&copy).unwrap(), bytes);
    assert_eq!(compression(&copy), None);
    let mut reader = PacketReader::open(&copy).unwrap();
    for packet in read(&bytes).0 {
        assert_eq!(again(&mut reader, packet.position), packet);
    }
}

#[test]
fn what_is_no_capture_is_not_decompressed() {
    let (folder, path) = in_file(&zstd(b"hello"));
    let copy = folder.path().join("copy");
    assert!(matches!(decompress_to(&path, &copy), Err(CaptureError::NotACapture { .. })));
    assert!(!copy.exists());
}

#[test]
fn written_packets_come_back_the_same() {
    let mut writer = PcapngWriter::new(Vec::new(), "test").unwrap();
    let packets = [
        (1_700_000_000_123_456_789, LinkType::ETHERNET, &b"abc"[..], 60),
        (0, LinkType::LINUX_SLL2, b"", 0),
        (i64::MAX, LinkType::ETHERNET, b"abcd", 4),
    ];
    for (at_ns, link_type, bytes, wire_len) in packets {
        writer.write(&Packet { at_ns, link_type, bytes, wire_len, position: 0 }).unwrap();
    }
    let early = Packet { at_ns: -1, link_type: LinkType::ETHERNET, bytes: b"", wire_len: 0, position: 0 };
    assert!(writer.write(&early).is_err());
    let bytes = writer.finish().unwrap();
    let mut file = CaptureFile::from_reader(Cursor::new(bytes.clone()), bytes.len() as u64).unwrap();
    let told = drain(&mut file);
    assert_eq!(told.len(), packets.len());
    for (seen, (at_ns, link_type, bytes, wire_len)) in told.iter().zip(packets) {
        let expected = (at_ns, link_type.0, bytes, wire_len);
        assert_eq!((seen.at_ns, seen.link_type, &seen.bytes[..], seen.wire_len), expected);
    }
    assert_eq!(file.warnings(), []);
}

#[test]
fn names_secrets_and_interfaces_survive_being_written() {
    let mut writer = PcapngWriter::new(Vec::new(), "test").unwrap();
    let names = [
        ("10.0.0.1".parse().unwrap(), vec!["shop".to_owned(), "cart".to_owned()]),
        ("::1".parse().unwrap(), vec!["own".to_owned()]),
    ];
    writer.write_names(names.iter().map(|(ip, names)| (*ip, &names[..]))).unwrap();
    let secrets = Secrets { kind: 0x544c_534b, data: b"CLIENT_RANDOM 00 11\n".to_vec() };
    writer.write_secrets(&secrets).unwrap();
    let packet = |at_ns| Packet { at_ns, link_type: LinkType::ETHERNET, bytes: b"abc", wire_len: 3, position: 0 };
    for (at_ns, name) in [(1, Some("eth0")), (2, None), (3, Some("eth1")), (4, Some("eth0"))] {
        writer.write_on(&packet(at_ns), CapturedOn { name, ..CapturedOn::default() }).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let mut file = CaptureFile::from_reader(Cursor::new(bytes.clone()), bytes.len() as u64).unwrap();
    let seen = drain(&mut file);
    assert_eq!(file.warnings(), []);
    assert_eq!(file.name_resolutions(), names);
    let (_folder, path) = in_file(&bytes);
    let mut reader = PacketReader::open(&path).unwrap();
    let mut told = Vec::new();
    for packet in &seen {
        told.push(reader.read_on_interface(packet.position).unwrap().1.map(str::to_owned));
    }
    assert_eq!(told, [Some("eth0".to_owned()), None, Some("eth1".to_owned()), Some("eth0".to_owned())]);
    assert_eq!(reader.secrets_before(seen[3].position).unwrap(), [secrets]);
}

#[test]
fn interfaces_of_the_same_name_are_apart_when_their_sources_are() {
    let mut writer = PcapngWriter::new(Vec::new(), "test").unwrap();
    let packet = Packet { at_ns: 1, link_type: LinkType::ETHERNET, bytes: b"abc", wire_len: 3, position: 0 };
    for (source, description) in [(1, "a.pcapng"), (2, "b.pcapng"), (1, "a.pcapng"), (2, "b.pcapng")] {
        let on = CapturedOn { source, name: Some("eth0"), description: Some(description) };
        writer.write_on(&packet, on).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let (mut descriptions, mut numbers, mut rest) = (Vec::new(), Vec::new(), &bytes[..]);
    while let [a, b, c, d, e, f, g, h, ..] = *rest {
        let (block, after) = rest.split_at(u32::from_le_bytes([e, f, g, h]) as usize);
        match u32::from_le_bytes([a, b, c, d]) {
            1 => descriptions.push(String::from_utf8_lossy(block).contains("a.pcapng")),
            6 => numbers.push(block[8]),
            _ => {}
        }
        rest = after;
    }
    assert_eq!((descriptions, numbers), (vec![true, false], vec![0, 1, 0, 1]));
}

#[test]
fn secrets_beyond_the_limit_are_left_out() {
    let secret = |bytes: usize| [Order::Big.u32(1), Order::Big.u32(bytes as u32)].concat();
    let mut bytes = section(Order::Big);
    for _ in 0..20 {
        bytes.extend(block(Order::Big, 10, &[secret(400_000), vec![7; 400_000]].concat()));
    }
    bytes.extend(block(Order::Big, 10, &secret(400_000)));
    bytes.extend(interface(Order::Big, 1, 0, &[]));
    let position = bytes.len() as u64;
    bytes.extend(enhanced(Order::Big, 0, 5, 2, b"ab"));
    let (_folder, path) = in_file(&bytes);
    let mut reader = PacketReader::open(&path).unwrap();
    let kept: usize = reader.secrets_before(position).unwrap().iter().map(|secrets| secrets.data.len()).sum();
    assert_eq!(kept, 4_000_000);
    assert_eq!(reader.read(position).unwrap().bytes, b"ab");
}
