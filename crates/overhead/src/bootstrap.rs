//! How sure a mean of few differences is.
//!
//! The bootstrap draws as many values as there are, with replacement, again and again, and looks at what the means do. Of five values its plain
//! percentile interval is too narrow: it holds the truth four times of five where it promises nineteen of twenty. So the percentiles are taken
//! further out, by T. Hesterberg, "What Teachers Should Know about the Bootstrap" (2015), §4.4: where Student's t for so few values would be on
//! a normal curve, with the mean's spread set right for small samples.

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use serde::Serialize;

/// Means that are drawn; the outermost percentile of five values is still one of dozens.
const DRAWS: usize = 20_000;

/// A mean and where it lies in nineteen of twenty cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// How far from nothing it may be.
    pub fn reach(&self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    /// Whether nothing is among what it may be.
    pub fn holds_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }

    /// The same in another unit.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self { estimate: self.estimate * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// The interval of the mean of some values, the same for the same values and seed on every machine. `None` of fewer than two, and of what is no number.
pub fn bootstrap(values: &[f64], seed: u64) -> Option<Interval> {
    drawn(values, seed, DRAWS)
}

fn drawn(values: &[f64], seed: u64, draws: usize) -> Option<Interval> {
    let count = values.len();
    if count < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mean = |sum: f64| sum / count as f64;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut means: Vec<f64> =
        (0..draws).map(|_| mean((0..count).map(|_| values[random.random_range(..count)]).sum())).collect();
    means.sort_by(f64::total_cmp);
    let tail = tail(count);
    let at = |share: f64| means[((draws - 1) as f64 * share).round() as usize];
    Some(Interval { estimate: mean(values.iter().sum()), low: at(tail), high: at(1.0 - tail) })
}

/// The share of means that is left out on either side.
fn tail(count: usize) -> f64 {
    let n = count as f64;
    normal_below(-(n / (n - 1.0)).sqrt() * student(count - 1))
}

/// The 97.5th percentile of Student's t by degrees of freedom, from 1. Beyond the table it is within 0.01 of the approximation.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 15] =
        [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131];
    freedom.checked_sub(1).and_then(|at| TABLE.get(at)).copied().unwrap_or(1.96 + 2.6 / freedom.max(1) as f64)
}

/// The share of a normal curve below a value. Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17; within 1e-7.
fn normal_below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let terms = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let series = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
    let above = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * series;
    if x < 0.0 { above } else { 1.0 - above }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of twelve are as good as normal.
    fn normal(random: &mut Xoshiro256PlusPlus, mean: f64, deviation: f64) -> f64 {
        mean + deviation * ((0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0)
    }

    /// How often the interval of `count` values holds the mean that they were made with.
    fn coverage(count: usize) -> f64 {
        const TRIALS: usize = 150;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let held = (0..TRIALS).filter(|trial| {
            let values: Vec<_> = (0..count).map(|_| normal(&mut random, 3.0, 2.0)).collect();
            let interval = drawn(&values, *trial as u64, 2_000).unwrap();
            interval.low <= 3.0 && 3.0 <= interval.high
        });
        held.count() as f64 / TRIALS as f64
    }

    #[test]
    fn the_interval_holds_the_truth_about_as_often_as_it_says() {
        for count in [5, 8, 20] {
            let coverage = coverage(count);
            assert!((0.88..=0.99).contains(&coverage), "{count} values: {coverage}");
        }
    }

    #[test]
    fn it_is_around_the_mean_the_same_each_time_and_narrower_for_more() {
        let few = bootstrap(&[1.0, 2.0, 3.0, 4.0, 5.0], 1).unwrap();
        assert_eq!(few, bootstrap(&[1.0, 2.0, 3.0, 4.0, 5.0], 1).unwrap());
        assert!((few.estimate - 3.0).abs() < 1e-9 && few.low < 2.0 && few.high > 4.0, "{few:?}");
        let many: Vec<f64> = (0..50).map(|at| f64::from(at % 5 + 1)).collect();
        let many = bootstrap(&many, 1).unwrap();
        assert!(many.high - many.low < (few.high - few.low) / 2.0, "{many:?}");
    }

    #[test]
    fn what_cannot_be_told_is_none() {
        assert_eq!(bootstrap(&[], 1), None);
        assert_eq!(bootstrap(&[1.0], 1), None);
        assert_eq!(bootstrap(&[1.0, f64::NAN], 1), None);
        let constant = bootstrap(&[2.0; 5], 1).unwrap();
        assert_eq!((constant.low, constant.high), (2.0, 2.0));
    }

    #[test]
    fn the_normal_curve_and_students_t_are_those_of_the_tables() {
        assert!((normal_below(-1.959_964) - 0.025).abs() < 1e-6);
        assert!((normal_below(1.0) - 0.841_345).abs() < 1e-6);
        assert!((student(4) - 2.776).abs() < 1e-9 && (student(30) - 2.042).abs() < 0.01);
        assert!((tail(1_000) - 0.025).abs() < 1e-3);
    }
}
