//! `wirereel rebuild`.

use std::path::Path;

use anyhow::Result;
use wirereel_engine::keeping::{self, Rebuilt};

use super::import::{Bar, grouped};

/// Makes all rows anew, and says of what.
pub(super) fn run(folder: &Path) -> Result<()> {
    let bar = Bar::new();
    let rebuilt = keeping::rebuild(folder, &bar)?;
    bar.clear();
    warn(&rebuilt);
    println!("rows were made anew of {} in {:.1} s", sources(&rebuilt), rebuilt.took.as_secs_f64());
    for aside in &rebuilt.aside {
        println!("the database of before is {}: delete it when nothing is missing", aside.display());
    }
    Ok(())
}

/// What could not be made anew.
pub(super) fn warn(rebuilt: &Rebuilt) {
    for warning in &rebuilt.warnings {
        eprintln!("warning: {warning}");
    }
    for gone in &rebuilt.gone {
        eprintln!("warning: {} is not there any more: its rows are only in the database of before", gone.display());
    }
}

/// `2 captures and 1 live run`.
pub(super) fn sources(rebuilt: &Rebuilt) -> String {
    let counted = |n: u64, what: &str| format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" });
    format!("{} and {}", counted(rebuilt.captures, "capture"), counted(rebuilt.runs, "live run"))
}
