//! Live packets on disk: rotation, and crashes at any byte.
#![allow(clippy::unwrap_used, reason = "tests end where something unexpected happens")]

use std::{fs, path::Path};

use wirereel_capture::{
    Begun, CaptureFile, PacketReader, Place, SegmentLimits, SegmentWriter, begins_ns, recover, segment_path, segments,
    span_ns,
};
use wirereel_dissect::{LinkType, Packet};

const SECOND_NS: i64 = 1_000_000_000;

fn packet(number: u32, bytes: &[u8]) -> Packet<'_> {
    Packet {
        at_ns: 1_795_000_000 * SECOND_NS + i64::from(number) * SECOND_NS / 10,
        wire_len: bytes.len() as u32,
        link_type: LinkType(1),
        bytes,
        position: 0,
    }
}

/// Writes packets of 60 bytes that hold their number; gives their places.
fn write(writer: &mut SegmentWriter, numbers: std::ops::Range<u32>) -> Vec<Place> {
    let place = |number: u32| {
        let mut bytes = [0; 60];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        writer.write(&packet(number, &bytes), Some("lo")).unwrap().0
    };
    numbers.map(place).collect()
}

/// The numbers in all packets of a folder, segment by segment.
fn numbers(folder: &Path) -> Vec<u32> {
    let mut found = Vec::new();
    for segment in segments(folder).unwrap() {
        let mut file = CaptureFile::open(&segment.path).unwrap();
        while let Some(packet) = file.next().unwrap() {
            found.push(u32::from_le_bytes(packet.bytes[..4].try_into().unwrap()));
        }
        assert!(!file.truncated(), "{}", segment.path.display());
    }
    found
}

#[test]
fn segments_turn_over_by_size_and_by_age_and_every_packet_is_read_back_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let limits = SegmentLimits { bytes: 2_000, age_ns: 60 * SECOND_NS };
    let mut writer = SegmentWriter::open(folder.path(), limits, "test").unwrap();
    let places = write(&mut writer, 0..100);
    let late = packet(10_000, &[9; 60]);
    assert!(matches!(writer.write(&late, Some("lo")).unwrap().1, Begun::Segment(_)), "a minute has gone by");
    writer.close().unwrap();
    assert_eq!(numbers(folder.path())[..100], (0..100).collect::<Vec<_>>());
    assert!(segments(folder.path()).unwrap().len() > 4);
    assert!(places.is_sorted());
    let mut reader = PacketReader::open(folder.path()).unwrap();
    for (number, place) in places.into_iter().enumerate() {
        let (packet, interface) = reader.read_on_interface(place.position()).unwrap();
        assert_eq!((&packet.bytes[..4], packet.position), (&(number as u32).to_le_bytes()[..], place.position()));
        assert_eq!(interface, Some("lo"));
    }
    assert!(reader.read(Place { segment: 999, offset: 0 }.position()).is_err(), "there is no such segment");
}

#[test]
fn another_writer_goes_on_behind_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for run in 0..3 {
        let mut writer = SegmentWriter::open(folder.path(), SegmentLimits::default(), "test").unwrap();
        write(&mut writer, run * 10..run * 10 + 10);
        writer.sync().unwrap();
    }
    assert_eq!(numbers(folder.path()), (0..30).collect::<Vec<_>>());
    assert_eq!(recover(folder.path()).unwrap(), None, "nothing is broken");
}

#[test]
fn a_segment_cut_at_any_byte_keeps_every_whole_packet_and_goes_on() {
    let source = tempfile::tempdir().unwrap();
    let mut writer = SegmentWriter::open(source.path(), SegmentLimits::default(), "test").unwrap();
    let places = write(&mut writer, 0..5);
    writer.close().unwrap();
    let whole = fs::read(segment_path(source.path(), 0)).unwrap();
    for cut in 0..whole.len() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(segment_path(folder.path(), 0), &whole[..cut]).unwrap();
        let recovered = recover(folder.path()).unwrap();
        let kept = places.iter().filter(|place| (place.offset as usize + 92) <= cut).count() as u32;
        let mut writer = SegmentWriter::open(folder.path(), SegmentLimits::default(), "test").unwrap();
        write(&mut writer, 100..102);
        writer.close().unwrap();
        let expected: Vec<u32> = (0..kept).chain(100..102).collect();
        assert_eq!(numbers(folder.path()), expected, "cut at byte {cut}: {recovered:?}");
    }
}

#[test]
fn a_file_that_grew_without_its_contents_is_cut_where_the_zeros_begin() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SegmentWriter::open(folder.path(), SegmentLimits::default(), "test").unwrap();
    write(&mut writer, 0..5);
    writer.close().unwrap();
    let path = segment_path(folder.path(), 0);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0; 4_096]);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(recover(folder.path()).unwrap().unwrap().cut_bytes, 4_096);
    assert_eq!(numbers(folder.path()), [0, 1, 2, 3, 4]);
}

#[test]
fn a_folder_that_is_gone_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("gone");
    let mut writer = SegmentWriter::open(&missing, SegmentLimits::default(), "test").unwrap();
    fs::remove_dir(&missing).unwrap();
    let error = writer.write(&packet(0, &[0; 60]), None).unwrap_err().to_string();
    assert!(error.contains("00000000.pcapng"), "{error}");
}

#[test]
fn what_was_lost_and_until_when_it_ran_is_in_the_segment() {
    let folder = tempfile::tempdir().unwrap();
    let limits = SegmentLimits { age_ns: 5 * SECOND_NS, ..SegmentLimits::default() };
    let mut writer = SegmentWriter::open(folder.path(), limits, "test").unwrap();
    let at = |number| packet(number, &[]).at_ns;
    writer.tell(at(0), 4);
    write(&mut writer, 0..10);
    writer.tell(at(10), 0);
    writer.tell(at(20), 3);
    writer.tell(at(30), 0);
    write(&mut writer, 60..62);
    writer.tell(at(65), 7);
    writer.tell(at(70), 0);
    writer.close().unwrap();
    let told: Vec<_> = segments(folder.path())
        .unwrap()
        .iter()
        .map(|segment| {
            let mut file = CaptureFile::open(&segment.path).unwrap();
            while file.next().unwrap().is_some() {}
            assert_eq!(file.warnings(), []);
            (file.told_ns().unwrap(), file.dropped(), file.losses().to_vec())
        })
        .collect();
    let first = (at(30), 7, vec![(at(10), 4), (at(20), 3)]);
    assert_eq!(told, [first, (at(70), 7, vec![(at(65), 7)])], "each segment counts from its own beginning");
}

#[test]
fn a_segment_tells_from_when_to_when_its_packets_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SegmentWriter::open(folder.path(), SegmentLimits::default(), "test").unwrap();
    write(&mut writer, 3..9);
    write(&mut writer, 1..2);
    writer.close().unwrap();
    let segment = &segments(folder.path()).unwrap()[0];
    assert_eq!(span_ns(segment).unwrap(), Some((packet(1, &[]).at_ns, packet(8, &[]).at_ns)));
    assert_eq!(begins_ns(segment).unwrap(), Some(packet(3, &[]).at_ns));
}
