//! A histogram of durations that merges and takes back: what percentiles are read from.
//!
//! Classes are those of the store's latency histograms: every microsecond below 32 µs, then sixteen in each doubling, so that a figure
//! read from the middle of a class is at most 3 % off.

/// Classes in one doubling, as a power of two.
const OCTAVE_BITS: u32 = 4;
const PER_OCTAVE: u64 = 1 << OCTAVE_BITS;

/// Durations by class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// Ascending, none of them empty. A website's durations fall into few classes.
    counts: Vec<(u16, u32)>,
}

/// The class of a duration.
fn class_of(duration_us: u64) -> u16 {
    if duration_us < 2 * PER_OCTAVE {
        return duration_us as u16;
    }
    let shift = duration_us.ilog2() - OCTAVE_BITS;
    // At most (63 - 4) * 16 + 31.
    (u64::from(shift) * PER_OCTAVE + (duration_us >> shift)) as u16
}

/// The middle of a class.
fn middle_us(class: u16) -> u64 {
    let class = u64::from(class);
    if class < 2 * PER_OCTAVE {
        return class;
    }
    let shift = class / PER_OCTAVE - 1;
    let lower = (class - shift * PER_OCTAVE) << shift;
    lower + ((1 << shift) >> 1)
}

impl Histogram {
    /// From what [`Histogram::classes`] gives, in any order.
    pub fn of_classes(classes: impl IntoIterator<Item = (u16, u32)>) -> Self {
        let mut histogram = Self::default();
        classes.into_iter().for_each(|(class, count)| histogram.put(class, count));
        histogram
    }

    pub(crate) fn add(&mut self, duration_us: u64) {
        self.put(class_of(duration_us), 1);
    }

    fn put(&mut self, class: u16, more: u32) {
        match self.counts.binary_search_by_key(&class, |(class, _)| *class) {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(more),
            Err(at) => {
                if self.counts.len() == self.counts.capacity() {
                    self.counts.reserve_exact(4);
                }
                self.counts.insert(at, (class, more));
            }
        }
    }

    /// Takes back what was added.
    pub(crate) fn remove(&mut self, duration_us: u64) {
        if let Ok(at) = self.counts.binary_search_by_key(&class_of(duration_us), |(class, _)| *class) {
            match self.counts[at].1 {
                0 | 1 => drop(self.counts.remove(at)),
                count => self.counts[at].1 = count - 1,
            }
        }
    }

    /// Adds all that another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (class, count) in &other.counts {
            self.put(*class, *count);
        }
    }

    /// Durations in it.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// The duration that a share of all did not exceed, in microseconds; `None` when there is none.
    pub fn percentile_us(&self, share: f64) -> Option<u64> {
        let rank = ((share.clamp(0.0, 1.0) * self.total() as f64).ceil() as u64).max(1);
        let mut below = 0;
        let (class, _) = self.counts.iter().find(|(_, count)| {
            below += u64::from(*count);
            below >= rank
        })?;
        Some(middle_us(*class))
    }

    /// Classes that hold something with their counts, ascending.
    pub fn classes(&self) -> impl Iterator<Item = (u16, u32)> {
        self.counts.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_within_three_percent() {
        for duration in (0..60).map(|bit| 1_u64 << bit).flat_map(|d| [d, d + d / 3, d + d / 2, 2 * d - 1]) {
            let error = (middle_us(class_of(duration)) as f64 - duration as f64).abs() / duration as f64;
            assert!(error <= 0.0313, "{duration} {error}");
        }
    }

    #[test]
    fn percentiles_of_merged_histograms_are_those_of_all_durations() {
        let (mut left, mut right) = (Histogram::default(), Histogram::default());
        for value in 0..1_000_u64 {
            let side = if value.is_multiple_of(3) { &mut left } else { &mut right };
            side.add(value * value);
        }
        left.merge(&right);
        for (share, exact) in [(0.5, 499_u64), (0.95, 949), (0.99, 989), (1.0, 999)] {
            assert_eq!(left.percentile_us(share), Some(middle_us(class_of(exact * exact))));
        }
        assert_eq!(left.total(), 1_000);
        assert_eq!(Histogram::default().percentile_us(0.5), None);
    }
}
