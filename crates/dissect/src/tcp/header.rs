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

    /// Neither opens nor closes anything.
    pub(crate) fn is_plain(self) -> bool {
        self.0 & (Self::SYN | Self::FIN | Self::RST) == 0
    }
}

/// What the timestamps option says (RFC 7323 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamps {
    /// TSval: the sender's clock.
    pub(crate) value: u32,
    /// TSecr: the last clock value that the sender has seen of its peer.
    pub(crate) echo: u32,
}

/// Kinds of options (RFC 9293 §3.2, RFC 7323).
mod option {
    pub(super) const END: u8 = 0;
    pub(super) const NO_OPERATION: u8 = 1;
    pub(super) const WINDOW_SCALE: u8 = 3;
    pub(super) const TIMESTAMPS: u8 = 8;
}

/// The largest shift of a window (RFC 7323 §2.3).
const LARGEST_SCALE: u8 = 14;

/// One segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledgement: u32,
    pub(crate) flags: Flags,
    /// As in the header: not scaled.
    pub(crate) window: u16,
    /// The captured part of the options.
    options: &'a [u8],
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
            window: be16(header, 14),
            options: &packet.bytes[20..header_len.min(packet.bytes.len())],
            payload: packet.after(header_len),
        })
    }

    /// Sequence number of the first payload byte: a SYN takes one number itself.
    pub(crate) fn first_byte(&self) -> u32 {
        self.sequence.wrapping_add(self.flags.syn().into())
    }

    /// The timestamps option.
    pub(crate) fn timestamps(&self) -> Option<Timestamps> {
        // The layout that RFC 7323 appendix A recommends is what nearly everybody sends.
        if let [option::NO_OPERATION, option::NO_OPERATION, option::TIMESTAMPS, 10, body @ ..] = self.options {
            return timestamps(body);
        }
        self.option(option::TIMESTAMPS).filter(|body| body.len() == 8).and_then(timestamps)
    }

    /// The window scale option of a SYN, at most 14.
    pub(crate) fn window_scale(&self) -> Option<u8> {
        match self.option(option::WINDOW_SCALE)? {
            [shift] if self.flags.syn() => Some((*shift).min(LARGEST_SCALE)),
            _ => None,
        }
    }

    /// What the first option of this kind carries.
    fn option(&self, wanted: u8) -> Option<&'a [u8]> {
        let mut rest = self.options;
        loop {
            match rest {
                [] | [option::END, ..] => return None,
                [option::NO_OPERATION, after @ ..] => rest = after,
                [kind, length, after @ ..] => {
                    let body = after.get(..usize::from(*length).checked_sub(2)?)?;
                    if *kind == wanted {
                        return Some(body);
                    }
                    rest = &after[body.len()..];
                }
                [_] => return None,
            }
        }
    }
}

fn timestamps(body: &[u8]) -> Option<Timestamps> {
    (body.len() >= 8).then(|| Timestamps { value: be32(body, 0), echo: be32(body, 4) })
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

    fn with_options(flags: u8, options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 20];
        bytes[12] = (((20 + options.len()) / 4) << 4) as u8;
        bytes[13] = flags;
        bytes.extend_from_slice(options);
        bytes
    }

    #[test]
    fn timestamps_are_found_wherever_they_stand() {
        let expected = Some(Timestamps { value: 0x0102_0304, echo: 0x0506_0708 });
        let usual = with_options(0x10, &[1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(Segment::parse(Wire::whole(&usual)).unwrap().timestamps(), expected);
        let behind = with_options(0x02, &[2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7]);
        let segment = Segment::parse(Wire::whole(&behind)).unwrap();
        assert_eq!((segment.timestamps(), segment.window_scale()), (expected, Some(7)));
    }

    #[test]
    fn options_that_lie_about_their_length_end_the_list() {
        for options in [[8, 10, 0, 0], [8, 0, 3, 3], [3, 1, 0, 0], [8, 200, 1, 1], [5, 2, 8, 10], [0, 8, 10, 1]] {
            let bytes = with_options(0x02, &options);
            let segment = Segment::parse(Wire::whole(&bytes)).unwrap();
            assert_eq!((segment.timestamps(), segment.window_scale()), (None, None), "{options:?}");
        }
    }

    #[test]
    fn a_scale_beyond_the_largest_is_the_largest_and_counts_in_a_syn_only() {
        let scale = |flags| Segment::parse(Wire::whole(&with_options(flags, &[3, 3, 200, 0]))).unwrap().window_scale();
        assert_eq!((scale(0x02), scale(0x10)), (Some(14), None));
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
