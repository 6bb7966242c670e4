//! IPv4 (RFC 791).

use std::net::Ipv4Addr;

use super::{Datagram, Fragment};
use crate::wire::{Malformed, Wire, be16, be32};

const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

/// Strips the header and options; the checksum is not looked at, since capturing hosts leave it to the network card.
pub(super) fn open(packet: Wire<'_>) -> Result<Datagram<'_>, Malformed> {
    let (header, _) = packet.header::<20>("IPv4")?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    if header_len < 20 {
        return Err(Malformed::Field { layer: "IPv4", field: "header length", value: header_len });
    }
    let packet = match usize::from(be16(header, 2)) {
        // Segmentation offload: the card would have filled it in.
        0 => packet,
        total if total < header_len => {
            return Err(Malformed::Field { layer: "IPv4", field: "total length", value: total });
        }
        // Longer than the frame: the rest was not captured, or a fragment of a quoted packet was cut.
        total => packet.claimed(total),
    };
    let fragment_field = be16(header, 6);
    let fragment = (fragment_field & (MORE_FRAGMENTS | OFFSET) != 0).then(|| Fragment {
        identification: be16(header, 4).into(),
        offset: usize::from(fragment_field & OFFSET) * 8,
        more: fragment_field & MORE_FRAGMENTS != 0,
    });
    Ok(Datagram {
        source: Ipv4Addr::from(be32(header, 12)).into(),
        destination: Ipv4Addr::from(be32(header, 16)).into(),
        protocol: header[9],
        payload: packet.after(header_len),
        fragment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(total_length: u16) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0xde, 0xad, 10, 0, 0, 1, 10, 0, 0, 2];
        bytes[2..4].copy_from_slice(&total_length.to_be_bytes());
        bytes
    }

    #[test]
    fn ethernet_padding_is_not_payload() {
        let bytes = [header(22), vec![1, 2, 0, 0, 0, 0]].concat();
        let datagram = open(Wire::whole(&bytes)).unwrap();
        assert_eq!(datagram.payload, Wire::whole(&[1, 2]));
        assert_eq!(datagram.fragment, None, "don't fragment is not a fragment");
    }

    #[test]
    fn a_total_length_of_zero_means_all_that_was_captured() {
        let bytes = [header(0), vec![1, 2, 3]].concat();
        assert_eq!(open(Wire::whole(&bytes)).unwrap().payload, Wire::whole(&[1, 2, 3]));
    }

    #[test]
    fn what_the_snap_length_took_is_counted_from_the_total_length() {
        let bytes = [header(120), vec![1, 2, 3]].concat();
        assert_eq!(open(Wire::captured(&bytes, 120)).unwrap().payload, Wire { bytes: &[1, 2, 3], cut: 97 });
    }

    #[test]
    fn fragments_say_where_they_belong() {
        let mut bytes = [header(24), vec![1, 2, 3, 4]].concat();
        bytes[6..8].copy_from_slice(&0x2003u16.to_be_bytes());
        let expected = Fragment { identification: 0x1234, offset: 24, more: true };
        assert_eq!(open(Wire::whole(&bytes)).unwrap().fragment, Some(expected));
    }

    #[test]
    fn a_lying_header_length_is_malformed() {
        let mut bytes = header(20);
        bytes[0] = 0x44;
        assert_eq!(
            open(Wire::whole(&bytes)),
            Err(Malformed::Field { layer: "IPv4", field: "header length", value: 16 })
        );
    }
}
