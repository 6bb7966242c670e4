//! Packets lost, by the second and the place.

use std::collections::BTreeMap;

use wirereel_whisper::{Loss, LostWhere};

/// Seconds remembered while nobody can be told; older ones are added together in the oldest.
const MOST_SECONDS: usize = 3_600;

/// Counts until it is asked.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    by_second: BTreeMap<(i64, bool), (u64, u64)>,
}

impl Losses {
    pub(crate) fn count(&mut self, at_ns: i64, place: LostWhere, packets: u64, bytes: u64) {
        if packets == 0 {
            return;
        }
        let mut key = (at_ns.div_euclid(1_000_000_000), place == LostWhere::Queue);
        if self.by_second.len() >= MOST_SECONDS && !self.by_second.contains_key(&key) {
            key = self.by_second.keys().next().copied().unwrap_or(key);
        }
        let lost = self.by_second.entry(key).or_default();
        lost.0 += packets;
        lost.1 += bytes;
    }

    /// What was lost since the last time, and forgets it.
    pub(crate) fn take(&mut self) -> Vec<Loss> {
        let told = |((second, in_queue), (packets, bytes))| Loss {
            second,
            place: if in_queue { LostWhere::Queue } else { LostWhere::Kernel },
            packets,
            bytes,
        };
        std::mem::take(&mut self.by_second).into_iter().map(told).collect()
    }

    /// Takes back what could not be told.
    pub(crate) fn put_back(&mut self, losses: Vec<Loss>) {
        for loss in losses {
            self.count(loss.second.saturating_mul(1_000_000_000), loss.place, loss.packets, loss.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_add_up_by_second_and_place() {
        let mut losses = Losses::default();
        losses.count(1_500_000_000, LostWhere::Queue, 2, 100);
        losses.count(1_900_000_000, LostWhere::Queue, 1, 50);
        losses.count(1_900_000_000, LostWhere::Kernel, 7, 0);
        losses.count(2_000_000_000, LostWhere::Queue, 0, 0);
        let told = losses.take();
        assert_eq!(told.len(), 2);
        assert_eq!(told[1], Loss { second: 1, place: LostWhere::Queue, packets: 3, bytes: 150 });
        losses.put_back(told.clone());
        assert_eq!(losses.take(), told);
        assert_eq!(losses.take(), []);
    }

    #[test]
    fn a_long_silence_of_the_receiver_costs_no_memory_and_no_packet() {
        let mut losses = Losses::default();
        for second in 0..10_000 {
            losses.count(second * 1_000_000_000, LostWhere::Queue, 1, 1);
        }
        let told = losses.take();
        assert!(told.len() <= MOST_SECONDS);
        assert_eq!(told.iter().map(|loss| loss.packets).sum::<u64>(), 10_000);
    }
}
