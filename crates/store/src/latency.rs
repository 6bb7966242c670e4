//! Latency classes: a logarithmic histogram that merges, and percentiles read from it.
//!
//! A class is linear inside an octave: 16 classes per doubling, so a class is 3 % to 6 % wide and a figure read from its
//! middle is at most 3 % off. Below 32 µs every microsecond is its own class. The class of a duration is computed from
//! its row by the database, in one macro.

use std::collections::BTreeMap;

/// Classes in one doubling of the latency, as a power of two.
const OCTAVE_BITS: u32 = 4;
const PER_OCTAVE: u64 = 1 << OCTAVE_BITS;

/// Classes of all durations that 64 bits can say.
const CLASSES: usize = (u64::BITS as usize - 1 - OCTAVE_BITS as usize) * PER_OCTAVE as usize + 2 * PER_OCTAVE as usize;

/// The class of a duration in microseconds, as a SQL expression over a column; below zero is zero.
pub(crate) fn class_of_sql(us: &str) -> String {
    let (octave, first) = (PER_OCTAVE, 2 * PER_OCTAVE);
    let shift = format!("(floor(log2({us}))::BIGINT - {OCTAVE_BITS})");
    format!(
        "(CASE WHEN {us} < 0 THEN 0 WHEN {us} < {first} THEN {us} ELSE {shift} * {octave} + ({us} >> {shift}) END)::USMALLINT"
    )
}

/// The class of a duration in microseconds: what [`class_of_sql`] is held against.
pub fn class_of(duration_us: u64) -> u16 {
    if duration_us < 2 * PER_OCTAVE {
        return duration_us as u16;
    }
    let shift = duration_us.ilog2() - OCTAVE_BITS;
    // At most (63 - 4) * 16 + 31, far below u16::MAX.
    (u64::from(shift) * PER_OCTAVE + (duration_us >> shift)) as u16
}

/// The middle of a class, in microseconds: what is shown for it.
pub(crate) fn middle_us(class: u16) -> u64 {
    let class = u64::from(class);
    if class < 2 * PER_OCTAVE {
        return class;
    }
    let shift = class / PER_OCTAVE - 1;
    let lower = (class - shift * PER_OCTAVE) << shift;
    lower + ((1 << shift) >> 1)
}

/// [`middle_us`] as a SQL expression over a column that holds a class.
pub(crate) fn middle_us_sql(class: &str) -> String {
    let (octave, first) = (PER_OCTAVE, 2 * PER_OCTAVE);
    let wide = format!("({class})::BIGINT");
    let shift = format!("({wide} // {octave} - 1)");
    format!(
        "CASE WHEN {class} IS NULL THEN NULL WHEN {wide} < {first} THEN {wide} \
         ELSE (({wide} - {shift} * {octave}) << {shift}) + ((1::BIGINT << {shift}) >> 1) END"
    )
}

/// How many durations fell into each class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<u16, u64>,
    total: u64,
}

impl Histogram {
    /// Counts durations of a class, see [`class_of`].
    pub fn add(&mut self, class: u16, count: u64) {
        *self.counts.entry(class).or_default() += count;
        self.total += count;
    }

    /// Adds what another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (&class, &count) in &other.counts {
            self.add(class, count);
        }
    }

    /// Classes that hold something with their counts, ascending.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (u16, u64)> {
        self.counts.iter().map(|(class, count)| (*class, *count))
    }

    /// Durations in all classes.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The value that `share` of all did not exceed, in microseconds, within 3 %; `None` when empty.
    pub fn percentile_us(&self, share: f64) -> Option<u64> {
        let rank = ((share * self.total as f64).ceil() as u64).max(1);
        let mut below = 0;
        self.counts
            .iter()
            .find(|(_, count)| {
                below += **count;
                below >= rank
            })
            .map(|(&class, _)| middle_us(class))
    }
}

/// A histogram that is filled, read and emptied many times: one array, of which only what was touched is looked at.
pub(crate) struct Scratch {
    counts: Vec<u64>,
    lowest: usize,
    /// Beyond the highest class.
    beyond: usize,
    total: u64,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { counts: vec![0; CLASSES], lowest: usize::MAX, beyond: 0, total: 0 }
    }
}

impl Scratch {
    pub(crate) fn add(&mut self, class: u16, count: u64) {
        let class = usize::from(class).min(self.counts.len() - 1);
        self.counts[class] += count;
        self.lowest = self.lowest.min(class);
        self.beyond = self.beyond.max(class + 1);
        self.total += count;
    }

    /// Adds what another one holds.
    pub(crate) fn take_in(&mut self, other: &Self) {
        for class in other.lowest..other.beyond {
            self.counts[class] += other.counts[class];
        }
        self.lowest = self.lowest.min(other.lowest);
        self.beyond = self.beyond.max(other.beyond);
        self.total += other.total;
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// As [`Histogram::percentile_us`].
    pub(crate) fn percentile_us(&self, share: f64) -> Option<u64> {
        let rank = ((share * self.total as f64).ceil() as u64).max(1);
        let mut below = 0;
        let class = (self.lowest..self.beyond).find(|class| {
            below += self.counts[*class];
            below >= rank
        })?;
        Some(middle_us(class as u16))
    }

    pub(crate) fn clear(&mut self) {
        if self.lowest < self.beyond {
            self.counts[self.lowest..self.beyond].fill(0);
        }
        (self.lowest, self.beyond, self.total) = (usize::MAX, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_rise_with_the_duration_and_never_skip() {
        let mut last = 0;
        for duration in 0..200_000 {
            let class = class_of(duration);
            assert!(class == last || class == last + 1, "{duration} µs jumps from class {last} to {class}");
            last = class;
        }
    }

    #[test]
    fn the_database_finds_the_same_classes() {
        let connection = duckdb::Connection::open_in_memory().unwrap();
        let sql = format!("SELECT {} FROM (SELECT ?::BIGINT AS us)", class_of_sql("us"));
        let powers = (0..45).map(|bit| 1_u64 << bit).flat_map(|us| [us - 1, us, us + 1, us + us / 3, us + us / 2]);
        for us in (0..2_000).chain(powers) {
            let class: u16 = connection.query_row(&sql, [us as i64], |row| row.get(0)).unwrap();
            assert_eq!(class, class_of(us), "{us} µs");
        }
        let before_its_start: u16 = connection.query_row(&sql, [-5_i64], |row| row.get(0)).unwrap();
        assert_eq!(before_its_start, 0);
        assert!(connection.query_row(&sql, [i64::MAX], |row| row.get::<_, u16>(0)).is_ok());
    }

    #[test]
    fn the_middle_of_a_class_is_within_three_percent() {
        for duration in (0..60).map(|bit| 1_u64 << bit).flat_map(|d| [d, d + d / 3, d + d / 2, 2 * d - 1]) {
            let shown = middle_us(class_of(duration)) as f64;
            let error = (shown - duration as f64).abs() / (duration.max(1) as f64);
            assert!(error <= 0.0313, "{duration} µs is shown as {shown} µs");
        }
    }

    #[test]
    fn a_scratch_tells_what_a_histogram_does_and_is_empty_afterwards() {
        let mut scratch = Scratch::default();
        for round in 1..4_u64 {
            let mut histogram = Histogram::default();
            for value in 0..50 * round {
                let class = class_of(value * value * value);
                histogram.add(class, value % 7);
                scratch.add(class, value % 7);
            }
            for share in [0.01, 0.5, 0.95, 1.0] {
                assert_eq!(scratch.percentile_us(share), histogram.percentile_us(share));
            }
            assert_eq!(scratch.total(), histogram.total());
            let mut twice = Scratch::default();
            twice.take_in(&scratch);
            twice.take_in(&Scratch::default());
            twice.take_in(&scratch);
            assert_eq!(
                (twice.percentile_us(0.5), twice.total()),
                (histogram.percentile_us(0.5), 2 * histogram.total())
            );
            scratch.clear();
            assert_eq!((scratch.percentile_us(0.5), scratch.total()), (None, 0));
        }
        scratch.add(class_of(u64::MAX), 1);
        assert_eq!(scratch.percentile_us(0.5), Some(middle_us(class_of(u64::MAX))));
    }

    #[test]
    fn percentiles_of_merged_histograms_are_those_of_all_values() {
        let (mut left, mut right, mut all) = (Histogram::default(), Histogram::default(), Vec::new());
        for value in 0..1_000_u64 {
            let duration = value * value;
            let side = if value % 3 == 0 { &mut left } else { &mut right };
            side.add(class_of(duration), 1);
            all.push(duration);
        }
        left.merge(&right);
        for share in [0.5, 0.95, 0.99] {
            let exact = all[(share * 1_000.0) as usize - 1];
            assert_eq!(left.percentile_us(share), Some(middle_us(class_of(exact))));
        }
        assert_eq!(Histogram::default().percentile_us(0.5), None);
    }
}
