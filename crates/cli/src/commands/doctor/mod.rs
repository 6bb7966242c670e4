//! `wirereel doctor`.

#[cfg(target_os = "linux")]
mod overhead;
#[cfg(target_os = "linux")]
mod watcher;

use std::io::{self, Write};

use anyhow::Result;

use crate::arguments::Doctor;

/// Looks at the machine, or measures on it what watching costs.
pub(super) fn run(doctor: Doctor) -> Result<()> {
    if let Some(folder) = doctor.watch {
        return watch(&folder);
    }
    if doctor.overhead {
        return measure(&super::folder(&doctor.workspace)?, doctor.seconds, doctor.json);
    }
    examine()
}

/// Prints what was found and, for what is missing, what mends it.
fn examine() -> Result<()> {
    let mut out = io::stdout().lock();
    for finding in wirereel_engine::doctor::examine() {
        let mark = if finding.ok { "ok     " } else { "missing" };
        writeln!(out, "{mark}  {:<10}  {}", finding.subject, finding.found)?;
        if let Some(remedy) = finding.remedy {
            writeln!(out, "         {:<10}  → {remedy}", "")?;
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
use {overhead::run as measure, watcher::run as watch};

#[cfg(not(target_os = "linux"))]
fn measure(_: &std::path::Path, _: u64, _: bool) -> Result<()> {
    anyhow::bail!("what watching costs is measured on Linux alone: processor time is read from /proc")
}

#[cfg(not(target_os = "linux"))]
fn watch(_: &std::path::Path) -> Result<()> {
    anyhow::bail!("what watching costs is measured on Linux alone")
}
