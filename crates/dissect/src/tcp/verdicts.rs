//! What a segment turned out to be: several things at once, in two bytes.

use super::header::Segment;
use super::reassembly::Added;
use crate::record::Verdict;

/// A set of [`Verdict`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Verdicts(u16);

/// In ascending order.
const ALL: [Verdict; 12] = [
    Verdict::Retransmission,
    Verdict::OutOfOrder,
    Verdict::Overlap,
    Verdict::ConflictingOverlap,
    Verdict::KeepAlive,
    Verdict::KeepAliveAck,
    Verdict::ZeroWindow,
    Verdict::ZeroWindowProbe,
    Verdict::WindowUpdate,
    Verdict::DuplicateAck,
    Verdict::GapBefore,
    Verdict::OutOfWindow,
];

impl Verdicts {
    pub(super) fn insert(&mut self, verdict: Verdict) {
        self.0 |= 1 << verdict as u16;
    }

    pub(crate) fn contains(self, verdict: Verdict) -> bool {
        self.0 & (1 << verdict as u16) != 0
    }

    /// In ascending order.
    pub(crate) fn list(self) -> Vec<Verdict> {
        ALL.into_iter().filter(|verdict| self.contains(*verdict)).collect()
    }
}

/// What one segment showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Findings {
    pub(crate) verdicts: Verdicts,
    /// Offset of its first payload byte in its sender's stream; 0 before that is known.
    pub(crate) offset: u64,
    /// Offset that it acknowledges in the peer's stream.
    pub(crate) acknowledged: Option<u64>,
    /// In bytes, scaled where both ends said by how much.
    pub(crate) window_bytes: u32,
    /// Bytes of the peer that it shows to be missing.
    pub(crate) missed: u64,
    /// The first time in this connection that bytes were sent again with other contents.
    pub(crate) first_conflict: bool,
}

impl Findings {
    /// Judges payload by what was captured before it. Holes tell late segments from repeated ones: a copy of a segment that
    /// was lost before the capture point fills a hole as well, and is called out of order.
    pub(super) fn judge(&mut self, added: Added, segment: &Segment<'_>, control_repeated: bool) {
        if added.late {
            self.verdicts.insert(Verdict::OutOfOrder);
        } else if added.repeated || control_repeated && added.new_bytes == 0 {
            self.verdicts.insert(Verdict::Retransmission);
        }
        if added.new_bytes > 0 && added.new_bytes < segment.payload.bytes.len() as u64 {
            self.verdicts.insert(Verdict::Overlap);
        }
        if added.differing > 0 {
            self.verdicts.insert(Verdict::ConflictingOverlap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_each_verdict_once_and_in_order() {
        assert!(ALL.is_sorted());
        let mut verdicts = Verdicts::default();
        for verdict in [Verdict::OutOfWindow, Verdict::Retransmission, Verdict::OutOfWindow] {
            verdicts.insert(verdict);
        }
        assert_eq!(verdicts.list(), [Verdict::Retransmission, Verdict::OutOfWindow]);
    }
}
