//! The last snapshots, for moments of which no recording holds anything.

use std::collections::VecDeque;

use super::{COUNTS_FOR_US, Snapshot};

/// So many: ten minutes while somebody looks, more than an hour and a half while nobody does.
const SNAPSHOTS: usize = 600;

#[derive(Debug, Default)]
pub(crate) struct Ring(VecDeque<Snapshot>);

impl Ring {
    pub(crate) fn push(&mut self, snapshot: Snapshot) {
        if self.0.len() >= SNAPSHOTS {
            self.0.pop_front();
        }
        self.0.push_back(snapshot);
    }

    pub(crate) fn newest(&self) -> Option<&Snapshot> {
        self.0.back()
    }

    /// The newest at an instant, unless it is long before.
    pub(crate) fn at(&self, at_us: i64) -> Option<&Snapshot> {
        let found = self.0.iter().rev().find(|snapshot| snapshot.at_us <= at_us)?;
        (found.at_us > at_us.saturating_sub(COUNTS_FOR_US)).then_some(found)
    }

    /// Those of a time, in order.
    pub(crate) fn between(&self, from_us: i64, to_us: i64) -> impl Iterator<Item = &Snapshot> {
        self.0.iter().filter(move |snapshot| snapshot.at_us >= from_us && snapshot.at_us < to_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept_and_found_by_their_time() {
        let mut ring = Ring::default();
        for second in 0..SNAPSHOTS as i64 + 10 {
            ring.push(Snapshot::new(second * 1_000_000, Vec::new()));
        }
        assert_eq!(ring.0.len(), SNAPSHOTS);
        assert_eq!(ring.at(9_500_000), None, "it is gone");
        assert_eq!(ring.at(10_500_000).unwrap().at_us, 10_000_000);
        assert_eq!(ring.between(11_000_000, 14_000_000).count(), 3);
        let last_us = ring.newest().unwrap().at_us;
        assert_eq!(ring.at(last_us + COUNTS_FOR_US), None, "nothing was measured for long");
    }
}
