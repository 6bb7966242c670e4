//! What this process takes of its machine.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// What it takes now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Taken {
    /// Share of one core, mean since it was asked last.
    pub(crate) cpu: f64,
    /// Resident.
    pub(crate) memory_bytes: u64,
}

/// Looks at this process alone: its children are whisperers, which tell by themselves what they take.
pub(crate) struct Process {
    /// `None` where the system tells nothing about processes.
    system: Option<System>,
    pid: Pid,
}

impl Default for Process {
    fn default() -> Self {
        let mut process = Self { system: System::new().ok(), pid: Pid::from_u32(std::process::id()) };
        // The first look has nothing to compare with.
        process.look();
        process
    }
}

impl Process {
    /// `None` where the system does not tell.
    pub(crate) fn look(&mut self) -> Option<Taken> {
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        let system = self.system.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[self.pid]), false, what);
        let process = system.process(self.pid)?;
        Some(Taken { cpu: f64::from(process.cpu_usage()) / 100.0, memory_bytes: process.memory() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_memory() {
        let taken = Process::default().look().unwrap();
        assert!(taken.memory_bytes > 1 << 20, "{taken:?}");
        assert!(taken.cpu >= 0.0 && taken.cpu.is_finite());
    }
}
