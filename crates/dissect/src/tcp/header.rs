//! A TCP segment's header (RFC 9293 §3.1).

use crate::wire::{Malformed, Wire, be16, be32};

/// The control bits that matter to a connection's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    pub(crate) const FIN: u8 = 0x01;
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const RST: u8 = 0x04;
    pub(crate) const ACK: u8 = 0x10;

    pub(crate) fn fin(self) -> bool {
        self.0 & Self::FIN != 0
    }
    pub(crate) fn syn(self) -> bool {
        self.0 & Self::SYN != 0
    }
    pub(crate) fn rst(self) -> bool {
        self.0 & Self::RST != 0
    }
    pub(crate) fn ack(self) -> bool {
        self.0 & Self::ACK != 0
    }
}

/// One segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledgement: u32,
    pub(crate) flags: Flags,
    pub(crate) payload: Wire<'a>,
}

impl<'a> Segment<'a> {
    /// Reads the header; the checksum is not looked at (offload).
    pub(crate) fn parse(packet: Wire<'a>) -> Result<Self, Malformed> {
        let (header, _) = packet.header::<20>("TCP")?;
        let header_len = usize::from(header[12] >> 4) * 4;
        if header_len < 20 || header_len > packet.len() {
            return Err(Malformed::Field { layer: "TCP", field: "header length", value: header_len });
        }
        Ok(Self {
            source_port: be16(header, 0),
            destination_port: be16(header, 2),
            sequence: be32(header, 4),
            acknowledgement: be32(header, 8),
            flags: Flags(header[13]),
            payload: packet.after(header_len),
        })
    }

    /// Sequence number of the first payload byte: a SYN takes one number itself.
    pub(crate) fn first_byte(&self) -> u32 {
        self.sequence.wrapping_add(self.flags.syn().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_not_payload() {
        let mut bytes = vec![0, 80, 0x9c, 0x40, 0, 0, 0, 1, 0, 0, 0, 2, 0x60, 0x12, 0, 0, 0, 0, 0, 0, 2, 4, 5, 0xb4];
        bytes.extend(b"hi");
        let segment = Segment::parse(Wire::whole(&bytes)).unwrap();
        assert_eq!((segment.source_port, segment.destination_port), (80, 40_000));
        assert_eq!((segment.first_byte(), segment.acknowledgement), (2, 2));
        assert!(segment.flags.syn() && segment.flags.ack() && !segment.flags.fin() && !segment.flags.rst());
        assert_eq!(segment.payload, Wire::whole(b"hi"));
    }

    #[test]
    fn options_that_were_not_captured_leave_the_payload_uncaptured() {
        let mut bytes = vec![0; 20];
        bytes[12] = 0x80;
        assert_eq!(Segment::parse(Wire::captured(&bytes, 132)).unwrap().payload, Wire { bytes: &[], cut: 100 });
    }

    #[test]
    fn a_lying_header_length_is_malformed() {
        let mut bytes = vec![0; 20];
        bytes[12] = 0x40;
        assert!(Segment::parse(Wire::whole(&bytes)).is_err());
        bytes[12] = 0xf0;
        assert!(Segment::parse(Wire::whole(&bytes)).is_err());
    }
}
