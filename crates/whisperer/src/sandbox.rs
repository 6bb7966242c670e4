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

/// As [`enter`], for the process that looks at other processes. Landlock would forbid that, so files can be opened, but only to be read. When it
/// was started as root it keeps what looking at everybody's processes takes.
#[cfg(target_os = "linux")]
pub(crate) fn enter_watching() -> Vec<String> {
    let mut refused = linux::drop_privileges(linux::LOOKING_AT_PROCESSES);
    refused.extend(linux::only_known_calls(linux::Files::ToRead).err());
    refused
}

/// Leaves only the listed system calls to all threads. Call it when every thread is running.
pub(crate) fn only_known_calls() -> Option<String> {
    #[cfg(target_os = "linux")]
    let refused = linux::only_known_calls(linux::Files::AsLandlockAllows).err();
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
    use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        apply_filter_all_threads,
    };

    pub(super) fn enter() -> Vec<String> {
        let mut refused = drop_privileges(CapabilitySet::empty());
        match restrict() {
            Ok(RulesetStatus::NotEnforced) => refused.push("Landlock: this kernel has none".into()),
            Ok(_) => {}
            Err(error) => refused.push(format!("Landlock: {error}")),
        }
        refused
    }

    /// What lists the open files of any process.
    pub(super) const LOOKING_AT_PROCESSES: CapabilitySet =
        CapabilitySet::SYS_PTRACE.union(CapabilitySet::DAC_READ_SEARCH);

    /// Keeps at most these capabilities, and none that it has not.
    pub(super) fn drop_privileges(kept: CapabilitySet) -> Vec<String> {
        let mut refused = Vec::new();
        if let Err(error) = set_no_new_privs(true) {
            refused.push(format!("no new privileges: {error}"));
        }
        let kept = capabilities(None).map_or(CapabilitySet::empty(), |had| had.permitted & kept);
        let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
        if let Err(error) = set_capabilities(None, sets) {
            refused.push(format!("dropping capabilities: {error}"));
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

    /// How files may be opened.
    pub(super) enum Files {
        AsLandlockAllows,
        ToRead,
    }

    pub(super) fn only_known_calls(files: Files) -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| format!("system call filter: {error}");
        let architecture = std::env::consts::ARCH.try_into().map_err(|error| told(&error))?;
        let mut allowed: BTreeMap<i64, Vec<_>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
        if let Files::ToRead = files {
            // Also to the memory of other processes, which `/proc` has as files.
            let changing = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
            let access = SeccompCmpOp::MaskedEq(changing.unsigned_abs().into());
            let reading =
                SeccompCondition::new(2, SeccompCmpArgLen::Dword, access, libc::O_RDONLY.unsigned_abs().into())
                    .and_then(|condition| SeccompRule::new(vec![condition]))
                    .map_err(|error| told(&error))?;
            allowed.insert(libc::SYS_openat, vec![reading]);
        }
        let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let filter =
            SeccompFilter::new(allowed, refuse, SeccompAction::Allow, architecture).map_err(|error| told(&error))?;
        let program: BpfProgram = filter.try_into().map_err(|error| told(&error))?;
        apply_filter_all_threads(&program).map_err(|error| told(&error))
    }
}
