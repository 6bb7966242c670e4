//! Captures that are cut off, lie, or are none.
#![allow(clippy::unwrap_used, reason = "also in what the tests share")]

mod captures;

use captures::*;
use proptest::prelude::*;
use wirereel_capture::CaptureError;

/// Cuts `bytes` at every byte: all packets that end before the cut come out, and a warning names the byte.
fn cut_everywhere(bytes: &[u8], ends: &[usize], header: usize, boundaries: &[usize]) {
    let (all, _) = read(bytes);
    for cut in 0..bytes.len() {
        let mut file = match open(&bytes[..cut]) {
            Ok(file) => file,
            Err(CaptureError::NotACapture { .. }) if cut < 4 => continue,
            Err(CaptureError::HeaderCut { found, .. }) if cut < header => {
                assert_eq!(found, cut);
                continue;
            }
            Err(error) => panic!("cut at {cut}: {error}"),
        };
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(drain(&mut file), all[..whole], "cut at {cut}");
        let proper = boundaries.contains(&cut);
        assert_eq!(file.truncated(), !proper, "cut at {cut}");
        if !proper {
            let warning = file.warnings().last().unwrap();
            assert_eq!(warning.position, cut as u64);
            assert!(warning.message.starts_with(&format!("cut off at byte {cut}: ")), "{}", warning.message);
        }
    }
}

#[test]
fn a_pcap_cut_at_any_byte_gives_the_packets_before() {
    let (bytes, ends) = three_packets();
    let boundaries = [&[24][..], &ends].concat();
    cut_everywhere(&bytes, &ends, 24, &boundaries);
}

#[test]
fn a_pcapng_cut_at_any_byte_gives_the_packets_before() {
    let (bytes, ends) = two_sections();
    let mut boundaries = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // Section headers, interfaces and packets alike: the length is in the section's byte order, and below 64 KiB.
        let total = &bytes[at + 4..at + 8];
        at += usize::from(total[0]) + usize::from(total[3]);
        boundaries.push(at);
    }
    cut_everywhere(&bytes, &ends, 28, &boundaries);
}

#[test]
fn cut_off_compressed_data_gives_what_it_holds() {
    let mut bytes = pcap_header(Order::Little, PCAP, 1);
    let mut noise = 1u64;
    for n in 0..8_000 {
        let packet: Vec<u8> = (0..50)
            .map(|_| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (noise >> 56) as u8
            })
            .collect();
        bytes.extend(pcap_record(Order::Little, PCAP, n, 0, 50, &packet));
    }
    let (all, _) = read(&bytes);
    for packed in [gzip(&bytes), zstd(&bytes)] {
        assert_eq!(read(&packed), (all.clone(), vec![]));
        let mut file = open(&packed[..packed.len() / 2]).unwrap();
        let some = drain(&mut file);
        assert!(some.len() < all.len() && all.starts_with(&some), "{} packets", some.len());
        assert!(file.truncated());
        assert!(file.warnings()[0].message.starts_with("the compressed data cannot be read past"));
    }
    let start = open(&zstd(&bytes)[..100]).err().unwrap().to_string();
    assert!(start.starts_with("not a capture file: it is zstd data that cannot be decompressed: "), "{start}");
}

#[test]
fn several_gzip_members_are_one_capture() {
    let (bytes, _) = three_packets();
    let packed = [gzip(&bytes[..30]), gzip(&bytes[30..])].concat();
    assert_eq!(read(&packed), read(&bytes));
}

#[test]
fn a_lying_length_in_a_pcap_ends_reading_where_it_stands() {
    let (mut bytes, ends) = three_packets();
    bytes[ends[0] + 8..ends[0] + 12].copy_from_slice(&300_000u32.to_le_bytes());
    let (packets, warnings) = read(&bytes);
    assert_eq!(packets.len(), 1);
    assert_eq!(
        warnings,
        [format!(
            "{0}: unreadable from byte {0} on: it claims a packet of 300000 bytes, more than the 262144 that any capture tool writes",
            ends[0]
        )]
    );
}

#[test]
fn a_lying_length_inside_a_pcapng_block_costs_only_that_packet() {
    let order = Order::Little;
    let mut bytes = [section(order), interface(order, 1, 0, &[])].concat();
    let place = bytes.len();
    bytes.extend(enhanced(order, 0, 1, 3, b"abc"));
    bytes[place + 20..place + 24].copy_from_slice(&77u32.to_le_bytes());
    bytes.extend(enhanced(order, 9, 2, 3, b"def"));
    bytes.extend(enhanced(order, 0, 3, 3, b"ghi"));
    let (packets, warnings) = read(&bytes);
    assert_eq!(packets.iter().map(|packet| &packet.bytes[..]).collect::<Vec<_>>(), [b"ghi"]);
    assert_eq!(
        warnings,
        [
            format!("{place}: 1 block left out: it claims a packet of 77 bytes in a block that has room for 4"),
            format!("{}: 1 packet left out: interface 9 is not described before", place + 36),
        ]
    );
}

#[test]
fn a_block_whose_two_lengths_differ_ends_reading() {
    let order = Order::Big;
    let mut bytes = [section(order), interface(order, 1, 0, &[])].concat();
    let place = bytes.len();
    bytes.extend(enhanced(order, 0, 1, 4, b"abcd"));
    let last = bytes.len() - 1;
    bytes[last] = 0x28;
    let (packets, warnings) = read(&bytes);
    assert_eq!(packets, []);
    assert_eq!(
        warnings,
        [format!("{place}: unreadable from byte {place} on: it begins with length 36 and ends with length 40")]
    );
}

#[test]
fn a_block_too_long_to_be_held_is_stepped_over() {
    let order = Order::Little;
    let mut bytes = [section(order), interface(order, 1, 0, &[])].concat();
    let place = bytes.len();
    bytes.extend(block(order, 0x0bad, &vec![1; 3 << 20]));
    bytes.extend(block(order, 10, &vec![1; 3 << 20]));
    bytes.extend(enhanced(order, 0, 3, 3, b"ghi"));
    let (packets, warnings) = read(&bytes);
    assert_eq!(packets.len(), 1);
    assert_eq!(warnings, [format!("{place}: 1 block of type 0xbad left out: too long to be held")]);
}

#[test]
fn what_is_no_capture_is_named() {
    let told = |bytes: &[u8]| open(bytes).err().unwrap().to_string();
    assert_eq!(told(b""), "not a capture file: it looks like an empty file");
    assert_eq!(told(b"\x89PNG\r\n\x1a\n..."), "not a capture file: it looks like a PNG image");
    assert_eq!(told(&gzip(b"%PDF-1.4 ...")), "not a capture file: it is gzip of what looks like a PDF document");
    assert_eq!(told(&zstd(&gzip(b"hello"))), "not a capture file: it is zstd of gzip of what looks like text");
    assert_eq!(
        told(&gzip(&gzip(&gzip(&three_packets().0)))),
        "not a capture file: it is gzip of gzip of what looks like compressed data again: decompress it by hand first"
    );
    let mut future = section(Order::Little);
    future[12] = 2;
    assert_eq!(told(&future), "a pcapng capture with a header that cannot be read: its version 2.0 is not known");
    assert_eq!(
        told(&section(Order::Big)[..10]),
        "a pcapng capture cut off inside its header: 10 of 28 bytes are there"
    );
}

#[test]
fn a_missing_file_is_an_error_with_its_path() {
    let error = wirereel_capture::CaptureFile::open("no/such.pcap".as_ref()).err().unwrap().to_string();
    assert!(error.starts_with("cannot open no/such.pcap: "), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_after_a_good_header_are_read_or_refused(kind in 0..4usize, tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut bytes = match kind {
            0 => pcap_header(Order::Little, PCAP, 1),
            1 => pcap_header(Order::Big, PCAP_MODIFIED, 1),
            2 => [section(Order::Little), interface(Order::Little, 1, 0, &[])].concat(),
            _ => section(Order::Big),
        };
        bytes.extend(tail);
        let mut file = open(&bytes).unwrap();
        for packet in drain(&mut file) {
            prop_assert!(packet.position < bytes.len() as u64);
        }
    }

    #[test]
    fn a_changed_byte_never_panics_and_keeps_the_packets_before(at in 0..400usize, value: u8, pcapng: bool) {
        let (mut bytes, ends) = if pcapng { two_sections() } else { three_packets() };
        let before = read(&bytes).0;
        let at = at % bytes.len();
        bytes[at] = value;
        if let Ok(mut file) = open(&bytes) {
            let packets = drain(&mut file);
            // A pcap's header says how all packets are read; a pcapng's describes interfaces before the first packet.
            if at >= ends[0] {
                let whole = ends.iter().filter(|end| **end <= at).count();
                prop_assert_eq!(&packets[..whole], &before[..whole]);
            }
        }
    }
}
