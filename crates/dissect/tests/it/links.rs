//! Every link type leads to the same flow.

use wirereel_testkit::{CapturedPacket, Conversation, Link, Packets, ip_packet, udp};

use crate::collect::read;

#[test]
fn the_same_conversation_is_read_from_every_link_type() {
    for (client, server) in [("10.0.0.1:40000", "10.0.0.2:9"), ("[fd00::1]:40000", "[fd00::2]:9")] {
        for link in Link::all() {
            let packets = Conversation::tcp(client, server).link(link).handshake().client(b"hello").close().packets();
            let collected = read(&packets);
            let flow = collected.flow();
            assert_eq!(
                (flow.from_client.bytes, flow.from_client.packets, flow.history.as_str()),
                (5, 5, "ShADFf"),
                "{link:?}"
            );
            let vlan = match link {
                Link::Vlan(id) | Link::QinQ(id, _) => Some(id),
                _ => None,
            };
            assert_eq!(flow.vlan, vlan, "{link:?}");
            assert_eq!(flow.tunnel, (link == Link::Pppoe).then_some("pppoe"), "{link:?}");
            assert!(collected.problems.is_empty());
        }
    }
}

#[test]
fn padding_of_short_frames_is_not_payload() {
    let collected = read(&Conversation::udp("10.0.0.1:40000", "10.0.0.2:9").client(b"x").packets());
    assert_eq!(collected.flow().from_client.bytes, 1);
}

#[test]
fn link_types_that_cannot_be_read_are_reported_once_and_counted() {
    let packet = CapturedPacket { at_ns: 0, link_type: 147, bytes: vec![0; 40], wire_len: 40 };
    let collected = read(&Packets(vec![packet; 5]));
    assert_eq!((collected.figures.unsupported_link, collected.problems.len()), (5, 1));
    assert_eq!(collected.problems[0].message, "link type 147 (unknown) cannot be read");
}

#[test]
fn arp_is_no_problem_and_no_flow() {
    let mut bytes = vec![0xff; 12];
    bytes.extend([0x08, 0x06]);
    bytes.resize(60, 0);
    let collected = read(&Packets(vec![CapturedPacket { at_ns: 0, link_type: 1, wire_len: 60, bytes }]));
    assert_eq!((collected.figures.not_ip, collected.flows.len(), collected.problems.len()), (1, 0, 0));
}

#[test]
fn malformed_packets_are_counted_reported_and_passed_over() {
    let good = Conversation::udp("10.0.0.1:40000", "10.0.0.2:9").client(b"x").packets();
    let mut bad = good.0[0].clone();
    bad.bytes[14] = 0x4f;
    bad.bytes.truncate(40);
    bad.wire_len = 40;
    let collected = read(&Packets(vec![bad, good.0[0].clone()]));
    assert_eq!((collected.figures.malformed_network, collected.flows.len()), (1, 1));
    assert_eq!(collected.problems[0].message, "IPv4 total length cannot be 29");
}

#[test]
fn a_fragmented_datagram_is_one_packet_of_its_flow() {
    let payload = vec![7; 3_000];
    let whole = udp("10.0.0.1:40000", "10.0.0.2:9", &payload);
    let transport = &whole[20..];
    let fragment = |offset: usize, len: usize| {
        let part = &transport[offset..(offset + len).min(transport.len())];
        let mut bytes = ip_packet("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), 17, part);
        let more = offset + len < transport.len();
        let field = (offset as u16 / 8) | if more { 0x2000 } else { 0 };
        bytes[4..6].copy_from_slice(&[0, 42]);
        bytes[6..8].copy_from_slice(&field.to_be_bytes());
        CapturedPacket { at_ns: 0, link_type: 101, wire_len: bytes.len() as u32, bytes }
    };
    let collected = read(&Packets(vec![fragment(2_400, 1_200), fragment(0, 1_200), fragment(1_200, 1_200)]));
    let flow = collected.flow();
    assert_eq!((flow.from_client.packets, flow.from_client.bytes), (1, 3_000));
    assert_eq!(collected.spans[0].positions, [0, 1, 2]);
    assert_eq!((collected.figures.fragments, collected.figures.reassembled), (3, 1));
}
