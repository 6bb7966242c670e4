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

fn over_ipv6(protocol: u8, inner: &[u8]) -> Vec<u8> {
    let [source, destination] = ["fd00::1", "fd00::2"].map(|ip| ip.parse().expect("an address"));
    ip_packet(source, destination, protocol, inner)
}

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    udp("10.0.0.1:50000", &format!("10.0.0.2:{port}"), &[header, inner].concat())
}

#[test]
fn the_inner_connection_is_the_flow_and_names_its_tunnel() {
    let cases: [(&str, Packets); 10] = [
        ("ipip", wrapped(Link::Raw, |inner| over_ip(4, &[], inner))),
        ("4in6", wrapped(Link::Raw, |inner| over_ipv6(4, inner))),
        ("etherip", wrapped(Link::Ethernet, |inner| over_ip(97, &[0x30, 0], inner))),
        ("ethernet", wrapped(Link::Ethernet, |inner| over_ipv6(143, inner))),
        ("gre", wrapped(Link::Raw, |inner| over_ip(47, &[0, 0, 8, 0], inner))),
        ("gre", wrapped(Link::Ethernet, |inner| over_ip(47, &[0x20, 0, 0x65, 0x58, 0, 0, 0, 9], inner))),
        ("vxlan", wrapped(Link::Ethernet, |inner| over_udp(4789, &[8, 0, 0, 0, 0, 0, 1, 0], inner))),
        ("vxlan-gpe", wrapped(Link::Raw, |inner| over_udp(4790, &[0x0c, 0, 0, 1, 0, 0, 1, 0], inner))),
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
fn ipv6_in_either_version_is_the_flow() {
    let inner = Conversation::udp("[fd00::7]:40000", "[fd00::8]:9").link(Link::Raw).client(b"hello").packets();
    let inner = &inner.0[0].bytes;
    let origin = [0, 0, 0x0f, 0xff, 1, 2, 3, 4];
    let cases =
        [("6in4", over_ip(41, &[], inner)), ("6in6", over_ipv6(41, inner)), ("teredo", over_udp(3544, &origin, inner))];
    for (name, bytes) in cases {
        let packet = CapturedPacket { at_ns: 0, link_type: 101, wire_len: bytes.len() as u32, bytes };
        let collected = read(&Packets(vec![packet]));
        let flow = collected.flow();
        assert_eq!((flow.tunnel, flow.client, flow.from_client.bytes), (Some(name), endpoint("[fd00::7]:40000"), 5));
    }
}

/// Ethernet frames of that type around what `wrap` makes of each packet.
fn framed(inner: Link, ether_type: u16, wrap: impl Fn(&[u8]) -> Vec<u8>) -> Packets {
    let header = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ether_type.to_be_bytes()].concat();
    let mut packets = wrapped(inner, |inner| [&header[..], &wrap(inner)].concat());
    packets.0.iter_mut().for_each(|packet| packet.link_type = 1);
    packets
}

#[test]
fn what_the_link_itself_is_wrapped_in_is_named_when_there_is_no_other_tunnel() {
    const LABELS: [u8; 8] = [0, 0, 0x10, 64, 0, 0, 0x21, 64];
    const SERVICE: [u8; 8] = [0x0f, 0xc2, 2, 3, 0, 0, 1, 255];
    let cases: [(&str, Packets); 5] = [
        ("mpls", framed(Link::Raw, 0x8847, |inner| [&LABELS, inner].concat())),
        ("mpls", framed(Link::Vlan(9), 0x8847, |inner| [&LABELS[..], &[0; 4], inner].concat())),
        ("mpls", framed(Link::QinQ(9, 10), 0x8847, |inner| [&LABELS, inner].concat())),
        ("nsh", framed(Link::Ethernet, 0x894f, |inner| [&SERVICE, inner].concat())),
        ("gre", framed(Link::Raw, 0x8847, |inner| [&LABELS[..], &over_ip(47, &[0, 0, 8, 0], inner)].concat())),
    ];
    for (name, packets) in cases {
        let collected = read(&packets);
        let flow = collected.flow();
        assert_eq!((flow.tunnel, flow.client, flow.from_client.bytes), (Some(name), endpoint("192.168.0.1:40000"), 5));
    }
    let pseudo_wire = framed(Link::Vlan(9), 0x8847, |inner| [&LABELS, inner].concat());
    assert_eq!(read(&pseudo_wire).flow().vlan, Some(9));
}

#[test]
fn a_tunnel_in_a_tunnel_has_the_outer_name() {
    let packets = wrapped(Link::Raw, |inner| over_ip(47, &[0, 0, 8, 0], &over_ip(4, &[], inner)));
    assert_eq!(read(&packets).flow().tunnel, Some("gre"));
    let over_labels = |inner: &[u8]| over_ip(47, &[0, 0, 0x88, 0x47], &[&[0, 0, 0x11, 64], inner].concat());
    assert_eq!(read(&wrapped(Link::Raw, over_labels)).flow().tunnel, Some("gre"));
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
