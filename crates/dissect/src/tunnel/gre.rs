//! Generic routing encapsulation (RFC 2784, RFC 2890) and its PPTP variant (RFC 2637).

use super::Inner;
use crate::link::{self, EtherType};
use crate::wire::{Wire, be16};

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

const PPP: u16 = 0x880b;
const ERSPAN_2: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;

pub(super) fn open(payload: Wire<'_>) -> Option<Inner<'_>> {
    let (header, _) = payload.header::<4>("GRE").ok()?;
    let (flags, protocol) = (be16(header, 0), be16(header, 2));
    let version = flags & VERSION;
    if flags & ROUTING != 0 || version > 1 {
        return None;
    }
    let optional = |flag: u16| if flags & flag != 0 { 4 } else { 0 };
    let acknowledgement = if version == 1 { optional(ACKNOWLEDGEMENT) } else { 0 };
    let inner = payload.after(4 + optional(CHECKSUM) + optional(KEY) + optional(SEQUENCE) + acknowledgement);
    match protocol {
        PPP => Inner::opened("gre", |_| link::ppp(inner)),
        ERSPAN_2 if flags & SEQUENCE == 0 => Inner::ethernet("erspan", inner),
        ERSPAN_2 => Inner::ethernet("erspan", inner.after(8)),
        ERSPAN_3 => Inner::ethernet("erspan", inner.after(12)),
        _ => Inner::of_type("gre", EtherType(protocol), inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_fields_are_skipped() {
        let bytes = [0x30, 0x00, 0x08, 0x00, 0, 0, 0, 9, 0, 0, 0, 1, 0x45, 0];
        let expected = Inner { name: "gre", packet: Some(Wire::whole(&[0x45, 0])), vlan: None };
        assert_eq!(open(Wire::whole(&bytes)), Some(expected));
    }

    #[test]
    fn pptp_carries_ppp_behind_sequence_and_acknowledgement() {
        let bytes = [0x30, 0x81, 0x88, 0x0b, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0x03, 0x00, 0x21, 0x45];
        let expected = Inner { name: "gre", packet: Some(Wire::whole(&[0x45])), vlan: None };
        assert_eq!(open(Wire::whole(&bytes)), Some(expected));
    }
}
