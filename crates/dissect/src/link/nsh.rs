//! Network service headers (RFC 8300 §2): the path of a packet through services, in front of it.

use super::{EtherType, Opened, Tags, ethernet, open_ethertype};
use crate::wire::{Malformed, Wire};

/// Base and service path headers, which every one has.
const MIN_BYTES: usize = 8;

/// Opens what a service header leads to.
pub(super) fn open<'a>(packet: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    tags.tunnel.get_or_insert("nsh");
    let (header, _) = packet.header::<MIN_BYTES>("NSH")?;
    let (version, length) = (header[0] >> 6, usize::from(header[1] & 0x3f) * 4);
    if version != 0 {
        return Ok(Opened::NotIp);
    }
    if length < MIN_BYTES {
        return Err(Malformed::Field { layer: "NSH", field: "length", value: length });
    }
    next_protocol(header[3], packet.after(length), tags)
}

/// Opens what a number of the registry that NSH and VXLAN-GPE share stands for.
pub(crate) fn next_protocol<'a>(number: u8, inner: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    match number {
        1 => open_ethertype(EtherType::IPV4, inner, tags),
        2 => open_ethertype(EtherType::IPV6, inner, tags),
        3 => ethernet(inner, tags),
        4 => open_ethertype(EtherType::NSH, inner, tags),
        5 => open_ethertype(EtherType::MPLS, inner, tags),
        _ => Ok(Opened::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service header of eight bytes and four of metadata.
    fn header(next: u8) -> [u8; 12] {
        [0x0f, 0xc3, 2, next, 0, 0, 1, 255, 0, 0, 0, 0]
    }

    #[test]
    fn metadata_is_skipped_and_headers_may_follow_each_other() {
        let frame = [&[0; 12][..], &[8, 0, 0x45]].concat();
        for bytes in [
            [&header(1)[..], &[0x45]].concat(),
            [&header(3)[..], &frame].concat(),
            [&header(4)[..], &header(1), &[0x45]].concat(),
        ] {
            let mut tags = Tags::default();
            assert_eq!(open(Wire::whole(&bytes), &mut tags), Ok(Opened::Ip(Wire::whole(&[0x45]))));
            assert_eq!(tags.tunnel, Some("nsh"));
        }
    }

    #[test]
    fn a_length_below_its_own_is_malformed_and_a_chain_ends() {
        let mut short = header(1);
        short[1] = 0xc1;
        let expected = Err(Malformed::Field { layer: "NSH", field: "length", value: 4 });
        assert_eq!(open(Wire::whole(&short), &mut Tags::default()), expected);
        assert!(open(Wire::whole(&header(4).repeat(1000)), &mut Tags::default()).is_err());
    }
}
