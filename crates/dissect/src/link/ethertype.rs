//! What an EtherType stands for: IP, or one more tag, label or session to strip.

use super::{Opened, ethernet, ppp};
use crate::wire::{Malformed, Wire, be16};

/// An EtherType as registered with IEEE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EtherType(pub(crate) u16);

impl EtherType {
    pub(crate) const IPV4: Self = Self(0x0800);
    pub(crate) const IPV6: Self = Self(0x86dd);
    pub(crate) const TRANSPARENT_ETHERNET: Self = Self(0x6558);
    const VLAN: Self = Self(0x8100);
    const PROVIDER_VLAN: Self = Self(0x88a8);
    const OLD_QINQ: Self = Self(0x9100);
    const OLDER_QINQ: Self = Self(0x9200);
    const MPLS: Self = Self(0x8847);
    const MPLS_MULTICAST: Self = Self(0x8848);
    const PPPOE_SESSION: Self = Self(0x8864);
}

/// Tags or labels in one frame before it counts as nonsense.
const MOST_TAGS: usize = 16;

/// Follows tags from `ether_type` on until an IP packet or something else is found.
pub(crate) fn open_ethertype<'a>(
    mut ether_type: EtherType,
    mut payload: Wire<'a>,
    vlan: &mut Option<u16>,
) -> Result<Opened<'a>, Malformed> {
    for _ in 0..MOST_TAGS {
        match ether_type {
            EtherType::IPV4 | EtherType::IPV6 => return Ok(Opened::Ip(payload)),
            EtherType::VLAN | EtherType::PROVIDER_VLAN | EtherType::OLD_QINQ | EtherType::OLDER_QINQ => {
                let (tag, rest) = payload.header::<4>("VLAN")?;
                vlan.get_or_insert(be16(tag, 0) & 0x0fff);
                ether_type = EtherType(be16(tag, 2));
                payload = rest;
                if ether_type.0 <= 1500 {
                    return ethernet::llc(payload.first(ether_type.0.into()), vlan);
                }
            }
            EtherType::MPLS | EtherType::MPLS_MULTICAST => return mpls(payload, vlan),
            EtherType::PPPOE_SESSION => return ppp::pppoe_session(payload),
            _ => return Ok(Opened::NotIp),
        }
    }
    Err(Malformed::Field { layer: "VLAN", field: "tag count", value: MOST_TAGS + 1 })
}

/// Strips a label stack (RFC 3032). What lies below is not announced: the first nibble tells IP from a pseudo-wire.
fn mpls<'a>(mut payload: Wire<'a>, vlan: &mut Option<u16>) -> Result<Opened<'a>, Malformed> {
    const BOTTOM_OF_STACK: u8 = 0x01;
    for _ in 0..MOST_TAGS {
        let (label, rest) = payload.header::<4>("MPLS")?;
        payload = rest;
        if label[2] & BOTTOM_OF_STACK != 0 {
            return match payload.bytes.first().map(|first| first >> 4) {
                Some(4 | 6) => Ok(Opened::Ip(payload)),
                // A control word of zeros announces Ethernet (RFC 4448 §4.6).
                Some(0) => ethernet(payload.after(4), vlan),
                _ => Ok(Opened::NotIp),
            };
        }
    }
    Err(Malformed::Field { layer: "MPLS", field: "label count", value: MOST_TAGS + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_vlan_id_is_kept() {
        let mut vlan = None;
        let bytes = [0x20, 0x64, 0x81, 0x00, 0x00, 0x0a, 0x08, 0x00, 0x45];
        let opened = open_ethertype(EtherType::PROVIDER_VLAN, Wire::whole(&bytes), &mut vlan);
        assert_eq!((opened, vlan), (Ok(Opened::Ip(Wire::whole(&[0x45]))), Some(100)));
    }

    #[test]
    fn a_label_stack_ends_at_its_bottom_bit() {
        let bytes = [0, 0, 0x10, 64, 0, 0, 0x21, 64, 0x60, 0];
        let opened = open_ethertype(EtherType::MPLS, Wire::whole(&bytes), &mut None);
        assert_eq!(opened, Ok(Opened::Ip(Wire::whole(&[0x60, 0]))));
    }

    #[test]
    fn endless_tags_are_malformed() {
        let bytes = [0x00, 0x01, 0x81, 0x00].repeat(40);
        assert!(open_ethertype(EtherType::VLAN, Wire::whole(&bytes), &mut None).is_err());
    }
}
