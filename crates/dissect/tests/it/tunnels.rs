//! Encapsulated traffic: the inner flow is the flow.

use std::net::Ipv4Addr;

use wirereel_testkit::{CapturedPacket, Conversation, Link, Packets, ip_packet, udp};

use crate::collect::{endpoint, read};

/// A conversation whose every packet is wrapped once more.
fn wrapped(inner: Link, wrap: impl Fn(&[u8]) -> Vec<u8>) -> Packets {
    let story = Conversation::tcp("192.168.0.1:40000", "192.168.0.2:9").link(inner);
    let mut packets = story.handshake().client(b"hello").close().packets();
    for packet in &mut packets.0 {
        let bytes = wrap(&packet.bytes);
        *packet = CapturedPacket { at_ns: packet.at_ns, link_type: 101, wire_len: bytes.len() as u32, bytes };
    }
    packets
}

fn over_ip(protocol: u8, header: &[u8], inner: &[u8]) -> Vec<u8> {
    ip_packet(Ipv4Addr::new(10, 0, 0, 1).into(), Ipv4Addr::new(10, 0, 0, 2).into(), protocol, &[header, inner].concat())
}

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    udp("10.0.0.1:50000", &format!("10.0.0.2:{port}"), &[header, inner].concat())
}

#[test]
fn the_inner_connection_is_the_flow_and_names_its_tunnel() {
    let cases: [(&str, Packets); 6] = [
        ("ipip", wrapped(Link::Raw, |inner| over_ip(4, &[], inner))),
        ("gre", wrapped(Link::Raw, |inner| over_ip(47, &[0, 0, 8, 0], inner))),
        ("gre", wrapped(Link::Ethernet, |inner| over_ip(47, &[0x20, 0, 0x65, 0x58, 0, 0, 0, 9], inner))),
        ("vxlan", wrapped(Link::Ethernet, |inner| over_udp(4789, &[8, 0, 0, 0, 0, 0, 1, 0], inner))),
        ("geneve", wrapped(Link::Ethernet, |inner| over_udp(6081, &[0, 0, 0x65, 0x58, 0, 0, 1, 0], inner))),
        (
            "gtp",
            wrapped(Link::Raw, |inner| {
                let length = (inner.len() as u16).to_be_bytes();
                over_udp(2152, &[0x30, 255, length[0], length[1], 0, 0, 0, 1], inner)
            }),
        ),
    ];
    for (name, packets) in cases {
        let collected = read(&packets);
        let flow = collected.flow();
        assert_eq!((flow.tunnel, flow.client, flow.from_client.bytes), (Some(name), endpoint("192.168.0.1:40000"), 5));
    }
}

#[test]
fn a_tunnel_in_a_tunnel_has_the_outer_name() {
    let packets = wrapped(Link::Raw, |inner| over_ip(47, &[0, 0, 8, 0], &over_ip(4, &[], inner)));
    assert_eq!(read(&packets).flow().tunnel, Some("gre"));
}

#[test]
fn endless_tunnels_are_given_up_and_counted() {
    let packets = wrapped(Link::Raw, |inner| (0..6).fold(inner.to_vec(), |inner, _| over_ip(4, &[], &inner)));
    let collected = read(&packets);
    assert_eq!((collected.flows.len(), collected.figures.limits_hit.tunnel_depth), (0, packets.0.len() as u64));
}

#[test]
fn an_unknown_protocol_is_a_flow_of_its_own() {
    let bytes = over_ip(89, b"ospf", b"");
    let collected =
        read(&Packets(vec![CapturedPacket { at_ns: 0, link_type: 101, wire_len: bytes.len() as u32, bytes }]));
    assert_eq!((collected.flow().transport.name(), collected.flow().from_client.bytes), ("ip-89".to_owned(), 4));
}
