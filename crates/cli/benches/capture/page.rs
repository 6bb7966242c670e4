//! The part of `docs/benchmarks.md` about live capture, written from the figures of this run.

use std::{fmt::Write, path::Path};

use crate::figures::{Figures, machine, write_part};

/// The phases: the beginning of their figures' names, and what they are.
const PHASES: [(&str, &str); 4] = [
    ("idle", "capture off"),
    ("trickle", "k6, 25 requests a second"),
    ("steady", "k6, 2,000 requests a second"),
    ("flat_out", "wrk, 64 connections, as fast as it goes"),
];

const COLUMNS: [(&str, &str); 6] = [
    ("packets_per_second", "packets a second"),
    ("sent", "requests sent"),
    ("exchanges", "exchanges"),
    ("lost_packets", "packets lost"),
    ("cpu_percent", "% of a core"),
    ("resident_mb", "MB resident"),
];

const ABOUT: &str = "Written by `make bench-capture`, which has nginx on loopback asked by load tools while `wirereel serve` captures \
everything of it, whole packets, and counts what is stored against what the load tool says it sent. Processor time is that of the \
workbench with its capture agent and what that has started, memory that of the workbench alone. The load tools and nginx share the \
machine's cores with it.";

pub(crate) fn write(page: &Path, figures: &Figures) {
    let mut text = format!("{ABOUT}\n\nThe machine: {}.\n\n|", machine());
    for (_, about) in COLUMNS {
        let _ = write!(text, " | {about}");
    }
    text += &format!(" |\n|---|{}\n", "---:|".repeat(COLUMNS.len()));
    for (phase, about) in PHASES {
        let _ = write!(text, "| {about}");
        for (column, _) in COLUMNS {
            let digits = usize::from(column == "cpu_percent");
            let value = figures.value(&format!("{phase}_{column}"));
            let _ = write!(text, " | {}", value.map_or_else(String::new, |value| format!("{value:.digits$}")));
        }
        text += " |\n";
    }
    let agent = figures.value("agent_resident_mb").unwrap_or_default();
    let left_out = figures.value("steady_not_sent").unwrap_or_default();
    let _ = write!(
        text,
        "\nThe agent: {agent:.0} MB while capturing, of which the kernel's buffer is 16. At 2,000 a second k6 found no connection free for \
         {left_out:.0} requests, which it did not send. wrk counts answers; requests that it breaks off at its end are exchanges as well."
    );
    write_part(page, "What live capture costs", &text);
}
