//! `wirereel retention`.

use std::path::Path;

use anyhow::Result;
use wirereel_engine::{instant, keeping};

use super::import::grouped;

/// Removes what is old, or says what would go.
pub(super) fn run(folder: &Path, dry_run: bool) -> Result<()> {
    let removed = keeping::retain(folder, dry_run)?;
    let (segments, mib) = (grouped(removed.segments), removed.segment_bytes as f64 / f64::from(1 << 20));
    let Some(until_ns) = removed.until_ns else {
        println!("nothing goes: it holds imported captures, or nothing that was captured live");
        return Ok(());
    };
    let until = instant::with_millis(until_ns.div_euclid(1_000));
    if dry_run {
        println!("would go: {segments} segments ({mib:.1} MiB), and rows before {until}");
    } else {
        println!("removed: {segments} segments ({mib:.1} MiB), and {} rows before {until}", grouped(removed.rows));
    }
    Ok(())
}
