//! The report for a terminal.

use std::fmt::Write as _;

use super::{
    Report,
    figures::{HEADS, bound, difference, interval, remarks, rows},
    table::padded,
};
use crate::{
    judge::{Level, Measure},
    plan::Mode,
};

/// What is told of each mode.
const TOLD: [Measure; 6] = [
    Measure::P50Percent,
    Measure::P95Percent,
    Measure::P95Ms,
    Measure::P99Percent,
    Measure::ThroughputPercent,
    Measure::MachinePercent,
];

/// Everything, table by table.
pub fn text(report: &Report) -> String {
    let mut out = format!("{}\n{}\n", report.machine.words(), report.target);
    for level in &report.levels {
        let _ = write!(out, "\n{}\n\n", heading(level));
        out += &padded(&HEADS, &rows(level, report.machine.threads));
        out.push('\n');
        for mode in level.modes().into_iter().filter(|mode| mode.setting().is_some()) {
            out += &of_mode(level, mode);
        }
        if let Some(noise) = level.difference(Mode::OffAgain, Measure::P95Percent) {
            let _ = writeln!(out, "Without Wirereel, against itself: p95 {}", difference(noise));
        }
        for remark in remarks(level) {
            let _ = writeln!(out, "{remark}");
        }
        for missing in &level.spoiled {
            let _ = writeln!(
                out,
                "missing: round {}, {}: {}",
                missing.slot.round + 1,
                missing.slot.mode.label(),
                missing.reason
            );
        }
    }
    // At saturation the load tool and the server fight Wirereel for the last core: bounds are of the fixed rate.
    if let Some(level) = report.levels.iter().find(|level| level.rate.is_some()) {
        out.push('\n');
        for one in level.bounds() {
            let _ = writeln!(out, "{}", bound(&one));
        }
    }
    out
}

pub(super) fn heading(level: &Level) -> String {
    let rounds = level.runs.iter().map(|run| run.slot.round + 1).max().unwrap_or(0);
    let seconds = level.runs.first().map_or(0.0, |run| run.load.seconds);
    let rate = level
        .rate
        .map_or_else(|| "as many requests as are answered".to_owned(), |rate| format!("{rate} requests a second"));
    format!("{}: {rate}, {rounds} rounds of {seconds:.0} s", level.name)
}

fn of_mode(level: &Level, mode: Mode) -> String {
    let mut out = format!("{}\n", mode.label());
    if let Some(cost) = level.cost(mode) {
        let _ = writeln!(out, "  processor     {}", interval(cost.cpu_percent, " % of all cores"));
    }
    for one in TOLD.into_iter().filter_map(|measure| level.difference(mode, measure)) {
        let _ = writeln!(out, "  {:<13} {}", short(one.measure), difference(one));
    }
    out
}

fn short(measure: Measure) -> &'static str {
    if measure == Measure::MachinePercent { "whole machine" } else { measure.label() }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::made, *};

    #[test]
    fn it_says_the_machine_the_modes_the_noise_and_the_bounds() {
        let told = text(&made(10.0, 1.0));
        for words in [
            "Made up, 2 cores, 2 threads",
            "fixed rate: 1000 requests a second, 5 rounds of 10 s",
            "saturation: as many requests as are answered",
            "  processor     2.0 % of all cores (2.0 to 2.0)",
            "Without Wirereel, against itself: p95 ",
            "full: processor time per 1,000 requests/s",
            "held",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}
