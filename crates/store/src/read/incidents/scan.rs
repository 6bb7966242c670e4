//! Where bad outcomes bunch: the statistics behind incidents.
//!
//! A stretch of calls is scored by how much better "a share of [`Odds::raised`] is bad here" explains it than "bad ones are as rare
//! as ever": the sum of logarithms of likelihood ratios, which adds up over calls and over buckets alike. Stretches are found by a
//! cumulative sum; whether one is more than chance is decided by its own share against all the rest (Kulldorff's scan statistic).

/// Share of calls that go wrong in a healthy service at the least: a service without a single error so far may have one.
const RAREST: f64 = 0.005;
/// A baseline above this leaves no room to be told from an incident.
const MOST_USUAL: f64 = 0.2;
/// A stretch ends where its score has fallen this far below its best: some forty good calls at [`Odds::raised`] = 0.2.
const DROP: f64 = 9.0;
/// Chance that a recording without faults has a stretch as bad anywhere in one service: one in a hundred.
const FALSE_ALARM: f64 = 0.01;

/// Calls that a share is taken of: among fewer, even a frequent outcome is mostly absent.
const BLOCK: u64 = 20;

/// Calls, and how many of them were bad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) bad: u64,
    pub(super) all: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.bad += other.bad;
        self.all += other.all;
    }

    pub(super) fn without(self, part: Self) -> Self {
        Self { bad: self.bad.saturating_sub(part.bad), all: self.all.saturating_sub(part.all) }
    }

    /// The share of bad ones, as the rule of succession estimates it from few calls.
    pub(super) fn estimated(self) -> f64 {
        (self.bad + 1) as f64 / (self.all + 2) as f64
    }
}

/// How rare bad calls are, and how frequent they are in an incident.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    usual: f64,
    raised: f64,
}

impl Odds {
    /// Odds of a baseline share; in an incident at least `least` of the calls are bad.
    pub(super) fn new(usual: f64, least: f64) -> Self {
        let usual = usual.clamp(RAREST, MOST_USUAL);
        Self { usual, raised: least.max(4.0 * usual).min(0.95) }
    }

    fn score(self, tally: Tally) -> f64 {
        let bad = (self.raised / self.usual).ln();
        let good = ((1.0 - self.raised) / (1.0 - self.usual)).ln();
        tally.bad as f64 * bad + tally.all.saturating_sub(tally.bad) as f64 * good
    }
}

/// Consecutive items `from..to` in which bad calls bunch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) tally: Tally,
    pub(super) score: f64,
}

/// Stretches with a score of at least `least`, in order. Each begins and ends with an item that has bad calls.
pub(super) fn stretches(items: &[Tally], odds: Odds, least: f64) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < items.len() {
        if odds.score(items[from]) <= 0.0 {
            from += 1;
            continue;
        }
        let (mut sum, mut tally) = (0.0, Tally::default());
        let mut best = Stretch { from, to: from, tally, score: 0.0 };
        for (place, item) in items.iter().enumerate().skip(from) {
            sum += odds.score(*item);
            tally.add(*item);
            if sum > best.score {
                best = Stretch { to: place + 1, tally, score: sum, ..best };
            }
            if sum <= 0.0 || sum < best.score - DROP {
                break;
            }
        }
        if best.score >= least {
            found.push(best);
        }
        from = best.to.max(from + 1);
    }
    found
}

/// The score that a service with so many calls reaches by chance in one of a hundred recordings.
pub(super) fn threshold(calls: u64) -> f64 {
    (calls.max(1) as f64 / FALSE_ALARM).ln()
}

/// Whether bad calls are more frequent in a part than chance makes them, given the rest.
pub(super) fn is_significant(part: Tally, whole: Tally) -> bool {
    let rest = whole.without(part);
    let (usual, here) = (rest.estimated().max(RAREST), part.bad as f64 / part.all.max(1) as f64);
    // Of a service that does nothing well otherwise, this is what it is like.
    if here <= usual || rest.bad >= rest.all {
        return false;
    }
    let good = part.all - part.bad.min(part.all);
    let of_good = if good == 0 { 0.0 } else { good as f64 * ((1.0 - here) / (1.0 - usual)).ln() };
    part.bad as f64 * (here / usual).ln() + of_good >= threshold(whole.all)
}

/// The share of bad calls in the middle one of blocks of [`BLOCK`] calls: an incident does not move it unless it lasts half of the time.
pub(super) fn usual_share(items: &[Tally]) -> f64 {
    let mut blocks = vec![Tally::default()];
    for item in items {
        match blocks.last_mut() {
            Some(last) if last.all < BLOCK => last.add(*item),
            _ => blocks.push(*item),
        }
    }
    let mut shares: Vec<f64> =
        blocks.iter().filter(|block| block.all > 0).map(|block| block.bad as f64 / block.all as f64).collect();
    shares.sort_unstable_by(f64::total_cmp);
    shares.get(shares.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(outcomes: &str) -> Vec<Tally> {
        outcomes.bytes().map(|outcome| Tally { bad: u64::from(outcome == b'x'), all: 1 }).collect()
    }

    fn found(outcomes: &str) -> Vec<(usize, usize)> {
        stretches(&calls(outcomes), Odds::new(0.0, 0.2), 6.0).into_iter().map(|found| (found.from, found.to)).collect()
    }

    #[test]
    fn bad_calls_that_bunch_are_one_stretch_and_single_ones_are_none() {
        let good = ".".repeat(60);
        assert_eq!(found(&format!("{good}x{good}x{good}")), []);
        assert_eq!(found(&format!("{good}xx.x..xx{good}")), [(60, 68)]);
        assert_eq!(found(&format!("xxx{good}xxx")), [(0, 3), (63, 66)]);
        assert_eq!(found(&format!("xxx{}xxx", ".".repeat(10))), [(0, 16)]);
        assert_eq!(found(""), []);
    }

    #[test]
    fn a_few_errors_among_thousands_are_chance_and_a_bunch_of_them_is_not() {
        let whole = Tally { bad: 40, all: 10_000 };
        assert!(!is_significant(Tally { bad: 2, all: 3 }, whole));
        assert!(is_significant(Tally { bad: 5, all: 9 }, whole));
        assert!(!is_significant(Tally { bad: 5, all: 9 }, Tally { bad: 5_000, all: 10_000 }), "it is always like this");
        assert!(!is_significant(Tally { bad: 40, all: 40 }, Tally { bad: 40, all: 40 }), "there is nothing else");
    }

    #[test]
    fn the_usual_share_does_not_follow_an_incident() {
        let healthy = vec![Tally { bad: 1, all: 100 }; 60];
        assert_eq!(usual_share(&healthy), 0.01);
        let mostly = [healthy, vec![Tally { bad: 100, all: 100 }; 40]].concat();
        assert_eq!(usual_share(&mostly), 0.01);
        let sparse = calls(&"...x....".repeat(50));
        assert!((0.1..=0.2).contains(&usual_share(&sparse)));
        assert_eq!(usual_share(&[]), 0.0);
    }
}
