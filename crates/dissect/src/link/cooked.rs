//! Linux "cooked" captures and Cisco HDLC: short headers that end in an EtherType.

use super::{EtherType, Opened, Tags, ethernet, open_ethertype};
use crate::wire::{Malformed, Wire, be16};

/// `LINKTYPE_LINUX_SLL`: 16 bytes, the protocol last.
pub(super) fn linux_sll<'a>(frame: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    let (header, payload) = frame.header::<16>("LINUX_SLL")?;
    protocol(be16(header, 14), payload, tags)
}

/// `LINKTYPE_LINUX_SLL2`: 20 bytes, the protocol first.
pub(super) fn linux_sll2<'a>(frame: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    let (header, payload) = frame.header::<20>("LINUX_SLL2")?;
    protocol(be16(header, 0), payload, tags)
}

/// `LINKTYPE_C_HDLC`: address, control, EtherType (RFC 1547 §4.3).
pub(super) fn cisco_hdlc<'a>(frame: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    let (header, payload) = frame.header::<4>("C_HDLC")?;
    open_ethertype(EtherType(be16(header, 2)), payload, tags)
}

fn protocol<'a>(protocol: u16, payload: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    /// `LINUX_SLL_P_802_2`: an LLC header follows.
    const LLC: u16 = 0x0004;
    match protocol {
        LLC => ethernet::llc(payload, tags),
        _ => open_ethertype(EtherType(protocol), payload, tags),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cooked_headers_lead_to_the_same_packet() {
        let mut first = vec![0u8; 14];
        first.extend([0x08, 0x00, 0x45]);
        let mut second = vec![0x08, 0x00];
        second.extend([0u8; 18]);
        second.push(0x45);
        let expected = Ok(Opened::Ip(Wire::whole(&[0x45])));
        assert_eq!(linux_sll(Wire::whole(&first), &mut Tags::default()), expected);
        assert_eq!(linux_sll2(Wire::whole(&second), &mut Tags::default()), expected);
    }
}
