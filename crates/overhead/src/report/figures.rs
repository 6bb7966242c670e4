//! Figures as people read them.

use crate::{
    bootstrap::Interval,
    judge::{Bound, Difference, Held, Level, Measure, TOO_NOISY_PERCENT, Verdict},
    plan::Mode,
    run::Run,
};

/// `+1.2`, `−0.3`, with a real minus.
pub(super) fn signed(value: f64) -> String {
    let digits = digits(value);
    let text = format!("{:.digits$}", value.abs());
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    format!(
        "{}{text}",
        if zero {
            "±"
        } else if value < 0.0 {
            "−"
        } else {
            "+"
        }
    )
}

/// As many digits as say something.
pub(super) fn plain(value: f64) -> String {
    let digits = digits(value);
    format!("{value:.digits$}")
}

fn digits(value: f64) -> usize {
    match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 1.0 => 1,
        value if value >= 0.1 => 2,
        _ => 3,
    }
}

/// `1.9 % of all cores (1.7 to 2.1)`
pub(super) fn interval(of: Interval, unit: &str) -> String {
    format!("{}{unit} ({} to {})", plain(of.estimate), plain(of.low), plain(of.high))
}

/// `+0.4 % (−1.2 to +2.1 %): not measurable, as runs without Wirereel differ by up to 2.5 %`
pub(super) fn difference(of: &Difference) -> String {
    let unit = of.measure.unit();
    let Interval { estimate, low, high } = of.interval;
    let figures = format!("{}{unit} ({} to {}{unit})", signed(estimate), signed(low), signed(high));
    match (of.verdict, of.noise_floor) {
        (Verdict::Measured, _) => figures,
        (Verdict::NotMeasurable, Some(noise)) => {
            format!("{figures}: not measurable, as runs without Wirereel differ by up to {}{unit}", plain(noise))
        }
        (Verdict::NotMeasurable, None) => format!("{figures}: not measurable"),
    }
}

/// `held`, with what was measured.
pub(super) fn bound(of: &Bound) -> String {
    let held = match of.held {
        Held::Yes => "held",
        Held::No => "not held",
        Held::Undecided => "not decided",
    };
    format!("{}: {}, at most {} is wanted: {held}", of.what, interval(of.interval, of.unit), plain(of.limit))
}

/// What there is to say of runs at a fixed rate that say little: requests were not sent or not answered well, a hundredth of them or more, or
/// runs without Wirereel differ too much.
pub(super) fn remarks(level: &Level) -> Vec<String> {
    if level.rate.is_none() {
        return Vec::new();
    }
    let sum = |of: fn(&Run) -> u64| level.runs.iter().map(of).sum::<u64>();
    let (requests, failed, dropped) =
        (sum(|run| run.load.requests), sum(|run| run.load.failed), sum(|run| run.load.dropped));
    let meant = requests + dropped;
    let lost = ((failed + dropped) * 100 > meant).then(|| {
        format!(
            "This machine did not carry the load: of {meant} requests {dropped} were not sent and {failed} failed, so that the figures say little."
        )
    });
    let noise = level.difference(Mode::OffAgain, Measure::P95Percent).and_then(|one| one.noise_floor);
    let noisy = noise.filter(|noise| *noise > TOO_NOISY_PERCENT).map(|noise| {
        format!(
            "Runs without Wirereel differ by up to {} % in their 95th percentile: rounds that are too short or too few can cause that, and other things that run.",
            plain(noise)
        )
    });
    lost.into_iter().chain(noisy).collect()
}

/// The heads of [`rows`].
pub(super) const HEADS: [&str; 11] = [
    "mode",
    "requests/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU % of all cores",
    "by process, user + system",
    "memory MB",
    "events/s",
    "exchanges",
    "lost",
];

/// A row for each mode: means over its runs, sums of what was counted.
pub(super) fn rows(level: &Level, cores: usize) -> Vec<Vec<String>> {
    level.modes().into_iter().map(|mode| row(level, mode, cores)).collect()
}

fn row(level: &Level, mode: Mode, cores: usize) -> Vec<String> {
    let runs: Vec<&Run> = level.of(mode).collect();
    let mean = |of: &dyn Fn(&Run) -> f64| runs.iter().map(|run| of(run)).sum::<f64>() / runs.len().max(1) as f64;
    let sum = |of: &dyn Fn(&Run) -> u64| runs.iter().map(|run| of(run)).sum::<u64>();
    let mut names: Vec<&str> = runs.iter().flat_map(|run| &run.own.processes).map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let of_process = |name: &str| {
        let share = |system: bool| {
            let spent = |run: &Run| {
                let own = run.own.processes.iter().filter(|one| one.name == name);
                own.map(|one| if system { one.system_s } else { one.user_s }).sum::<f64>()
            };
            mean(&|run| run.of_all_cores(spent(run), cores))
        };
        format!("{name} {:.2} + {:.2}", share(false), share(true))
    };
    let exchanges = sum(&|run| run.own.exchanges);
    let of_requests = match mode {
        Mode::Full => format!("{exchanges} of {}", sum(&|run| run.load.requests)),
        _ => exchanges.to_string(),
    };
    vec![
        mode.label().to_owned(),
        format!("{:.0}", mean(&|run| run.load.per_second())),
        format!("{:.3}", mean(&|run| run.load.p50_ms)),
        format!("{:.3}", mean(&|run| run.load.p95_ms)),
        format!("{:.3}", mean(&|run| run.load.p99_ms)),
        format!("{:.2}", mean(&|run| run.cpu_percent(cores))),
        names.into_iter().map(of_process).collect::<Vec<_>>().join(", "),
        format!("{:.0}", mean(&Run::memory_mb)),
        format!("{:.0}", mean(&|run| run.own.events as f64 / run.load.seconds.max(0.001))),
        of_requests,
        sum(&|run| run.own.lost).to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{super::tests::made, *};

    #[test]
    fn figures_have_as_many_digits_as_say_something_and_a_sign() {
        assert_eq!([signed(1.25), signed(-0.234), signed(0.0), signed(-0.0001)], ["+1.2", "−0.23", "±0.000", "±0.000"]);
        assert_eq!([plain(0.0123), plain(0.5), plain(12.34), plain(1234.5)], ["0.012", "0.50", "12.3", "1234"]);
    }

    #[test]
    fn what_cannot_be_measured_says_so_beside_its_figures() {
        let report = made(1.0, 8.0);
        let told = difference(report.levels[0].difference(Mode::Full, Measure::P95Percent).unwrap());
        assert!(
            told.contains(" to ") && told.contains("not measurable, as runs without Wirereel differ by up to "),
            "{told}"
        );
        let report = made(10.0, 1.0);
        let told = difference(report.levels[0].difference(Mode::Full, Measure::P95Percent).unwrap());
        assert!(told.starts_with('+') && !told.contains("not measurable"), "{told}");
    }

    #[test]
    fn a_load_that_is_not_carried_and_runs_that_differ_by_themselves_are_told() {
        let mut report = made(1.0, 1.0);
        assert!(remarks(&report.levels[0]).is_empty());
        report.levels[0].runs[0].load.dropped = 4_000;
        let told = remarks(&report.levels[0]);
        assert!(told[0].contains("of 254000 requests 4000 were not sent and 0 failed"), "{told:?}");
        let report = made(1.0, 60.0);
        let told = remarks(&report.levels[0]);
        assert!(told[0].starts_with("Runs without Wirereel differ by up to "), "{told:?}");
        assert!(
            told[0].contains("rounds that are too short or too few can cause that, and other things that run."),
            "{told:?}"
        );
        assert!(remarks(&report.levels[1]).is_empty(), "at saturation that is meant");
    }

    #[test]
    fn a_row_has_a_cell_for_each_head() {
        let report = made(1.0, 1.0);
        let rows = rows(&report.levels[0], 2);
        assert_eq!(rows.len(), 5);
        assert!(rows.iter().all(|row| row.len() == HEADS.len()));
        assert_eq!(rows[3][..6], ["full", "1000", "1.000", &rows[3][3], "4.000", "2.00"]);
        assert_eq!(rows[3][6], "wirereel 2.00 + 0.00");
    }
}
