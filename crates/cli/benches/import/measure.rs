//! How long a program takes and how much memory it holds at most.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Between two looks at the memory. The kernel keeps the peak itself; only what came after the last look is missed.
const LOOK: Duration = Duration::from_millis(10);

/// One run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// Peak resident memory; 0 where the system does not tell.
    pub(crate) peak_mb: f64,
}

/// The quickest of some runs; `None` when the program is not installed or fails.
pub(crate) fn best(rounds: usize, mut command: impl FnMut() -> Command) -> Option<Measured> {
    let mut runs: Vec<Measured> = (0..rounds).map(|_| run(command())).collect::<Option<_>>()?;
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs.into_iter().next()
}

fn run(mut command: Command) -> Option<Measured> {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let mut peak_mb: f64 = 0.0;
    loop {
        peak_mb = peak_mb.max(peak_of(&child).unwrap_or(0.0));
        if let Some(status) = child.try_wait().ok()? {
            let seconds = started.elapsed().as_secs_f64();
            return status.success().then_some(Measured { seconds, peak_mb });
        }
        thread::sleep(LOOK);
    }
}

/// `VmHWM` of Linux: the most that was resident so far.
fn peak_of(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1e3 * 1.024)
}
