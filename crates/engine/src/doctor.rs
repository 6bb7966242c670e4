//! What this machine has and lacks, with the exact step that mends it.

use std::{env, path::PathBuf, process::Command};

use sysinfo::System;
use wirereel_query::workbench::DoctorFinding;

use crate::live::local_agent;

/// Looks at the machine. Reads only; takes well under a second.
pub fn examine() -> Vec<DoctorFinding> {
    vec![machine(), database(), capture(), wireshark()]
}

fn machine() -> DoctorFinding {
    let mut system = match System::new() {
        Ok(system) => system,
        Err(error) => {
            let remedy = Some("none needed: nothing but this line depends on it".into());
            return DoctorFinding { subject: "machine".into(), ok: false, found: error.to_string(), remedy };
        }
    };
    system.refresh_memory();
    system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
    let model = system.cpus().first().map_or("unknown processor", |cpu| cpu.brand().trim()).to_owned();
    let found = format!(
        "{model}, {} threads, {:.1} GB of memory, {} {}",
        system.cpus().len(),
        system.total_memory() as f64 / 1e9,
        System::long_os_version().unwrap_or_else(|_| "unknown system".into()),
        System::kernel_version().unwrap_or_default(),
    );
    DoctorFinding { subject: "machine".into(), ok: true, found, remedy: None }
}

fn database() -> DoctorFinding {
    match wirereel_store::check_library() {
        Ok(version) => DoctorFinding { subject: "DuckDB".into(), ok: true, found: version, remedy: None },
        Err(error) => DoctorFinding {
            subject: "DuckDB".into(),
            ok: false,
            found: error.to_string(),
            remedy: Some("scripts/fetch-libduckdb, then build again".into()),
        },
    }
}

/// Whether the agent is there and may capture.
fn capture() -> DoctorFinding {
    let finding = |ok, found, remedy: Option<&str>| DoctorFinding {
        subject: "live capture".into(),
        ok,
        found,
        remedy: remedy.map(str::to_owned),
    };
    let Some(agent) = local_agent() else {
        let found = "the agent wirereel-whisperer is neither beside this program nor on the path".to_owned();
        return finding(false, found, Some("build it: cargo build -p wirereel-whisperer"));
    };
    let said = match Command::new(&agent).arg("--check").output() {
        Ok(said) => said,
        Err(error) => {
            let found = format!("{} cannot be started: {error}", agent.display());
            return finding(false, found, Some("build it: cargo build -p wirereel-whisperer"));
        }
    };
    let words = String::from_utf8_lossy(&said.stdout);
    let found = format!("{}: {}", agent.display(), words.trim());
    if said.status.success() {
        return finding(true, found, None);
    }
    // The command stands behind the reason.
    let remedy = words.trim().split_once(": sudo ").map(|(_, command)| format!("sudo {command}"));
    finding(false, found, Some(remedy.as_deref().unwrap_or("see `wirereel-whisperer --list-interfaces`")))
}

fn wireshark() -> DoctorFinding {
    match find_program("wireshark") {
        Some(path) => {
            DoctorFinding { subject: "Wireshark".into(), ok: true, found: path.display().to_string(), remedy: None }
        }
        None => DoctorFinding {
            subject: "Wireshark".into(),
            ok: false,
            found: "not installed; \"Open in Wireshark\" is not offered".into(),
            remedy: Some(
                if cfg!(target_os = "linux") { "sudo apt install wireshark" } else { "install it from its own site" }
                    .into(),
            ),
        },
    }
}

/// Finds a program on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_that_is_not_well_has_a_remedy() {
        for finding in examine() {
            assert!(finding.ok || finding.remedy.is_some(), "{finding:?}");
            assert!(!finding.found.is_empty());
        }
    }

    #[test]
    fn a_missing_program_is_not_found() {
        assert_eq!(find_program("no-such-program-of-wirereel"), None);
    }
}
