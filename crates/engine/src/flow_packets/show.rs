//! A packet as panes show it.

use wirereel_dissect::record::{SegmentSeen, Side, Verdict};
use wirereel_query::answer::FlowPacket;

/// TCP's control bits in the order in which people name them (RFC 9293 §3.1, RFC 3168 §6.1).
const FLAGS: [(u8, &str); 8] = [
    (0x02, "SYN"),
    (0x01, "FIN"),
    (0x04, "RST"),
    (0x08, "PSH"),
    (0x10, "ACK"),
    (0x20, "URG"),
    (0x40, "ECE"),
    (0x80, "CWR"),
];

/// Verdicts, the most telling first.
const TELLING: [Verdict; 12] = [
    Verdict::ConflictingOverlap,
    Verdict::GapBefore,
    Verdict::Retransmission,
    Verdict::ZeroWindow,
    Verdict::OutOfOrder,
    Verdict::Overlap,
    Verdict::OutOfWindow,
    Verdict::ZeroWindowProbe,
    Verdict::WindowUpdate,
    Verdict::DuplicateAck,
    Verdict::KeepAlive,
    Verdict::KeepAliveAck,
];

pub(super) fn packet(index: u64, segment: &SegmentSeen) -> FlowPacket {
    FlowPacket {
        index,
        at_us: segment.at_ns.div_euclid(1_000),
        at_ns_rest: segment.at_ns.rem_euclid(1_000) as u16,
        position: segment.position,
        from_client: segment.side == Side::Client,
        sequence: segment.sequence,
        acknowledgement: segment.acknowledgement,
        flags: flags(segment.flags),
        payload_bytes: segment.payload_bytes,
        window_bytes: segment.window_bytes,
        verdicts: segment.verdicts.iter().map(|verdict| verdict.name().to_owned()).collect(),
        missed_bytes: segment.missed_bytes,
    }
}

fn flags(bits: u8) -> String {
    FLAGS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

/// The verdict that a single mark is drawn by.
pub(super) fn most_telling(verdicts: &[Verdict]) -> Option<Verdict> {
    TELLING.into_iter().find(|verdict| verdicts.contains(verdict))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_words_in_the_usual_order() {
        assert_eq!([flags(0x02), flags(0x12), flags(0x11), flags(0)], ["SYN", "SYN ACK", "FIN ACK", ""]);
    }

    #[test]
    fn a_hole_tells_more_than_the_duplicate_acks_it_causes() {
        assert_eq!(most_telling(&[Verdict::DuplicateAck, Verdict::GapBefore]), Some(Verdict::GapBefore));
        assert_eq!(most_telling(&[]), None);
    }
}
