//! What an EtherType stands for: IP, or one more tag, label or session to strip.

use super::{Opened, Tags, ethernet, mpls, nsh, ppp};
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
    pub(crate) const MPLS: Self = Self(0x8847);
    const MPLS_MULTICAST: Self = Self(0x8848);
    const PPPOE_SESSION: Self = Self(0x8864);
    pub(crate) const NSH: Self = Self(0x894f);

    /// Whether it is one that is opened here.
    pub(super) fn is_known(self) -> bool {
        matches!(self, Self::IPV4 | Self::IPV6 | Self::MPLS | Self::MPLS_MULTICAST | Self::PPPOE_SESSION | Self::NSH)
            || self.is_vlan()
    }

    fn is_vlan(self) -> bool {
        matches!(self, Self::VLAN | Self::PROVIDER_VLAN | Self::OLD_QINQ | Self::OLDER_QINQ)
    }
}

/// Follows tags from `ether_type` on until an IP packet or something else is found.
pub(crate) fn open_ethertype<'a>(
    mut ether_type: EtherType,
    mut payload: Wire<'a>,
    tags: &mut Tags,
) -> Result<Opened<'a>, Malformed> {
    tags.enter()?;
    while ether_type.is_vlan() {
        let (tag, rest) = payload.header::<4>("VLAN")?;
        tags.enter()?;
        tags.vlan.get_or_insert(be16(tag, 0) & 0x0fff);
        ether_type = EtherType(be16(tag, 2));
        payload = rest;
        if ether_type.0 <= ethernet::LARGEST_LENGTH {
            return ethernet::llc(payload.first(ether_type.0.into()), tags);
        }
    }
    match ether_type {
        EtherType::IPV4 | EtherType::IPV6 => Ok(Opened::Ip(payload)),
        EtherType::MPLS | EtherType::MPLS_MULTICAST => mpls::open(payload, tags),
        EtherType::PPPOE_SESSION => ppp::pppoe_session(payload, tags),
        EtherType::NSH => nsh::open(payload, tags),
        _ => Ok(Opened::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_vlan_id_is_kept() {
        let mut tags = Tags::default();
        let bytes = [0x20, 0x64, 0x81, 0x00, 0x00, 0x0a, 0x08, 0x00, 0x45];
        let opened = open_ethertype(EtherType::PROVIDER_VLAN, Wire::whole(&bytes), &mut tags);
        assert_eq!((opened, tags.vlan), (Ok(Opened::Ip(Wire::whole(&[0x45]))), Some(100)));
    }

    #[test]
    fn endless_tags_are_malformed() {
        let bytes = [0x00, 0x01, 0x81, 0x00].repeat(40);
        assert!(open_ethertype(EtherType::VLAN, Wire::whole(&bytes), &mut Tags::default()).is_err());
    }

    #[test]
    fn frames_in_frames_come_to_an_end() {
        let snap = [0x00, 0x01, 0x00, 0xff, 0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0x00].repeat(10_000);
        let pseudo_wire = [&[0, 0, 0x11, 64, 0, 0, 0, 0][..], &[0; 12], &[0x88, 0x47]].concat().repeat(10_000);
        for (ether_type, bytes) in [(EtherType::VLAN, snap), (EtherType::MPLS, pseudo_wire)] {
            assert!(open_ethertype(ether_type, Wire::whole(&bytes), &mut Tags::default()).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_behind_any_type_are_opened_or_refused(bytes: Vec<u8>, again: bool, cut in 0usize..9) {
            let known = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8864, 0x894f];
            for number in known {
                // Types inside make deeper layers likely.
                let bytes = if again { [&bytes[..bytes.len().min(13)], &[0x81, 0], &bytes].concat() } else { bytes.clone() };
                let wire = Wire { bytes: &bytes, cut };
                if let Ok(Opened::Ip(packet)) = open_ethertype(EtherType(number), wire, &mut Tags::default()) {
                    proptest::prop_assert!(packet.len() <= wire.len());
                }
            }
        }
    }
}
