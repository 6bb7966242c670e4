//! How far a figure moved from one window to another, and whether that is more than chance.
//!
//! A trend needs both: an interval that leaves "nothing changed" out, and a size that matters in practice. With enough requests every
//! difference is more than chance, and with few every size is met by it.

use wirereel_query::reel::{Effect, Trend};

use crate::latency::Histogram;

/// The quantile of the normal distribution that leaves 5 % outside on both sides together.
const Z: f64 = 1.959_964;
/// Rates that differ by less are within what days differ by anyway.
pub(super) const RATE_MATTERS: f64 = 1.2;
/// One request in a hundred: error budgets are counted in such steps.
pub(super) const ERRORS_MATTER: f64 = 0.01;
/// Below it a Cliff's delta counts as negligible (Romano et al. 2006).
pub(super) const LATENCY_MATTERS: f64 = 0.147;

const UNKNOWN: Effect = Effect { size: None, low: None, high: None, trend: Trend::Unknown };

/// An effect with its place in the order of changes: its size in units of what matters, zero for what is no change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) effect: Effect,
    pub(super) weight: f64,
}

impl Measured {
    pub(super) const NOTHING: Self = Self { effect: UNKNOWN, weight: 0.0 };

    fn new(size: f64, low: f64, high: f64, is_sure: bool, direction: f64, weight: f64) -> Self {
        let trend = if !is_sure || weight < 1.0 {
            Trend::Same
        } else if direction > 0.0 {
            Trend::Rose
        } else {
            Trend::Fell
        };
        Self { effect: Effect { size: Some(size), low: Some(low), high: Some(high), trend }, weight }
    }

    pub(super) fn is_change(&self) -> bool {
        matches!(self.effect.trend, Trend::Rose | Trend::Fell)
    }
}

/// The ratio of two rates, after by before. Its interval takes requests to come independently of each other (Poisson): of the logarithm
/// of the ratio, the variance is then the sum of the inverse counts. Real requests come in bursts, so the true interval is wider. Half a
/// request is added to both counts where one of them is zero.
pub(super) fn rate((before, before_s): (u64, f64), (after, after_s): (u64, f64)) -> Measured {
    if before + after == 0 || before_s <= 0.0 || after_s <= 0.0 {
        return Measured::NOTHING;
    }
    let added = if before == 0 || after == 0 { 0.5 } else { 0.0 };
    let (before, after) = (before as f64 + added, after as f64 + added);
    let log = ((after / after_s) / (before / before_s)).ln();
    let error = Z * (1.0 / before + 1.0 / after).sqrt();
    Measured::new(
        log.exp(),
        (log - error).exp(),
        (log + error).exp(),
        log.abs() > error,
        log,
        log.abs() / RATE_MATTERS.ln(),
    )
}

/// Cohen's h of two shares of errors, with its interval. Whether it is more than chance is decided by Newcombe's interval of the
/// difference (1998, method 10), which also holds for few errors.
pub(super) fn errors((before, of_before): (u64, u64), (after, of_after): (u64, u64)) -> Measured {
    if of_before == 0 || of_after == 0 {
        return Measured::NOTHING;
    }
    let share = |errors: u64, all: u64| errors as f64 / all as f64;
    let (p, q) = (share(before, of_before), share(after, of_after));
    let angle = |share: f64| 2.0 * share.clamp(0.0, 1.0).sqrt().asin();
    let h = angle(q) - angle(p);
    let error = Z * (1.0 / of_before as f64 + 1.0 / of_after as f64).sqrt();
    let most = std::f64::consts::PI;
    let (low, high) = newcombe((p, of_before as f64), (q, of_after as f64));
    let weight = (q - p).abs() / ERRORS_MATTER;
    Measured::new(h, (h - error).max(-most), (h + error).min(most), low > 0.0 || high < 0.0, q - p, weight)
}

/// Newcombe's interval of q − p, from Wilson's of each.
fn newcombe((p, of_p): (f64, f64), (q, of_q): (f64, f64)) -> (f64, f64) {
    let ((p_low, p_high), (q_low, q_high)) = (wilson(p, of_p), wilson(q, of_q));
    let low = (q - p) - ((q - q_low).powi(2) + (p_high - p).powi(2)).sqrt();
    let high = (q - p) + ((q_high - q).powi(2) + (p - p_low).powi(2)).sqrt();
    (low, high)
}

fn wilson(share: f64, all: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let middle = (share + z2 / (2.0 * all)) / (1.0 + z2 / all);
    let half = Z / (1.0 + z2 / all) * (share * (1.0 - share) / all + z2 / (4.0 * all * all)).sqrt();
    (middle - half, middle + half)
}

/// Cliff's delta of two latency histograms: how much more probable it is that an answer of after took longer than one of before than the
/// other way round. Answers of one class count as equally long. Its interval is that of DeLong's variance; where all answers of a side
/// agree that is zero, so the variance under "no difference" must be exceeded too.
pub(super) fn latency(before: &Histogram, after: &Histogram) -> Measured {
    let (n, m) = (before.total() as f64, after.total() as f64);
    if n == 0.0 || m == 0.0 {
        return Measured::NOTHING;
    }
    let (delta, of_after) = placements(after, before);
    let (_, of_before) = placements(before, after);
    let deviation = (of_after / m + of_before / n).sqrt();
    let by_chance = ((n + m + 1.0) / (3.0 * n * m)).sqrt();
    let (low, high) = ((delta - Z * deviation).max(-1.0), (delta + Z * deviation).min(1.0));
    let is_sure = delta.abs() > Z * deviation.max(by_chance);
    Measured::new(delta, low, high, is_sure, delta, delta.abs() / LATENCY_MATTERS)
}

/// Mean and variance over one histogram's answers of how much more of the other's are shorter than longer.
fn placements(of: &Histogram, among: &Histogram) -> (f64, f64) {
    let (all, n) = (among.total() as f64, of.total() as f64);
    let mut others = among.classes().peekable();
    let (mut below, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (class, count) in of.classes() {
        while let Some((_, shorter)) = others.next_if(|(other, _)| *other < class) {
            below += shorter as f64;
        }
        let equal = others.peek().filter(|(other, _)| *other == class).map_or(0.0, |(_, count)| *count as f64);
        let place = (below - (all - below - equal)) / all;
        sum += place * count as f64;
        squares += place * place * count as f64;
    }
    let mean = sum / n;
    (mean, (squares / n - mean * mean).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(measured: Measured) -> Trend {
        measured.effect.trend
    }

    fn near(value: Option<f64>, told: f64) -> bool {
        (value.unwrap() - told).abs() < 5e-4
    }

    #[test]
    fn a_rate_rises_when_it_is_sure_and_by_a_fifth() {
        let doubled = rate((100, 10.0), (200, 10.0));
        assert_eq!(trend(doubled), Trend::Rose);
        // exp(ln 2 ± 1.96 √(1/100 + 1/200)).
        assert!(
            near(doubled.effect.size, 2.0) && near(doubled.effect.low, 1.5732) && near(doubled.effect.high, 2.5426)
        );
        assert_eq!(trend(rate((5, 10.0), (9, 10.0))), Trend::Same, "chance");
        assert_eq!(trend(rate((100_000, 10.0), (110_000, 10.0))), Trend::Same, "sure and small");
        assert_eq!(trend(rate((200, 10.0), (200, 40.0))), Trend::Fell, "it is a rate, not a count");
        assert_eq!(trend(rate((0, 10.0), (40, 10.0))), Trend::Rose);
        assert_eq!(trend(rate((0, 10.0), (0, 10.0))), Trend::Unknown);
    }

    #[test]
    fn newcombes_interval_is_that_of_his_paper() {
        // 56 of 70 against 48 of 80, and 9 of 10 against 3 of 10: table II, method 10.
        let (low, high) = newcombe((48.0 / 80.0, 80.0), (56.0 / 70.0, 70.0));
        assert!((low - 0.0524).abs() < 1e-4 && (high - 0.3339).abs() < 1e-4, "{low} {high}");
        let (low, high) = newcombe((0.3, 10.0), (0.9, 10.0));
        assert!((low - 0.1705).abs() < 1e-4 && (high - 0.8090).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn errors_rise_when_it_is_sure_and_by_a_hundredth() {
        let risen = errors((1, 1_000), (50, 1_000));
        assert_eq!(trend(risen), Trend::Rose);
        assert!(near(risen.effect.size, 2.0 * (0.05_f64.sqrt().asin() - 0.001_f64.sqrt().asin())));
        assert_eq!(trend(errors((50, 1_000), (1, 1_000))), Trend::Fell);
        assert_eq!(trend(errors((0, 10), (1, 10))), Trend::Same, "chance");
        assert_eq!(trend(errors((1_000, 1_000_000), (5_000, 1_000_000))), Trend::Same, "sure and small");
        assert_eq!(trend(errors((0, 0), (1, 10))), Trend::Unknown);
    }

    fn histogram(classes: &[(u16, u64)]) -> Histogram {
        let mut histogram = Histogram::default();
        classes.iter().for_each(|(class, count)| histogram.add(*class, *count));
        histogram
    }

    #[test]
    fn cliffs_delta_is_that_of_all_pairs() {
        let (before, after) = ([3_u16, 3, 5, 9, 12, 12], [3_u16, 6, 9, 9, 20]);
        let count = |values: &[u16]| histogram(&values.iter().map(|class| (*class, 1)).collect::<Vec<_>>());
        let pairs = after.iter().flat_map(|a| before.iter().map(move |b| i32::from(a > b) - i32::from(a < b)));
        let told = f64::from(pairs.sum::<i32>()) / 30.0;
        assert!(near(latency(&count(&before), &count(&after)).effect.size, told));
        assert!(near(latency(&count(&after), &count(&before)).effect.size, -told));
    }

    #[test]
    fn latency_rises_when_it_is_sure_and_not_negligible() {
        let fast = histogram(&[(50, 300), (51, 300), (52, 300)]);
        let slower = histogram(&[(51, 300), (52, 300), (53, 300)]);
        assert_eq!(trend(latency(&fast, &slower)), Trend::Rose);
        assert_eq!(trend(latency(&slower, &fast)), Trend::Fell);
        assert_eq!(trend(latency(&fast, &fast)), Trend::Same);
        let (one, other) = (histogram(&[(50, 1)]), histogram(&[(90, 1)]));
        assert_eq!(trend(latency(&one, &other)), Trend::Same, "two answers prove nothing");
        assert_eq!(trend(latency(&fast, &Histogram::default())), Trend::Unknown);
    }
}
