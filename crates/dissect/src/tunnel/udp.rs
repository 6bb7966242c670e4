//! Encapsulations in UDP: VXLAN (RFC 7348) and its generic extension, Geneve (RFC 8926), Teredo (RFC 4380) and GTP-U (3GPP TS 29.281).

use super::Inner;
use crate::link::{self, EtherType};
use crate::net::protocol;
use crate::wire::{Wire, be16};

const VXLAN_PORTS: [u16; 2] = [4789, 8472];
const VXLAN_GPE_PORT: u16 = 4790;
const GENEVE_PORT: u16 = 6081;
const TEREDO_PORT: u16 = 3544;
const GTP_U_PORT: u16 = 2152;

/// Opens the payload of a UDP datagram if its ports and its first bytes agree on a tunnel.
pub(crate) fn in_udp<'a>(source_port: u16, destination_port: u16, payload: Wire<'a>) -> Option<Inner<'a>> {
    if VXLAN_PORTS.contains(&destination_port) {
        vxlan(payload)
    } else if destination_port == VXLAN_GPE_PORT {
        vxlan_gpe(payload)
    } else if destination_port == GENEVE_PORT {
        geneve(payload)
    } else if source_port == TEREDO_PORT || destination_port == TEREDO_PORT {
        teredo(payload)
    } else if source_port == GTP_U_PORT || destination_port == GTP_U_PORT {
        gtp_u(payload)
    } else {
        teredo_between_peers(payload)
    }
}

fn vxlan(payload: Wire<'_>) -> Option<Inner<'_>> {
    const VNI_PRESENT: u8 = 0x08;
    let (header, frame) = payload.header::<8>("VXLAN").ok()?;
    if header[0] & VNI_PRESENT == 0 {
        return None;
    }
    Inner::ethernet("vxlan", frame)
}

/// VXLAN whose last reserved bits say what it carries, when the flag for that is set
/// (draft-ietf-nvo3-vxlan-gpe §3).
fn vxlan_gpe(payload: Wire<'_>) -> Option<Inner<'_>> {
    const VERSION: u8 = 0x30;
    const NEXT_PROTOCOL: u8 = 0x04;
    let (header, inner) = payload.header::<8>("VXLAN").ok()?;
    if header[0] & VERSION != 0 {
        return None;
    }
    if header[0] & NEXT_PROTOCOL == 0 {
        return vxlan(payload);
    }
    Inner::opened("vxlan-gpe", |tags| link::next_protocol(header[3], inner, tags))
}

fn geneve(payload: Wire<'_>) -> Option<Inner<'_>> {
    let (header, rest) = payload.header::<8>("Geneve").ok()?;
    let (version, options) = (header[0] >> 6, usize::from(header[0] & 0x3f) * 4);
    if version != 0 {
        return None;
    }
    Inner::of_type("geneve", EtherType(be16(header, 2)), rest.after(options))
}

/// Optional authentication and origin indications, then an IPv6 packet (RFC 4380 §5.1.1).
fn teredo(mut payload: Wire<'_>) -> Option<Inner<'_>> {
    if payload.bytes.starts_with(&[0, 1]) {
        let &[_, _, id_length, authentication_length, ..] = payload.bytes else { return None };
        payload = payload.after(4 + usize::from(id_length) + usize::from(authentication_length) + 9);
    }
    if payload.bytes.starts_with(&[0, 0]) {
        payload = payload.after(8);
    }
    let (header, rest) = payload.header::<40>("Teredo").ok()?;
    let length = usize::from(be16(header, 4));
    if header[0] >> 4 != 6 || length > rest.len() {
        return None;
    }
    // A bubble opens a path through a NAT and carries nothing (§2.8).
    let bubble = header[6] == protocol::NO_NEXT_HEADER;
    Some(Inner { name: "teredo", packet: (!bubble).then_some(payload), vlan: None })
}

/// Teredo clients and relays talk to each other on ports of their own: there only an IPv6 packet that fills the datagram
/// and has a Teredo address (2001::/32, RFC 4380 §2.6) at one end is taken for one.
fn teredo_between_peers(payload: Wire<'_>) -> Option<Inner<'_>> {
    const PREFIX: [u8; 4] = [0x20, 0x01, 0, 0];
    let (header, rest) = payload.header::<40>("Teredo").ok()?;
    let fills = header[0] >> 4 == 6 && usize::from(be16(header, 4)) == rest.len();
    let teredo_address = header[8..12] == PREFIX || header[24..28] == PREFIX;
    if fills && teredo_address { teredo(payload) } else { None }
}

fn gtp_u(payload: Wire<'_>) -> Option<Inner<'_>> {
    const VERSION_1_GTP: u8 = 0x30;
    const OPTIONAL_FIELDS: u8 = 0x07;
    const EXTENSION: u8 = 0x04;
    const G_PDU: u8 = 255;
    let (header, rest) = payload.header::<8>("GTP-U").ok()?;
    if header[0] & 0xf0 != VERSION_1_GTP || header[1] != G_PDU {
        return None;
    }
    let mut inner = rest.first(be16(header, 2).into());
    if header[0] & OPTIONAL_FIELDS != 0 {
        let (optional, after) = inner.header::<4>("GTP-U").ok()?;
        inner = after;
        let mut next = if header[0] & EXTENSION != 0 { optional[3] } else { 0 };
        while next != 0 {
            // Length in units of four bytes; the last byte names the next extension.
            let length = usize::from(*inner.bytes.first()?) * 4;
            next = *inner.bytes.get(length.checked_sub(1)?)?;
            inner = inner.after(length);
        }
    }
    let version = inner.bytes.first()? >> 4;
    (version == 4 || version == 6).then_some(Inner { name: "gtp", packet: Some(inner), vlan: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ethernet_ip() -> Vec<u8> {
        [&[0u8; 12][..], &[0x08, 0x00, 0x45]].concat()
    }

    #[test]
    fn vxlan_carries_ethernet() {
        let bytes = [&[8, 0, 0, 0, 0, 0, 1, 0][..], &ethernet_ip()].concat();
        let expected = Inner { name: "vxlan", packet: Some(Wire::whole(&[0x45])), vlan: None };
        assert_eq!(in_udp(50_000, 4789, Wire::whole(&bytes)), Some(expected));
    }

    #[test]
    fn vxlan_gpe_says_what_it_carries() {
        let service = [0x0f, 0xc2, 1, 3, 0, 0, 1, 255];
        for (next, inner) in [(1, vec![0x45]), (3, ethernet_ip()), (4, [&service[..], &ethernet_ip()].concat())] {
            let bytes = [&[0x0c, 0, 0, next, 0, 0, 1, 0][..], &inner].concat();
            let expected = Inner { name: "vxlan-gpe", packet: Some(Wire::whole(&[0x45])), vlan: None };
            assert_eq!(in_udp(50_000, 4790, Wire::whole(&bytes)), Some(expected));
        }
        let plain = [&[8, 0, 0, 0, 0, 0, 1, 0][..], &ethernet_ip()].concat();
        assert_eq!(in_udp(50_000, 4790, Wire::whole(&plain)).unwrap().name, "vxlan");
    }

    #[test]
    fn geneve_options_are_skipped() {
        let bytes = [&[1, 0, 0x65, 0x58, 0, 0, 1, 0, 9, 9, 9, 9][..], &ethernet_ip()].concat();
        let expected = Inner { name: "geneve", packet: Some(Wire::whole(&[0x45])), vlan: None };
        assert_eq!(in_udp(50_000, 6081, Wire::whole(&bytes)), Some(expected));
    }

    #[test]
    fn a_teredo_bubble_carries_nothing() {
        let mut packet = [0u8; 48];
        packet[8] = 0x60;
        packet[14] = protocol::NO_NEXT_HEADER;
        let expected = Inner { name: "teredo", packet: None, vlan: None };
        assert_eq!(in_udp(50_000, 3544, Wire::whole(&packet)), Some(expected));
    }

    #[test]
    fn what_does_not_look_like_a_tunnel_is_left_to_its_flow() {
        for port in [4789, 4790, 6081, 3544, 2152] {
            assert_eq!(in_udp(50_000, port, Wire::whole(b"\xc1hello, this is something else entirely, longer")), None);
        }
    }

    #[test]
    fn gtp_extension_headers_are_skipped() {
        let bytes = [0x34, 255, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0, 0x45];
        let expected = Inner { name: "gtp", packet: Some(Wire::whole(&[0x45])), vlan: None };
        assert_eq!(in_udp(2152, 2152, Wire::whole(&bytes)), Some(expected));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_on_any_port_are_opened_or_left_to_their_flow(bytes: Vec<u8>, ethernet: bool, cut in 0usize..9) {
            let bytes = if ethernet { [&bytes[..bytes.len().min(8)], &ethernet_ip()].concat() } else { bytes };
            for port in [4789, 4790, 8472, 6081, 3544, 2152, 9] {
                let wire = Wire { bytes: &bytes, cut };
                let inner = in_udp(50_000, port, wire).and_then(|inner| inner.packet);
                proptest::prop_assert!(inner.is_none_or(|packet| packet.len() <= wire.len()));
            }
        }
    }
}
