//! `wirereel import`.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use wirereel_engine::{
    Workspace,
    import::{ImportSummary, Progress, Watch, import},
};

use super::mended;

/// Imports the files; a progress bar on a terminal, a summary at the end.
pub(super) fn run(folder: &Path, files: &[PathBuf]) -> Result<()> {
    let workspace = mended(Workspace::open(folder)?)?;
    let bar = Bar::new();
    let summary = import(&workspace, files, &bar)?;
    bar.clear();
    for warning in &summary.warnings {
        eprintln!("warning: {warning}");
    }
    print(&summary, io::stdout().lock())?;
    Ok(())
}

pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(
            "{bar:30} {percent:>3} %  {binary_bytes} of {binary_total_bytes}  {msg}  {eta} left",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Watch for Bar {
    fn progress(&self, progress: &Progress) {
        self.0.set_length(progress.bytes_total);
        self.0.set_position(progress.bytes_done);
        self.0.set_message(format!(
            "{} packets, {}/s",
            grouped(progress.packets),
            grouped(progress.packets_per_s() as u64)
        ));
    }
}

fn print(summary: &ImportSummary, mut out: impl Write) -> io::Result<()> {
    let lines: [(&str, String); 7] = [
        ("files", grouped(summary.files)),
        ("packets", grouped(summary.packets)),
        ("flows", grouped(summary.flows)),
        ("exchanges", grouped(summary.exchanges)),
        ("DNS queries", grouped(summary.dns_queries)),
        ("services", grouped(summary.services)),
        ("warnings", grouped(summary.warnings.len() as u64 + summary.problems)),
    ];
    for (label, value) in lines {
        writeln!(out, "{label:<12} {value:>12}")?;
    }
    writeln!(out, "{:<12} {:>10.2} s", "time", summary.elapsed.as_secs_f64())
}

/// `1,234,567`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
