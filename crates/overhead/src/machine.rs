//! The machine that was measured, so that figures can be compared with those of another.

use serde::Serialize;
use sysinfo::{CpuRefreshKind, System};

/// What it is. Words are `unknown` where the system does not say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    pub processor: String,
    /// Physical cores; as many as threads where the system does not say.
    pub cores: usize,
    /// What runs at the same time: the percentages of processor time are of these.
    pub threads: usize,
    pub memory_gb: f64,
    pub system: String,
    pub kernel: String,
}

impl Machine {
    /// Looks at it.
    pub fn look() -> Self {
        let unknown = || "unknown".to_owned();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (processor, seen, memory_gb) = match System::new() {
            Ok(mut system) => {
                system.refresh_memory();
                system.refresh_cpu_list(CpuRefreshKind::nothing());
                let name = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
                let name = name.filter(|name| !name.is_empty()).unwrap_or_else(unknown);
                (name, system.cpus().len(), system.total_memory() as f64 / 1e9)
            }
            Err(_) => (unknown(), 0, 0.0),
        };
        let threads = seen.max(threads);
        Self {
            processor,
            cores: System::physical_core_count().unwrap_or(threads),
            threads,
            memory_gb,
            system: System::long_os_version().unwrap_or_else(|_| unknown()),
            kernel: System::kernel_version().unwrap_or_else(|_| unknown()),
        }
    }

    /// One line.
    pub fn words(&self) -> String {
        format!(
            "{}, {} cores, {} threads, {:.1} GB of memory, {}, kernel {}",
            self.processor, self.cores, self.threads, self.memory_gb, self.system, self.kernel
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_something_of_everything() {
        let machine = Machine::look();
        assert!(machine.threads >= 1 && machine.cores >= 1, "{machine:?}");
        assert!(machine.words().contains(" threads, "));
    }
}
