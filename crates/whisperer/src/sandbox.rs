//! Gives up every right that reading open interfaces does not need.
//!
//! Once: no new privileges, no capabilities, no files but those of `/proc/self`, no network, and only the system calls that are listed.
//! Each step that this kernel cannot do is told by name; the others hold all the same.

/// Gives rights up for the calling thread and all that it starts. Names the steps that could not be taken.
pub(crate) fn enter() -> Vec<String> {
    #[cfg(target_os = "linux")]
    let refused = linux::enter();
    #[cfg(not(target_os = "linux"))]
    let refused = vec!["there is no sandbox for this system yet".to_owned()];
    refused
}

/// Leaves only the listed system calls to all threads. Call it when every thread is running.
pub(crate) fn only_known_calls() -> Option<String> {
    #[cfg(target_os = "linux")]
    let refused = linux::only_known_calls().err();
    #[cfg(not(target_os = "linux"))]
    let refused = None;
    refused
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetStatus, Scope,
    };
    use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

    pub(super) fn enter() -> Vec<String> {
        let mut refused = Vec::new();
        let none = CapabilitySet::empty();
        if let Err(error) = set_no_new_privs(true) {
            refused.push(format!("no new privileges: {error}"));
        }
        let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
        if let Err(error) = set_capabilities(None, sets) {
            refused.push(format!("dropping capabilities: {error}"));
        }
        match restrict() {
            Ok(RulesetStatus::NotEnforced) => refused.push("Landlock: this kernel has none".into()),
            Ok(_) => {}
            Err(error) => refused.push(format!("Landlock: {error}")),
        }
        refused
    }

    fn restrict() -> Result<RulesetStatus, landlock::RulesetError> {
        let abi = ABI::V6;
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?;
        // Its own processor time and memory, for the status.
        if let Ok(folder) = PathFd::new("/proc/self") {
            rules = rules.add_rule(PathBeneath::new(folder, AccessFs::from_read(abi)))?;
        }
        for file in ["/proc/stat", "/proc/meminfo", "/proc/uptime"] {
            if let Ok(file) = PathFd::new(file) {
                rules = rules.add_rule(PathBeneath::new(file, AccessFs::ReadFile))?;
            }
        }
        Ok(rules.restrict_self()?.ruleset)
    }

    /// Reading from open sockets and pipes, waiting, memory, clocks, threads, changing a filter, and reading `/proc/self`.
    const CALLS: &[i64] = &[
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_poll,
        libc::SYS_ppoll,
        libc::SYS_recvfrom,
        libc::SYS_recvmsg,
        libc::SYS_setsockopt,
        libc::SYS_getsockopt,
        libc::SYS_fcntl,
        libc::SYS_ioctl,
        libc::SYS_openat,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_lseek,
        libc::SYS_readlink,
        libc::SYS_readlinkat,
        libc::SYS_getdents64,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_sysinfo,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_tgkill,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];

    pub(super) fn only_known_calls() -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| format!("system call filter: {error}");
        let architecture = std::env::consts::ARCH.try_into().map_err(|error| told(&error))?;
        let allowed: BTreeMap<i64, Vec<_>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
        let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let filter =
            SeccompFilter::new(allowed, refuse, SeccompAction::Allow, architecture).map_err(|error| told(&error))?;
        let program: BpfProgram = filter.try_into().map_err(|error| told(&error))?;
        apply_filter_all_threads(&program).map_err(|error| told(&error))
    }
}
