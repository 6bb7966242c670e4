//! MPLS label stacks (RFC 3032), and the Ethernet pseudo-wires under them (RFC 4448).

use super::ethernet::looks_like_ethernet;
use super::{Opened, Tags, ethernet};
use crate::wire::{Malformed, Wire, be16};

const BOTTOM_OF_STACK: u8 = 0x01;

/// Sequence number and flags in front of a pseudo-wire's frame (RFC 4385 §3).
const CONTROL_WORD_BYTES: usize = 4;

/// Strips a label stack.
pub(super) fn open<'a>(mut payload: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    tags.tunnel.get_or_insert("mpls");
    loop {
        let (label, rest) = payload.header::<4>("MPLS")?;
        tags.enter()?;
        payload = rest;
        if label[2] & BOTTOM_OF_STACK != 0 {
            return below_labels(payload, tags);
        }
    }
}

/// What lies below is not announced. A packet begins with its version; a control word with a nibble of zeros, which a
/// frame without one may as well, since many makers' addresses do; an address may also look like a version.
fn below_labels<'a>(payload: Wire<'a>, tags: &mut Tags) -> Result<Opened<'a>, Malformed> {
    let version = payload.bytes.first().map(|first| first >> 4);
    let behind_control_word = payload.after(CONTROL_WORD_BYTES);
    match version {
        Some(4 | 6) if has_length_of_ip(payload) || !looks_like_ethernet(payload) => Ok(Opened::Ip(payload)),
        // A tagged frame read as if behind a control word looks like one that is not: its tag is as long.
        _ if looks_like_ethernet(payload) => ethernet(payload, tags),
        Some(0) if looks_like_ethernet(behind_control_word) => ethernet(behind_control_word, tags),
        _ => Ok(Opened::NotIp),
    }
}

/// Whether the length that an IP header says fits into the packet; `true` as well when it was not captured.
fn has_length_of_ip(packet: Wire<'_>) -> bool {
    match *packet.bytes {
        [first @ 0x40..=0x4f, _, ref length @ ..] if length.len() >= 2 => {
            let (header, total) = (usize::from(first & 0x0f) * 4, usize::from(be16(length, 0)));
            header >= 20 && (total == 0 || (header..=packet.len()).contains(&total))
        }
        [_, _, _, _, ref length @ ..] if length.len() >= 2 => 40 + usize::from(be16(length, 0)) <= packet.len(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [u8; 8] = [0, 0, 0x10, 64, 0, 0, 0x21, 64];

    fn opened<'a>(bytes: &'a [u8]) -> Opened<'a> {
        let mut tags = Tags::default();
        let opened = open(Wire::whole(bytes), &mut tags).unwrap();
        assert_eq!(tags.tunnel, Some("mpls"));
        opened
    }

    /// A frame to an address that begins with `first`, and the IPv4 packet in it.
    fn frame(first: u8) -> Vec<u8> {
        [&[first, 1, 2, 3, 4, 5, 2, 0, 0, 0, 0, 1, 8, 0][..], &IP].concat()
    }

    const IP: [u8; 20] = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

    #[test]
    fn a_label_stack_ends_at_its_bottom_bit() {
        assert_eq!(opened(&[&LABELS[..], &IP].concat()), Opened::Ip(Wire::whole(&IP)));
        assert_eq!(opened(&[&LABELS[..], &[0x60, 0]].concat()), Opened::Ip(Wire::whole(&[0x60, 0])));
    }

    #[test]
    fn a_pseudo_wire_is_opened_with_and_without_its_control_word() {
        for first in [0x00, 0x02, 0x10, 0x44, 0x60, 0x6a, 0xfe] {
            let frame = frame(first);
            for control_word in [&[][..], &[0, 0, 0, 9]] {
                let bytes = [&LABELS[..], control_word, &frame].concat();
                assert_eq!(opened(&bytes), Opened::Ip(Wire::whole(&IP)), "{first:#x} {control_word:?}");
            }
        }
    }

    #[test]
    fn other_pseudo_wires_and_their_signalling_are_not_ip() {
        assert_eq!(opened(&[&LABELS[..], &[0x10, 0, 0, 0x21, 1, 2, 3]].concat()), Opened::NotIp);
        assert_eq!(opened(&[&LABELS[..], &[0; 40]].concat()), Opened::NotIp);
        assert_eq!(opened(&LABELS), Opened::NotIp);
    }
}
