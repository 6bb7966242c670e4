//! IPv6 (RFC 8200) and its extension headers.

use std::net::Ipv6Addr;

use super::{Datagram, Fragment};
use crate::wire::{Malformed, Wire, be16, be32};

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const HOST_IDENTITY: u8 = 139;
const SHIM6: u8 = 140;

/// Extension headers in one packet before it counts as nonsense.
const MOST_EXTENSIONS: usize = 16;

/// Strips the header and every extension header before the payload or the first fragment.
pub(super) fn open(packet: Wire<'_>) -> Result<Datagram<'_>, Malformed> {
    let (header, rest) = packet.header::<40>("IPv6")?;
    let payload = match usize::from(be16(header, 4)) {
        // Segmentation offload, or a jumbogram (RFC 2675).
        0 => rest,
        length => rest.claimed(length),
    };
    let mut datagram = Datagram {
        source: address(header, 8).into(),
        destination: address(header, 24).into(),
        protocol: header[6],
        payload,
        fragment: None,
    };
    for _ in 0..MOST_EXTENSIONS {
        if !extension(&mut datagram)? {
            return Ok(datagram);
        }
    }
    Err(Malformed::Field { layer: "IPv6", field: "extension count", value: MOST_EXTENSIONS + 1 })
}

/// Strips one extension header; false when there is none, or nothing behind it can be read yet.
fn extension(datagram: &mut Datagram<'_>) -> Result<bool, Malformed> {
    let length = |units: u8| match datagram.protocol {
        // In units of four bytes, minus two (RFC 4302 §2.2); the others eight, minus one.
        AUTHENTICATION => (usize::from(units) + 2) * 4,
        _ => (usize::from(units) + 1) * 8,
    };
    match datagram.protocol {
        HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY | HOST_IDENTITY | SHIM6 | AUTHENTICATION => {
            let (&[next, units], _) = datagram.payload.header::<2>("IPv6")?;
            datagram.payload = datagram.payload.after(length(units));
            datagram.protocol = next;
            Ok(true)
        }
        FRAGMENT => {
            let (header, rest) = datagram.payload.header::<8>("IPv6")?;
            let field = be16(header, 2);
            let fragment =
                Fragment { identification: be32(header, 4), offset: usize::from(field & 0xfff8), more: field & 1 != 0 };
            datagram.protocol = header[0];
            datagram.payload = rest;
            // An atomic fragment is a whole datagram (RFC 6946).
            if fragment.offset == 0 && !fragment.more {
                return Ok(true);
            }
            datagram.fragment = Some(fragment);
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// Strips the extension headers of a datagram put together from fragments, whose first header is `protocol`.
pub(super) fn after_reassembly<'a>(mut datagram: Datagram<'a>) -> Result<Datagram<'a>, Malformed> {
    for _ in 0..MOST_EXTENSIONS {
        let goes_on = extension(&mut datagram)?;
        if let Some(fragment) = datagram.fragment {
            return Err(Malformed::Field { layer: "IPv6", field: "fragment in a fragment", value: fragment.offset });
        }
        if !goes_on {
            return Ok(datagram);
        }
    }
    Err(Malformed::Field { layer: "IPv6", field: "extension count", value: MOST_EXTENSIONS + 1 })
}

fn address(header: &[u8; 40], at: usize) -> Ipv6Addr {
    let mut octets = [0; 16];
    octets.copy_from_slice(&header[at..at + 16]);
    octets.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(next_header: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 0, next_header, 64];
        bytes[4..6].copy_from_slice(&(payload.len() as u16).to_be_bytes());
        bytes.extend([0x20; 16]);
        bytes.extend([0x30; 16]);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn extension_headers_are_stripped_until_the_transport() {
        let hop_by_hop = [DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0];
        let destination = [AUTHENTICATION, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let authentication = [6, 4, 0, 0].iter().copied().chain([0; 20]).collect::<Vec<_>>();
        let bytes = packet(HOP_BY_HOP, &[&hop_by_hop[..], &destination, &authentication, &[9, 9]].concat());
        let datagram = open(Wire::whole(&bytes)).unwrap();
        assert_eq!((datagram.protocol, datagram.payload), (6, Wire::whole(&[9, 9])));
    }

    #[test]
    fn an_atomic_fragment_is_a_whole_datagram() {
        let bytes = packet(FRAGMENT, &[17, 0, 0, 0, 0, 0, 0, 7, 1, 2]);
        let datagram = open(Wire::whole(&bytes)).unwrap();
        assert_eq!((datagram.protocol, datagram.payload, datagram.fragment), (17, Wire::whole(&[1, 2]), None));
    }

    #[test]
    fn a_real_fragment_keeps_its_place() {
        let bytes = packet(FRAGMENT, &[17, 0, 0, 0x11, 0, 0, 0, 7, 1, 2]);
        let expected = Fragment { identification: 7, offset: 16, more: true };
        assert_eq!(open(Wire::whole(&bytes)).unwrap().fragment, Some(expected));
    }

    #[test]
    fn an_endless_chain_of_extensions_is_malformed() {
        let bytes = packet(HOP_BY_HOP, &[HOP_BY_HOP, 0, 0, 0, 0, 0, 0, 0].repeat(40));
        assert!(open(Wire::whole(&bytes)).is_err());
    }
}
