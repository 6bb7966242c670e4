//! Customers over time.

use wirereel_query::{
    customers::{Customers, CustomersPoint},
    question::TimeRange,
};

use super::{Asked, counted::Counted};

/// The number of an address that was there from one bucket to another.
pub(super) type Stay = (u32, u16, u16);

/// Buckets of equal width; none where no curve is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    from_us: i64,
    bucket_us: i64,
    pub(super) buckets: usize,
}

impl Axis {
    pub(super) fn of(range: TimeRange, points: u32) -> Self {
        let length_us = range.to_us.saturating_sub(range.from_us);
        if points == 0 || length_us <= 0 {
            return Self { from_us: range.from_us, bucket_us: 1, buckets: 0 };
        }
        let bucket_us = (length_us - 1) / i64::from(points) + 1;
        let buckets = (length_us - 1) / bucket_us + 1;
        Self { from_us: range.from_us, bucket_us, buckets: usize::try_from(buckets).unwrap_or(0) }
    }

    /// The bucket of an instant; the first or last one of what lies outside.
    pub(super) fn bucket_sql(&self, us: &str) -> String {
        if self.buckets == 0 {
            return "0".into();
        }
        let (from_us, bucket_us, last) = (self.from_us, self.bucket_us, self.buckets as i64 - 1);
        let last_us = from_us.saturating_add(last.saturating_mul(bucket_us));
        format!("((least(greatest({us}, {from_us}), {last_us}) - {from_us}) // {bucket_us})")
    }

    fn bucket_of(&self, us: i64) -> usize {
        usize::try_from(us.saturating_sub(self.from_us) / self.bucket_us).unwrap_or(0)
    }
}

impl Counted {
    /// The curve asked for.
    pub(super) fn curve(mut self, asked: &Asked, answer: &mut Customers) {
        let axis = &asked.axis;
        if axis.buckets == 0 {
            return;
        }
        answer.point_us = axis.bucket_us as f64;
        let mut points = vec![CustomersPoint::default(); axis.buckets];
        for number in self.active() {
            let first_us = asked.seen.first_us[number];
            if asked.is_in_range(first_us)
                && let Some(point) = points.get_mut(axis.bucket_of(first_us))
            {
                point.new_addresses += 1;
            }
        }
        let present = present(std::mem::take(&mut self.stays), axis.buckets);
        for ((point, addresses), requests) in points.iter_mut().zip(present).zip(&self.requests_of_buckets) {
            (point.addresses, point.requests) = (addresses, *requests);
        }
        answer.points = points;
    }
}

/// Distinct addresses in each of so many buckets.
fn present(mut stays: Vec<Stay>, buckets: usize) -> Vec<u64> {
    stays.sort_unstable();
    let mut changes = vec![0_i64; buckets + 1];
    let mut reached: Option<(u32, usize)> = None;
    for (address, first, last) in stays {
        let (mut first, last) = (usize::from(first), usize::from(last).min(buckets - 1));
        if let Some((same, beyond)) = reached
            && same == address
        {
            first = first.max(beyond);
        }
        if first <= last {
            changes[first] += 1;
            changes[last + 1] -= 1;
            reached = Some((address, last + 1));
        }
    }
    let mut now = 0;
    let sums = changes.iter().take(buckets).map(|change| {
        now += change;
        now.unsigned_abs()
    });
    sums.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_once_in_a_bucket_however_many_connections_it_has() {
        let stays = vec![(7, 0, 2), (7, 1, 1), (7, 2, 4), (9, 4, 4), (9, 4, 9), (3, 0, 0)];
        assert_eq!(present(stays, 6), [2, 1, 1, 1, 2, 1]);
        assert_eq!(present(Vec::new(), 2), [0, 0]);
    }

    #[test]
    fn buckets_cover_the_range_and_none_is_beyond_it() {
        let axis = |to_us, points| Axis::of(TimeRange { from_us: 5, to_us }, points);
        assert_eq!((axis(105, 10).bucket_us, axis(105, 10).buckets), (10, 10));
        assert_eq!((axis(106, 10).bucket_us, axis(106, 10).buckets), (11, 10));
        assert_eq!((axis(8, 600).bucket_us, axis(8, 600).buckets), (1, 3));
        assert_eq!((axis(5, 600).buckets, axis(8, 0).buckets), (0, 0));
    }
}
