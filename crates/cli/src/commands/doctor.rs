//! `wirereel doctor`.

use std::io::{self, Write};

use anyhow::Result;

/// Prints what was found and, for what is missing, what mends it.
pub(super) fn run() -> Result<()> {
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
