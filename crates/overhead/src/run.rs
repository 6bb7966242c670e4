//! What one run gave: the load tool's figures, and Wirereel's own of the same time.

use serde::Serialize;

use crate::{plan::Slot, processor::ProcessCost};

/// What the load tool counted and timed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Load {
    pub requests: u64,
    /// Not answered, or not well.
    pub failed: u64,
    /// Meant to be sent, but no connection was free.
    pub dropped: u64,
    /// How long it was sent.
    pub seconds: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

impl Load {
    /// Requests a second that were answered, well or not.
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.requests as f64 / self.seconds } else { 0.0 }
    }
}

/// What Wirereel cost, and what it says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Own {
    /// Each of its processes.
    pub processes: Vec<ProcessCost>,
    /// Processor time of the whole machine that was not idle, seconds of a core: with what the kernel does for a capture in others' time.
    pub machine_busy_s: f64,
    /// How long processor time was counted: the load, and until its rows are stored.
    pub window_s: f64,
    /// Exchanges stored of this load.
    pub exchanges: u64,
    /// Events stored: those of connections, and two for each exchange.
    pub events: u64,
    pub packets: u64,
    /// Packets lost in the kernel's buffer, a queue or the disk's.
    pub lost: u64,
    /// The longest that a packet waited to be seen, milliseconds, as it says itself; `None` while nothing is captured.
    pub lag_ms: Option<f64>,
    /// Processor time of the workbench as it says itself, share of a core.
    pub own_cpu: Option<f64>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    #[serde(flatten)]
    pub slot: Slot,
    pub load: Load,
    pub own: Own,
}

impl Run {
    /// Processor time of Wirereel's processes for this load, user and system, as a share of the machine's cores in percent. What was spent
    /// after the load, until its rows were stored, is spent for the load.
    pub fn cpu_percent(&self, cores: usize) -> f64 {
        self.of_all_cores(self.own.processes.iter().map(|one| one.user_s + one.system_s).sum(), cores)
    }

    /// The same of everything that ran on the machine.
    pub fn machine_percent(&self, cores: usize) -> f64 {
        self.of_all_cores(self.own.machine_busy_s, cores)
    }

    /// Seconds of a core spent for the load, in percent of all cores while it lasted.
    pub fn of_all_cores(&self, spent_s: f64, cores: usize) -> f64 {
        if self.load.seconds > 0.0 { spent_s / self.load.seconds / cores.max(1) as f64 * 100.0 } else { 0.0 }
    }

    /// Resident memory of all its processes, megabytes.
    pub fn memory_mb(&self) -> f64 {
        self.own.processes.iter().map(|one| one.resident_mb).sum()
    }
}
