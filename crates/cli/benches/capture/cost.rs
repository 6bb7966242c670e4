//! What the serving process and all that it started cost the machine.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::host::children;

/// Clock ticks of `/proc` in a second, by Linux' user interface.
const TICKS: f64 = 100.0;

/// Processor time of a process and its descendants since some instant.
pub(crate) struct Meter {
    root: u32,
    since: Instant,
    spent: f64,
}

impl Meter {
    pub(crate) fn start(root: u32) -> Self {
        Self { root, since: Instant::now(), spent: spent(root) }
    }

    /// Share of one core since the start, in percent.
    pub(crate) fn percent(&self) -> f64 {
        (spent(self.root) - self.spent).max(0.0) / self.since.elapsed().max(Duration::from_millis(1)).as_secs_f64()
            * 100.0
    }
}

/// Seconds of processor time of a process and its descendants.
fn spent(root: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{root}/stat")).unwrap_or_default();
    // After the name, which may hold anything: state, then utime and stime as the 12th and 13th.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS + children(root).iter().map(|(child, _)| spent(*child)).sum::<f64>()
}

/// Resident memory of one process in megabytes.
pub(crate) fn resident_mb(process: u32) -> f64 {
    told_mb(process, "VmRSS:")
}

/// What of it is the process' own: without pages of files, such as those of its program.
pub(crate) fn own_mb(process: u32) -> f64 {
    told_mb(process, "RssAnon:")
}

fn told_mb(process: u32, what: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
}
