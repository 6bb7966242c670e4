//! Every format, byte order and resolution.

mod captures;

use captures::*;

const BOTH: [Order; 2] = [Order::Little, Order::Big];

#[test]
fn pcap_in_both_byte_orders_and_three_variants() {
    for order in BOTH {
        for (magic, fraction, expected_ns) in
            [(PCAP, 250_000, 10_250_000_000), (PCAP_NS, 250_000, 10_000_250_000), (PCAP_MODIFIED, 1, 10_000_001_000)]
        {
            let mut bytes = pcap_header(order, magic, 101);
            bytes.extend(pcap_record(order, magic, 10, fraction, 1500, b"packet"));
            bytes.extend(pcap_record(order, magic, 11, 0, 4, b"next"));
            let (packets, warnings) = read(&bytes);
            assert_eq!(warnings, Vec::<String>::new());
            let next = if magic == PCAP_MODIFIED { 24 + 24 + 6 } else { 24 + 16 + 6 };
            assert_eq!(
                packets,
                [
                    Seen { at_ns: expected_ns, link_type: 101, wire_len: 1500, position: 24, bytes: b"packet".into() },
                    Seen { at_ns: 11_000_000_000, link_type: 101, wire_len: 4, position: next, bytes: b"next".into() },
                ],
                "{order:?} {magic:#x}"
            );
        }
    }
}

#[test]
fn the_format_is_told_in_words() {
    let told = |bytes: &[u8]| open(bytes).unwrap().format().to_string();
    assert_eq!(told(&pcap_header(Order::Little, PCAP, 1)), "pcap");
    assert_eq!(told(&gzip(&pcap_header(Order::Big, PCAP_NS, 1))), "gzip of pcap, nanoseconds, big-endian");
    assert_eq!(told(&zstd(&gzip(&section(Order::Big)))), "zstd of gzip of pcapng");
}

#[test]
fn checksum_bits_beside_the_link_type_are_not_part_of_it() {
    assert_eq!(open(&pcap_header(Order::Little, PCAP, 0x5400_0071)).unwrap().link_types()[0].0, 113);
}

#[test]
fn a_raw_link_type_written_unmapped_is_raw() {
    for number in [12, 14] {
        assert_eq!(open(&pcap_header(Order::Big, PCAP, number)).unwrap().link_types()[0].name(), "RAW");
    }
}

#[test]
fn a_packet_longer_than_the_snap_length_is_given_whole() {
    let mut bytes = pcap_header(Order::Little, PCAP, 1);
    bytes.extend(pcap_record(Order::Little, PCAP, 1, 0, 70_000, &vec![7; 70_000]));
    let (packets, warnings) = read(&bytes);
    assert_eq!((packets[0].bytes.len(), warnings.len()), (70_000, 0));
}

#[test]
fn a_pcapng_interface_gives_resolution_offset_and_link_type() {
    for order in BOTH {
        let option = |code, value: &[u8]| option(order, code, value);
        let mut bytes = section(order);
        bytes.extend(interface(order, 1, 0, &[]));
        bytes.extend(interface(order, 113, 0, &[option(2, b"eth0"), option(9, &[9])]));
        bytes.extend(interface(order, 276, 0, &[option(9, &[0x80 | 10]), option(14, &order.u64(100))]));
        bytes.extend(interface(order, 0, 0, &[option(9, &[3]), option(14, &order.u64(-2i64 as u64)), option(0, &[])]));
        for id in 0..4 {
            bytes.extend(enhanced(order, id, 2_048, 3, b"abc"));
        }
        let (packets, warnings) = read(&bytes);
        assert_eq!(warnings, Vec::<String>::new());
        let told: Vec<_> = packets.iter().map(|packet| (packet.link_type, packet.at_ns)).collect();
        assert_eq!(told, [(1, 2_048_000), (113, 2_048), (276, 102_000_000_000), (0, 48_000_000)], "{order:?}");
    }
}

#[test]
fn sections_have_their_own_byte_order_and_interfaces() {
    let (bytes, ends) = two_sections();
    let mut file = open(&bytes).unwrap();
    let packets = drain(&mut file);
    let told: Vec<_> = packets.iter().map(|packet| (packet.link_type, packet.at_ns, packet.wire_len)).collect();
    assert_eq!(told, [(1, 5, 60), (113, 7_000, 2), (1, 5, 60), (113, 7_000, 2)]);
    assert_eq!(ends.len(), packets.len());
    assert_eq!(file.link_types().iter().map(|link_type| link_type.0).collect::<Vec<_>>(), [1, 113]);
    let warning = &file.warnings()[0];
    assert_eq!((warning.position, &*warning.message), (ends[0] as u64, "2 blocks of unknown type 0xbad left out"));
    assert!(!file.truncated());
}

#[test]
fn simple_and_old_packet_blocks_are_packets() {
    for order in BOTH {
        let mut bytes = section(order);
        bytes.extend(interface(order, 1, 4, &[]));
        let mut old = [order.u16(0), order.u16(9)].concat();
        for field in [0, 3_000_000, 3, 99] {
            old.extend(order.u32(field));
        }
        old.extend(b"old");
        bytes.extend(block(order, 2, &old));
        let simple = [&order.u32(6)[..], b"simp"].concat();
        bytes.extend(block(order, 3, &simple));
        let (packets, warnings) = read(&bytes);
        let told: Vec<_> = packets.iter().map(|packet| (packet.at_ns, packet.wire_len, &packet.bytes[..])).collect();
        assert_eq!(told, [(3_000_000_000, 99, &b"old"[..]), (3_000_000_000, 6, b"simp")]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].ends_with("1 packet without a time: given the time of the packet before"), "{warnings:?}");
    }
}

#[test]
fn losses_and_names_are_told() {
    let order = Order::Big;
    let mut bytes = section(order);
    bytes.extend(interface(order, 1, 0, &[]));
    for lost in [3u64, 5] {
        let mut contents = [order.u32(0), [0; 4], [0; 4]].concat();
        contents.extend(option(order, 4, &order.u64(1_000)));
        contents.extend(option(order, 5, &order.u64(lost)));
        contents.extend(option(order, 7, &order.u64(10)));
        bytes.extend(block(order, 5, &contents));
    }
    let mut names = option(order, 1, b"\x0a\x00\x00\x07cart\x00cart.local\x00");
    names.extend(option(order, 2, &[&[0; 15][..], &[1], b"localhost\0"].concat()));
    names.extend(option(order, 1, b"\x0a"));
    names.extend(option(order, 0, &[]));
    bytes.extend(block(order, 4, &names));
    bytes.extend(block(order, 10, b"CLIENT_RANDOM"));
    let mut file = open(&bytes).unwrap();
    assert_eq!(drain(&mut file), []);
    assert_eq!(file.dropped(), 15);
    let told: Vec<_> = file.name_resolutions().iter().map(|(ip, names)| format!("{ip} {}", names.join(" "))).collect();
    assert_eq!(told, ["10.0.0.7 cart cart.local", "::1 localhost"]);
    assert_eq!(file.warnings(), []);
}

#[test]
fn progress_counts_bytes_on_disk() {
    let packed = gzip(&three_packets().0);
    let mut file = open(&packed).unwrap();
    drain(&mut file);
    assert_eq!((file.bytes_read(), file.bytes_total()), (packed.len() as u64, packed.len() as u64));
}
