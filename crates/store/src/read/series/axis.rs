//! The time axis of a series: buckets made of whole roll-up buckets where these are fine enough, else of rows.

use wirereel_query::question::TimeRange;

use super::super::{graph::Recorded, scope::nanos};

const SECOND_US: i64 = 1_000_000;
/// Rows are read of ranges up to this long: half an hour of a busy day is a million of them.
const ROWS_UP_TO_US: i64 = 2_000 * SECOND_US;

/// What buckets are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Roll-ups of this width in seconds.
    Rollup(i64),
    Rows,
}

/// Buckets of equal width. They begin at multiples of it, so that they stay the same while the range is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) from_us: i64,
    pub(super) bucket_us: i64,
    pub(super) buckets: usize,
    pub(super) source: Source,
}

impl Axis {
    /// The axis of a range that is not empty, in so many buckets or fewer, and one more where its ends cut two of them.
    ///
    /// A roll-up serves from half of its width on: reading ten times as many finer ones to draw twice as many points would not
    /// show more. Where even the narrowest stored roll-up is too wide, rows are read of a short range, and of a long one there are fewer
    /// points.
    pub(super) fn of(range: TimeRange, points: u32, widths_s: &[i64]) -> Self {
        let wanted_us = range.to_us.saturating_sub(range.from_us).div_ceil_by(i64::from(points));
        let is_short = range.to_us.saturating_sub(range.from_us) <= ROWS_UP_TO_US;
        let fitting = widths_s.iter().rev().find(|width_s| **width_s * SECOND_US <= 2 * wanted_us);
        let width = fitting.or(widths_s.first().filter(|_| !is_short));
        let (source, unit_us) =
            width.map_or((Source::Rows, 1), |&width_s| (Source::Rollup(width_s), width_s * SECOND_US));
        let bucket_us = wanted_us.div_ceil_by(unit_us) * unit_us;
        let from_us = range.from_us.div_euclid(bucket_us) * bucket_us;
        let buckets = (range.to_us - from_us).div_ceil_by(bucket_us);
        Self { from_us, bucket_us, buckets: usize::try_from(buckets).unwrap_or(1), source }
    }

    pub(super) fn range(&self) -> TimeRange {
        TimeRange { from_us: self.from_us, to_us: self.starts_us(self.buckets) }
    }

    /// Where a bucket starts.
    pub(super) fn starts_us(&self, bucket: usize) -> i64 {
        self.from_us + self.bucket_us * bucket as i64
    }

    /// A column's condition and the bucket it falls into, for `SELECT`.
    pub(super) fn sql(&self) -> (String, String) {
        let TimeRange { from_us, to_us } = self.range();
        match self.source {
            Source::Rollup(_) => {
                let (from_s, width_s) = (from_us / SECOND_US, self.bucket_us / SECOND_US);
                let condition = format!("bucket_s >= {from_s} AND bucket_s < {}", to_us / SECOND_US);
                (condition, format!("((bucket_s - {from_s}) // {width_s})::UINTEGER"))
            }
            Source::Rows => {
                let condition = format!("happened_us >= {from_us} AND happened_us < {to_us}");
                (condition, self.bucket_of("happened_us"))
            }
        }
    }

    /// The bucket of an instant in it, in microseconds.
    pub(super) fn bucket_of(&self, at_us: &str) -> String {
        format!("(({at_us} - {}) // {})::UINTEGER", self.from_us, self.bucket_us)
    }

    /// Seconds of each bucket that were recorded; an instant of a single packet counts as a nanosecond.
    pub(super) fn recorded(&self, spans: &[Recorded]) -> Vec<f64> {
        let mut seconds = vec![0.0; self.buckets];
        let (start_ns, width_ns) = (nanos(self.from_us), nanos(self.bucket_us));
        for span in spans {
            // The end of a span is its last instant.
            let (from_ns, to_ns) = (span.from_ns, span.to_ns + 1);
            let first = (from_ns - start_ns).div_euclid(width_ns).max(0);
            let last = (to_ns - start_ns).div_ceil_by(width_ns).min(self.buckets as i64);
            for bucket in first..last {
                let begins_ns = start_ns + bucket * width_ns;
                let overlap = to_ns.min(begins_ns + width_ns) - from_ns.max(begins_ns);
                seconds[bucket as usize] += overlap.max(0) as f64 / 1e9;
            }
        }
        seconds
    }
}

/// Division that rounds up, of numbers of either sign by a positive one.
trait DivCeilBy {
    fn div_ceil_by(self, divisor: Self) -> Self;
}

impl DivCeilBy for i64 {
    fn div_ceil_by(self, divisor: Self) -> Self {
        self.div_euclid(divisor) + Self::from(self.rem_euclid(divisor) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_US: i64 = 86_400 * SECOND_US;

    fn axis(from_us: i64, to_us: i64, points: u32) -> (Source, i64, usize, TimeRange) {
        let axis = Axis::of(TimeRange { from_us, to_us }, points, &[1, 10, 60]);
        (axis.source, axis.bucket_us, axis.buckets, axis.range())
    }

    #[test]
    fn a_day_is_made_of_minutes_and_minutes_of_seconds() {
        assert_eq!(
            axis(0, DAY_US, 2_000),
            (Source::Rollup(60), 60 * SECOND_US, 1_440, TimeRange { from_us: 0, to_us: DAY_US })
        );
        assert_eq!(axis(0, DAY_US, 100).1, 900 * SECOND_US);
        let minutes = TimeRange { from_us: 0, to_us: 250 * SECOND_US };
        assert_eq!(axis(3, 249 * SECOND_US, 125), (Source::Rollup(1), 2 * SECOND_US, 125, minutes));
    }

    #[test]
    fn what_is_finer_than_roll_ups_is_made_of_rows() {
        assert_eq!(axis(1_000, 2_001, 4_000), (Source::Rows, 1, 1_001, TimeRange { from_us: 1_000, to_us: 2_001 }));
        assert_eq!(axis(0, SECOND_US, 4).1, SECOND_US / 4);
    }

    #[test]
    fn where_only_minutes_are_stored_a_long_range_has_fewer_points_and_a_short_one_is_made_of_rows() {
        let of = |to_us: i64| {
            let axis = Axis::of(TimeRange { from_us: 0, to_us }, 1_000, &[60]);
            (axis.source, axis.buckets)
        };
        assert_eq!(of(6_000 * SECOND_US), (Source::Rollup(60), 100));
        assert_eq!(of(1_000 * SECOND_US), (Source::Rows, 1_000));
        assert_eq!(of(100 * 60_000 * SECOND_US), (Source::Rollup(60), 1_000));
    }

    #[test]
    fn buckets_stay_where_they_are_while_the_range_moves() {
        for shift in [0, 1, 17, 59] {
            let (from_us, to_us) = (shift * SECOND_US + 5, shift * SECOND_US + 5 + 6_000 * SECOND_US);
            let axis = Axis::of(TimeRange { from_us, to_us }, 500, &[1, 10, 60]);
            assert_eq!((axis.source, axis.bucket_us), (Source::Rollup(10), 20 * SECOND_US));
            assert_eq!(axis.from_us % axis.bucket_us, 0);
            assert!(axis.from_us <= from_us && axis.range().to_us >= to_us && axis.buckets <= 501);
        }
    }

    #[test]
    fn seconds_count_where_something_was_recorded() {
        let span = |from_ns, to_ns| Recorded { from_ns, to_ns, cut_off: false, live: false };
        let spans = [span(500_000_000, 2_249_999_999), span(4_000_000_000, 4_000_000_000)];
        let axis = Axis { from_us: -SECOND_US, bucket_us: SECOND_US, buckets: 6, source: Source::Rows };
        assert_eq!(axis.recorded(&spans), [0.0, 0.5, 1.0, 0.25, 0.0, 1e-9]);
    }
}
