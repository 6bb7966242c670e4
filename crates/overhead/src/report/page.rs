//! The report as a page, written from the figures of a run and never by hand.

use std::fmt::Write as _;

use super::{
    Report,
    figures::{HEADS, bound, difference, interval, remarks, rows},
    table::marked,
    text::heading,
};
use crate::{
    judge::{Level, Measure},
    plan::Mode,
};

const ABOUT: &str = "Written by `make bench-overhead` from the figures of its run; nothing here is typed in by hand. `wirereel doctor --overhead` \
makes the same comparison on your own machine in two minutes, without a load tool.";

const READING: &str = "## How to read it

A load tool sends the same requests again and again: with nothing captured (*off*), with the capture of connections' beginnings and ends alone
(*lifecycle*), with the first 160 bytes of each packet (*headers*: those up to TCP, and where they are short the beginning of a request and of its
answer), with whole packets and their HTTP exchanges (*full*), and with nothing captured once more (*off again*). The next round runs backwards, so that a machine that gets warmer or busier favours nobody. The workbench is open all the time, with its
pages closed; what is switched is the capture. While nobody looks, rows are stored every five seconds instead of every second
(`storing.unwatched_flush_every`), which saves the greater part of what storing a little takes: with a page open it is more than is said here.

- **Differences** are taken against *off* of the same round, and then averaged. The bounds in brackets are those of a 95 % interval: a bootstrap
  over the rounds, with percentiles far enough out for so few of them.
- **The noise floor** is as far from nothing as the mean difference of *off again* from *off* may be. What is not beyond it, or has nothing
  within its interval, is **not measurable**: here, in this time, it cannot be told from nothing. That is not the same as nothing.
- **Processor time** is that of the workbench and everything that it has started, user and system, while the load lasts and until its rows are
  stored, as a share of all cores of the machine while the load lasts. 1 % of two cores is 2 % of one. A kernel copies packets for a capture in the
  time of whoever sends them: the *whole machine* has that in it, with whatever else ran.
- **At the fixed rate** requests are sent at their instants whatever the answers take. **At saturation** the load tool, the server and Wirereel
  share what there is, so that what Wirereel takes is missing in requests a second; times are longer by as much, and bounds do not speak of them.
- **Not decided** is a bound that lies within its interval.";

const SEED: &str = "## Beside the seed

Dhrishti, the system whose lifecycle view Wirereel took up, gives these figures of itself under k6: 0.01 requests a second of difference, 14 % of
difference in the 95th percentile, less than 0.1 % of processor time. They are of another machine, another shop and another load, and nothing is
said there of how often they were measured or how far two runs without it differ, so that no column here can stand beside them. It watches
connections alone, as *lifecycle* does. Requests a second say little at a fixed rate, where any system shows a difference near nothing that is not
overloaded; times and processor time do.";

/// The whole page. The pictures lie beside it, under these names.
pub fn markdown(report: &Report, pictures: &[&str]) -> String {
    let mut out = format!("# What watching costs\n\n{ABOUT}\n\n");
    let _ = writeln!(out, "The machine: {}. Wirereel {}.\n\n{}", report.machine.words(), report.version, report.target);
    for picture in pictures {
        let _ = write!(out, "\n![Times, their differences and processor time by mode]({picture})\n");
    }
    if let Some(level) = report.levels.iter().find(|level| level.rate.is_some()) {
        out += "\n## Bounds\n\n";
        for one in level.bounds() {
            let _ = writeln!(out, "- {}", bound(&one));
        }
    }
    for level in &report.levels {
        out += &of_level(level, report.machine.threads);
    }
    let _ = write!(out, "\n{READING}\n\n{SEED}\n");
    out
}

fn of_level(level: &Level, cores: usize) -> String {
    let words = heading(level);
    let (name, told) = words.split_once(": ").unwrap_or((&words, ""));
    let mut out = format!("\n## {}\n\n{}.\n\n", capital(name), capital(told));
    out += &marked(&HEADS, &rows(level, cores));
    let modes = level.modes().into_iter().filter(|mode| mode.setting().is_some());
    let heads = ["", "lifecycle", "headers", "full"];
    let modes: Vec<Mode> = modes.collect();
    let heads: Vec<&str> = heads[..1].iter().copied().chain(modes.iter().map(|mode| mode.label())).collect();
    let mut table =
        vec![row("processor time", &modes, |mode| level.cost(mode).map(|cost| interval(cost.cpu_percent, " %")))];
    for measure in Measure::ALL {
        let unit = measure.unit();
        table.push(row(&format!("{}, against off,{unit}", measure.label()), &modes, |mode| {
            level.difference(mode, measure).map(difference)
        }));
    }
    let _ = write!(out, "\n{}", marked(&heads, &table));
    if let Some(noise) = level.difference(Mode::OffAgain, Measure::P95Percent) {
        let _ = writeln!(out, "\nWithout Wirereel, against itself: p95 {}.", difference(noise));
    }
    for remark in remarks(level) {
        let _ = writeln!(out, "\n{remark}");
    }
    for missing in &level.spoiled {
        let (round, mode) = (missing.slot.round + 1, missing.slot.mode.label());
        let _ = writeln!(out, "\nMissing: *{mode}* of round {round}: {}", missing.reason);
    }
    out
}

fn row(name: &str, modes: &[Mode], cell: impl Fn(Mode) -> Option<String>) -> Vec<String> {
    let cells = modes.iter().map(|mode| cell(*mode).unwrap_or_else(|| "–".to_owned()));
    std::iter::once(name.to_owned()).chain(cells).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::made, *};

    #[test]
    fn the_page_has_what_was_measured_and_how_to_read_it() {
        let page = markdown(&made(10.0, 1.0), &["img/overhead.svg"]);
        for words in [
            "# What watching costs",
            "The machine: Made up, 2 cores",
            "](img/overhead.svg)",
            "## Bounds\n\n- lifecycle: processor time per 100 requests/s: ",
            "## Fixed rate\n\n1000 requests a second, 5 rounds of 10 s.",
            "## Saturation",
            "| processor time | ",
            "| p95, against off, % | ",
            "## How to read it",
            "Dhrishti",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }
}
