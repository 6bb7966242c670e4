//! Durations, counted once and told in two forms: buckets with fixed bounds, and exponential ones that are as fine everywhere.

use std::{collections::BTreeMap, time::Duration};

/// Upper bounds of the fixed buckets, seconds; what is above the last counts into none of them.
pub const BOUNDS_S: [f64; 14] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Exponential buckets grow by 2^(2^-SCHEMA), which is 9 %. From a microsecond to an hour there are 255.
pub const SCHEMA: i32 = 3;
const PER_DOUBLING: f64 = (1 << SCHEMA) as f64;
const LEAST: Duration = Duration::from_micros(1);
const MOST: Duration = Duration::from_secs(3_600);

/// See the module.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    count: u64,
    sum: Duration,
    fixed: [u64; BOUNDS_S.len()],
    /// Bucket i holds what is above 2^((i-1)/8) seconds and not above 2^(i/8).
    exponential: BTreeMap<i32, u64>,
}

impl Distribution {
    /// Counts a duration. One below a microsecond counts as that, one above an hour as that.
    pub fn record(&mut self, took: Duration) {
        let took = took.clamp(LEAST, MOST);
        self.count += 1;
        self.sum += took;
        let seconds = took.as_secs_f64();
        if let Some(place) = BOUNDS_S.iter().position(|bound| seconds <= *bound) {
            self.fixed[place] += 1;
        }
        let bucket = (seconds.log2() * PER_DOUBLING).ceil();
        *self.exponential.entry(bucket as i32).or_default() += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Seconds of all together.
    pub fn sum_s(&self) -> f64 {
        self.sum.as_secs_f64()
    }

    /// Bounds with what is counted between each and the one before; the last bound is infinite.
    pub fn fixed(&self) -> Vec<(f64, u64)> {
        let above = self.count - self.fixed.iter().sum::<u64>();
        BOUNDS_S.into_iter().zip(self.fixed).chain([(f64::INFINITY, above)]).collect()
    }

    /// Exponential buckets that hold anything, ascending.
    pub fn exponential(&self) -> impl Iterator<Item = (i32, u64)> {
        self.exponential.iter().map(|(bucket, count)| (*bucket, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_one_bucket_of_each_form_whose_bounds_hold_it() {
        let mut all = Distribution::default();
        for us in [0, 1, 999, 1_000, 1_001, 250_000, 999_999, 1_000_000, 1_000_001, 31_000_000, 7_200_000_000] {
            let mut one = Distribution::default();
            one.record(Duration::from_micros(us));
            all.record(Duration::from_micros(us));
            let seconds = Duration::from_micros(us).clamp(LEAST, MOST).as_secs_f64();
            let (bucket, count) = one.exponential().next().expect("a bucket");
            let bound = |bucket: i32| (f64::from(bucket) / PER_DOUBLING).exp2();
            assert!(
                count == 1 && bound(bucket - 1) < seconds && seconds <= bound(bucket) * (1.0 + 1e-12),
                "{us} µs in {bucket}"
            );
            let (bound, _) = one.fixed().into_iter().find(|(_, count)| *count == 1).expect("a bucket");
            assert!(seconds <= bound, "{us} µs below {bound} s");
        }
        assert_eq!((all.count(), all.fixed().iter().map(|(_, count)| count).sum::<u64>()), (11, 11));
        assert_eq!(all.exponential().map(|(_, count)| count).sum::<u64>(), 11);
        assert_eq!(all.fixed().last(), Some(&(f64::INFINITY, 2)), "above thirty seconds");
    }
}
