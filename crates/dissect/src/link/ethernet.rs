//! Ethernet II, and IEEE 802.3 with LLC and SNAP.

use super::{EtherType, Opened, Tags, open_ethertype};
use crate::wire::{Malformed, Wire, be16};

/// Type/length values up to here are lengths (IEEE 802.3 §3.2.6).
pub(super) const LARGEST_LENGTH: u16 = 1500;

/// Whether the bytes could be a frame: its type is one that is opened here, or ARP.
pub(super) fn looks_like_ethernet(frame: Wire<'_>) -> bool {
    const ARP: u16 = 0x0806;
    let ether_type = frame.bytes.get(12..14).map(|bytes| be16(bytes, 0));
    ether_type.is_some_and(|ether_type| ether_type == ARP || EtherType(ether_type).is_known())
}

/// Opens a frame that begins with its destination address.
pub(crate) fn ethernet<'a>(frame: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    let (header, payload) = frame.header::<14>("Ethernet")?;
    let type_or_length = be16(header, 12);
    if type_or_length <= LARGEST_LENGTH {
        return llc(payload.first(type_or_length.into()), tags);
    }
    open_ethertype(EtherType(type_or_length), payload, tags)
}

/// IEEE 802.2 logical link control: IP directly by its SAP, or through SNAP (RFC 1042).
pub(super) fn llc<'a>(payload: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    const SAP_IP: u8 = 0x06;
    const SAP_SNAP: u8 = 0xaa;
    const UNNUMBERED: u8 = 0x03;

    let Ok((&[dsap, ssap, control], rest)) = payload.header::<3>("LLC") else {
        return Ok(Opened::NotIp);
    };
    match (dsap, ssap, control) {
        (SAP_IP, SAP_IP, UNNUMBERED) => Ok(Opened::Ip(rest)),
        (SAP_SNAP, SAP_SNAP, UNNUMBERED) => {
            let (snap, rest) = rest.header::<5>("SNAP")?;
            // Any organisation code but "encapsulated Ethernet" means a private protocol.
            if snap[..3] == [0, 0, 0] {
                open_ethertype(EtherType(be16(snap, 3)), rest, tags)
            } else {
                Ok(Opened::NotIp)
            }
        }
        _ => Ok(Opened::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(after_addresses: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0u8; 12];
        bytes.extend_from_slice(after_addresses);
        bytes
    }

    #[test]
    fn an_802_3_length_bounds_the_snap_payload() {
        let bytes = frame(&[0, 10, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45, 0x46, 0xff, 0xff]);
        let opened = ethernet(Wire::whole(&bytes), &mut Tags::default());
        assert_eq!(opened, Ok(Opened::Ip(Wire::whole(&[0x45, 0x46]))));
    }

    #[test]
    fn spanning_tree_is_not_ip() {
        let bytes = frame(&[0, 38, 0x42, 0x42, 3, 0, 0, 0]);
        assert_eq!(ethernet(Wire::whole(&bytes), &mut Tags::default()), Ok(Opened::NotIp));
    }

    #[test]
    fn a_frame_cut_inside_its_header_is_malformed() {
        let expected = Malformed::Short { layer: "Ethernet", needed: 14, found: 5 };
        assert_eq!(ethernet(Wire::captured(&[0; 5], 60), &mut Tags::default()), Err(expected));
    }
}
