//! PPP (RFC 1661), with or without HDLC framing (RFC 1662), and PPPoE sessions (RFC 2516).

use super::{Opened, Tags};
use crate::wire::{Malformed, Wire, be16};

/// Opens a PPP frame: optional address and control bytes, a protocol of one or two bytes, the packet.
pub(crate) fn ppp(frame: Wire<'_>) -> Result<Opened<'_>, Malformed> {
    const ADDRESS_AND_CONTROL: [u8; 2] = [0xff, 0x03];
    let frame = if frame.bytes.starts_with(&ADDRESS_AND_CONTROL) { frame.after(2) } else { frame };
    let (&[first], rest) = frame.header::<1>("PPP")?;
    // An odd first byte is a compressed protocol number (RFC 1661 §6.5).
    let (protocol, payload) = if first & 1 == 1 {
        (first.into(), rest)
    } else {
        let (both, rest) = frame.header::<2>("PPP")?;
        (u16::from_be_bytes(*both), rest)
    };
    match protocol {
        0x0021 | 0x0057 => Ok(Opened::Ip(payload)),
        _ => Ok(Opened::NotIp),
    }
}

/// Opens a PPPoE session packet; its length field bounds the PPP frame.
pub(super) fn pppoe_session<'a>(packet: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    tags.tunnel.get_or_insert("pppoe");
    let (header, payload) = packet.header::<6>("PPPoE")?;
    ppp(payload.first(be16(header, 4).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_control_bytes_and_protocol_compression_are_optional() {
        for frame in
            [&[0xff, 0x03, 0x00, 0x21, 0x45][..], &[0x00, 0x21, 0x45], &[0x21, 0x45], &[0xff, 0x03, 0x57, 0x45]]
        {
            assert_eq!(ppp(Wire::whole(frame)), Ok(Opened::Ip(Wire::whole(&[0x45]))));
        }
        assert_eq!(ppp(Wire::whole(&[0xc0, 0x21, 1])), Ok(Opened::NotIp), "LCP");
    }

    #[test]
    fn the_pppoe_length_drops_padding() {
        let packet = [0x11, 0, 0, 1, 0, 3, 0x00, 0x21, 0x45, 0, 0, 0];
        let mut tags = Tags::default();
        assert_eq!(pppoe_session(Wire::whole(&packet), &mut tags), Ok(Opened::Ip(Wire::whole(&[0x45]))));
        assert_eq!(tags.tunnel, Some("pppoe"));
    }
}
