//! What can be said of the runs of one load: differences against Wirereel off, run by run of the same round, and bounds.

use serde::Serialize;

use crate::{
    bootstrap::{Interval, bootstrap},
    measure::Spoiled,
    plan::Mode,
    run::Run,
};

/// The same runs give the same intervals.
const SEED: u64 = 0x7769_7265_7265_656c;

/// A noise floor of the 95th percentile beyond which nothing can be said of it.
pub(crate) const TOO_NOISY_PERCENT: f64 = 20.0;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Response times, percent of those without Wirereel.
    P50Percent,
    P95Percent,
    P99Percent,
    /// The 95th percentile in milliseconds.
    P95Ms,
    /// Requests a second, percent of those without Wirereel.
    ThroughputPercent,
    /// How busy the whole machine is, percent of all its cores.
    MachinePercent,
}

impl Measure {
    pub const ALL: [Self; 6] = [
        Self::P50Percent,
        Self::P95Percent,
        Self::P99Percent,
        Self::P95Ms,
        Self::ThroughputPercent,
        Self::MachinePercent,
    ];

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::P50Percent => "p50",
            Self::P95Percent | Self::P95Ms => "p95",
            Self::P99Percent => "p99",
            Self::ThroughputPercent => "requests/s",
            Self::MachinePercent => "the machine's processor time",
        }
    }

    /// Its unit, with the space before it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::P95Ms => " ms",
            Self::MachinePercent => " points",
            _ => " %",
        }
    }

    fn between(self, with: &Run, without: &Run, cores: usize) -> f64 {
        let percent = |of: fn(&Run) -> f64| (of(with) - of(without)) / of(without) * 100.0;
        match self {
            Self::P50Percent => percent(|run| run.load.p50_ms),
            Self::P95Percent => percent(|run| run.load.p95_ms),
            Self::P99Percent => percent(|run| run.load.p99_ms),
            Self::P95Ms => with.load.p95_ms - without.load.p95_ms,
            Self::ThroughputPercent => percent(|run| run.load.per_second()),
            Self::MachinePercent => with.machine_percent(cores) - without.machine_percent(cores),
        }
    }
}

/// Whether a difference is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is not among what it may be, and it is more than runs without Wirereel differ by among themselves.
    Measured,
    /// It cannot be told from nothing on this machine in this time.
    NotMeasurable,
}

/// What a mode differs by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub mode: Mode,
    pub measure: Measure,
    #[serde(flatten)]
    pub interval: Interval,
    /// As far from nothing as the mean difference of runs without Wirereel may be; `None` where there are too few.
    pub noise_floor: Option<f64>,
    pub verdict: Verdict,
}

/// What a mode takes of the machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    pub mode: Mode,
    /// Processor time of Wirereel's processes, percent of all cores.
    pub cpu_percent: Interval,
    /// The same for each hundred requests a second.
    pub cpu_percent_per_100_rps: Interval,
}

/// Whether a bound is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    Yes,
    No,
    /// It lies within the interval.
    Undecided,
}

/// What is to hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    pub what: &'static str,
    pub unit: &'static str,
    /// At most.
    pub limit: f64,
    #[serde(flatten)]
    pub interval: Interval,
    pub held: Held,
}

impl Bound {
    fn new(what: &'static str, unit: &'static str, limit: f64, interval: Interval) -> Self {
        let held = if interval.high <= limit {
            Held::Yes
        } else if interval.low > limit {
            Held::No
        } else {
            Held::Undecided
        };
        Self { what, unit, limit, interval, held }
    }
}

/// The runs of one load and what they say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    /// `fixed rate` or `saturation`.
    pub name: &'static str,
    /// Requests a second that were to be sent; `None` for as many as were answered.
    pub rate: Option<u64>,
    pub runs: Vec<Run>,
    pub spoiled: Vec<Spoiled>,
    pub differences: Vec<Difference>,
    pub costs: Vec<Cost>,
}

impl Level {
    /// Judges runs on a machine of so many cores (threads that run at once).
    pub fn judge(name: &'static str, rate: Option<u64>, runs: Vec<Run>, spoiled: Vec<Spoiled>, cores: usize) -> Self {
        let differences = Measure::ALL.into_iter().flat_map(|measure| differences(&runs, measure, cores)).collect();
        let costs = modes(&runs).into_iter().filter_map(|mode| cost(&runs, mode, cores)).collect();
        Self { name, rate, runs, spoiled, differences, costs }
    }

    /// Runs of a mode, by round.
    pub fn of(&self, mode: Mode) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.slot.mode == mode)
    }

    /// Modes there are runs of.
    pub fn modes(&self) -> Vec<Mode> {
        modes(&self.runs)
    }

    pub fn difference(&self, mode: Mode, measure: Measure) -> Option<&Difference> {
        self.differences.iter().find(|one| (one.mode, one.measure) == (mode, measure))
    }

    pub fn cost(&self, mode: Mode) -> Option<&Cost> {
        self.costs.iter().find(|one| one.mode == mode)
    }

    /// The project's own bounds, of what was measured of them.
    pub fn bounds(&self) -> Vec<Bound> {
        let mut bounds = Vec::new();
        if let Some(cost) = self.cost(Mode::Lifecycle) {
            let what = "lifecycle: processor time per 100 requests/s";
            bounds.push(Bound::new(what, " % of all cores", 0.1, cost.cpu_percent_per_100_rps));
        }
        if let Some(one) = self.difference(Mode::Lifecycle, Measure::P95Percent)
            && let Some(noise) = one.noise_floor
        {
            let bound = Bound::new("lifecycle: p95, against the noise floor", " %", noise, one.interval);
            // A difference that cannot be told from nothing is inside the floor, however wide its interval is. Beyond a floor
            // that is too high nothing is said.
            let held = match one.verdict {
                _ if noise > TOO_NOISY_PERCENT => Held::Undecided,
                Verdict::NotMeasurable => Held::Yes,
                Verdict::Measured => bound.held,
            };
            bounds.push(Bound { held, ..bound });
        }
        if let Some(cost) = self.cost(Mode::Full) {
            let what = "full: processor time per 1,000 requests/s";
            bounds.push(Bound::new(what, " % of all cores", 5.0, cost.cpu_percent_per_100_rps.scaled(10.0)));
        }
        if let Some(one) = self.difference(Mode::Full, Measure::P95Percent) {
            let bound = Bound::new("full: p95", " %", 3.0, one.interval);
            // What cannot be told from noise breaks no bound.
            let noise = bound.held == Held::No && one.verdict == Verdict::NotMeasurable;
            bounds.push(if noise { Bound { held: Held::Undecided, ..bound } } else { bound });
        }
        bounds
    }
}

fn modes(runs: &[Run]) -> Vec<Mode> {
    Mode::ALL.into_iter().filter(|mode| runs.iter().any(|run| run.slot.mode == *mode)).collect()
}

/// Every mode against off.
fn differences(runs: &[Run], measure: Measure, cores: usize) -> Vec<Difference> {
    let interval = |mode| bootstrap(&pairs(runs, mode, measure, cores), SEED);
    let noise_floor = interval(Mode::OffAgain).map(|interval| interval.reach());
    let of = |mode| {
        let interval = interval(mode)?;
        let told = !interval.holds_zero() && noise_floor.is_none_or(|noise| interval.estimate.abs() > noise);
        let verdict = if told && mode != Mode::OffAgain { Verdict::Measured } else { Verdict::NotMeasurable };
        Some(Difference { mode, measure, interval, noise_floor, verdict })
    };
    modes(runs).into_iter().filter(|mode| *mode != Mode::Off).filter_map(of).collect()
}

/// A difference for each round that has both.
fn pairs(runs: &[Run], mode: Mode, measure: Measure, cores: usize) -> Vec<f64> {
    let without = |round| runs.iter().find(|run| run.slot.mode == Mode::Off && run.slot.round == round);
    let with = runs.iter().filter(|run| run.slot.mode == mode);
    with.filter_map(|run| Some(measure.between(run, without(run.slot.round)?, cores))).collect()
}

fn cost(runs: &[Run], mode: Mode, cores: usize) -> Option<Cost> {
    let of = || runs.iter().filter(move |run| run.slot.mode == mode && run.load.requests > 0);
    let cpu: Vec<f64> = of().map(|run| run.cpu_percent(cores)).collect();
    let per_100: Vec<f64> = of().map(|run| run.cpu_percent(cores) / run.load.per_second() * 100.0).collect();
    Some(Cost { mode, cpu_percent: bootstrap(&cpu, SEED)?, cpu_percent_per_100_rps: bootstrap(&per_100, SEED)? })
}

#[cfg(test)]
pub(crate) mod tests {
    use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

    use super::*;
    use crate::{
        plan::Plan,
        processor::ProcessCost,
        run::{Load, Own},
    };

    /// Five rounds at a thousand requests a second for ten seconds, where watching fully adds `full_percent` to a 95th percentile of 2 ms that
    /// wavers by `noise_percent`, and takes so many seconds of a core.
    pub(crate) fn made(full_percent: f64, noise_percent: f64, full_cpu_s: f64) -> Vec<Run> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
        let plan = Plan::interleaved(&Mode::ALL, 5);
        let run = |slot: crate::Slot| {
            let noise = random.random_range(-1.0..1.0) * noise_percent;
            let added = if slot.mode == Mode::Full { full_percent } else { 0.0 };
            // A machine that slows down by a hundredth each round.
            let p95_ms = 2.0 * (1.0 + (added + noise + slot.round as f64) / 100.0);
            let share = match slot.mode {
                Mode::Off | Mode::OffAgain => 0.0,
                Mode::Lifecycle => 0.02,
                Mode::Headers => 0.5,
                Mode::Full => 1.0,
            };
            let load = Load { requests: 10_000, seconds: 10.0, p50_ms: 1.0, p95_ms, p99_ms: 4.0, ..Load::default() };
            let cost =
                ProcessCost { name: "wirereel".into(), user_s: full_cpu_s * share, system_s: 0.0, resident_mb: 100.0 };
            let own = Own { processes: vec![cost], window_s: 12.0, machine_busy_s: 10.0, ..Own::default() };
            Run { slot, load, own }
        };
        plan.slots.into_iter().map(run).collect()
    }

    fn judged(full_percent: f64, noise_percent: f64, full_cpu_s: f64) -> Level {
        Level::judge("fixed rate", Some(1_000), made(full_percent, noise_percent, full_cpu_s), Vec::new(), 2)
    }

    #[test]
    fn a_difference_well_above_the_noise_is_measured_and_drift_is_not_taken_for_one() {
        let level = judged(10.0, 1.0, 0.4);
        let full = level.difference(Mode::Full, Measure::P95Percent).unwrap();
        assert_eq!(full.verdict, Verdict::Measured);
        assert!((full.interval.estimate - 10.0).abs() < 1.5 && full.interval.low > 7.0, "{full:?}");
        let lifecycle = level.difference(Mode::Lifecycle, Measure::P95Percent).unwrap();
        assert_eq!(lifecycle.verdict, Verdict::NotMeasurable);
        assert!(full.noise_floor.unwrap() < 3.0);
    }

    #[test]
    fn a_difference_below_the_noise_is_not_measurable() {
        let level = judged(1.0, 8.0, 0.4);
        let full = level.difference(Mode::Full, Measure::P95Percent).unwrap();
        assert_eq!(full.verdict, Verdict::NotMeasurable, "{full:?}");
        assert!(full.noise_floor.unwrap() > 1.0);
        let held = |level: &Level, what: &str| {
            level.bounds().into_iter().find(|bound| bound.what.contains(what)).unwrap().held
        };
        assert_eq!(held(&level, "lifecycle: p95"), Held::Yes);
        assert_eq!(held(&level, "full: p95"), Held::Undecided);
        let noisy = judged(1.0, 60.0, 0.4);
        assert_eq!(held(&noisy, "lifecycle: p95"), Held::Undecided, "a floor that high holds everything");
        // Full capture is always a tenth slower, and so is nothing at all in one of its turns.
        let mut runs = made(10.0, 0.1, 0.4);
        runs.iter_mut().filter(|run| run.slot.mode == Mode::OffAgain).for_each(|run| run.load.p95_ms *= 1.15);
        let level = Level::judge("fixed rate", Some(1_000), runs, Vec::new(), 2);
        assert_eq!(held(&level, "full: p95"), Held::Undecided, "what cannot be told from noise breaks no bound");
    }

    #[test]
    fn runs_without_wirereel_are_never_measurable_against_each_other() {
        let mut runs = made(0.0, 0.1, 0.0);
        for run in runs.iter_mut().filter(|run| run.slot.mode == Mode::OffAgain) {
            run.load.p95_ms *= 2.0;
        }
        let level = Level::judge("fixed rate", None, runs, Vec::new(), 2);
        assert_eq!(level.difference(Mode::OffAgain, Measure::P95Percent).unwrap().verdict, Verdict::NotMeasurable);
    }

    #[test]
    fn processor_time_is_of_all_cores_and_bounds_are_of_requests() {
        let level = judged(0.0, 1.0, 0.4);
        let full = level.cost(Mode::Full).unwrap();
        // 0.4 s of a core in 10 s, of two cores.
        assert!((full.cpu_percent.estimate - 2.0).abs() < 1e-9);
        assert!((full.cpu_percent_per_100_rps.estimate - 0.2).abs() < 1e-9);
        let bounds = level.bounds();
        assert_eq!(bounds.len(), 4);
        assert_eq!(bounds[0].held, Held::Yes, "{:?}", bounds[0]);
        assert!(judged(0.0, 1.0, 2.0).bounds().iter().any(|bound| bound.held == Held::No));
    }

    #[test]
    fn a_round_that_lacks_its_partner_is_left_out_and_of_one_round_nothing_is_said() {
        let mut runs = made(10.0, 1.0, 0.4);
        runs.retain(|run| run.slot.round > 0 || run.slot.mode != Mode::Off);
        assert_eq!(pairs(&runs, Mode::Full, Measure::P95Percent, 2).len(), 4);
        runs.retain(|run| run.slot.round == 1);
        let level = Level::judge("fixed rate", None, runs, Vec::new(), 2);
        assert!(level.differences.is_empty() && level.costs.is_empty() && level.bounds().is_empty());
    }
}
